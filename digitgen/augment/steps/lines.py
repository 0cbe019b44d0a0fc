"""Steps that render lines over an image: those of MNIST-C, notebook lines, and strokes that strike digits out.

All lines run from left to right, so a line is its row in each column. Nothing else is needed: how dark a
pixel is depends on its vertical distance to the line.
"""

import math
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Floats, Images
from digitgen.augment.step import MNIST_C, NO_CELL, Parameter, Scene, family, pixel_step
from digitgen.format import CELL

_HIDDEN: Final = -99.0
"""Row of a line where it is not to be seen: far outside the image."""

_FADE_GRID: Final = 175
"""Steps in a px: the published fading ends at 1.454 px, so that a byte holds all that can be seen."""

_FADE: Final = np.array(
    [round(255 * max(0.0, 1 + math.log(1 - min(step / _FADE_GRID, 2.29) / 2.3))) for step in range(256)], np.uint8
)
"""Grey level at a vertical distance d: 1 + log(1 - min(d, 2.3) / 2.3), where that is positive."""

_GRID: Final = 256  # steps in a px, for lines with a thickness


def _distances(rows: Floats, height: int, grid: int) -> NDArray[Any]:
    """(n, H, W): from each pixel down to a line that goes through `rows`, (n, W), in steps of 1 / grid px."""
    farthest = height - _HIDDEN
    kind = np.dtype(np.int16 if farthest * grid < 1 << 15 else np.int32)  # short for the usual height
    centre: NDArray[Any] = np.rint(np.clip(rows, _HIDDEN, farthest) * grid).astype(kind)
    pixels: NDArray[Any] = np.arange(0, height * grid, grid, dtype=kind)
    distances: NDArray[Any] = pixels[:, None] - centre[:, None, :]
    return distances


def _add_faded(images: Images, rows: Floats) -> None:
    """Add a line that fades as published, up to 255; the published code adds, too."""
    height, width = images.shape[1:]
    distance = cv2.convertScaleAbs(_distances(rows, height, _FADE_GRID).reshape(-1, width))
    flat = images.reshape(-1, width)
    cv2.add(flat, cv2.LUT(distance, _FADE), dst=flat)


def _render(images: Images, rows: Floats, thickness: Floats, intensity: Floats) -> None:
    """Render a line with sharp edges, by maximum: each pixel has the share of its height that the line covers."""
    covered = np.abs(_distances(rows, images.shape[1], _GRID))
    reach = np.rint((thickness / 2 + 0.5) * _GRID).astype(covered.dtype)[:, None, None]
    most = np.rint(np.minimum(thickness, 1) * 255).astype(covered.dtype)[:, None, None]
    np.subtract(reach, covered, out=covered)
    np.clip(covered, 0, most, out=covered)
    grey = covered.astype(np.uint16)
    grey *= np.rint(intensity).astype(np.uint16)[:, None, None]
    grey += 127
    grey //= 255
    np.maximum(images, grey.astype(np.uint8), out=images)


def _through(first: Floats, first_row: Floats, last: Floats, last_row: Floats, columns: Floats) -> Floats:
    """(n, W): rows of straight lines between two points each, (n, 1), beyond which they go on."""
    return first_row + (last_row - first_row) / (last - first) * (columns - first)


@pixel_step(source=MNIST_C)
def line(images: Images, scene: Scene) -> None:
    """A straight line across the image, between random rows, added to it.

    It runs from columns 0..4 to 22..26 of 28, from and to any row but the last; the last column is not rendered.
    """
    uniforms = np.floor(scene.noise.uniform(4, 1) * np.array([[5], [5], [scene.height - 1], [scene.height - 1]]))
    left, right = uniforms[:, 0], scene.width - 6 + uniforms[:, 1]
    columns = np.arange(scene.width, dtype=np.float64)
    rows = _through(left, uniforms[:, 2], right, uniforms[:, 3], columns)
    rows[(columns < left) | (columns >= right)] = _HIDDEN
    _add_faded(images, rows)


