"""What a digit stands in: every level, checked against the sample that it belongs to."""

import numpy as np

from digitgen.compose.batch import parameter_arrays
from digitgen.compose.content.laws.digits import Digits
from digitgen.compose.generate import generate_batch
from digitgen.compose.layout import Layout
from digitgen.compose.recipe import Augmentation, Labels, Recipe
from digitgen.config.augmentation import augmentation
from digitgen.glyphs.bank import GlyphBank
from digitgen.look.mistakes.factor import Factor
from digitgen.look.mistakes.factors import factors
from tests.steps import CASES, recipe

SEQUENCES = [[4, 4, 9], [7], [1, 2], [0, 0, 0], [5, 9, 9]]


def found_in(
    bank: GlyphBank, augment: Augmentation, spacing: tuple[int, int] = (-3, 5), writers: np.ndarray | None = None
) -> dict[str, Factor]:
    """The factors of a few images."""
    batch = generate_batch(SEQUENCES * 20, spacing, 120, rng=4, glyphs=bank, augment=augment)
    spec = Recipe(bank, Layout(120, spacing), Digits((1, 3)), augment=augment).spec
    return {each.name: each for each in factors(batch.arrays(), spec, writers)}


def drawn(bank: GlyphBank, augment: Augmentation) -> np.ndarray:
    """The angle that was drawn for each digit of the same images."""
    batch = generate_batch(SEQUENCES * 20, (-3, 5), 120, rng=4, glyphs=bank, augment=augment)
    return np.concatenate([sample.parameters["glyphs_0_rotate_angle"] for sample in batch])


def levels(factor: Factor) -> list[str | None]:
    """The level of each digit by name."""
    return [None if code < 0 else factor.levels[code] for code in factor.codes]


def test_place_and_neighbours_are_those_of_the_text(bank: GlyphBank) -> None:
    found = found_in(bank, Augmentation())
    assert levels(found["Digit"])[:6] == ["4", "4", "9", "7", "1", "2"]
    assert levels(found["Position from the left"])[:6] == ["1", "2", "3", "1", "1", "2"]
    assert levels(found["Position from the right"])[:6] == ["3", "2", "1", "1", "2", "1"]
    assert levels(found["Digits in the sequence"])[:6] == ["3", "3", "3", "1", "2", "2"]
    assert levels(found["Left neighbour"])[:6] == [None, "4", "4", None, None, "1"]
    assert levels(found["Right neighbour"])[:6] == ["4", "9", None, None, "2", None]
    assert levels(found["Pair with the left neighbour"])[:6] == [None, "44", "49", None, None, "12"]
    assert levels(found["Neighbour is the same digit"])[:6] == ["yes", "yes", "no", "no", "no", "no"]


def test_gaps_and_overlap_are_those_beside_the_digit(bank: GlyphBank) -> None:
    found = found_in(bank, Augmentation())
    batch = generate_batch(SEQUENCES * 20, (-3, 5), 120, rng=4, glyphs=bank)
    place = 0
    for sample in batch:
        gaps = sample.gaps.tolist()
        for k in range(len(sample.digits)):
            left, right = gaps[k - 1] if k else None, gaps[k] if k < len(gaps) else None
            beside = [gap for gap in (left, right) if gap is not None]
            for side, gap in (("left", left), ("right", right)):
                level = levels(found[f"Cell gap to the {side} neighbour, px"])[place]
                assert level == (None if gap is None else str(gap))
            smaller = levels(found["Smaller of the cell gaps beside it, px"])[place]
            assert smaller == (str(min(beside)) if beside else None)
            overlap = levels(found["Overlap with a neighbour's cell"])[place]
            assert overlap == ("overlap" if beside and min(beside) < 0 else "apart")
            place += 1
    assert found["Overlap with a neighbour's cell"].phrases == ("when cells stand apart", "when cells overlap")


def test_what_applies_to_every_digit_alike_is_no_factor(bank: GlyphBank) -> None:
    batch = generate_batch([[3], [5]] * 5, (0, 0), 40, rng=1, glyphs=bank)
    found = factors(batch.arrays(), Recipe(bank, Layout(40, (0, 0)), Digits((1, 1))).spec)
    assert [each.name for each in found] == ["Digit"]


