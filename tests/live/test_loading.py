"""Sources are loaded beside the page, which is told how far they are."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from digitgen.build import sources
from digitgen.build.kept import Kept
from digitgen.config.build_config import BuildConfig
from digitgen.config.load import load_config
from digitgen.errors import ConfigError, SourceError
from digitgen.live import loading
from digitgen.live.loading import Loader
from digitgen.progress import progress_bar

Load = Callable[..., Any]


@pytest.fixture
def checked(config: Path) -> BuildConfig:
    return load_config(config)


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Have sources half fetched, and the rest of them when the event is set."""
    event, load = threading.Event(), sources.load_source

    def slow(*given: Any) -> Any:
        bar = progress_bar(shown=False, total=100, unit="B", what="images.gz")
        bar.update(34)
        bar.refresh()
        event.wait(5)
        return load(*given)

    monkeypatch.setattr(sources, "load_source", slow)
    monkeypatch.setattr(loading, "_AT_ONCE", 0.02)
    yield event
    event.set()


def loaded(loader: Loader, config: BuildConfig) -> None:
    """Wait until nothing is to be waited for."""
    until = time.monotonic() + 5
    while loader.ask(config):
        assert time.monotonic() < until
        time.sleep(0.005)


def test_a_source_that_takes_long_is_told_of_until_it_is_there(checked: BuildConfig, hold: threading.Event) -> None:
    kept = Kept()
    loader = Loader(kept, None)
    assert loader.ask(checked) == "fetching images.gz: 34%"
    assert loader.there(checked) == []
    hold.set()
    loaded(loader, checked)
    assert loader.there(checked) == ["train", "noisy"]
    assert kept.nbytes > 0


def test_a_source_is_loaded_once_however_often_it_is_asked_for(
    checked: BuildConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = Mock(side_effect=sources.load_source)
    monkeypatch.setattr(sources, "load_source", load)
    monkeypatch.setattr(loading, "_AT_ONCE", 0.0)
    loader = Loader(Kept(), None)
    loaded(loader, checked)
    assert loader.ask(checked) is None
    load.assert_called_once()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SourceError("MNIST could not be had"), "MNIST could not be had"),
        (MemoryError("no room"), "MemoryError: no room"),
    ],
)
def test_a_source_that_cannot_be_had_is_said_at_its_split_and_tried_again_later(
    checked: BuildConfig, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    load = Mock(side_effect=error)
    monkeypatch.setattr(sources, "load_source", load)
    loader = Loader(Kept(), None)
    for _ in range(3):
        with pytest.raises(ConfigError) as caught:
            loader.ask(checked)
        assert (str(caught.value), caught.value.key) == (said, ("splits", "train", "source"))
    load.assert_called_once()
    monkeypatch.undo()
    monkeypatch.setattr(loading, "_AGAIN", 0.0)
    loaded(loader, checked)


def test_only_so_many_sources_are_loaded_at_a_time(
    checked: BuildConfig, hold: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_MOST", 1)
    loader = Loader(Kept(), None)
    other = load_config(checked.resolved() | {"alphabet": "9876543210"})
    assert loader.ask(checked) == "fetching images.gz: 34%"
    assert loader.ask(other) == "other sources are being loaded"
    hold.set()
    loaded(loader, checked)
