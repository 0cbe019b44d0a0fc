"""Pages as a real browser shows them: what is fetched, what overflows, what cannot be read."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from PIL import Image

Scheme = Literal["light", "dark"]
DESKTOP, PHONE = 1280, 390
LEAST_CONTRAST = 4.5  # of text to its ground, as WCAG 2 asks (level AA)
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")

_FACTS = """() => {
  const width = window.innerWidth, found = {overflow: [], images: [], faint: []};
  if (document.documentElement.scrollWidth > width) found.overflow.push('the page');
  const scrolls = element => element.closest('.wide, pre, .outside, [hidden]');
  for (const element of document.body.querySelectorAll('*')) {
    const box = element.getBoundingClientRect();
    const outside = box.width && (box.right > width + 0.5 || box.left < -0.5);
    if (outside && !scrolls(element)) found.overflow.push(element.outerHTML.slice(0, 80));
  }
  for (const image of document.images) {
    if (!image.alt.trim()) found.images.push('no alternative text');
    if (!image.complete || !image.naturalWidth) found.images.push('not shown: ' + image.alt);
  }
  const rgb = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
  const ground = element => {
    for (let each = element; each; each = each.parentElement) {
      const colour = rgb(getComputedStyle(each).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest('style, script')) continue;
    const [one, other] = [rgb(getComputedStyle(element).color), ground(element)].map(light);
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < LEAST) found.faint.push(contrast.toFixed(1) + ': ' + walker.currentNode.data.slice(0, 60));
  }
  return found;
}""".replace("LEAST", str(LEAST_CONTRAST))


@contextmanager
def browser() -> Iterator[Any]:
    """A headless Chromium; the test is skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install -e '.[dev]'")
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        pytest.skip(f"needs a browser: none of {', '.join(CHROMIUMS)} is installed")
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


@contextmanager
def shown(chromium: Any, path: Path, width: int, scheme: Scheme) -> Iterator[tuple[Any, list[str]]]:
    """A page in a window, and what it asked for or complained of."""
    window = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    asked: list[str] = []
    window.on("request", lambda request: asked.append(request.url))
    window.on("console", lambda message: asked.append(message.text))
    window.goto(path.as_uri())
    window.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    yield window, [each for each in asked if each != path.as_uri() and not each.startswith("data:")]
    window.close()


def problems(chromium: Any, path: Path, width: int, scheme: Scheme) -> list[str]:
    """What is wrong with a page in a window of this width, in this scheme; nothing if it is as it should be."""
    with shown(chromium, path, width, scheme) as (window, asked):
        wrong = [f"fetches or complains: {each}" for each in asked]
        wrong += faults(window)
        plot = window.query_selector('img[src^="data:image/svg"]')
        if plot and plot.is_visible() and (contrast := _contrast(plot.screenshot())) < LEAST_CONTRAST:
            wrong.append(f"a plot is hard to read, contrast {contrast:.1f}")
    return wrong


def faults(window: Any) -> list[str]:
    """What cannot be seen or read in a window as it is now."""
    found = window.evaluate(_FACTS)
    wrong = [f"overflows: {each}" for each in found["overflow"]]
    wrong += [f"picture: {each}" for each in found["images"]]
    return wrong + [f"hard to read, contrast {each}" for each in found["faint"]]


def _contrast(screenshot: bytes) -> float:
    """Contrast of the strongest pixels of a plot, its text and axes, to its ground."""
    pixels = np.asarray(Image.open(BytesIO(screenshot)).convert("RGB")) / 255
    linear = np.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
    light = linear @ np.array([0.2126, 0.7152, 0.0722]) + 0.05
    ground = np.median(light)
    return float(max(light.max() / ground, ground / light.min()))