def test_parameters_are_factors_with_readable_ranges(bank: GlyphBank) -> None:
    augment = augmentation(
        glyphs=[{"step": "rotate", "angle": [-0.2, 0.2], "p": 0.5}],
        sequence=[{"step": "shot_noise", "severity": [1, 5]}, {"step": "elastic", "rms": [0.5, 1.5]}],
    )
    found = found_in(bank, augment)
    angle = found["rotate.angle, rad"]
    ends = [[float(end) for end in level.split(" to ")] for level in angle.levels]
    assert [high for _, high in ends[:-1]] == [low for low, _ in ends[1:]]
    assert 0 in [low for low, _ in ends]
    assert angle.phrases[0] == f"where rotate.angle is {angle.levels[0]} rad"
    assert angle.at_least[4] == f"where rotate.angle is at least {ends[4][0]} rad"
    assert angle.at_most[1] == f"where rotate.angle is at most {ends[1][1]} rad"
    values = drawn(bank, augment)
    for k, (low, high) in enumerate(ends):
        assert ((values[angle.codes == k] > low - 0.001) & (values[angle.codes == k] < high + 0.001)).all()
    touched = found["rotate: touched"]
    assert touched.phrases == ("without rotate", "under rotate")
    assert ((angle.codes >= 0) == (touched.codes == 1)).all()
    assert 0.3 < touched.codes.mean() < 0.7
    size = found["size of rotate.angle, rad"]
    assert (np.abs(values[size.codes == 5]).min() > np.abs(values[size.codes == 4])).all()
    assert found["shot_noise.severity"].levels == ("1", "2", "3", "4", "5")
    assert "elastic: touched" not in found
    assert len(found["elastic.rms, px"].levels) == 6


def test_every_parameter_of_the_catalogue_is_shown_with_its_declared_unit(bank: GlyphBank) -> None:
    for case in CASES:
        spec = recipe(bank, lengths=(2, 2), **case.alone()).spec
        arrays = {each.name: np.full((20, *each.shape), 2, each.dtype) for each in spec}
        for array in parameter_arrays(spec).values():
            arrays[array][::2] = 1
        shown = {each.name: each.phrases[0] for each in factors(arrays, spec) if each.sampled}
        declared = {name: each.unit for name, each in case.setting().step.parameters.items()}
        beside = {"severity": ""} if case.severity else {} if declared else {"applied": ""}
        assert shown == {
            f"{case.name}.{name}, {unit}".removesuffix(", "): (
                f"where {case.name}.{name} is 1" + (f" {unit}" if unit in ("px", "rad") else "")
            )
            for name, unit in (beside | declared).items()
        }, case


def test_a_step_that_acts_twice_is_named_with_its_place(bank: GlyphBank) -> None:
    step = {"step": "rotate", "p": 0.5}
    found = found_in(bank, augmentation(glyphs=[step], sequence=[step]))
    assert {"glyphs.0.rotate.angle, rad", "sequence.0.rotate.angle, rad", "glyphs.0.rotate: touched"} <= set(found)


def test_ink_that_has_moved_is_measured_by_its_boxes(bank: GlyphBank) -> None:
    found = found_in(bank, augmentation(sequence=[{"step": "translate", "x": [-1, 1], "y": [-1, 1]}]), (-20, 0))
    assert "Distance to the nearer box, px" in found
    assert found["Overlap with a neighbour's ink box"].phrases == ("when digits stand apart", "when digits overlap")


def test_writers_are_a_factor_where_they_are_known(bank: GlyphBank) -> None:
    found = found_in(bank, Augmentation(), writers=np.arange(30) // 10 + 100)
    assert found["Writer"].levels == ("100", "101", "102")
    assert found["Writer"].phrases[1] == "in the hand of writer 101"
    assert "Writer" not in found_in(bank, Augmentation())


def test_writers_that_are_stored_are_a_factor(bank: GlyphBank) -> None:
    writers = np.arange(30) // 10 + 100
    known = GlyphBank.from_arrays(bank.images, np.repeat(np.arange(10), 3), writers=writers)
    batch = generate_batch(SEQUENCES * 20, (-3, 5), 120, rng=4, glyphs=known, labels=Labels(writers=True))
    stored, named = (
        next(each for each in factors(batch.arrays(), (), given) if each.name == "Writer") for given in (None, writers)
    )
    assert stored.levels == named.levels == ("100", "101", "102")
    assert stored.codes.tolist() == named.codes.tolist()
    assert len(stored.codes) == batch.lengths.sum()
