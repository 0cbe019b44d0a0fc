"""Steps that reshape strokes: thinner, thicker, swollen, broken, or brought to a given thickness, slant or width.

Those that do not move pixels work on the outline of each glyph at 4 times its resolution, and leave it with all its ink
at full strength, also where they change nothing. They see the glyph as earlier steps have left it, but `set_slant` and
`set_width`, which move pixels like other warps, go by the glyph as the bank has it.
"""

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from digitgen.arrays import Floats, Images, Integers, Pixels, Singles
from digitgen.augment.numerics.exact import cosine, sine
from digitgen.augment.numerics.stacking import alike
from digitgen.augment.shapes.bitmap import SCALE, SIDE, Bits, dilate, erode, neighbours, unpack
from digitgen.augment.shapes.measures import measures_of, skeletons
from digitgen.augment.shapes.morphometry import Moments, Shape, outline, render
from digitgen.augment.shapes.skeleton import Skeletons
from digitgen.augment.step import MORPHO_MNIST, Parameter, Scene, Step, family, stroke_step, warp_step
from digitgen.augment.warping.warp import Warp, linear
from digitgen.errors import ArgumentError
from digitgen.glyphs.bank import GlyphBank

_BLOCK: Final = 64  # glyphs at a time, for whose outlines the processor's cache has room
_MOST_GAPS: Final = 10
_WINDOW: Final = 2 * SCALE  # px of the skeleton on each side of a point, by which its direction is told
_BEYOND: Final = 0.5 * SCALE  # px that a gap goes on beyond the stroke


def _reshape(images: Images, scene: Scene, change: Callable[[Shape, slice], Pixels]) -> None:
    """Replace glyphs by changed ones; `change` gets outlines of a slice of them and returns (m, 112, 112) ink."""
    for start in range(0, len(images), _BLOCK):
        block = slice(start, start + _BLOCK)
        glyphs = None if scene.glyphs is None else scene.glyphs[block]
        ink = outline(images[block])
        shape = Shape(ink, skeletons(images[block], ink, scene.bank, glyphs))
        images[block] = render(change(shape, block))


def _resized(ink: Bits, squares: Integers) -> Pixels:
    """Dilate glyphs by disks of these squared radii, or erode them where that is negative."""
    out = ink.copy()
    for square, rows in alike(squares):
        if square:
            out[rows] = dilate(ink[rows], square) if square > 0 else erode(ink[rows], -square)
    return unpack(out)


def _by_share(images: Images, amount: Floats, scene: Scene, sign: int) -> None:
    """Dilate or erode by a disk whose radius is a share of half the thickness, in whole px of the large image."""

    def change(shape: Shape, block: slice) -> Pixels:
        radius = np.floor(amount[block] * SCALE * shape.thickness / 2).astype(np.int64)
        return _resized(shape.ink, sign * radius * radius)

    _reshape(images, scene, change)


@stroke_step(
    source=MORPHO_MNIST,
    stages=("glyphs",),
    amount=Parameter("share of the glyph's mean thickness", "ratio", (0.7, 0.7), (0, 0.9), legible=(0, 0.8)),
)
def thinning(images: Images, scene: Scene, *, amount: Floats) -> None:
    """Take a share of the thickness off the strokes."""
    _by_share(images, amount, scene, -1)


@stroke_step(
    source=MORPHO_MNIST,
    stages=("glyphs",),
    amount=Parameter("share of the glyph's mean thickness", "ratio", (1, 1), (0, 2)),
)
def thickening(images: Images, scene: Scene, *, amount: Floats) -> None:
    """Add a share of the thickness to the strokes."""
    _by_share(images, amount, scene, 1)


@stroke_step(
    source=MORPHO_MNIST, stages=("glyphs",), target=Parameter("mean thickness of the strokes", "px", (2, 4), (1, 8))
)
def set_thickness(images: Images, scene: Scene, *, target: Floats) -> None:
    """Bring the strokes to a mean thickness.

    It dilates or erodes by half the difference; squared radii are rounded, which is finer than to round radii. An
    uneven glyph stays thicker than a thin target, since its thin parts disappear first.
    """

    def change(shape: Shape, block: slice) -> Pixels:
        radius = (target[block] - shape.thickness) / 2 * SCALE
        square = np.rint(radius * radius).astype(np.int64)
        return _resized(shape.ink, np.where(radius > 0, square, -square))

    _reshape(images, scene, change)


