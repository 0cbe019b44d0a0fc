"""Check digits in a build: every string is valid, and the report agrees with the law."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stdnum import luhn
from stdnum.iso7064 import mod_97_10

from digitgen.build.build import build_dataset
from digitgen.build.verify import verify_dataset
from digitgen.config.load import load_config
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.manifest import read_manifest
from digitgen.look.report.counting import dataset_statistics
from tests.conftest import write_coded_glyphs
from tests.errors import message_of


@pytest.mark.parametrize(
    ("sequence", "valid"),
    [
        ({"pattern": "4[0-9]{5}|7[0-9]{1,2}", "check": "luhn"}, luhn.is_valid),
        ({"pattern": "4[0-9]{5}|7[0-9]{2}", "check": "luhn", "unique": True}, luhn.is_valid),
        ({"length": [1, 4], "digits": {"1": 1, "2": 2, "5": 1}, "check": "mod97-10"}, mod_97_10.is_valid),
    ],
)
def test_strings_are_valid_and_the_report_agrees(
    tmp_path: Path, sequence: dict[str, Any], valid: Callable[[str], bool]
) -> None:
    write_coded_glyphs(tmp_path)
    source = {"images": str(tmp_path / "images.idx"), "labels": str(tmp_path / "labels.idx")}
    config: dict[str, Any] = {
        "name": "checked",
        "image_width": 210,
        "splits": {"train": {"count": 1500, "source": source}},
        "sequence": sequence,
        "spacing": {"range": [0, 2]},
    }
    build_dataset(load_config(config), tmp_path / "out", jobs=1, fsync=False)
    texts = DigitDataset(tmp_path / "out", "train")[:].texts
    assert all(map(valid, texts))
    assert ("unique" not in sequence) or len(set(texts)) == 1500
    assert dataset_statistics(tmp_path / "out", read_manifest(tmp_path / "out"), jobs=1).suspicious == []
    assert verify_dataset(tmp_path / "out", regenerate=20, rng=1).ok
    wrong = message_of(load_config, config | {"sequence": sequence | {"check": "mod11-2"}})
    assert wrong.endswith("sequence.check: mod11-2 may end strings in 'X', which the alphabet lacks")
