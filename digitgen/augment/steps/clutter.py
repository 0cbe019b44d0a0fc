"""Steps that cover digits, or put beside them what does not belong there."""

from typing import Final

import numpy as np

from digitgen.arrays import Floats, Images, Integers, Pixels
from digitgen.augment.step import MANY, MNIST_C, Parameter, Scene, family, pixel_step
from digitgen.augment.steps import lines
from digitgen.errors import ArgumentError
from digitgen.format import CELL, MAX_HEIGHT


@pixel_step(
    part=MANY,
    width=Parameter("of the rectangle", "px", (6, 14), (1, 4096), integer=True, legible=(1, 14)),
    height=Parameter("of the rectangle", "px", (6, 14), (1, MAX_HEIGHT), integer=True, legible=(1, 14)),
    x=Parameter("where the rectangle lies, from the left border to the right one", "share", (0, 1), (0, 1)),
    y=Parameter("where the rectangle lies, from the upper border to the lower one", "share", (0, 1), (0, 1)),
    fill=Parameter("what the rectangle is filled with", "grey level", (0, 0), (0, 255)),
)
def cutout(images: Images, scene: Scene, *, width: Floats, height: Floats, x: Floats, y: Floats, fill: Floats) -> None:
    """Cover a rectangle.

    Wherever it lies, the whole rectangle is in the image.
    """
    edges = []
    for side, place, length in ((height, y, scene.height), (width, x, scene.width)):
        room = np.maximum(length - side, 0)
        first = np.minimum(np.floor(place * (room + 1)), room)
        edges += [first.astype(np.int64).tolist(), (first + side).astype(np.int64).tolist()]
    greys = np.rint(fill).astype(np.int64).tolist()
    for image, top, bottom, left, right, grey in zip(images, *edges, greys, strict=True):
        image[top:bottom, left:right] = grey


@pixel_step(source=MNIST_C)
def stripe(images: Images, scene: Scene) -> None:
    """Invert the left and the right quarter of each digit's cell.

    A column that lies in the outer quarters of two digits' cells is inverted once.
    """
    quarter = CELL // 4
    first = np.concatenate([scene.cells, scene.cells + CELL - quarter], axis=1)
    rows = np.arange(len(images))[:, None]
    changes = np.zeros((len(images), scene.width + 1), np.int64)
    np.add.at(changes, (rows, np.clip(first, 0, scene.width)), 1)
    np.add.at(changes, (rows, np.clip(first + quarter, 0, scene.width)), -1)
    inverted = changes.cumsum(axis=1)[:, : scene.width] > 0
    images ^= (inverted * np.uint8(255))[:, None, :]


@pixel_step(
    number=Parameter("of fragments", "fragments", (1, 4), (0, 64), integer=True),
    share=Parameter(
        "greatest share of a digit's ink that may be seen; more could be read as a digit",
        "ratio",
        (0.1, 0.35),
        (0, 0.5),
    ),
)
def glyph_fragments(images: Images, scene: Scene, *, number: Floats, share: Floats) -> None:
    """Parts of other digits that look in over the image's edges, combined by maximum.

    Fragments are put into a canvas that goes on beyond the image on all sides.
    """
    if scene.bank is None:
        raise ArgumentError("glyph_fragments needs a glyph bank to take them from; these images have none")
    windows = scene.bank.windows.pixels
    high, wide = windows.shape[1:]
    canvas = np.zeros((len(images), scene.height + 2 * high, scene.width + 2 * wide), np.uint8)
    views = np.lib.stride_tricks.sliding_window_view(canvas, (high, wide), axis=(1, 2), writeable=True)
    for each in range(int(number.max())):
        rows = np.flatnonzero(number > each)
        glyph, side, along = scene.noise[rows].uniform(3, purpose=each).T
        fragments = windows[(glyph * len(windows)).astype(np.int64)]
        top, left = _places(fragments, side, along, share[rows], (scene.height, scene.width))
        place = (rows, top + high, left + wide)
        views[place] = np.maximum(views[place], fragments)
    np.maximum(images, canvas[:, high : high + scene.height, wide : wide + scene.width], out=images)


def _places(
    windows: Pixels,
    side: Floats,
    along: Floats,
    share: Floats,
    shape: tuple[int, int],
) -> tuple[Integers, Integers]:
    """Top and left of glyphs' windows, so that a share of each one's ink at most lies in the image.

    Parameters
    ----------
    windows : ndarray
        (n, h, w) uint8.
    side, along : ndarray
        (n,) from 0 to 1: the edge that a glyph crosses, in proportion to edges' lengths, and where it does so.
    share : ndarray
        (n,) from 0 to 1.
    shape : (int, int)
        Height and width of the image, px.
    """
    height, width = shape
    high, wide = windows.shape[1:]
    by_row, by_column = (windows.sum(axis=axis, dtype=np.int64) for axis in (2, 1))
    allowed = share[:, None] * by_row.sum(axis=1)[:, None]
    # How many rows or columns of the window may be in the image, if it comes in with its last or with its first ones.
    last_rows, first_rows, last_columns, first_columns = (
        (np.cumsum(ink, axis=1) <= allowed).sum(axis=1)
        for ink in (by_row[:, ::-1], by_row, by_column[:, ::-1], by_column)
    )
    edge = np.searchsorted(
        np.array([width, 2 * width, 2 * width + height]) / (2 * (width + height)), side, side="right"
    )
    across_columns = 1 - wide + np.floor(along * (width + wide - 1)).astype(np.int64)
    across_rows = 1 - high + np.floor(along * (height + high - 1)).astype(np.int64)
    top = np.choose(edge, [last_rows - high, height - first_rows, across_rows, across_rows])
    left = np.choose(edge, [across_columns, across_columns, last_columns - wide, width - first_columns])
    return top, left


FAMILY: Final = family(cutout, stripe, *lines.FAMILY.values(), glyph_fragments)
