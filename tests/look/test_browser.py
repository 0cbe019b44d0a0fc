"""Pages in a real browser: nothing is fetched, nothing overflows, everything can be read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from digitgen.build.build import build_dataset
from digitgen.config.load import load_config
from digitgen.dataset.manifest import read_manifest
from digitgen.look.kit.page import page, paragraph, picture, section, table
from digitgen.look.report.counting import dataset_statistics
from digitgen.look.report.report import report
from tests.browser import DESKTOP, PHONE, Scheme, browser, problems, shown

CONFIG = """\
name: a-rather-long-name-for-a-dataset-that-has-to-be-broken
seed: 3
image_width: 200
splits:
  train: {count: 600, source: mnist/test}
  test: {count: 100, source: mnist/test, augment: {}}
allow_shared_glyphs: true
sequence: {length: [1, 6]}
spacing: {range: [-6, 12]}
augment:
  glyphs: [{step: rotate, angle: [-0.2, 0.2], p: 0.5}]
  sequence: [{step: shot_noise, severity: [1, 5], p: 0.5}, {step: translate, x: [-28, 28], y: 0}]
labels: {masks: true, clean: true}
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def report_page(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001
    home = tmp_path_factory.mktemp("page")
    (home / "config.yaml").write_text(CONFIG)
    build_dataset(load_config(home / "config.yaml"), home / "out", jobs=1, fsync=False)
    (home / "report.html").write_bytes(report(dataset_statistics(home / "out", read_manifest(home / "out"))))
    return home / "report.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_a_report_is_whole_and_readable(chromium: Any, report_page: Path, width: int, scheme: Scheme) -> None:
    assert problems(chromium, report_page, width, scheme) == []


def test_a_report_says_first_whether_all_is_well(chromium: Any, report_page: Path) -> None:
    with shown(chromium, report_page, PHONE, "light") as (window, _):
        box = window.query_selector(".headline").bounding_box()
        assert box["y"] + box["height"] < 500
        assert "tests agree" in window.inner_text(".headline")


def test_what_is_wrong_with_a_page_is_found(chromium: Any, tmp_path: Path) -> None:
    wide = table(["word"], [["x" * 1000]])
    made = page("Title", section("One", paragraph("text"), wide, picture(b"<svg>", alt="", caption="caption"))).decode()
    made = made.replace("img-src data:;", "img-src *;").replace(
        "</main>",
        '<p style="white-space:nowrap">' + "long " * 500 + '</p><p style="color:#888">faint</p>'
        '<img src="https://127.0.0.1:9/picture.png" alt="picture"></main>',
    )
    (tmp_path / "bad.html").write_text(made)
    wrong = "\n".join(problems(chromium, tmp_path / "bad.html", PHONE, "light"))
    assert "fetches or complains: https://127.0.0.1:9/picture.png" in wrong
    assert "overflows: the page" in wrong
    assert "x" * 50 not in wrong  # wide tables scroll by themselves
    assert "picture: no alternative text" in wrong
    assert "picture: not shown: picture" in wrong
    assert "hard to read, contrast 3.5: faint" in wrong
