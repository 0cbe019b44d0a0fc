"""What pens do: greys, where they vary and fade, how much ink is missing, how far it spreads; and what labels say."""

import numpy as np
import pytest
from numpy.typing import NDArray

from digitgen.augment.step import NO_CELL, Scene
from digitgen.augment.steps.pen import FAMILY
from digitgen.compose.recipe import Labels
from digitgen.glyphs.bank import GlyphBank
from digitgen.rng import Address, Noise
from tests.errors import naming
from tests.steps import images, recipe, setting

Images = NDArray[np.uint8]


def written(name: str, ink: Images, cells: tuple[int, ...] = (0, 60), **values: float) -> Images:
    """What a step makes of images (n, H, W), with its parameters' lower ends unless given."""
    result = ink.copy()
    count, height, width = ink.shape
    scene = Scene(Noise(Address(9, (1,)), np.arange(count)), width, np.tile(cells, (count, 1)), height=height)
    usual = {key: parameter.default[0] for key, parameter in FAMILY[name].parameters.items()}
    assert values.keys() <= usual.keys()
    FAMILY[name].apply(result, scene, **{key: np.full(count, float(each)) for key, each in (usual | values).items()})
    return result


def full(count: int = 4, height: int = 28, width: int = 168) -> Images:
    return np.full((count, height, width), 255, np.uint8)


def bars(count: int = 4) -> Images:
    """A vertical stroke of 6 px."""
    ink = np.zeros((count, 28, 60), np.uint8)
    ink[:, :, 27:33] = 255
    return ink


def test_ink_has_its_grey() -> None:
    for grey in (0.2, 0.7, 1):
        assert (written("pen_grey", full(), grey=grey, variation=0) == round(255 * grey)).all()


def test_a_grey_is_a_share_of_the_ink_that_is_there() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (1, 28, 1))
    np.testing.assert_array_equal(written("pen_grey", ramp, grey=0.6, variation=0), np.rint(ramp * 0.6))


def test_grey_varies_between_what_is_left_and_all() -> None:
    ink = written("pen_grey", full(60), grey=0.8, variation=0.5, size=4)
    assert ink.min() == round(0.4 * 255) and ink.max() == round(0.8 * 255)
    assert ink.mean() == pytest.approx(0.6 * 255, rel=0.02)


def test_ink_fades_from_its_start_to_one_end_of_the_digits() -> None:
    for start in (0, 0.5):
        ink = written("fading", full(40), cells=(20, 110, NO_CELL), amount=0.6, start=start).astype(float)
        assert (np.ptp(ink, axis=1) == 0).all()
        rightwards = ink[:, 0, 20] > ink[:, 0, 137]
        assert 8 < rightwards.sum() < 32
        way = np.clip((np.arange(168) - 20) / 117, 0, 1)
        for line, right in zip(ink[:, 0], rightwards, strict=True):
            there = way if right else 1 - way
            expected = 255 * (1 - 0.6 * np.clip((there - start) / (1 - start), 0, 1))
            assert np.abs(line - expected).max() <= 0.51


def test_a_share_of_the_ink_is_missing_from_a_dry_pen() -> None:
    for share in (0.0, 0.05, 0.2, 0.5, 0.9, 1.0):
        for size in (1.5, 3.0):
            with naming((share, size)):
                left = written("dry_pen", full(100), amount=share, size=size) / 255
                assert 1 - left.mean() == pytest.approx(share, abs=0.02)


def test_most_of_the_ink_of_a_dry_pen_is_there_or_not() -> None:
    left = written("dry_pen", full(100), amount=0.5, size=3)
    assert ((left == 0) | (left == 255)).mean() > 0.6


def test_bleeding_adds_ink_beside_strokes_and_takes_none() -> None:
    ink = bars()
    for amount, reach in ((0.3, 0.7), (0.8, 1.2), (1, 4)):
        with naming((amount, reach)):
            spread = written("bleeding", ink, amount=amount, reach=reach)
            assert (spread >= ink).all()
            beside = spread[:, :, 33].mean() / 255
            assert 0.2 * amount < beside < amount
            assert not spread[:, :, : int(27 - 2.2 * reach - 1)].any()


def test_more_reach_is_further() -> None:
    widths = [(written("bleeding", bars(), amount=0.8, reach=reach) > 0).sum() for reach in (0.7, 1, 2, 4)]
    assert widths == sorted(widths) and len(set(widths)) == 4


def test_bleeding_has_no_faint_trace() -> None:
    spread = written("bleeding", bars(), amount=0.5, reach=2)
    assert spread[spread > 0].min() >= 16


@pytest.mark.parametrize("name", FAMILY)
def test_blank_paper_stays_blank(name: str) -> None:
    assert not written(name, np.zeros((2, 28, 60), np.uint8)).any()


def test_labels_say_where_the_pen_went_however_faint_the_ink_is(bank: GlyphBank) -> None:
    labels = Labels(masks=True, clean=True)
    plain = images(recipe(bank, labels=labels), 0, 12)
    for step in (setting("pen_grey", grey=0.001, variation=1), setting("fading", amount=1)):
        batch = images(recipe(bank, (step,), labels=labels), 0, 12)
        np.testing.assert_array_equal(batch.masks, plain.masks)
        np.testing.assert_array_equal(batch.boxes, plain.boxes)


def test_masks_follow_ink_that_is_missing_or_has_spread(bank: GlyphBank) -> None:
    labels = Labels(masks=True, clean=True)
    plain = images(recipe(bank, labels=labels), 0, 12)
    assert plain.masks is not None
    for step, fewer in ((setting("dry_pen", amount=0.14), True), (setting("bleeding"), False)):
        batch = images(recipe(bank, (step,), labels=labels), 0, 12)
        assert batch.masks is not None
        np.testing.assert_array_equal(batch.masks > 0, batch.images > 0)
        assert ((batch.masks > 0).sum() < (plain.masks > 0).sum()) == fewer
        kept = (plain.masks > 0) & (batch.masks > 0)
        np.testing.assert_array_equal(batch.masks[kept], plain.masks[kept])
