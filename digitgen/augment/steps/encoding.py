"""Steps that encode images in another way: JPEG and back, coarse pixels and back, and edges alone."""

import math
from typing import Final

import cv2
import numpy as np

from digitgen.arrays import Bools, Floats, Images, Integers, Pixels, Singles
from digitgen.augment.numerics.stacking import Tall, alike, parts
from digitgen.augment.step import MNIST_C, Parameter, Scene, family, pixel_step

_BLOCK: Final = 8  # px; JPEG encodes squares of this side, each for itself
_MOST_ROWS: Final = 65_500  # of one JPEG


@pixel_step(
    source=MNIST_C,
    quality=Parameter("of the encoding", "1-100", (15, 50), (1, 100), levels=(25, 18, 15, 10, 7), integer=True),
)
def jpeg_compression(images: Images, _scene: Scene, *, quality: Floats) -> None:
    """Encode as JPEG and decode.

    Images of the same quality are encoded as one, padded to whole blocks as the encoder itself would.
    """
    height, width = images.shape[1:]
    blocked = -(-height // _BLOCK) * _BLOCK
    together = _MOST_ROWS // blocked
    padded = np.pad(images, ((0, 0), (0, blocked - height), (0, 0)), mode="edge")
    for own_quality, rows in alike(quality.astype(np.int64)):
        if len(rows) == 1:
            images[rows[0]] = _through_jpeg(images[rows[0]], own_quality)
            continue
        for first in range(0, len(rows), together):
            some = rows[first : first + together]
            decoded = _through_jpeg(padded[some].reshape(-1, width), own_quality)
            images[some] = decoded.reshape(len(some), -1, width)[:, :height]


def _through_jpeg(image: Pixels, quality: int) -> Pixels:
    """An image (H, W) after it has been encoded and decoded."""
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)
    assert decoded is not None  # it has just been encoded
    return decoded  # type: ignore[return-value]


_WEIGHT_BITS: Final = 22  # of Pillow's weights


@pixel_step(
    source=MNIST_C,
    share=Parameter(
        "size in between, as a share of the size",
        "ratio",
        (0.5, 0.9),
        (0.1, 1),
        levels=(0.6, 0.5, 0.4, 0.3, 0.25),
        legible=(0.25, 1),
    ),
)
def pixelate(images: Images, _scene: Scene, *, share: Floats) -> None:
    """Scale down and up again, into coarse pixels.

    It goes down to `share` of the size by means over boxes of whole pixels, and up again by repeating them:
    to the bit what Pillow's resize does with BOX, first along the rows, then along the columns.
    """
    count, height, width = images.shape
    widths, heights = ((length * share).astype(np.int64) for length in (width, height))
    by_column = np.ascontiguousarray(images.swapaxes(1, 2)).reshape(-1, height)
    coarse = _box_means(by_column, width, widths).reshape(count, width, height)
    by_row = np.ascontiguousarray(coarse.swapaxes(1, 2)).reshape(-1, width)
    images[...] = _box_means(by_row, height, heights).reshape(images.shape)


def _box_means(lines: Pixels, length: int, sizes: Integers) -> Pixels:
    """Replace lines of pixels by means over neighbouring lines.

    Parameters
    ----------
    lines : ndarray
        (n * length, m) uint8: n images one below the other.
    length : int
        Number of lines of an image.
    sizes : ndarray
        (n,) int64: number of different lines to leave of each image.
    """
    ends = np.cumsum(sizes)
    image = np.repeat(np.arange(len(sizes)), sizes)
    box = np.arange(ends[-1]) - (ends - sizes)[image]
    first, last = _boxes(box, length / sizes[image], length)
    counts = last - first
    first += image * length
    sums = lines[first].astype(np.uint32)
    for line in range(1, counts.max()):
        wider = np.flatnonzero(counts > line)
        sums[wider] += lines[first[wider] + line]
    sums *= np.floor(2.0**_WEIGHT_BITS / counts + 0.5).astype(np.uint32)[:, None]
    sums += np.uint32(1 << (_WEIGHT_BITS - 1))
    sums >>= np.uint32(_WEIGHT_BITS)
    shown = ((np.arange(length) + 0.5) * (sizes / length)[:, None]).astype(np.int64) + (ends - sizes)[:, None]
    out: Pixels = sums.astype(np.uint8)[shown.ravel()]
    return out


def _boxes(box: Integers, scale: Floats, length: int) -> tuple[Integers, Integers]:
    """First and last + 1 of the lines whose centres lie in a box, as Pillow's own float64 decides where they touch."""
    centre, support = (box + 0.5) * scale, 0.5 * scale
    first = (centre - support + 0.5).astype(np.int64)
    last = np.minimum((centre + support + 0.5).astype(np.int64), length)
    shrink = 1 / scale
    first += (first - centre + 0.5) * shrink <= -0.5
    last -= (last - 1 - centre + 0.5) * shrink > 0.5
    return first, last


_LOW, _HIGH = 0.1 * 255, 0.2 * 255
_REACH: Final = 4  # px at which the Gaussian is cut off
_WEIGHTS: Final = [math.exp(-(x**2) / 2) for x in range(_REACH + 1)]
_TOTAL: Final = 2 * sum(_WEIGHTS) - 1
_KERNEL: Final = [round(weight / _TOTAL * 2**24) / 2**24 for weight in _WEIGHTS]
_PART: Final = 72_000  # px that are worked on together


