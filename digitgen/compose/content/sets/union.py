"""Sets of strings that have none in common, as one set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Integers, Pixels
from digitgen.compose.content.sequences import interleave
from digitgen.compose.content.sets.component import Component
from digitgen.compose.content.sets.sets import Sets


@dataclass(frozen=True, eq=False)
class Union(Component):
    """The strings of some sets, one set after the other.

    Attributes
    ----------
    parts : sequence of Component
        The sets; at least one, and no two have a string in common.
    """

    parts: Sequence[Component]

    @cached_property
    def size(self) -> int:
        """The number of strings."""
        return sum(part.size for part in self.parts)

    def unrank(self, ranks: NDArray[Any]) -> tuple[Integers, Pixels]:
        """Find strings by their places in the order, as `Component.unrank` does."""
        starts = list(accumulate((part.size for part in self.parts[:-1]), initial=0))
        which = np.searchsorted(np.array(starts, ranks.dtype), ranks, side="right") - 1
        found = []
        for kind, (start, part) in enumerate(zip(starts, self.parts, strict=True)):
            own = ranks[which == kind] - start
            found.append(part.unrank(own if part.size > 2**63 - 1 else own.astype(np.int64)))
        return interleave(which, found)

    @cached_property
    def _sets(self) -> Sets:
        """The sets, as likely as they are large."""
        return Sets(self.parts, [part.size / self.size for part in self.parts])

    @property
    def lengths(self) -> Mapping[int, float]:
        """The share of the strings that are so long, for each length that there is, ascending."""
        return self._sets.lengths

    @property
    def marginals(self) -> Floats:
        """(longest, K): the share of each class at each position, among the strings that reach so far."""
        return self._sets.marginals

    def admits(self, labels: NDArray[np.integer]) -> Bools:
        """Tell which rows of (N, L) labels, padded with -1, are strings of the set: (N,) bool."""
        return self._sets.admits(labels)
