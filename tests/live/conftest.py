"""For tests of the live page: a small configuration with comments, whose glyphs are made for it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from digitgen.config.yamltree import read_yaml
from digitgen.live.controls import describe
from digitgen.live.session import Session
from tests.browser import browser
from tests.conftest import write_coded_glyphs

CONFIG = """\
# What this is.
name: small
seed: 5
image_width: 130  # px
splits:
  train: {count: 2500, source: {images: images.idx, labels: labels.idx}}
  noisy:
    count: 300
    source: {images: images.idx, labels: labels.idx}
    augment:
      glyphs: [{step: rotate, angle: [0.1, 0.2], p: 0.3}]
      sequence: [{step: shot_noise, severity: [1, 5], p: 0.5}, {step: translate, x: [-20, 20], y: 0}]
allow_shared_glyphs: true
sequence: {length: [1, 4]}
spacing: {range: [-3, 5]}  # between neighbours
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The configuration, with its glyphs beside it."""
    write_coded_glyphs(tmp_path)
    (tmp_path / "small.yaml").write_text(CONFIG)
    return tmp_path / "small.yaml"


@pytest.fixture(scope="session")
def controls() -> dict[str, Any]:
    """The controls of the page, which take half a second."""
    return describe()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """A browser for all tests of the live page."""
    with browser() as found:
        yield found


@pytest.fixture(autouse=True)
def same_controls(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Describe the controls for a session only once."""
    monkeypatch.setattr("digitgen.live.session.describe", lambda: request.getfixturevalue("controls"))


@pytest.fixture
def session(config: Path) -> Session:
    """A session that started from it."""
    return Session(config)


@pytest.fixture
def recipe() -> dict[str, Any]:
    """What it says."""
    return dict(read_yaml(CONFIG, "small").value)
