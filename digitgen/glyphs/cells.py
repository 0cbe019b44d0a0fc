"""Prepare images of digits of any size as those of MNIST were prepared, so that they can stand beside them.

MNIST's digits were fitted into a box of 20x20 px with their aspect ratio kept, which left grey levels along their
edges, and then laid into 28x28 px with their centre of mass in the middle: Y. LeCun, L. Bottou, Y. Bengio and P.
Haffner, *Gradient-Based Learning Applied to Document Recognition*, Proceedings of the IEEE 86 (1998), section III A,
doi:10.1109/5.726791. The files themselves add three facts, which hold for all but one digit in 4,000: the longer side
of the ink has 20 px, the centre of mass lies within half a pixel of column 14 and row 14, counted from 0 (digits were
shifted by whole pixels), and the highest level is 254 or 255.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from digitgen.arrays import Bools, Floats, Pixels, Singles
from digitgen.checks import check_flag
from digitgen.errors import ArgumentError
from digitgen.format import CELL
from digitgen.messages import one_line, with_type

_BOX: Final = 20  # px, the longer side of the ink
_FAINT: Final = 0.1  # of the darkest: what is paler may fade into the ground, and does not widen the box
_NOISE: Final = 4.0  # standard deviations of the ground's levels, up to which a pixel is ground
_DISTINCT: Final = 0.7  # of the variance of levels that is between ink and ground; 0.64 if they are one Gaussian
_MIXED: Final = 0.1  # share of images that may look as if they were of the other polarity
_NAMED: Final = 5  # images in a message


def cells_from(images: ArrayLike | Iterable[ArrayLike], *, invert: bool | None = None) -> Pixels:
    """Prepare images of single digits as MNIST's were: size, place and grey levels.

    Each image becomes a cell. The box around its ink is resampled so that the longer side has 20 px, with grey levels
    along the edges, and the centre of mass comes to the middle of the cell, to half a pixel [1]_. Levels then go from
    0, the ground, to 255, the most ink. A digit so lopsided that it would be cut stays whole, at the edge of the cell.

    Noise of the ground is left out if it is much weaker than the ink: what counts is nearer to ink than to ground, and
    fainter parts that are connected with that.

    Parameters
    ----------
    images : array-like or iterable of array-like
        (G, H, W), or G images (H, W) of any sizes, as arrays or Pillow's images: grey levels in any range and of any
        type, integers, floats or bools. Each shows one upright digit on an even ground. An axis of one channel
        is left out.
    invert : bool, optional
        Whether the digits are dark on a light ground. If it is not given, the edges of the images decide: most of what
        lies there is ground.

    Returns
    -------
    ndarray
        (G, 28, 28) uint8, 0 background to 255 ink.

    Raises
    ------
    ArgumentError
        If something is no such image; if images show nothing that stands out from their ground (the message says
        which); or if `invert` is not given, and some look dark on light and others light on dark.

    See Also
    --------
    write_idx_pair : writes them with their labels, for a configuration.
    GlyphBank.from_arrays : makes a bank of them.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, *Gradient-Based Learning Applied to Document Recognition*,
       Proceedings of the IEEE 86 (1998), section III A, doi:10.1109/5.726791.

    Examples
    --------
    A dark stroke on light paper, of 90 x 12 px:

    >>> paper = np.full((120, 80), 230, np.uint8)
    >>> paper[20:110, 30:42] = 40
    >>> cell = cells_from([paper])[0]
    >>> [int(side.max() - side.min()) + 1 for side in np.nonzero(cell)]
    [20, 3]
    """
    checked = _checked(images)
    dark = _look_dark(checked) if invert is None else check_flag("invert", invert)
    inks = [_ink(each, dark) for each in checked]
    if blank := [place for place, ink in enumerate(inks) if ink is None]:
        raise ArgumentError(
            f"{_some_of(blank, len(inks))} show nothing that stands out from the ground; leave them out"
        )
    return np.stack([_placed(_sized(ink)) for ink in inks if ink is not None])


def _checked(images: object) -> list[NDArray[Any]]:
    """The images one by one, each (H, W) and of more than one finite level."""
    if isinstance(images, str | bytes) or not isinstance(images, Iterable):
        raise ArgumentError(f"images must be an array (G, H, W) or a list of images (H, W); got {with_type(images)}")
    found = [_grey(f"image {place}", each) for place, each in enumerate(images)]
    if not found:
        raise ArgumentError("images is empty; give at least one image")
    if flat := [place for place, each in enumerate(found) if each.min() == each.max()]:
        raise ArgumentError(f"{_some_of(flat, len(found))} have a single level; leave out what shows no digit")
    return found


def _grey(name: str, image: ArrayLike) -> NDArray[Any]:
    """One image as (H, W)."""
    try:
        array = np.asarray(image)
    except ValueError as error:  # rows of different lengths
        raise ArgumentError(f"{name} must be an array (H, W): {one_line(str(error))}") from None
    if array.ndim == 3 and 1 in (array.shape[0], array.shape[2]):
        array = array[0] if array.shape[0] == 1 else array[:, :, 0]
    if array.ndim != 2 or not array.size or array.dtype.kind not in "buif":
        advice = {1: "; images are (G, H, W)", 3: "; make it grey first"}.get(array.ndim, "")
        raise ArgumentError(f"{name} must be (H, W) grey levels; got {array.shape} {array.dtype}{advice}")
    with np.errstate(over="ignore"):  # what no float32 can be is as good as infinite
        finite = np.isfinite(array.astype(np.float32)).all()
    if not finite:
        raise ArgumentError(f"{name} has levels that are no finite numbers")
    return array


def _look_dark(images: Sequence[NDArray[Any]]) -> bool:
    """Whether the digits are dark on light, which says that most levels along the edges are high."""
    edges = [np.concatenate([each[0], each[-1], each[:, 0], each[:, -1]]).astype(np.float64) for each in images]
    middles = [(float(each.min()) + float(each.max())) / 2 for each in images]
    votes = [bool(np.median(edge) > middle) for edge, middle in zip(edges, middles, strict=True)]
    dark = sum(votes)
    if min(dark, len(votes) - dark) > _MIXED * len(votes):
        raise ArgumentError(
            f"{dark} of {len(votes)} images look dark on light, such as image {votes.index(True)}, the others light on "
            f"dark, such as image {votes.index(False)}; prepare each kind by itself, with invert=True or invert=False"
        )
    return 2 * dark > len(votes)


def _ink(image: NDArray[Any], dark: bool) -> Singles | None:
    """The box around the ink, each pixel from 0, the ground, to 1; None if nothing stands out from the ground."""
    low, high = float(image.min()), float(image.max())
    levels = (image.astype(np.float64) - low) / (high - low)
    ink = 1 - levels if dark else levels
    middle, _ = cv2.threshold(np.rint(255 * ink).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    strokes = ink > middle / 255
    ground, usual, most = np.percentile(
        ink[~strokes], (25, 50, 84)
    )  # of ground that is nothing but noise, one deviation
    share, contrast = strokes.mean(), ink[strokes].mean() - ink[~strokes].mean()
    if share * (1 - share) * contrast**2 < _DISTINCT * ink.var() and contrast < _NOISE * (most - usual):
        return None
    faint = ground + max(_FAINT * (1 - ground), _NOISE * (most - usual))
    seen = _touching(strokes, ink > min(faint, middle / 255))
    near = cv2.dilate(seen, np.ones((3, 3), np.uint8))  # even fainter edges, which do not count for the box
    left, top, width, height = cv2.boundingRect(seen)
    inked: Floats = np.where(near, (ink - ground) / (1 - ground), 0)
    return inked[top : top + height, left : left + width].clip(0, 1).astype(np.float32)


def _touching(strokes: Bools, ink: Bools) -> Pixels:
    """The connected parts of ink that have strokes in them: 1 there, 0 elsewhere."""
    _, parts = cv2.connectedComponents(ink.astype(np.uint8))
    return np.isin(parts, parts[strokes]).astype(np.uint8)


def _sized(ink: Singles) -> Pixels:
    """Ink with a longer side of 20 px, from 0 to 255."""
    height, width = (max(1, round(_BOX * side / max(ink.shape))) for side in ink.shape)
    # Pillow widens the filter where it shrinks, so that no pixel is passed over.
    small = np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.BICUBIC), np.float64).clip(0)
    levels: Floats = np.rint(255 * small / small.max())
    return levels.astype(np.uint8)


def _placed(ink: Pixels) -> Pixels:
    """The cell in which ink has its centre of mass in the middle, as far as it fits there."""
    height, width = ink.shape
    top, left = (_corner(ink.sum(axis=axis, dtype=np.float64)) for axis in (1, 0))
    cell = np.zeros((CELL, CELL), np.uint8)
    cell[top : top + height, left : left + width] = ink
    return cell


def _corner(profile: Floats) -> int:
    """The place in a cell at which a profile of ink has its centre of mass in the middle."""
    centre = float(profile @ np.arange(len(profile)) / profile.sum())
    return min(max(round(CELL // 2 - centre), 0), CELL - len(profile))


def _some_of(places: Sequence[int], count: int) -> str:
    """Some of the places of images, for a message."""
    named = ", ".join(map(str, places[:_NAMED]))
    return f"{len(places)} of {count} images ({named}{', ...' * (len(places) > _NAMED)})"
