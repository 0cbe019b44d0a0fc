"""Every step on the live page in a real browser: it can be added, and each of its controls moved."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from digitgen.augment.catalogue import all_steps
from digitgen.augment.step import STAGES
from digitgen.format import Stage
from tests.live.window import Running, Window

CONFIG = """\
name: numbers
image_width: 70
splits: {train: {count: 60, source: mnist/test}}
sequence: {length: 2}
spacing: {range: [0, 4]}
"""
TITLES: Final[dict[Stage, str]] = {"glyphs": "digits", "sequence": "images"}
ALL = [(stage, name) for stage in STAGES for name, step in all_steps().items() if stage in step.stages]
SOME: list[tuple[Stage, str]] = [
    ("glyphs", "elastic"),
    ("sequence", "shot_noise"),
    ("sequence", "ruled_lines"),
    ("sequence", "crop"),
]
MOVE = """list => {
  // What there is at first, and what comes of it: a choice may bring other controls, and a chip a row.
  const seen = new Set(), fresh = selector => [...list.querySelectorAll(selector)].find(each => {
    const known = `${each.ariaLabel ?? each.textContent} ${each.type} ${each.value}`;
    return each.checkVisibility() && !each.disabled && !seen.has(known) && seen.add(known);
  });
  const send = (node, type) => node.dispatchEvent(new Event(type, { bubbles: true }));
  let moved = 0, node;
  while ((node = fresh('.chip, select, input[type=radio]:not(:checked), .switch')) && moved < 60) {
    moved++;
    if (node instanceof HTMLSelectElement) {
      const before = node.selectedIndex;
      for (const place of [...Array(node.options.length).keys(), before]) {
        node.selectedIndex = place;
        send(node, 'change');
      }
    } else node.click();
  }
  for (const slider of list.querySelectorAll('input[type=range]')) {
    if (!slider.checkVisibility()) continue;
    const before = slider.value;
    slider.stepUp();
    if (slider.value === before) slider.stepDown();
    send(slider, 'input');
    moved++;
  }
  for (const field of list.querySelectorAll('input.number')) {
    if (!field.checkVisibility()) continue;
    for (const key of ['ArrowUp', 'ArrowDown']) field.dispatchEvent(new KeyboardEvent('keydown', { key }));
    moved++;
  }
  return moved;
}"""


@pytest.fixture(scope="module")
def window(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """The page with no step."""
    running = Running(tmp_path_factory.mktemp("live"), CONFIG)
    yield Window(chromium, running.server.address)
    running.end()


def add_and_move(window: Window, stage: Stage, name: str) -> list[str]:
    """Add a step, move all of its controls, remove it; tell what went wrong."""
    step, page = all_steps()[name], window.page
    window.complaints.clear()
    page.get_by_role("button", name=f"add a step on {TITLES[stage]}").click()
    page.get_by_role("combobox", name="search steps").fill(name.replace("_", " "))
    page.locator(f".option strong:text-matches('^{name.replace('_', ' ')}(severities)?$')").click()
    moved = page.locator(".item-step.open > .inside").evaluate(MOVE)
    yaml = window.yaml
    wrong = [f"not in the YAML: {key}" for key in step.parameters if f"{key}:" not in yaml]
    wrong += [] if moved >= len(step.parameters) else [f"only {moved} controls"]
    wrong += page.locator("#status .errors, #trouble p, .item-step textarea").all_inner_texts()
    page.get_by_role("button", name=f"remove {name.replace('_', ' ')}", exact=True).click()
    window.rest()
    return wrong + window.complaints


def test_a_step_is_added_and_all_its_controls_moved(window: Window) -> None:
    assert [(each, wrong) for each in SOME if (wrong := add_and_move(window, *each))] == []


@pytest.mark.walks
def test_every_step_is_added_and_all_its_controls_moved(window: Window) -> None:
    assert [(each, wrong) for each in ALL if (wrong := add_and_move(window, *each))] == []


def test_all_steps_are_offered(window: Window) -> None:
    for stage in STAGES:
        window.page.get_by_role("button", name=f"add a step on {TITLES[stage]}").click()
        titles = window.page.locator(".option strong").evaluate_all("all => all.map(each => each.firstChild.data)")
        window.page.keyboard.press("Escape")
        assert sorted(titles) == sorted(name.replace("_", " ") for each, name in ALL if each == stage)
