"""The sheet of the live page in a real browser: it is `digitgen preview` of the YAML beside it, pixel by pixel."""

import base64
import shlex
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from digitgen.cli import main
from tests.live.window import Running, Window

CONFIG = """\
name: numbers
seed: 7
image_width: 140
splits:
  train: {count: 5000, source: mnist/test, pool: [0, 0.5]}
  test: {count: 20, source: mnist/test, pool: [0.5, 1], augment: {}}
sequence: {length: [1, 4]}
spacing: {range: [-6, 12]}
augment:
  glyphs: [{step: elastic, p: 0.5}]
  sequence: [{step: rotate, angle: [-0.1, 0.1]}, {step: shot_noise, severity: [1, 3], p: 0.5}]
"""


def overlays_of_many(page: Any) -> None:
    page.locator("#boxes").check()
    page.locator("#masks").check()
    page.locator("#count").select_option("48")
    page.locator("#columns").select_option("2")


def pairs_of_a_small_split(page: Any) -> None:
    page.locator("#pairs").check()
    page.locator("#split").select_option("test")
    page.locator("#count").select_option("24")


def another_recipe(page: Any) -> None:
    page.get_by_role("textbox", name="image width").fill("173")
    page.get_by_role("button", name="another seed").click()
    page.get_by_role("slider", name="image height").focus()
    for _ in range(9):
        page.keyboard.press("ArrowRight")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("live"), CONFIG)
    yield made
    made.end()


@pytest.fixture(scope="module")
def kept(chromium: Any, running: Running) -> Window:
    return Window(chromium, running.server.address)


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(png)).convert("RGB"))


@pytest.mark.parametrize("change", [overlays_of_many, pairs_of_a_small_split, another_recipe])
def test_the_sheet_is_that_of_the_command_and_of_the_yaml_beside_it(
    kept: Window,
    running: Running,
    change: Callable[[Any], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept.page.goto(running.server.address)
    kept.rest()
    change(kept.page)
    shown = pixels(base64.b64decode(kept.sheet.removeprefix("data:image/png;base64,")))
    with kept.page.expect_download() as download:
        kept.page.get_by_role("button", name="download").click()
    assert download.value.suggested_filename == "numbers.yaml"
    monkeypatch.chdir(tmp_path)
    download.value.save_as("numbers.yaml")
    _, command = kept.page.locator("#commands code").all_inner_texts()
    program, *arguments = shlex.split(command)
    view = arguments[arguments.index("--split") :]
    assert program == "digitgen"
    assert main([*arguments, "-o", "of-the-command.png"]) == 0  # which reads CONFIG as it is
    assert main(["preview", "numbers.yaml", *view, "-o", "of-the-yaml.png"]) == 0
    assert np.array_equal(shown, pixels(Path("of-the-command.png").read_bytes()))
    assert np.array_equal(shown, pixels(Path("of-the-yaml.png").read_bytes()))
    assert running.config.read_text() == CONFIG


def test_the_images_are_told_to_who_cannot_see_them(kept: Window, running: Running) -> None:
    kept.page.goto(running.server.address)
    kept.rest()
    reply = running.session.render({"recipe": running.session.start()["recipe"]})
    told = kept.page.get_attribute("#sheet img", "alt")
    assert told == f"12 images of train: {', '.join(reply['texts'])}"
