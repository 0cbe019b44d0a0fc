"""The set of all strings of one length, whose ranks are numbers that they spell."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers, Pixels
from digitgen.compose.content.sets.automaton import Automaton

_BITS: Final = 62  # of a number that is taken apart at once


class EveryString(Automaton):
    """All strings of one length; they are found by division, several times as fast as along the moves."""

    def unrank(self, ranks: NDArray[Any]) -> tuple[Integers, Pixels]:
        """Find strings by the numbers that they spell, as `Component.unrank` does."""
        length, classes = len(self.layers) - 1, self.layers[0].moves.shape[1]
        digits = np.empty((len(ranks), length), np.uint8)
        at_once = _BITS // max((classes - 1).bit_length(), 1)  # digits of a number that an int64 holds
        for end in range(length, 0, -at_once):
            start = max(end - at_once, 0)
            base = classes ** (end - start)
            part = (ranks % base).astype(np.int64) if start else ranks.astype(np.int64)
            ranks = ranks // base
            for position in reversed(range(start, end)):
                part, digits[:, position] = np.divmod(part, classes)
        return np.full(len(ranks), length), digits.ravel()
