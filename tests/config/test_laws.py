"""Laws of strings are made once for configurations that say the same."""

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from digitgen.config import sequence
from digitgen.config.build_config import BuildConfig
from digitgen.config.sequence import Laws

SPLITS = {"train": {"count": 5, "source": "mnist/train"}, "test": {"count": 5, "source": "mnist/test"}}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """Counts the laws that are made."""
    made = Mock(side_effect=sequence._make_law)
    monkeypatch.setattr(sequence, "_make_law", made)
    return made


def check(laws: Laws | None, **keys: Any) -> BuildConfig:
    value = {"name": "x", "image_width": 200, "splits": SPLITS, "sequence": {"length": 3}, "spacing": {"range": [0, 5]}}
    return BuildConfig.check(value | keys, Path(), laws=laws)


def test_splits_and_configurations_that_say_the_same_share_a_law(made: Mock) -> None:
    laws = Laws()
    one, other = check(laws), check(laws, image_width=300, seed=5)
    assert one.content("train") is other.content("test")
    made.assert_called_once()
    assert check(laws, sequence={"length": 4}).content("train").longest == 4
    assert check(laws, alphabet="01").content("train").alphabet == "01"
    assert made.call_count == 3


def test_only_so_many_laws_are_kept(made: Mock) -> None:
    laws = Laws(most=2)
    for length in (1, 2, 1, 3, 1, 2):
        check(laws, sequence={"length": length})
    assert [call.args[0]["sequence",].length[0] for call in made.call_args_list] == [1, 2, 3, 2]


def test_configurations_are_equal_whatever_laws_they_know() -> None:
    laws = Laws()
    check(laws, sequence={"length": 2})
    assert check(laws) == check(None)
    assert check(laws) != check(laws, seed=5)