@pixel_step(source=MNIST_C)
def dotted_line(images: Images, scene: Scene) -> None:
    """A dotted straight line from edge to edge, between random rows, added to the image.

    It runs from and to any row but the last, two columns without, two with; the last column is not rendered.
    """
    ends = np.floor(scene.noise.uniform(2, 1) * (scene.height - 1))
    columns = np.arange(scene.width, dtype=np.float64)
    last = scene.width - 1.0
    rows = ends[:, 0] + (ends[:, 1] - ends[:, 0]) / last * columns
    rows[:, (columns % 4 < 2) | (columns == last)] = _HIDDEN
    _add_faded(images, rows)


_MARGIN: Final = 2  # columns before the zigzag, and behind it
_LENGTH: Final = 2.0  # px along the axis from a crossing to the next peak
_HEIGHT: Final = 2.0  # px from the axis to a peak


@pixel_step(source=MNIST_C)
def zigzag(images: Images, scene: Scene) -> None:
    """A zigzag across the image, added to it.

    It takes two passes: a column may show a stroke of even number and one of odd number, but no third one.
    """
    x, y = _zigzag_points(scene)
    for parity in range(2):
        _add_faded(images, _strokes(x[:, parity:], y[:, parity:], scene.width))


def _zigzag_points(scene: Scene) -> tuple[Floats, Floats]:
    """Columns and rows of the points of a zigzag, (n, k) each; images with fewer repeat the last one."""
    uniforms = scene.noise.uniform(2, 1)
    row, rise = np.floor(uniforms[:, 0] * (scene.height - 1)), np.floor(uniforms[:, 1] * 10) - 5
    run = float(scene.width - 1 - 2 * _MARGIN)
    axis = np.sqrt(run * run + rise * rise)
    # Peaks at 1, 3, 5, ... lengths along the axis, as far as they fit; then the end.
    peaks = np.floor((axis - _LENGTH) / (2 * _LENGTH)).astype(np.int64) + 1
    number = np.arange(int((math.hypot(run, 5) - _LENGTH) // (2 * _LENGTH)) + 3)
    along = (2.0 * number - 1) * _LENGTH
    along = np.where(number <= peaks, along, axis)
    across = np.where(number % 2 == 1, _HEIGHT, -_HEIGHT)
    # The published end height, -2 / 6 in images of 28 columns; in other widths it would grow without limits.
    rest = axis - 2 * _LENGTH * np.floor(axis / (2 * _LENGTH))
    final = np.where(peaks % 2 == 1, _HEIGHT, -_HEIGHT) / np.maximum(2 * rest, 1.0)
    across = np.where(number <= peaks, across, final)
    along[:, 0], across[:, 0] = 0.0, 0.0
    cosine, sine = run / axis, rise / axis
    return _MARGIN + along * cosine - across * sine, row + along * sine + across * cosine


def _strokes(x: Floats, y: Floats, width: int) -> Floats:
    """(n, width): rows of the strokes from point 0 to 1, from 2 to 3, and so on, hidden in between.

    Like the published strokes, one shows from the column in which it begins up to the one before it ends.
    """
    count, strokes = len(x), x.shape[1] // 2
    left, right = x[:, : 2 * strokes : 2], x[:, 1 : 2 * strokes : 2]
    first, end = np.floor(left), np.ceil(right)
    shown = np.where((end > first) & (left != right), first, width).astype(np.int64)
    latest = np.zeros((count, width + 1), np.int64)
    images = np.arange(count)[:, None]
    latest[images, shown] = np.arange(strokes)
    latest = np.maximum.accumulate(latest[:, :width], axis=1)
    columns = np.arange(width, dtype=np.float64)
    slope = (y[:, 1 : 2 * strokes : 2] - y[:, : 2 * strokes : 2]) / np.where(right != left, right - left, 1.0)
    rows = y[:, : 2 * strokes : 2][images, latest] + slope[images, latest] * (columns - left[images, latest])
    rows[(columns < first[images, latest]) | (columns >= end[images, latest])] = _HIDDEN
    return rows


@pixel_step(
    number=Parameter("of lines", "lines", (1, 3), (1, 14), integer=True),
    spacing=Parameter("from a line to the next", "px", (7, 12), (2, 28)),
    thickness=Parameter("of a line", "px", (0.6, 1.4), (0.1, 5)),
    intensity=Parameter("of a line", "grey level", (60, 160), (0, 255)),
    slope=Parameter("px upwards for each px to the right", "px/px", (-0.01, 0.01), (-0.2, 0.2)),
)
def ruled_lines(
    images: Images,
    scene: Scene,
    *,
    number: Floats,
    spacing: Floats,
    thickness: Floats,
    intensity: Floats,
    slope: Floats,
) -> None:
    """Parallel lines across the image, as notebooks have, combined by maximum.

    The group of lines lies anywhere in the image, or, if it is too high, anywhere across it.
    """
    first = scene.noise.uniform(1)[:, 0] * (scene.height - 1 - (number - 1) * spacing)
    columns = np.arange(scene.width) - (scene.width - 1) / 2
    top = first[:, None] - slope[:, None] * columns
    for each in range(int(number.max())):
        rows = top + each * spacing[:, None]
        rows[each >= number] = _HIDDEN
        _render(images, rows, thickness, intensity)


@pixel_step(
    thickness=Parameter("of the stroke", "px", (1.5, 3), (0.5, 8), legible=(0, 3)),
    rise=Parameter("how far the right end lies above the left one", "px", (-8, 8), (-27, 27)),
    height=Parameter("of the stroke's middle above that of the string", "px", (-3, 3), (-14, 14)),
    intensity=Parameter("of the stroke", "grey level", (180, 255), (0, 255)),
)
def strike_through(
    images: Images, scene: Scene, *, thickness: Floats, rise: Floats, height: Floats, intensity: Floats
) -> None:
    """A stroke through the middle of all digits, combined by maximum.

    It runs from somewhere in the first quarter of the first digit's cell to somewhere in the last one's last quarter.
    """
    start, end = extent(scene)
    inset = scene.noise.uniform(2, 1) * (CELL // 4)
    first, last = start + inset[:, 0], end - 1 - inset[:, 1]
    middle = _middle(scene) - height[:, None]
    half = rise[:, None] / 2
    columns = np.arange(scene.width, dtype=np.float64)
    rows = _through(first, middle + half, last, middle - half, columns)
    rows[(columns < np.floor(first)) | (columns > np.ceil(last))] = _HIDDEN
    slope = rise / (last - first)[:, 0]
    _render(images, rows, thickness * np.sqrt(1 + slope * slope), intensity)


def _middle(scene: Scene) -> Floats | float:
    """The row in the middle of each string, (n, 1): that of images as high as a cell, or whose strings nobody knows."""
    middle = (scene.height - 1) / 2
    if scene.height == CELL or scene.extent is None:
        return middle
    _, top, _, bottom = scene.extent.T[:, :, None]
    return np.where(bottom > top, (top + bottom - 1) / 2, middle)


def extent(scene: Scene) -> tuple[Floats, Floats]:
    """The first digit's left edge and the last one's right one, (n, 1); the whole image where there is none."""
    cells, none = scene.cells, scene.cells == NO_CELL
    first = np.where(none, scene.width, cells).min(axis=1, initial=scene.width)
    last = cells.max(axis=1, initial=NO_CELL)
    empty = none.all(axis=1)
    start = np.where(empty, 0, first).astype(np.float64)
    end = np.where(empty, scene.width, last + CELL).astype(np.float64)
    return start[:, None], end[:, None]


FAMILY: Final = family(line, dotted_line, zigzag, ruled_lines, strike_through)
