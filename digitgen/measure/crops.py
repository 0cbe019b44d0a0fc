"""A crop: the image of one string, and what is known of it; and a collection of them that can be read again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from digitgen.arrays import Floats, Pixels

GIVEN: Final = "given"
"""Boxes came with the crops."""
_MANY: Final = 3  # boxes of one size that are no accident
PIECES: Final = "pieces"
"""There are no boxes: connected pieces of ink that look like one digit stand for digits."""


@dataclass(frozen=True, eq=False)
class Crop:
    """The image of one string.

    Attributes
    ----------
    name : str
        Name for people.
    image : ndarray
        (H, W) uint8, either polarity.
    boxes : ndarray or None
        (n, 4) float64: x, y, width and height of each digit, px, from left to right. None if they are not known.
    text : str or None
        The characters; with boxes, one for each. None if they are not known.
    loose : bool
        Whether boxes bound more than people see of digits, as cells do, and labels, which bound every trace of ink.
    masks : ndarray or None
        (H, W) uint8: the digit that each pixel belongs to, from 1, in the order of the boxes; 0 for none. None if that
        is not known.
    """

    name: str
    image: Pixels
    boxes: Floats | None = None
    text: str | None = None
    loose: bool = False
    masks: Pixels | None = None


@dataclass(eq=False)
class Collection:
    """Crops that are read one after the other, as often as wanted.

    Attributes
    ----------
    name : str
        Name for people.
    count : int
        Number of crops.
    boxes : str
        `GIVEN` or `PIECES`.
    alphabet : str
        The characters that occur, or may occur.
    read : callable
        Takes indices of crops, and yields these crops. It passes over those that it cannot read, and tells `problems`.
    problems : dict of str to list of str
        What was left out, by reason: names of files.
    notes : list of str
        Further sentences for the reader.
    """

    name: str
    count: int
    boxes: str
    alphabet: str
    read: Callable[[list[int]], Iterator[Crop]]
    problems: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def leave_out(self, reason: str, name: str) -> None:
        """Note that something was left out.

        Parameters
        ----------
        reason : str
            Why, in words that follow a number: "without ink".
        name : str
            The crop or file.
        """
        names = self.problems.setdefault(reason, [])
        if name not in names:
            names.append(name)


def mark_cells(collection: Collection, boxes: Floats) -> None:
    """Tell by boxes of a collection whether they bound cells, which all have one size, and mark them if so.

    Parameters
    ----------
    collection : Collection
        The collection; its crops are marked.
    boxes : ndarray
        (n, 4): many of its boxes.
    """
    if len(boxes) < _MANY or np.ptp(boxes[:, 2:], axis=0).any():
        return
    collection.notes.append(
        "All boxes have one size, so they bound cells, not ink: each was drawn in to the ink that it holds. "
        "Where cells overlap, neighbours are in it; a dataset with labels.masks is measured without that."
    )
    read = collection.read
    collection.read = lambda which: (replace(crop, loose=True) for crop in read(which))
