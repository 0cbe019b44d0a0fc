"""Two small datasets that hold all that a dataset can hold, and what an export of them must say."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitgen import DigitDataset, build_dataset, load_config
from digitgen.glyphs.idx import encode_idx
from tests.hands import SOURCE, write_source
from tests.letters import letters

_DIGITS = f"""
name: everything
seed: 9
image_width: 150
splits:
  test: {{count: 40, source: {SOURCE}, writers: {{numbers: [300]}}, sequence: {{length: [1, 4]}}, augment: {{}}}}
  train: {{count: 50, source: {SOURCE}, writers: {{numbers: [5, 8]}}}}
  test-1:
    count: 7
    source: {{images: images.idx, labels: labels.idx}}
    augment: {{sequence: [{{step: gamma, p: 0.5}}]}}
allow_shared_glyphs: true
sequence: {{length: [1, 3]}}
spacing: {{range: [-4, 7]}}
augment:
  glyphs: [{{step: rotate, p: 0.5}}]
  sequence: [{{step: translate, p: 0.1}}, {{step: shot_noise, p: 0.5}}]
labels: {{masks: true, clean: true, parameters: true}}
"""

_LETTERS = """
name: letters
seed: 3
image_width: 130
alphabet: "ABC-:/"
splits:
  train: {count: 1030, source: {images: letters.idx, labels: names.idx}}
sequence: {length: [1, 4]}
spacing: {range: [0, 3]}
labels: {parameters: false}
output: {compression: deflate, shard_size: 1024}
"""


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both datasets, `everything` and `letters`."""
    home = tmp_path_factory.mktemp("datasets")
    write_source(home)
    for name, array in zip(("letters", "names"), letters(6), strict=True):
        (home / f"{name}.idx").write_bytes(encode_idx(array))
    for name, text in {"everything": _DIGITS, "letters": _LETTERS}.items():
        (home / f"{name}.yaml").write_text(text)
        build_dataset(load_config(home / f"{name}.yaml"), home / name, jobs=1, fsync=False)
    return home


@pytest.fixture(scope="session")
def everything(home: Path) -> Path:
    """Digits in three splits, a part each, with masks, clean images, writers in two of them, and steps that differ."""
    return home / "everything"


@pytest.fixture(scope="session")
def shards(home: Path) -> Path:
    """Letters in one split of two shards, a part each: one of 1,024 images, one of 6."""
    return home / "letters"


@pytest.fixture(scope="session", params=["everything", "letters"])
def dataset(home: Path, request: pytest.FixtureRequest) -> Path:
    """Each of the datasets."""
    return home / str(request.param)


def said_of(folder: Path, split: str) -> list[dict[str, Any]]:
    """What an export must say of each image of a split; an image is an array, and None what is not there."""
    return [_said(sample) for sample in DigitDataset(folder, split)]


def _said(sample: Any) -> dict[str, Any]:
    """The same of one image."""
    lists = {name: getattr(sample, name).tolist() for name in ("boxes", "gaps", "glyph_ids")}
    images = {name: getattr(sample, name) for name in ("image", "mask", "clean") if getattr(sample, name) is not None}
    writers = {} if sample.writers is None else {"writers": sample.writers.tolist()}
    steps = {f"augment_{name}": known(values.tolist()) for name, values in sample.parameters.items()}
    digits = sample.digits.tolist()
    named = {"text": sample.text, "labels": digits, "length": len(digits), "index": sample.index}
    return images | named | lists | writers | steps


def known(value: Any) -> Any:
    """A value with None for NaN, in lists too."""
    if isinstance(value, list):
        return [known(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def assert_same(found: list[dict[str, Any]], folder: Path, split: str, *, images: bool = True) -> None:
    """A reader's rows say what the dataset says: every label and pixel; columns of other splits are empty."""
    expected = said_of(folder, split)
    assert len(found) == len(expected)
    for row, said in zip(found, expected, strict=True):
        for name, value in said.items():
            if not isinstance(value, np.ndarray):
                assert row[name] == value, name
            elif images:
                np.testing.assert_array_equal(np.asarray(row[name]), value)
        assert all(row[name] is None for name in set(row) - set(said)), set(row) - set(said)
        assert images or not {"image", "mask", "clean"} & set(row)
