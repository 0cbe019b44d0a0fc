"""Measure a collection of crops."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from digitgen.errors import NothingMeasuredError
from digitgen.measure.crops import PIECES, Collection, Crop
from digitgen.measure.digits import DIGIT, Digits, measure_digits
from digitgen.measure.figures import Figure, counts_of_characters, counts_of_lengths, figures
from digitgen.measure.ink import Ink, find_ink, tall_pieces
from digitgen.measure.paper import measure_paper
from digitgen.measure.surround import measure_surround
from digitgen.measure.tables import Row, Tables, tables
from digitgen.progress import progress_bar

MOST: Final = 5000
"""Most crops that are measured; of more, so many are taken at equal distances."""
_PILOT: Final = 200  # crops by which the polarity of all is told
_AGREE: Final = 0.9  # share of them that must agree


@dataclass(frozen=True, eq=False)
class Measured:
    """Figures of a collection, and what they were made of.

    Attributes
    ----------
    collection : Collection
        The collection, with what was left out of it.
    tables : Tables
        What was measured of each string.
    figures : dict of str to Figure
        The figures, by key.
    """

    collection: Collection
    tables: Tables
    figures: dict[str, Figure]

    @property
    def strings(self) -> int:
        """Number of strings that were measured."""
        return len(self.tables.strings)

    @property
    def by_pieces(self) -> bool:
        """Whether pieces of ink stood for digits."""
        return self.collection.boxes == PIECES

    def to_json(self) -> dict[str, Any]:
        """Put everything into values that JSON has."""
        digits, firsts = counts_of_characters(self.tables, self.collection.alphabet)
        return {
            "name": self.collection.name,
            "strings": self.strings,
            "digits": len(self.tables.digits),
            "pairs": len(self.tables.pairs),
            "boxes": self.collection.boxes,
            "figures": {key: {"value": figure.value, "error": figure.error} for key, figure in self.figures.items()},
            "lengths": {str(length): count for length, count in counts_of_lengths(self.tables).items()},
            "characters": digits,
            "first_characters": firsts,
            "left_out": self.collection.problems,
            "notes": self.collection.notes,
        }


def measure(collection: Collection, *, most: int = MOST, progress: bool = False) -> Measured:
    """Measure a collection of crops.

    Parameters
    ----------
    collection : Collection
        The crops.
    most : int, default 5000
        Most crops to measure; of more, so many at equal distances.
    progress : bool, default False
        Show a progress bar on stderr.

    Returns
    -------
    Measured
        The figures, and what was left out.

    Raises
    ------
    NothingMeasuredError
        If no crop can be measured.
    """
    which = _spread(collection.count, most)
    if len(which) < collection.count:
        collection.notes.append(f"Measured {len(which):,} of {collection.count:,} crops, at equal distances.")
    dark = _polarity(collection.read(_spread(collection.count, _PILOT)))
    bar = progress_bar(collection.read(which), shown=progress, total=len(which), unit="crops", what="measuring")
    rows = [row for crop in bar if (row := measure_crop(crop, dark, collection)) is not None]
    if not rows:
        reasons = "; ".join(f"{len(names)} {reason}" for reason, names in collection.problems.items())
        raise NothingMeasuredError(
            f"{collection.name}: there is no crop that can be measured" + f": {reasons}" * bool(reasons)
        )
    found = tables(rows)
    return Measured(collection, found, figures(found))


def measure_crop(crop: Crop, dark: bool | None, collection: Collection) -> Row | None:
    """Measure one crop.

    Parameters
    ----------
    crop : Crop
        The crop.
    dark : bool or None
        Whether ink is darker than paper; None to tell by the crop itself.
    collection : Collection
        Where it comes from, which is told if it cannot be measured.

    Returns
    -------
    Row or None
        What was measured; None if there is no digit.
    """
    ink = find_ink(crop, dark)
    if not len(ink.boxes):
        collection.leave_out("without ink", crop.name)
        return None
    digits = measure_digits(ink)
    if crop.boxes is None:
        digits = _without_boxes(digits, ink)
    greys = digits.digits[:, DIGIT.index("grey")]
    grey = float(np.nanmean(greys)) if np.isfinite(greys).any() else math.nan
    high, wide = crop.image.shape
    per_box = crop.text is not None and len(crop.text) == len(digits.digits)
    classes = [*map(ord, crop.text or "")] if per_box else [-1] * len(digits.digits)
    size = (float(high), float(wide), ink.height)
    return Row(digits, measure_paper(ink, grey), measure_surround(ink), ink.dark, size, crop.text, classes)


def _without_boxes(digits: Digits, ink: Ink) -> Digits:
    """Tell by pieces of ink which neighbours touch: those that are missing from the pieces, if the text is known.

    Of a string of n digits whose tall pieces are k, n - k pairs of neighbours touch. Gaps are known between pieces that
    stand for a digit each. So where one piece is more than that, gaps are not known.
    """
    pieces, text = len(tall_pieces(ink)), ink.crop.text
    gaps = digits.pairs[:, 0] if pieces == len(ink.boxes) else digits.pairs[:0, 0]
    count = len(gaps) if text is None else len(text) - 1
    pairs = np.full((count, 2), math.nan)
    pairs[count - len(gaps[:count]) :, 0] = gaps[:count]
    if text is not None:
        pairs[:, 1] = np.arange(count) < len(text) - pieces
    return Digits(digits.digits, pairs)


def _polarity(crops: Iterator[Crop]) -> bool | None:
    """Tell whether ink is darker than paper by some crops; None if they do not agree."""
    dark = [find_ink(crop).dark for crop in crops]
    share = sum(dark) / max(len(dark), 1)
    return True if share >= _AGREE else False if share <= 1 - _AGREE else None


def _spread(count: int, most: int) -> list[int]:
    """Choose indices at equal distances."""
    return [*range(count)] if count <= most else [k * count // most for k in range(most)]
