"""What is kept of a bank's glyphs changes no result, and costs no more than it should."""

import gc
import pickle
from typing import Any
from weakref import ref

import numpy as np
import pytest

from digitgen.augment.shapes import measures
from digitgen.augment.shapes.measures import measures_of, skeletons
from digitgen.augment.shapes.morphometry import outline
from digitgen.augment.step import PixelStep, Scene, Values, WarpStep
from digitgen.augment.steps.stroke import FAMILY
from digitgen.glyphs.bank import GlyphBank
from digitgen.rng import Address, Noise

Array = np.ndarray[Any, Any]

COUNT = 70  # more than one block
ON_OUTLINES = ("thinning", "thickening", "set_thickness", "swelling", "fracture")


@pytest.fixture
def fresh(mnist: GlyphBank) -> GlyphBank:
    """Some real glyphs, in a bank of which nothing is known yet."""
    rows = np.arange(COUNT) * 800
    labels = np.searchsorted(mnist.starts, rows, side="right") - 1
    return GlyphBank.from_arrays(mnist.cells(rows), labels.astype(np.uint8))


def scene_of(bank: GlyphBank | None, glyphs: Array) -> Scene:
    count = len(glyphs)
    return Scene(Noise(Address(5), np.arange(count)), 28, np.zeros((count, 1), np.int64), bank, glyphs)


def values_of(name: str, count: int) -> Values:
    """The largest of the defaults."""
    return {key: np.full(count, each.default[1], np.float64) for key, each in FAMILY[name].parameters.items()}


def applied(name: str, images: Array, scene: Scene) -> Array:
    step, out = FAMILY[name], images.copy()
    assert isinstance(step, PixelStep)
    step.apply(out, scene, **values_of(name, len(images)))
    return out


@pytest.mark.parametrize("name", ON_OUTLINES)
def test_kept_measures_change_no_image(name: str, fresh: GlyphBank) -> None:
    glyphs = np.tile(np.arange(COUNT), 2)[::-1].copy()
    images = fresh.cells(glyphs)
    unaided = applied(name, images, scene_of(None, glyphs))
    some = np.array([3, 5, 5, 69])
    applied(name, fresh.cells(some), scene_of(fresh, some))
    for _ in range(2):  # when some are known, and when all are
        np.testing.assert_array_equal(applied(name, images, scene_of(fresh, glyphs)), unaided)
    assert measures_of(fresh).knows(np.arange(COUNT)).all()


@pytest.mark.parametrize("name", ON_OUTLINES)
def test_changed_glyphs_are_measured_anew(name: str, fresh: GlyphBank) -> None:
    glyphs = np.arange(COUNT)
    images = fresh.cells(glyphs)
    applied(name, images, scene_of(fresh, glyphs))
    images[::2, 4:9] = 200
    changed = applied(name, images, scene_of(fresh, glyphs))
    np.testing.assert_array_equal(changed, applied(name, images, scene_of(None, glyphs)))


def test_measures_of_changed_glyphs_are_not_kept(fresh: GlyphBank) -> None:
    glyphs = np.arange(10)
    images = fresh.cells(glyphs)
    images[3:, 0, 0] = 255
    skeletons(images, outline(images), fresh, glyphs)
    assert measures_of(fresh).knows(np.arange(COUNT)).nonzero()[0].tolist() == [0, 1, 2]


@pytest.mark.parametrize("name", ["set_slant", "set_width"])
def test_set_slant_and_set_width_do_not_depend_on_the_order_of_the_glyphs(name: str, fresh: GlyphBank) -> None:
    step = FAMILY[name]
    assert isinstance(step, WarpStep)
    other = GlyphBank.from_arrays(fresh.images, np.searchsorted(fresh.starts, np.arange(COUNT), "right") - 1)
    glyphs = np.arange(COUNT)
    together = step.apply(scene_of(fresh, glyphs), **values_of(name, COUNT)).matrix
    apart = [step.apply(scene_of(other, glyphs[[row]]), **values_of(name, 1)).matrix for row in glyphs[::-1]]
    np.testing.assert_array_equal(np.concatenate(apart[::-1]), together)


def test_glyphs_beyond_the_room_are_measured_each_time(fresh: GlyphBank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "_MOST_ROOM", 1000)
    glyphs = np.arange(COUNT)
    images = fresh.cells(glyphs)
    unaided = applied("fracture", images, scene_of(None, glyphs))
    for _ in range(2):
        np.testing.assert_array_equal(applied("fracture", images, scene_of(fresh, glyphs)), unaided)
    assert 1 < measures_of(fresh).knows(glyphs).sum() < 15


def test_measures_are_not_pickled_with_the_bank_and_are_freed_with_it(fresh: GlyphBank) -> None:
    bank = GlyphBank(fresh.windows, fresh.rows, fresh.starts, fresh.source_rows)
    before = pickle.dumps(bank)
    glyphs = np.arange(COUNT)
    applied("thickening", fresh.images, scene_of(bank, glyphs))
    assert measures_of(bank).knows(glyphs).all()
    assert pickle.dumps(bank) == before
    left = ref(measures_of(bank))
    del bank
    gc.collect()
    assert left() is None


def test_measures_of_all_of_mnist_fit_and_take_less_than_40_mb(mnist: GlyphBank) -> None:
    known = measures.Measures(60_000)
    kept = known._skeletons
    arrays = (kept.pixels, kept.distances, kept.starts, kept.counts, kept.thickness, known._frames)
    assert sum(array.nbytes for array in arrays) < 40e6
    some = mnist.cells(np.arange(0, 60_000, 100))
    assert 60_000 * skeletons(some, outline(some)).counts.mean() < 0.85 * len(kept.pixels)
