"""The live page in a real browser: what hands and keys do, and what they find when something goes wrong."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from digitgen.config.yamltree import read_yaml
from tests.browser import DESKTOP, PHONE, Scheme, faults
from tests.live.window import STEPS, Running, Window

CONFIG = """\
# Numbers for a test.
name: numbers
seed: 7
image_width: 140
splits:
  train: {count: 60, source: mnist/test, pool: [0, 0.5]}
  test: {count: 20, source: mnist/test, pool: [0.5, 1], augment: {}}
sequence: {length: [1, 4]}
spacing: {range: [-6, 12]}  # px
augment:
  glyphs:
    - {step: slant, slant: [-0.2, 0.2], share: image, spread: 0.1}
  sequence:
    - {step: rotate, angle: [-0.1, 0.1], p: 0.5}
    - {step: shot_noise, severity: [1, 3]}
    - {step: gaussian_blur}
"""
START = read_yaml(CONFIG, "").value


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server for tests that leave it as it is."""
    made = Running(tmp_path_factory.mktemp("live"), CONFIG)
    yield made
    made.end()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A server for a test alone."""
    made = Running(tmp_path, CONFIG)
    yield made
    made.end()


@pytest.fixture(scope="module")
def kept(chromium: Any, shared: Running) -> Window:
    return Window(chromium, shared.server.address)


@pytest.fixture
def window(kept: Window, shared: Running) -> Iterator[Window]:
    """A window with the page as it is when it is opened."""
    kept.page.goto(shared.server.address)
    kept.rest()
    yield kept
    complaints, kept.complaints[:] = kept.complaints[:], []
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_the_page_is_whole_and_readable(chromium: Any, shared: Running, width: int, scheme: Scheme) -> None:
    made = Window(chromium, shared.server.address, width, scheme)
    made.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    made.page.evaluate("for (const each of document.querySelectorAll('.title')) each.click()")
    made.page.evaluate("for (const each of document.querySelectorAll('[aria-controls]')) each.click()")
    wrong = faults(made.page)
    made.context.close()
    assert (made.complaints, wrong) == ([], [])


def test_what_can_be_operated_has_a_name(window: Window) -> None:
    window.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    window.page.evaluate("for (const each of document.querySelectorAll('.title')) each.click()")
    tree = window.page.locator("body").aria_snapshot()
    roles = "button|slider|textbox|combobox|checkbox|switch|radio"
    assert re.findall(rf"^ *- (?:{roles})(?: \[.*\])*:?$", tree, re.MULTILINE) == []
    assert 'slider "rotate 1: angle, least"' in tree


def test_a_moved_slider_changes_pictures_and_text_and_is_undone_at_once(window: Window) -> None:
    before, sheet = window.yaml, window.sheet
    window.open_step("rotate")
    window.page.get_by_label("rotate 1: angle, most").first.focus()
    for _ in range(3):
        window.page.keyboard.press("ArrowRight")
    assert window.says("angle: [-0.1, 0.115]")
    assert window.sheet != sheet
    window.page.keyboard.press("Control+z")
    assert (window.yaml, window.sheet) == (before, sheet)
    window.page.keyboard.press("Control+Shift+z")
    assert window.says("angle: [-0.1, 0.115]")


def test_the_ends_of_a_range_do_not_pass_each_other(window: Window) -> None:
    window.open_step("rotate")
    window.page.get_by_label("rotate 1: angle, least").first.focus()
    window.page.keyboard.press("End")
    assert window.says("angle: 0.1,")


def test_a_step_is_found_by_what_it_says_and_added_by_keys(window: Window) -> None:
    window.page.get_by_role("button", name="add a step on images").focus()
    window.page.keyboard.press("Enter")
    window.page.keyboard.type("baseline run in")
    window.page.keyboard.press("Enter")
    assert window.says("step: wave")
    assert window.page.evaluate("document.activeElement.textContent") == "wave"
    window.page.keyboard.press("Delete")
    assert "wave" not in window.yaml


def test_a_list_that_holds_by_default_is_changed_item_by_item(window: Window) -> None:
    tree = {"image_width": 140, "splits": {"train": {"count": 9, "source": "mnist/test"}}, "spacing": {"range": [0, 1]}}
    window.show({**tree, "sequence": {"pattern": ["[0-9]{3}"]}})
    field = window.page.get_by_role("textbox", name="weights, 1")
    assert field.input_value() == "1"
    field.fill("2")
    assert window.says("weights: [2]")
    window.page.get_by_role("button", name="weights back to its default").click()
    window.page.get_by_role("group", name="weights").get_by_role("button", name="add").click()
    assert window.says("weights: [1, 1]")


def test_what_is_taken_out_again_leaves_nothing_behind(window: Window) -> None:
    window.show({**START, "augment": {"sequence": [{"step": "elastic"}]}})
    window.page.get_by_role("button", name="remove elastic").click()
    assert window.page.evaluate("document.activeElement.textContent") == "add a step on images"
    window.page.locator("summary", has_text="Labels").click()
    window.page.get_by_role("switch", name="masks").click()
    assert window.says("masks: true")
    window.page.get_by_role("button", name="masks back to its default, false").click()
    window.page.wait_for_timeout(500)  # until the address rests
    assert window.carries({key: value for key, value in START.items() if key != "augment"})


def test_the_spread_of_what_digits_share_is_one_number_or_a_section_as_it_was_written(window: Window) -> None:
    window.open_step("slant")
    window.page.get_by_role("textbox", name="slant 1: spread of slant").fill("0.2")
    assert window.says("share: image, spread: 0.2}")
    window.page.get_by_role("button", name="± slant back to its default, 0").click()
    assert window.says("slant: [-0.2, 0.2], share: image}")


def test_steps_are_put_in_order_by_keys_and_by_hand(window: Window) -> None:
    assert window.steps == ["rotate", "shot noise", "gaussian blur"]
    window.page.locator(".title", has_text="rotate").focus()
    window.page.keyboard.press("Alt+ArrowDown")
    assert window.steps == ["shot noise", "rotate", "gaussian blur"]
    assert "rotate" in window.page.evaluate("document.activeElement.textContent")
    grip = window.page.locator(".item-step", has_text="gaussian blur").locator(".grip").bounding_box()
    first = window.page.locator(".item-step", has_text="shot noise").bounding_box()
    window.page.mouse.move(grip["x"] + 5, grip["y"] + 10)
    window.page.mouse.down()
    window.page.mouse.move(grip["x"] + 5, first["y"] + 5, steps=5)
    window.page.mouse.up()
    assert window.steps == ["gaussian blur", "shot noise", "rotate"]
    assert re.findall(r"step: (\w+)", window.yaml)[1:] == ["gaussian_blur", "shot_noise", "rotate"]


def test_an_impossible_width_is_said_at_its_control_and_the_pictures_stay(window: Window) -> None:
    sheet = window.sheet
    field = window.page.get_by_role("textbox", name="image width")
    field.fill("60")
    window.rest()
    said = window.page.locator("#status li").inner_text()
    assert said == "image_width: 4 digits need at least 94 px (each 28, smallest gap -6); image_width is 60"
    assert field.get_attribute("aria-invalid") == "true"
    told = field.get_attribute("aria-describedby").split()[0]
    assert window.page.inner_text(f"#{told}") == said.removeprefix("image_width: ")
    assert window.sheet == sheet
    window.page.get_by_role("button", name="image_width", exact=True).click()
    assert window.page.evaluate("document.activeElement.ariaLabel") == "image width"


def test_an_error_in_a_folded_step_is_jumped_to(window: Window) -> None:
    window.open_step("gaussian blur")
    window.page.get_by_role("textbox", name="gaussian blur 3: sigma, most").fill("99")
    window.rest()
    window.open_step("gaussian blur")
    window.page.get_by_role("button", name="augment.sequence.2.sigma").click()
    label = window.page.evaluate("document.activeElement.ariaLabel")
    assert label.startswith("gaussian blur 3: sigma")


def test_the_address_carries_the_recipe_and_the_view_but_no_key(chromium: Any, window: Window, shared: Running) -> None:
    window.page.get_by_role("textbox", name="image width").fill("150")
    window.page.locator("#boxes").check()
    window.page.locator("#split").select_option("test")
    yaml, sheet = window.yaml, window.sheet
    window.page.wait_for_url("**split=test**")
    address = window.page.url
    assert "token" not in address
    colleague = Window(chromium, shared.server.address)
    colleague.page.get_by_role("button", name="open a view").click()
    colleague.page.get_by_role("textbox", name="address").fill(address)
    colleague.page.keyboard.press("Tab")
    colleague.page.keyboard.press("Tab")
    colleague.page.keyboard.press("Enter")
    colleague.page.wait_for_function("yaml => document.getElementById('yaml').innerText === yaml", arg=yaml)
    assert colleague.sheet == sheet
    assert colleague.page.locator("#boxes").is_checked()
    colleague.page.wait_for_url(address)
    colleague.page.reload()
    colleague.rest()
    assert (colleague.yaml, colleague.sheet) == (yaml, sheet)
    colleague.page.get_by_role("button", name="undo").click()
    assert colleague.says("image_width: 140")
    colleague.context.close()


def test_a_recipe_is_saved_when_asked_and_not_over_what_others_wrote(chromium: Any, running: Running) -> None:
    made = Window(chromium, running.server.address)
    made.page.get_by_role("textbox", name="image width").fill("150")
    made.rest()
    assert running.config.read_text() == CONFIG
    made.page.keyboard.press("Control+s")
    made.page.wait_for_selector("#unsaved", state="hidden")
    assert running.config.read_text() == CONFIG.replace("140", "150")
    running.config.write_text(CONFIG)
    made.page.get_by_role("textbox", name="image width").fill("160")
    made.rest()
    made.page.get_by_role("button", name="save to numbers.yaml").click()
    made.page.get_by_role("button", name="Cancel").click()
    assert running.config.read_text() == CONFIG
    made.page.get_by_role("button", name="save to numbers.yaml").click()
    made.page.get_by_role("button", name="Overwrite").click()
    made.page.wait_for_selector("#unsaved", state="hidden")
    assert running.config.read_text() == CONFIG.replace("140", "160")
    made.context.close()


def test_a_page_whose_server_has_ended_says_so_and_keeps_the_recipe(chromium: Any, running: Running) -> None:
    made = Window(chromium, running.server.address)
    running.end()
    made.page.get_by_role("textbox", name="image width").fill("150")
    made.page.wait_for_selector("#trouble")
    assert made.page.inner_text("#trouble").startswith("digitgen try has ended.")
    assert made.page.get_by_role("textbox", name="image width").input_value() == "150"
    made.context.close()


def test_a_page_without_the_key_asks_for_it(chromium: Any, shared: Running) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(shared.server.address.partition("?")[0])
    page.get_by_role("textbox", name="address").fill(shared.server.address)
    page.keyboard.press("Enter")
    page.wait_for_selector("#sheet img")
    assert "token" not in page.url
    context.close()


STRANGE: list[dict[str, Any]] = [
    {"splits": [], "sequence": None, "spacing": {"range": 3, "quantiles": {}}, "augment": "none", "name": {"a": 1}},
    {"augment": {"glyphs": [{"step": "constructor"}, {"step": ["x"]}, None], "__proto__": {"x": 1}}},
    {"splits": {"<img src=x>": {"source": "<script>alert(1)</script>", "sequence": {"pattern": 5}}}, "seed": 2**62},
    {"image_width": 10**30, "labels": {"ctc_steps": "many"}, "hand": [1], "constructor": 1, "toString": {}},
]


def test_a_strangers_recipe_is_shown_as_it_is_whatever_is_in_it(window: Window) -> None:
    for tree in STRANGE:
        window.show(tree)
        assert window.carries(tree)
        window.page.wait_for_selector("#status .errors")
        window.page.evaluate("for (const each of document.querySelectorAll('.title')) each.click()")


def test_an_address_that_carries_no_recipe_changes_nothing(window: Window) -> None:
    before = window.yaml
    for tree in ([1], "text", {"a": " " * (1 << 18)}):
        window.show(tree)
        window.page.get_by_role("button", name="put this message away").click()
    window.page.evaluate("() => { location.hash = 'recipe=%'; }")
    window.page.get_by_role("button", name="put this message away").click()
    assert window.yaml == before


def test_what_no_control_shows_is_kept_and_can_be_changed_as_yaml(window: Window) -> None:
    tree = {"image_width": "wide", "unheard": {"of": [1, "two"]}, "augment": {"sequence": [{"step": "nothing"}, 5]}}
    window.show(tree)
    window.page.get_by_role("textbox", name="unheard, as YAML on one line").wait_for()
    shown = window.page.locator("textarea.raw")
    assert [each.input_value() for each in shown.all()] == ["wide", "{of: [1, two]}"]
    assert window.page.locator(STEPS).all_inner_texts() == ["nothing", ""]
    window.page.get_by_role("textbox", name="unheard, as YAML on one line").fill("{of: {a: '1', b: no}}")
    window.page.wait_for_function("() => document.getElementById('yaml').innerText.includes('b: no')")
    window.rest()
    window.page.wait_for_timeout(500)  # until the address rests
    assert window.carries({**tree, "unheard": {"of": {"a": "1", "b": "no"}}})
