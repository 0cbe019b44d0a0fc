"""The picture and the animation of the live page: somebody tries the quickstart's configuration for 20 seconds.

Each frame is taken once the page rests, so that the animation shows the same on a slow machine. The pointer is painted
in, for a browser without windows has none.
"""

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from PIL import Image

from digitgen.live.listen import find_address
from digitgen.live.server import Server
from digitgen.live.session import Session

CONFIG: Final = Path(__file__).resolve().parent.parent / "quickstart.yaml"
SIZE: Final = {"width": 1200, "height": 720}
SECONDS: Final = 20
THUMB: Final = 16  # px, of a slider
GLIDE: Final = 3  # frames from one place to the next
BRIEF, READ = 0.12, 1.2  # seconds that a frame is shown: of a movement, and one to be read
QUALITY: Final = 60

_POINTER: Final = """() => {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', 'M3 2l15 11.5h-7l4 8-3 1.5-4-8-5 5z');
  svg.append(path);
  Object.assign(svg.style, { width: '26px', height: '26px', fill: '#111', stroke: '#fff', strokeWidth: 1.5 });
  const pointer = document.createElement('div');
  pointer.id = 'pointer';
  pointer.popover = 'manual';  // so that it is above dialogs
  Object.assign(pointer.style, { position: 'fixed', inset: 'auto', margin: 0, padding: 0, border: 0 });
  Object.assign(pointer.style, { background: 'none', overflow: 'visible', pointerEvents: 'none' });
  pointer.append(svg);
  document.body.append(pointer);
  document.getElementById('time').hidden = true;  // that of this machine
}"""
_PLACE: Final = """([x, y]) => {
  const pointer = document.getElementById('pointer');
  Object.assign(pointer.style, { left: `${x}px`, top: `${y}px` });
  if (pointer.matches(':popover-open')) pointer.hidePopover();
  pointer.showPopover();
  // All is painted anew: without a window, rests of what was scrolled may stay.
  document.getElementById('form').style.opacity = 1.999 - (Number(document.getElementById('form').style.opacity) || 1);
}"""


class Film:
    """Somebody who uses a page, and the frames of it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.frames: list[Image.Image] = []
        self.durations: list[float] = []
        self.at = (760.0, 640.0)
        page.evaluate(_POINTER)

    def take(self, seconds: float = BRIEF) -> None:
        """Show the page as it is for so long."""
        self.page.wait_for_selector("body[data-state=rests]")
        self.page.evaluate(_PLACE, list(self.at))
        frame = Image.open(BytesIO(self.page.screenshot())).convert("RGB")
        self.frames.append(frame)
        self.durations.append(seconds)

    def go(self, what: Any, part: float = 0.5) -> None:
        """Move the pointer to an element, or to a part of its width."""
        what.scroll_into_view_if_needed()
        box = what.bounding_box()
        end = (box["x"] + part * box["width"], box["y"] + box["height"] / 2)
        begin = self.at
        for step in range(1, GLIDE + 1):
            share = step / GLIDE
            self.at = tuple(a + (b - a) * share * (2 - share) for a, b in zip(begin, end, strict=True))
            self.page.mouse.move(*self.at)
            self.take()

    def click(self, what: Any, seconds: float = READ / 2) -> None:
        """Click on an element."""
        self.go(what)
        self.page.mouse.down()
        self.page.mouse.up()
        self.take(seconds)

    def drag(self, handle: Any, values: list[float], seconds: float = 2 * BRIEF) -> None:
        """Drag the handle of a slider to one value after the other."""
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        low, high, value = (float(handle.evaluate(f"node => node.{each}")) for each in ("min", "max", "value"))

        def share(value: float) -> Any:
            return (THUMB / 2 + (value - low) / (high - low) * (box["width"] - THUMB)) / box["width"]

        self.go(handle, share(value))
        self.page.mouse.down()
        for each in values:
            self.at = (box["x"] + share(each) * box["width"], self.at[1])
            self.page.mouse.move(*self.at)
            self.take(seconds)
        self.page.mouse.up()

    def save(self, path: Path) -> None:
        """Write the frames as an animation that lasts as long as it should."""
        pace = SECONDS / sum(self.durations)
        first, *others = self.frames
        first.save(
            path,
            save_all=True,
            append_images=others,
            duration=[round(1000 * pace * each) for each in self.durations],
            loop=0,
            quality=QUALITY,
            method=4,
            minimize_size=True,
        )


@contextmanager
def served() -> Iterator[str]:
    """Serve the live page of a copy of the quickstart's configuration."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        config = shutil.copy(CONFIG, folder)
        server = Server(find_address("127.0.0.1"), 0, Session(Path(config).relative_to(folder)), print)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.address
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def film_live_page(chromium: Any, picture: Path, animation: Path) -> None:
    """Save what the page looks like when five steps have been added, and the way there.

    Parameters
    ----------
    chromium : Browser
        A browser, of playwright.
    picture, animation : Path
        Where to write them.
    """
    with served() as address:
        page = chromium.new_page(viewport=SIZE)
        page.goto(address)
        page.wait_for_selector("#sheet img")
        film = Film(page)
        _play(film)
        film.save(animation)
        film.frames[-1].save(picture, optimize=True)
        page.close()


def _play(film: Film) -> None:
    """Try steps, sliders, gaps, a width that is too small, overlays and another seed."""
    page = film.page
    film.take(READ)
    _add(film, "digits", "elastic", "rms, most", [1.6, 1.8, 2, 2.2, 2, 1.7, 1.4])
    _add(film, "images", "ruled paper", "", [])
    film.drag(page.get_by_role("slider", name="range, least"), [-2, -4, -6, -8, -10, -12])
    width = page.get_by_role("slider", name="image width")
    film.drag(width, [155, 142, 129, 116, 103, 90])
    film.durations[-1] = 2 * READ
    film.drag(width, [100, 115, 130, 145])
    film.click(page.locator("label", has_text="masks"), READ)
    for _ in range(2):
        film.click(page.get_by_role("button", name="another seed"), READ / 2)
    page.locator("#facts").evaluate("node => node.scrollTo(0, node.scrollHeight)")
    film.take(2 * READ)


def _add(film: Film, stage: str, name: str, slider: str, values: list[float]) -> None:
    """Add a step, and move one of its sliders."""
    film.click(film.page.get_by_role("button", name=f"add a step on {stage}"))
    for end in (2, len(name)):
        film.page.get_by_role("combobox", name="search steps").fill(name[:end])
        film.take(2 * BRIEF)
    film.page.keyboard.press("Enter")
    film.take(READ)
    if values:
        film.drag(film.page.get_by_role("slider", name=slider), values)