@stroke_step(
    source=MORPHO_MNIST,
    stages=("glyphs",),
    strength=Parameter("exponent of the enlargement; 1 changes nothing", "", (3, 3), (1, 7), integer=True),
    radius=Parameter("of the swelling, for a mean thickness of 4 px", "px", (7, 7), (1, 14)),
)
def swelling(images: Images, scene: Scene, *, strength: Floats, radius: Floats) -> None:
    """Swell the strokes around one point.

    Around r0, pixel r shows r0 + (r - r0) (|r - r0| / R)^(strength - 1), as far as R.
    """
    uniform = scene.noise.uniform(1)

    def change(shape: Shape, block: slice) -> Pixels:
        rows = np.flatnonzero(shape.skeleton.counts)
        if not rows.size:
            return shape.pixels
        row, column, _ = shape.skeleton.pick(rows, uniform[block][rows])
        centres = np.concatenate([row, column], axis=1)
        reach = radius[block][rows] * np.sqrt(shape.thickness[rows]) / 2 * SCALE
        return _swollen(shape.pixels, rows, centres, reach, strength[block][rows])

    _reshape(images, scene, change)


def _swollen(ink: Pixels, rows: Integers, centres: Integers, radius: Floats, strength: Floats) -> Pixels:
    """Enlarge what lies around the centres (m, 2) of some glyphs."""
    reach = math.ceil(radius.max())
    offset = np.arange(-reach, reach + 1)
    ratio = np.sqrt((offset[:, None] ** 2 + offset**2).astype(np.float64)) / radius[:, None, None]
    y, x = (centre[:, None, None] + axis for centre, axis in zip(centres.T, (offset[:, None], offset), strict=True))
    glyph, down, across = np.nonzero((ratio <= 1) & (y >= 0) & (y < SIDE) & (x >= 0) & (x < SIDE))
    ratio, power = ratio[glyph, down, across], strength[glyph]
    weight = np.ones_like(ratio)
    for exponent in range(1, round(strength.max())):
        weight = np.where(exponent < power, weight * ratio, weight)
    shown = [np.rint(weight * offset[axis]).astype(np.int64) for axis in (down, across)]
    centre = centres[glyph].T
    out = ink.copy()
    out[rows[glyph], centre[0] + offset[down], centre[1] + offset[across]] = ink[
        rows[glyph], centre[0] + shown[0], centre[1] + shown[1]
    ]
    return out


@stroke_step(
    source=MORPHO_MNIST,
    stages=("glyphs",),
    number=Parameter("how many gaps", "", (3, 3), (0, _MOST_GAPS), integer=True),
    thickness=Parameter("width of a gap", "px", (1.5, 1.5), (0.5, 6), legible=(0, 3)),
    prune=Parameter("how far from tips and forks gaps stay, where they can", "px", (2, 2), (0, 6)),
)
def fracture(images: Images, scene: Scene, *, number: Floats, thickness: Floats, prune: Floats) -> None:
    """Break the strokes at random points."""
    uniform = scene.noise.uniform(_MOST_GAPS)

    def change(shape: Shape, block: slice) -> Pixels:
        skeleton = _away_from_ends(shape.skeleton, prune[block])
        rows = np.flatnonzero(skeleton.counts)
        if not rows.size:
            return shape.pixels
        row, column, distance = skeleton.pick(rows, uniform[block][rows])
        chosen = np.arange(_MOST_GAPS) < number[block][rows, None]
        centres = np.stack([np.broadcast_to(rows[:, None], row.shape)[chosen], row[chosen], column[chosen]])
        width = SCALE * np.broadcast_to(thickness[block][rows, None], row.shape)[chosen]
        return _cut(shape, centres, distance[chosen] + _BEYOND, width)

    _reshape(images, scene, change)


def _away_from_ends(skeleton: Skeletons, prune: Floats) -> Skeletons:
    """Keep the parts that no tip or fork is near to; keep a skeleton whole if nothing of it would be left."""
    lines = skeleton.bits
    once = np.zeros_like(lines)
    twice, thrice = once.copy(), once.copy()
    for neighbour in neighbours(lines):
        thrice |= twice & neighbour
        twice |= once & neighbour
        once |= neighbour
    ends = lines & ((once & ~twice) | thrice)
    squares = np.floor(SCALE * prune).astype(np.int64) ** 2
    for square, rows in alike(squares):
        lines[rows] &= ~dilate(ends[rows], square)
    return skeleton.only(lines)


