"""Overlap: of ink by masks, of ink boxes, and of cells only where there is nothing else."""

from pathlib import Path

import numpy as np
import pytest

from digitgen.build.build import build_dataset
from digitgen.config.load import load_config
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.look.mistakes.factor import Factor
from digitgen.look.mistakes.spacing import TOUCHING, Unit, _mark, ink_that_meets, spacing
from digitgen.look.mistakes.study import study
from tests.broken_model import write_csv

THERE = np.ones((1, 2), bool)


def found(boxes: list[list[int]], **others: np.ndarray) -> dict[str, Factor]:
    """The factors of an image of two digits."""
    arrays: dict[str, np.ndarray] = {
        "boxes": np.array([boxes], np.float32),
        "gaps": np.array([[3]], np.int16),
        **others,
    }
    return {each.name: each for each in spacing(arrays, THERE)}


def test_ink_boxes_overlap_only_where_they_share_pixels() -> None:
    beside, below = [[0, 0, 10, 9], [8, 0, 10, 9]], [[0, 0, 10, 9], [8, 9, 10, 9]]
    name = "Overlap with a neighbour's ink box"
    assert found(beside)[name].codes.tolist() == [1, 1]
    assert found(beside)[name].phrases[1] == "when digits overlap"
    assert found(below)[name].codes.tolist() == [0, 0]


def test_cells_are_called_cells() -> None:
    name = "Overlap with a neighbour's cell"
    factors = found([[0, 0, 28, 28], [26, 0, 28, 28]])
    assert factors[name].phrases == ("when cells stand apart", "when cells overlap")
    assert "Smaller of the cell gaps beside it, px" in factors


def test_gaps_are_called_after_what_they_lie_between() -> None:
    arrays: dict[str, np.ndarray] = {
        "boxes": np.array([[[0, 0, 10, 9], [8, 0, 10, 9]]], np.float32),
        "gaps": np.array([[3]], np.int16),
    }
    units: dict[Unit, str] = {"cell": "cell gaps", "ink": "gaps", "stroke": "stroke gaps"}
    for unit, words in units.items():
        names = [each.name for each in spacing(arrays, THERE, unit)]
        assert f"Smaller of the {words} beside it, px" in names
        assert "Distance to the nearer box, px" in names  # which is not 3


def test_with_masks_digits_touch_where_their_ink_meets() -> None:
    factors = found([[0, 0, 28, 28], [26, 0, 28, 28]], **{TOUCHING: np.array([[True]])})
    assert factors["Ink that meets a neighbour's"].phrases == ("when digits stand apart", "when digits touch")
    assert not any("cell" in name.split() for name in factors if "Overlap" in name)


@pytest.mark.parametrize(
    ("rows", "meets"),
    [
        (["1.2.3"], [False, False]),
        (["112.3"], [True, False]),
        (["1..33", ".22.."], [True, True]),
        ([".1..", "2..3"], [True, False]),
        (["1", "2", "3"], [True, True]),
        (["1.3", "2.."], [True, False]),
        (["13"], [False, False]),  # these are no neighbours
        (["..1", "2.."], [False, False]),  # nor is the end of a row one of the next row's beginning
        ([".", "1", "2"], [True, False]),
    ],
)
def test_ink_meets_side_by_side_or_corner_to_corner(rows: list[str], meets: list[bool]) -> None:
    masks = np.array([[[0 if each == "." else int(each) for each in row] for row in rows]], np.uint8)
    empty, full = np.zeros_like(masks), np.where(masks == 0, 2, masks).astype(np.uint8)
    marked = np.zeros((3, 2), bool)
    _mark(marked, np.concatenate([empty, masks, full]))  # what lies in the next image is not beside it
    assert marked[:2].tolist() == [[False, False], meets]


@pytest.mark.parametrize("unit", ["ink", "stroke"])
def test_a_model_that_fails_on_touching_digits_is_found_by_masks(tmp_path: Path, unit: str) -> None:
    (tmp_path / "config.yaml").write_text(
        """
name: masks
image_width: 120
splits: {test: {count: 1500, source: mnist/test}}
sequence: {length: [2, 4]}
spacing: {unit: UNIT, range: [-4, 4]}
labels: {masks: true}
""".replace("UNIT", unit)
    )
    build_dataset(load_config(tmp_path / "config.yaml"), tmp_path / "data", jobs=1, fsync=False)
    dataset = DigitDataset(tmp_path / "data", "test")
    meets = ink_that_meets(dataset)
    overlaps = dataset.arrays(["gaps"])["gaps"] < 0
    share = meets[overlaps & (dataset.arrays(["labels"])["labels"][:, 1:] >= 0)].mean()
    assert 0.99 < share <= 1 if unit == "stroke" else 0.2 < share < 0.9  # boxes are not ink
    texts = []
    for sample, touching in zip(dataset, meets, strict=True):
        beside = np.r_[False, touching] | np.r_[touching, False]
        texts.append("".join(map(str, sample.digits[~beside[: len(sample.digits)]])))
    (pattern,) = study(dataset, [write_csv(tmp_path / "a.csv", texts)]).models[0].mistakes.patterns
    assert pattern.name == "Digits not read at all when digits touch"
    assert (pattern.share, pattern.rate) == (1, 1)
