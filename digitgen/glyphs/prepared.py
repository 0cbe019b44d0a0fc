"""Banks of published digits, kept in the user's cache as they are in memory.

To sort 60,000 glyphs and find their ink takes thirty times as long as to read what comes out. A bank is taken from the
cache only if its bytes have the BLAKE3 that is written here. That is as good as the sha256 of the files that it is made
of: nobody reads a digit that was not published. If the user names a folder with the files, they are read there.
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from blake3 import blake3

from digitgen.alphabet import DIGITS
from digitgen.files import open_regular, write_atomically
from digitgen.glyphs.bank import GlyphBank
from digitgen.glyphs.places import cache_folder, folder_of_user
from digitgen.glyphs.windows import Windows
from digitgen.messages import Say


@dataclass(frozen=True)
class Prepared:
    """The size and the hash of a bank that is kept.

    Attributes
    ----------
    glyphs : int
        Number of glyphs, G.
    size : (int, int)
        Height and width of their windows, px.
    blake3 : str
        The hash of its arrays, one after the other, in hexadecimal.
    """

    glyphs: int
    size: tuple[int, int]
    blake3: str


PREPARED: Final = {
    "mnist/train": Prepared(60_000, (20, 20), "487c6991de1488f497c35a678fb7c0b632970f9c29b4875f85adcdc6ef326a25"),
    "mnist/test": Prepared(10_000, (20, 20), "d6609a283f1999d101b1986904d84ffa3bfff1d903b5785900280a8125736b7a"),
}
"""The banks that are kept."""

DEFAULT_TRAIN: Final = "mnist/train"
"""The glyphs of whoever names none."""


def load_bank(name: str, data_dir: Path | None = None, *, say: Say = lambda _: None) -> GlyphBank:
    """Load the digits of a published source as a bank, fetching them first if need be.

    Parameters
    ----------
    name : str
        Name of the part, such as ``mnist/train``.
    data_dir : Path, optional
        A folder to look in first; that of the environment variable ``DIGITGEN_DATA_DIR`` by default.
    say : callable, optional
        Takes a line of text for each attempt and its outcome.

    Returns
    -------
    GlyphBank
        Its glyphs of the digits 0 to 9.

    Raises
    ------
    ArgumentError
        If there is no such source.
    SourceError
        If no way leads to the files, or a file in `data_dir` is not the published one.
    """
    path = None if folder_of_user(data_dir) else _path(name)
    if path and (bank := _read(path, PREPARED[name])):
        return bank
    from digitgen.glyphs.fetch import load_digits  # takes longer to load than the bank

    digits = load_digits(name, data_dir, say=say)
    bank = GlyphBank.from_arrays(digits.images, digits.labels, rows=digits.rows)
    if path:
        _keep(path, bank, PREPARED[name])
    return bank


def bytes_of(bank: GlyphBank) -> bytes:
    """The arrays of a bank as they are kept: larger items first, so that all are aligned."""
    windows = bank.windows
    return b"".join(each.tobytes() for each in (bank.starts, bank.rows, windows.corners, windows.ink, windows.pixels))


def _path(name: str) -> Path | None:
    """The file of a bank that is kept; its name changes with its bytes, so that versions of digitgen share a cache."""
    if name not in PREPARED:
        return None
    source, _, part = name.partition("/")
    return cache_folder(source) / f"{part}-{PREPARED[name].blake3[:8]}.bank"


def _read(path: Path, wanted: Prepared) -> GlyphBank | None:
    """Read a bank; None if there is none, or not the one that is wanted."""
    glyphs, (height, width) = wanted.glyphs, wanted.size
    starts, rows = np.empty(len(DIGITS) + 1, np.int64), np.empty(glyphs, np.int32)
    corners, ink = np.empty((2, glyphs), np.int16), np.empty((glyphs, 4), np.int16)
    pixels = np.empty((glyphs, height, width), np.uint8)
    digest = blake3()
    try:
        with open_regular(path) as file:
            for array in (starts, rows, corners, ink, pixels):
                data = array.reshape(-1).view(np.uint8).data
                file.readinto(data)  # type: ignore[attr-defined]  # BinaryIO lacks it in typeshed
                digest.update(data)
    except OSError:
        return None
    if digest.hexdigest() != wanted.blake3:
        return None
    return GlyphBank(Windows(pixels, corners, ink), rows, starts, glyphs)


def _keep(path: Path, bank: GlyphBank, wanted: Prepared) -> None:
    """Write a bank; where that cannot be done, the next process does the work again."""
    data = bytes_of(bank)
    if blake3(data).hexdigest() == wanted.blake3:  # it is another where processors store numbers the other way round
        with contextlib.suppress(OSError):
            write_atomically(path, data, fsync=False)
