"""The live page in a real browser, without a mouse."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.window import Running, Window

CONFIG = """\
name: numbers
seed: 7
image_width: 140
splits: {train: {count: 60, source: mnist/test}}
sequence: {length: [1, 4]}
spacing: {range: [-6, 12]}
augment: {sequence: [{step: rotate}, {step: gaussian_noise}]}
"""
WALKED = """() => {
  const all = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
  const active = document.activeElement;
  active.walked = true;
  const group = node => node.type === 'radio' && document.querySelector(`[name="${node.name}"]:checked`);
  const left = [...document.querySelectorAll(all)].filter(node =>
    node.checkVisibility() && !node.disabled && !node.walked && !(group(node) && group(node) !== node));
  // A ring around itself, around what it shows, or around the thumb of a slider.
  const rings = [active, active.nextElementSibling].map(each => each && getComputedStyle(each).outlineStyle);
  const seen = rings.some(each => each && each !== 'none') || active.type === 'range';
  const name = node => node.ariaLabel ?? node.id ?? node.textContent;
  return { left: left.map(name), unseen: seen ? null : name(active), back: active === document.body };
}"""


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path, CONFIG)
    yield made
    made.end()


def test_the_tab_key_reaches_everything_and_shows_where_it_is(chromium: Any, running: Running) -> None:
    window = Window(chromium, running.server.address)
    window.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    window.page.evaluate("for (const each of document.querySelectorAll('.title')) each.click()")
    window.rest()
    unseen = []
    for _ in range(400):
        window.page.keyboard.press("Tab")
        found = window.page.evaluate(WALKED)
        if found["back"] or not found["left"]:
            break
        unseen += [found["unseen"]] if found["unseen"] is not None else []
    assert (found["left"], unseen) == ([], [])
    assert window.complaints == []
    window.context.close()


def test_a_recipe_is_made_and_saved_by_keys_alone(chromium: Any, running: Running) -> None:
    window = Window(chromium, running.server.address)
    press, type_ = window.page.keyboard.press, window.page.keyboard.type

    def tab_to(label: str) -> None:
        for _ in range(200):
            press("Tab")
            if window.page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent") == label:
                return
        raise AssertionError(f"nothing called {label} is reached")

    tab_to("image width")  # the slider
    press("ArrowRight")
    tab_to("image width")  # the number beside it
    press("Control+a")
    type_("120")
    tab_to("add a step on images")
    press("Enter")
    type_("salt")
    press("Enter")
    press("Alt+ArrowUp")  # it has the focus
    press("Alt+ArrowUp")
    press("Enter")  # which folds it
    press("Enter")
    tab_to("impulse noise 1: share, most")
    press("End")
    window.rest()
    press("Control+z")
    press("Control+y")
    press("Control+s")
    window.page.wait_for_selector("#unsaved", state="hidden")
    saved = running.config.read_text()
    assert "image_width: 120" in saved
    assert saved.index("impulse_noise") < saved.index("rotate") < saved.index("gaussian_noise")
    assert window.complaints == []
    window.context.close()


def test_arrows_change_a_number_by_its_step(chromium: Any, running: Running) -> None:
    window = Window(chromium, running.server.address)
    window.page.get_by_role("textbox", name="seed").focus()
    window.page.keyboard.press("ArrowUp")
    assert window.says("seed: 8")
    window.page.keyboard.press("Shift+ArrowDown")
    assert window.says("seed: 0")  # and not below what it may be
    assert window.complaints == []
    window.context.close()