def _cut(shape: Shape, centres: Integers, length: Floats, width: Floats) -> Pixels:
    """Take ink away around lines across the stroke, `length` px to each side and `width` px wide.

    Their centres are (3, m): glyph, row and column.
    """
    glyph, row, column = centres
    along_x, along_y = _directions(shape.skeleton, centres)
    reach = math.ceil((length + width / 2).max(initial=0))
    length = length.astype(np.float32)
    offset = np.arange(-reach, reach + 1, dtype=np.float32)
    # How far pixels are from the line: along the stroke, and beyond the line's ends.
    along = along_x[:, None, None] * offset + along_y[:, None, None] * offset[:, None]
    across = along_x[:, None, None] * offset[:, None] - along_y[:, None, None] * offset
    beyond = np.maximum(np.abs(across) - length[:, None, None], 0)
    near = along * along + beyond * beyond <= (width * width / 4).astype(np.float32)[:, None, None]
    cut, down, right = np.unravel_index(np.flatnonzero(near), near.shape)
    y, x = row[cut] + down - reach, column[cut] + right - reach
    inside = (y >= 0) & (y < SIDE) & (x >= 0) & (x < SIDE)
    out = shape.pixels.copy()
    out[glyph[cut][inside], y[inside], x[inside]] = 0
    return out


def _directions(skeleton: Skeletons, centres: Integers) -> tuple[Singles, Singles]:
    """Unit vectors along the skeleton at points: its principal axis in a window around each."""
    glyph, row, column = centres
    lines = np.pad(skeleton.rendered, ((0, 0), (_WINDOW, _WINDOW), (_WINDOW, _WINDOW)))
    window = (2 * _WINDOW + 1, 2 * _WINDOW + 1)
    moments = Moments.of(np.lib.stride_tricks.sliding_window_view(lines, window, axis=(1, 2))[glyph, row, column])
    # The tangent of twice the axis's angle is 2 xy / (xx - yy); half an angle has its cosine and sine by square roots.
    twice, difference = 2 * moments.xy, moments.xx - moments.yy
    size = np.sqrt(twice * twice + difference * difference)
    doubled = np.where(size > 0, difference / np.where(size > 0, size, 1), 1)
    x, y = np.sqrt((1 + doubled) / 2), np.sqrt((1 - doubled) / 2)
    return x.astype(np.float32), np.where(twice < 0, -y, y).astype(np.float32)


def _bank_of(step: Step, scene: Scene) -> tuple[GlyphBank, Integers]:
    """The bank that images come from, and their rows in it."""
    if scene.bank is None or scene.glyphs is None:
        raise ArgumentError(f"{step.name} measures the glyphs of a bank; these images do not come from one")
    return scene.bank, scene.glyphs


@warp_step(
    source=MORPHO_MNIST,
    stages=("glyphs",),
    target=Parameter("angle from upright, to the right", "rad", (-0.2, 0.4), (-0.7, 0.7)),
)
def set_slant(scene: Scene, *, target: Floats) -> Warp:
    """Bring the strokes to a slant.

    Shear about the centroid, by the difference to the glyph's own slant.
    """
    bank, glyphs = _bank_of(set_slant, scene)
    _, y, lean = measures_of(bank).frames(bank, glyphs)
    shear = sine(target) / cosine(target) + lean
    one, zero = np.ones_like(shear), np.zeros_like(shear)
    return linear(one, shear, zero, one, -shear * y)


@warp_step(
    source=MORPHO_MNIST,
    stages=("glyphs",),
    target=Parameter("width between slanted lines that 98% of the ink lie between", "px", (9, 15), (4, 20)),
)
def set_width(scene: Scene, *, target: Floats) -> Warp:
    """Bring the glyph to a width, keeping its slant; to set both, set the width first.

    Scale along x about the slanted line through the centroid, so that the slant stays as it is.
    """
    bank, glyphs = _bank_of(set_width, scene)
    x, y, lean = measures_of(bank).frames(bank, glyphs)
    factor = measures_of(bank).widths(bank, glyphs) / target
    one, zero = np.ones_like(factor), np.zeros_like(factor)
    shear = (1 - factor) * lean
    return linear(factor, shear, zero, one, (1 - factor) * x - shear * y)


FAMILY: Final = family(thinning, thickening, set_thickness, swelling, fracture, set_slant, set_width)
