"""Black-and-white images packed into 64-bit words, for morphology on 64 pixels at a time.

A bitmap of n glyphs, each 4 times as large as its cell, is (n, 112, 2) uint64: pixel x of a row is bit x % 64 of
word x // 64. The last 16 bits of each row are not part of the image, and are 0.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Pixels
from digitgen.format import CELL

SCALE: Final = 4
SIDE: Final = SCALE * CELL

Bits = NDArray[np.uint64]

_MAX_RADIUS: Final = 15  # so that what is pushed over the edge of a row ends in its spare bits
_BLOCK: Final = 32  # images thinned together, so that scratch memory stays in the cache
_TOP: Final = np.uint64(63)
_ONE: Final = np.uint64(1)
_INSIDE: Final = np.array([2**64 - 1, 2 ** (SIDE - 64) - 1], np.uint64)


def pack(pixels: Bools | Pixels) -> Bits:
    """Pack (n, 112, 112) pixels into bits; any that is not 0 becomes one."""
    packed = np.zeros((len(pixels), SIDE, 16), np.uint8)
    packed[..., : SIDE // 8] = np.packbits(pixels, axis=2, bitorder="little")
    return packed.view("<u8")


def unpack(bits: Bits) -> Pixels:
    """Unpack bits to (n, 112, 112) pixels, 0 or 1."""
    return np.unpackbits(bits.view(np.uint8), axis=2, count=SIDE, bitorder="little")


def dilate(bits: Bits, square: int) -> Bits:
    """Grow ink by a disk.

    Parameters
    ----------
    bits : ndarray
        (n, 112, 2) uint64: bitmaps.
    square : int
        Squared radius of the disk, px.

    Returns
    -------
    ndarray
        (n, 112, 2) uint64: ones wherever a one of `bits` is as near as that.
    """
    if square > _MAX_RADIUS**2:  # disks add up
        rest = math.sqrt(square) - _MAX_RADIUS
        return dilate(dilate(bits, _MAX_RADIUS**2), round(rest * rest))
    reach = math.isqrt(square)
    grown = np.zeros_like(bits)
    along, width = bits, 0
    for down in range(reach, -1, -1):  # from the short outer rows of the disk to the long one in the middle
        while width < math.isqrt(square - down * down):
            along = along | _west(along) | _east(along)
            width += 1
        grown[:, down:] |= along[:, : SIDE - down]
        grown[:, : SIDE - down] |= along[:, down:]
    grown &= _INSIDE
    return grown


def erode(bits: Bits, square: int) -> Bits:
    """Shrink ink by a disk; the space beyond the image does not count as background.

    Parameters
    ----------
    bits : ndarray
        (n, 112, 2) uint64: bitmaps.
    square : int
        Squared radius of the disk, px.

    Returns
    -------
    ndarray
        (n, 112, 2) uint64: the ones of `bits` that no zero is as near to as that.
    """
    return bits & ~dilate(~bits & _INSIDE, square)


def thin(bits: Bits) -> Bits:
    """Peel strokes until lines 1 px wide are left, connected as the strokes were.

    References
    ----------
    Guo and Hall 1989, Parallel thinning with two-subiteration algorithms, Communications of the ACM 32,
    doi:10.1145/62065.62074
    """
    lines = bits.copy()
    for start in range(0, len(bits), _BLOCK):
        part = lines[start : start + _BLOCK]
        inked = np.flatnonzero(part.any(axis=(0, 2)))
        part = part[:, inked[0] : inked[-1] + 1] if inked.size else part[:0]
        rows = np.arange(len(part))
        while rows.size:
            left = part[rows]
            first = _removable(neighbours(left), turned=False) & left
            left ^= first
            second = _removable(neighbours(left), turned=True) & left
            left ^= second
            part[rows] = left
            rows = rows[(first | second).any(axis=(1, 2))]
    return lines


def neighbours(bits: Bits) -> list[Bits]:
    """The 8 neighbours of each pixel, as a bitmap each, clockwise from the one above."""
    padded = np.zeros((3, len(bits), bits.shape[1] + 2, 2), np.uint64)
    west, middle, east = padded
    west[:, 1:-1], middle[:, 1:-1], east[:, 1:-1] = _west(bits), bits, _east(bits)
    above, beside, below = slice(0, -2), slice(1, -1), slice(2, None)
    return [
        middle[:, above],
        east[:, above],
        east[:, beside],
        east[:, below],
        middle[:, below],
        west[:, below],
        west[:, beside],
        west[:, above],
    ]


def _removable(around: list[Bits], turned: bool) -> Bits:
    """The pixels that one pass takes away: on the upper right border, or turned by half a turn, on the lower left."""
    n, ne, e, se, s, sw, w, nw = around
    north, east, south, west = nw | n, ne | e, se | s, sw | w
    # Exactly one of four runs of ink begins here, so that nothing falls apart.
    one, more = np.zeros((2, *n.shape), np.uint64)
    for run in (~n & east, ~e & south, ~s & west, ~w & north):
        more |= one & run
        one |= run
    # The smaller number of inked pairs, of both ways to pair the neighbours, is 2 or 3: neither a tip nor inside.
    several, full = _pairs(north, east, south, west)
    others, packed = _pairs(n | ne, e | se, s | sw, w | nw)
    if turned:
        n, ne, e, se = s, sw, w, nw
    keep = (n | ne | ~se) & e
    removable: Bits = one & ~more & several & others & ~(full & packed) & ~keep
    return removable


def _pairs(a: Bits, b: Bits, c: Bits, d: Bits) -> tuple[Bits, Bits]:
    """The pixels at which at least two of four are set, and those at which all are."""
    left, right = a & b, c & d
    several = left | right
    several |= (a | b) & (c | d)
    return several, left & right


def _west(bits: Bits) -> Bits:
    """The left neighbour of each pixel."""
    flat = bits.reshape(-1)
    moved = flat << _ONE
    moved[1:] |= flat[:-1] >> _TOP
    return moved.reshape(bits.shape)


def _east(bits: Bits) -> Bits:
    """The right neighbour of each pixel."""
    flat = bits.reshape(-1)
    moved = flat >> _ONE
    moved[:-1] |= flat[1:] << _TOP
    return moved.reshape(bits.shape)
