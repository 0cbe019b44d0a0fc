"""A configuration that says how many steps a CTC model has is refused if strings need more."""

from pathlib import Path
from typing import Any

import pytest

from digitgen import load_config, stream
from digitgen.config.build_config import BuildConfig
from tests.batches import assert_equal
from tests.errors import message_of

SMALL: dict[str, Any] = {
    "name": "small",
    "image_width": 168,
    "splits": {"train": {"count": 100, "source": "mnist/test"}},
    "sequence": {"length": [1, 5]},
    "spacing": {"range": [0, 7]},
}


def checked(steps: object, **keys: Any) -> BuildConfig:
    return load_config(SMALL | keys | {"labels": {"ctc_steps": steps}})


def test_as_many_steps_as_all_digits_and_blanks_are_enough() -> None:
    assert checked(9).labels.ctc_steps == 9
    assert message_of(checked, 8) == (
        "the configuration: labels.ctc_steps: must be at least 9: strings of train, of up to 5 digits, take so many "
        "with a blank between equal neighbours; got 8"
    )


def test_strings_whose_neighbours_differ_need_no_blanks() -> None:
    assert checked(4, sequence={"pattern": "(01|23){2}"}).labels.ctc_steps == 4
    assert message_of(checked, 5, sequence={"pattern": "(01|23){2}3?"}).startswith(
        "the configuration: labels.ctc_steps: must be at least 6: strings of train, of up to 5 digits,"
    )


def test_the_split_that_needs_most_is_named() -> None:
    long = {"count": 10, "source": "mnist/train", "sequence": {"pattern": "[AB]{6}"}}
    message = message_of(checked, 10, alphabet="0123456789AB", splits=SMALL["splits"] | {"long": long})
    assert message.endswith(
        "strings of long, of up to 6 characters, take so many with a blank between equal neighbours; got 10"
    )


@pytest.mark.parametrize("wrong", [0, "9", 9.0, True, 40_000])
def test_steps_are_a_positive_integer(wrong: object) -> None:
    assert message_of(checked, wrong).startswith("the configuration: labels.ctc_steps: ")


def test_a_dataset_whose_strings_were_not_read_is_not_checked(tmp_path: Path) -> None:
    content = SMALL | {"sequence": {"strings": "nowhere.txt"}, "labels": {"ctc_steps": 1}}
    assert BuildConfig.check(content, tmp_path, read_strings=False).labels.ctc_steps == 1


def test_a_configuration_without_the_key_is_resolved_as_before() -> None:
    assert load_config(SMALL).resolved()["labels"] == {
        "masks": False,
        "clean": False,
        "parameters": True,
        "writers": False,
    }


@pytest.mark.usefixtures("mnist")
def test_images_do_not_depend_on_the_key() -> None:
    assert_equal(next(stream(checked(20))).arrays(), next(stream(SMALL)).arrays())
