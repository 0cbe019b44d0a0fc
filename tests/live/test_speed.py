"""How fast a build would be is measured while images are shown, and not more often than it has to be."""

import time
from pathlib import Path
from unittest.mock import Mock

import pytest

from digitgen.build.splits import load_splits
from digitgen.compose.render import render
from digitgen.config.load import load_config
from digitgen.live import speed
from digitgen.live.speed import Speed


@pytest.fixture
def measure(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """Measurements: an image of the first takes a second, one of the next two, and so on."""
    measure = Mock(side_effect=[1.0, 2.0, 4.0, 8.0])
    monkeypatch.setattr(speed, "_measure", measure)
    return measure


def seconds(meter: Speed, config: Path, *overrides: str) -> float:
    checked = load_config(config, ["splits.train.count=10", "splits.noisy.count=5", *overrides])
    return meter.seconds(checked, dict.fromkeys(checked.splits), "noisy")  # type: ignore[arg-type]


def test_the_split_that_is_shown_is_measured_first_and_stands_for_the_others_until_then(
    config: Path, measure: Mock
) -> None:
    meter = Speed()
    assert seconds(meter, config) == 15 * 1.0
    assert [call.args[1] for call in measure.call_args_list] == ["noisy"]
    assert seconds(meter, config) == 5 * 1.0 + 10 * 2.0
    assert seconds(meter, config) == 5 * 1.0 + 10 * 2.0
    assert measure.call_count == 2


@pytest.mark.usefixtures("measure")
def test_other_values_are_measured_after_a_rest_and_other_steps_at_once(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter = Speed()
    seconds(meter, config)
    seconds(meter, config)
    other = "splits.noisy.augment.sequence.0.p=0.6"
    assert seconds(meter, config, other) == 5 * 1.0 + 10 * 2.0
    later = time.monotonic() + 60
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert seconds(meter, config, other) == 5 * 4.0 + 10 * 2.0
    assert seconds(meter, config, "splits.noisy.augment.sequence=[]") == 5 * 8.0 + 10 * 2.0


def test_steps_that_work_more_take_longer(config: Path) -> None:
    plain = load_config(config)
    heavy = load_config(config, ["augment.sequence=[{step: elastic},{step: glass_blur},{step: rotate}]"])
    times = [Speed().seconds(each, load_splits(each, None, print), "train") for each in (plain, heavy)]
    assert 0 < 3 * times[0] < times[1]


def test_images_that_take_long_are_made_one_by_one(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Mock(wraps=render)
    monkeypatch.setattr(speed, "render", made)
    monkeypatch.setattr(speed, "_LONG", 0.0)
    checked = load_config(config)
    assert Speed().seconds(checked, load_splits(checked, None, print), "train") > 0
    assert [len(call.args[3].images) for call in made.call_args_list] == [1, 1]