@pixel_step(source=MNIST_C)
def canny_edges(images: Images, _scene: Scene) -> None:
    """Show the edges alone, as white lines on black.

    These are Canny's edges as scikit-image defines them: 255 on edges, 0 elsewhere. A Gaussian of 1 px, renormalised
    at the borders; Sobel's gradient; of this the crests, by interpolation between neighbours; of those above .1 of the
    range, the ones that hang together with one above .2.

    References
    ----------
    Canny 1986, A computational approach to edge detection, IEEE Transactions on Pattern Analysis and Machine
    Intelligence 8, doi:10.1109/TPAMI.1986.4767851
    """
    for part in parts(len(images), images.shape[1:], _PART):
        gradient_y, gradient_x = _gradient(_smoothed(images[part]))
        images[part] = _connected(*_crests(gradient_y, gradient_x))


def _smoothed(images: Images) -> Singles:
    """The images smoothed, with one px more all around that repeats the outermost ones: (n, H + 2, W + 2)."""
    count, height, width = images.shape
    wide = np.zeros((count, height, width + 2 * _REACH), np.float32)
    wide[:, :, _REACH:-_REACH] = images
    tall = np.zeros((count, height + 2 * _REACH, width), np.float32)
    tall[:, _REACH:-_REACH] = _along(wide.swapaxes(1, 2), width).swapaxes(1, 2) / _inside(width)
    smooth = _along(tall, height) / _inside(height)[:, None]
    bordered: Singles = np.pad(smooth, ((0, 0), (1, 1), (1, 1)), mode="edge")
    return bordered


def _along(padded: Singles, length: int) -> Singles:
    """Convolve along axis 1 with the Gaussian."""
    total = padded[:, _REACH : _REACH + length] * np.float32(_KERNEL[0])
    for shift in range(1, _REACH + 1):
        pair = padded[:, _REACH - shift : _REACH - shift + length] + padded[:, _REACH + shift : _REACH + shift + length]
        pair *= np.float32(_KERNEL[shift])
        total += pair
    return total


def _inside(length: int) -> Singles:
    """(length,) float32: the part of the Gaussian that lies on a line, around each of its pixels."""
    line = np.pad(np.ones((1, length), np.float32), ((0, 0), (_REACH, _REACH)))
    inside: Singles = _along(line, length)[0]
    return inside


def _gradient(smooth: Singles) -> tuple[Singles, Singles]:
    """Sobel's derivatives along y and x."""
    change = smooth[:, 2:] - smooth[:, :-2]
    along_y = change[:, :, :-2] + change[:, :, 2:] + 2 * change[:, :, 1:-1]
    change = smooth[:, :, 2:] - smooth[:, :, :-2]
    along_x = change[:, :-2] + change[:, 2:] + 2 * change[:, 1:-1]
    return along_y, along_x


def _crests(along_y: Singles, along_x: Singles) -> tuple[Bools, Bools]:
    """The crests of the gradient, greatest along its own direction: above the lower threshold, and above the higher.

    The magnitude one px ahead and one behind is interpolated between a straight and a diagonal neighbour.
    """
    width = along_y.shape[2]
    magnitude = np.sqrt(along_y * along_y + along_x * along_x)
    candidates = magnitude >= np.float32(_LOW)
    candidates[:, [0, -1]] = False
    candidates[:, :, [0, -1]] = False
    at = np.flatnonzero(candidates)
    flat = magnitude.reshape(-1)
    y, x, here = along_y.reshape(-1)[at], along_x.reshape(-1)[at], flat[at]
    steep = np.abs(y) > np.abs(x)
    weight = np.where(steep, np.abs(x), np.abs(y)) / np.where(steep, np.abs(y), np.abs(x))
    down, right = np.where(y < 0, -width, width), np.where(x < 0, -1, 1)
    straight, diagonal = np.where(steep, down, right), down + right
    crest = np.ones(len(at), bool)
    for sign in (1, -1):
        beside = flat[at + sign * diagonal] * weight + flat[at + sign * straight] * (1 - weight)
        crest &= beside <= here
    low, high = np.zeros_like(candidates), np.zeros_like(candidates)
    low.reshape(-1)[at] = crest
    high.reshape(-1)[at] = crest & (here >= np.float32(_HIGH))
    return low, high


def _connected(low: Bools, high: Bools) -> Pixels:
    """255 where pixels of `low` hang together with one of `high`, also diagonally."""
    tall = Tall(len(low), low.shape[1:])
    tall.fill(low.view(np.uint8))
    labels = cv2.connectedComponents(tall.pixels, connectivity=8, ltype=cv2.CV_32S)[1]
    own = labels[1:].reshape(len(low), -1, low.shape[2])[:, : low.shape[1]]
    strong = np.zeros(labels.max() + 1, np.uint8)
    strong[own[high]] = 255
    edges: Pixels = strong[own]
    return edges


FAMILY: Final = family(jpeg_compression, pixelate, canny_edges)
