"""Digits that are stored transposed or inverted can be read, and are cautioned of if nobody says so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitgen import GlyphBank
from digitgen.errors import SourceError
from digitgen.glyphs.digits import load_idx_pair
from digitgen.glyphs.idx import encode_idx
from digitgen.glyphs.looks import look_inverted, look_transposed
from tests.conftest import coded_glyphs

Store = Callable[[np.ndarray, np.ndarray], tuple[Path, Path]]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Write images and labels as a pair of IDX files."""

    def stored(images: np.ndarray, labels: np.ndarray) -> tuple[Path, Path]:
        paths = tmp_path / "images", tmp_path / "labels"
        for path, array in zip(paths, (images, labels), strict=True):
            path.write_bytes(encode_idx(np.ascontiguousarray(array)))
        return paths

    return stored


def some_of(mnist: GlyphBank, each: int) -> tuple[np.ndarray, np.ndarray]:
    """The first glyphs of each class, and their labels."""
    chosen = np.concatenate([np.arange(start, start + each) for start in mnist.starts[:10]])
    return mnist.cells(chosen), np.repeat(np.arange(10, dtype=np.uint8), each)


def test_transposed_and_inverted_digits_are_read_upright_with_light_ink(mnist: GlyphBank, store: Store) -> None:
    images, labels = some_of(mnist, 3)
    turned = images.transpose(0, 2, 1)
    cases: list[tuple[np.ndarray, dict[str, Any]]] = [
        (images, {}),
        (turned, {"transpose": True}),
        (255 - images, {"invert": True}),
        (255 - turned, {"transpose": True, "invert": True}),
        (255 - turned.reshape(-1, 784), {"transpose": True, "invert": True}),
    ]
    for stored, options in cases:
        said: list[str] = []
        digits = load_idx_pair(*store(stored, labels), **options, say=said.append)
        np.testing.assert_array_equal(digits.images, images)
        assert digits.images.flags.c_contiguous
        assert not said


def test_digits_that_look_transposed_or_inverted_are_cautioned_of(mnist: GlyphBank, store: Store) -> None:
    images, labels = some_of(mnist, 20)
    turned = images.transpose(0, 2, 1)
    edges = "most pixels along the edges of its cells are ink; "
    exchanged = "its digits look as if rows and columns were exchanged, as in EMNIST; if they are, say transpose: "
    cases: list[tuple[np.ndarray, dict[str, Any], str]] = [
        (255 - images, {}, f"{edges}if its digits are dark on light, say invert: true"),
        (np.maximum(images, 30), {}, f"{edges}if its digits are dark on light, say invert: true"),
        (images, {"invert": True}, f"{edges}the background must be 0"),
        (turned, {}, f"{exchanged}true"),
        (images, {"transpose": True}, f"{exchanged}false"),
    ]
    for stored, options, line in cases:
        said: list[str] = []
        paths = store(stored, labels)
        load_idx_pair(*paths, **options, say=said.append)
        assert said == [f"{paths[0]}: {line}"]


def test_mnist_looks_as_it_is_in_small_samples_too(mnist: GlyphBank) -> None:
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(100):
        glyphs = rng.choice(len(mnist), 40, replace=False)
        images = mnist.cells(glyphs)
        labels = (np.searchsorted(mnist.starts, glyphs, side="right") - 1).astype(np.uint8)
        assert not look_transposed(images, labels)
        assert not look_inverted(images)
        found += look_transposed(images.transpose(0, 2, 1), labels)
    assert found > 90


def test_nothing_is_said_of_the_shape_of_few_classes_or_of_what_are_no_digits(mnist: GlyphBank) -> None:
    images, labels = some_of(mnist, 5)
    few = labels < 4
    assert not look_transposed(images[few].transpose(0, 2, 1), labels[few])
    without_one = labels != 1
    assert not look_transposed(images[without_one].transpose(0, 2, 1), labels[without_one])
    assert not look_transposed(*coded_glyphs())


def test_blank_glyphs_are_named_with_their_file_and_rows(store: Store) -> None:
    images, labels = coded_glyphs()
    for blank, rows in (([7], "row 7"), ([1, 2, 3, 5, 8, 13], "rows 1, 2, 3, 5, 8, ...")):
        holes = images.copy()
        holes[blank] = 0
        paths = store(holes, labels)
        with pytest.raises(SourceError) as caught:
            load_idx_pair(*paths)
        assert str(caught.value).startswith(f"{paths[0]}: {len(blank)} of 30 glyphs have no ink ({rows}); ")
