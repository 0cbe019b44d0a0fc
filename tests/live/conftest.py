"""For tests of the live page: a small configuration with comments, whose glyphs are made for it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from digitgen.config.yamltree import read_yaml
from digitgen.live.controls import describe
from digitgen.live.session import Session
from tests.browser import browser
from tests.conftest import CODED_CONFIG, write_coded_glyphs


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The configuration, with its glyphs beside it."""
    write_coded_glyphs(tmp_path)
    (tmp_path / "small.yaml").write_text(CODED_CONFIG)
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
    return dict(read_yaml(CODED_CONFIG, "small").value)
