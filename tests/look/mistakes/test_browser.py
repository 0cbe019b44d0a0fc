"""The page of a model's mistakes in a real browser: what is wrong with the model is seen without scrolling."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from digitgen.build.build import build_dataset
from digitgen.config.load import load_config
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.look.kit.page import Html
from digitgen.look.mistakes.page import mistakes_page
from digitgen.look.mistakes.pattern_sections import patterns
from digitgen.look.mistakes.study import study
from digitgen.look.mistakes.survey import survey
from digitgen.look.mistakes.survey_page import survey_page
from tests.broken_model import read_badly, write_csv
from tests.browser import DESKTOP, PHONE, Scheme, browser, problems, shown

CONFIG = """\
name: a-rather-long-name-for-a-dataset-that-has-to-be-broken
seed: 5
image_width: 230
splits:
  test: {count: 1500, source: mnist/test}
  a-rather-long-name-for-a-split: {count: 300, source: mnist/test, same_as: test, augment: {}}
sequence: {length: [1, 6]}
spacing: {range: [-12, 12]}
augment:
  glyphs: [{step: rotate, angle: [-0.1, 0.1], p: 0.5}]
  sequence: [{step: shot_noise, severity: [1, 3], p: 0.5}]
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def pages(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001
    """A folder with the pages of one model, of two, and of all splits."""
    home = tmp_path_factory.mktemp("pages")
    (home / "config.yaml").write_text(CONFIG)
    build_dataset(load_config(home / "config.yaml"), home / "data", jobs=1, fsync=False)
    dataset = DigitDataset(home / "data", "test")
    files = [
        write_csv(home / f"{name}.csv", read_badly(dataset, breakage=breakage))
        for name, breakage in (("a-model-with-a-name-that-goes-on-and-on", 0.9), ("better", 0.4))
    ]
    (home / "one.html").write_bytes(mistakes_page(study(dataset, files[:1])))
    (home / "two.html").write_bytes(mistakes_page(study(dataset, files)))
    (home / "model").mkdir()
    for split in dataset.manifest.splits:
        write_csv(home / "model" / f"{split}.csv", read_badly(dataset.other_split(split), breakage=0.9))
    parts: dict[str, list[Html]] = {}
    found = survey(
        dataset, home / "model", look=lambda each: parts.update({each.dataset.split: patterns(each.models[0], each)})
    )
    (home / "all.html").write_bytes(survey_page(found, parts))
    return home


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("name", ["one", "two", "all"])
def test_the_page_is_whole_and_readable(chromium: Any, pages: Path, name: str, width: int, scheme: Scheme) -> None:
    assert problems(chromium, pages / f"{name}.html", width, scheme) == []


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_what_is_wrong_with_the_model_is_what_one_sees_first(chromium: Any, pages: Path, width: int) -> None:
    with shown(chromium, pages / "one.html", width, "light") as (window, _):
        first = window.query_selector(".headline")
        assert first.inner_text().startswith("4 read as 9 when digits overlap: ")
        assert first.inner_text().endswith(" % of errors")
        box = first.bounding_box()
        assert box["y"] + box["height"] < 350
