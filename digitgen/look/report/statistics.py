"""The statistics of a dataset: counts in all its images, beside the claims of its recipe."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from digitgen.arrays import Floats, Integers
from digitgen.compose.content.law import ContentLaw
from digitgen.compose.content.wording import describe_splits
from digitgen.compose.gaps import GapLaw
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.entries import SplitEntry
from digitgen.dataset.manifest import Manifest
from digitgen.dataset.stores import Store
from digitgen.look.report.chi_square import ChiSquareTest
from digitgen.look.report.claims import expected_digits, expected_lengths
from digitgen.look.report.hands import HandLaw, expected_used
from digitgen.look.report.parameters import SampledParameter
from digitgen.look.report.tally import Tally

_SUSPICIOUS: Final = 0.001


@dataclass(frozen=True, eq=False)
class SplitStatistics:
    """The counts in one split.

    Attributes
    ----------
    name : str
        Name of the split.
    entry : SplitEntry
        The manifest's entry of it.
    tally : dict of str to ndarray
        The counts, as in `tally_shard`.
    alphabet : str
        The character of each class.
    content : ContentLaw or None
        The law of its strings; None if it came from a file that is not at hand.
    smallest_gap : int
        The smallest gap that is allowed, px: the first that is counted.
    laws : dict of int to GapLaw
        For each length, the law of its gaps; none where it depends on digits that are not at hand.
    parameters : list of SampledParameter
        The parameters that augmentation sampled.
    hands : HandLaw or None
        The law of the hands; None if writers are not stored.
    tests : list of ChiSquareTest
        The tests of the recipe's claims.
    """

    name: str
    entry: SplitEntry
    tally: Tally
    alphabet: str
    content: ContentLaw | None
    smallest_gap: int
    laws: dict[int, GapLaw]
    parameters: list[SampledParameter]
    hands: HandLaw | None
    tests: list[ChiSquareTest]

    @property
    def expected_lengths(self) -> Floats | None:
        """(L + 1,): the number of images that should have each length, if that is known."""
        return expected_lengths(self.content, self.tally) if self.content else None

    @property
    def expected_digits(self) -> Floats | None:
        """(L, K): the number of digits at each position that should be of each class, if that is known."""
        return expected_digits(self.content, self.tally) if self.content else None

    @property
    def gap_counts(self) -> Integers:
        """(gaps,): the number of times that each gap occurs, from the smallest to the largest that is allowed."""
        counts: Integers = self.tally["gaps"].sum(axis=(0, 1))
        return counts

    @property
    def expected_gaps(self) -> Floats | None:
        """(gaps,): the number of times that each gap should occur, for these lengths."""
        if not self.laws:
            return None
        lengths = self.tally["lengths"]
        expected: Floats = np.sum([lengths[n] * law.count * law.marginal() for n, law in self.laws.items()], axis=0)
        return expected

    @property
    def glyphs_used(self) -> int:
        """The number of glyphs that occur."""
        return int(np.count_nonzero(self.tally["glyphs"]))

    @property
    def expected_glyphs_used(self) -> float:
        """The number that should occur, as often as classes (and their writers, if they are known) did occur."""
        if self.hands:
            return expected_used(self.hands, self.tally)
        pools, uses = np.array(self.entry.pool.glyphs, float), self.tally["digits"].sum(axis=0)
        return float(sum(pool * (1 - (1 - 1 / pool) ** count) for pool, count in zip(pools, uses, strict=True) if pool))


@dataclass(frozen=True)
class SharedGlyphs:
    """The glyphs that two splits have in common.

    Attributes
    ----------
    splits : (str, str)
        Their names.
    glyphs : int
        Number of glyphs that occur in both.
    because : str
        The reason why there are some, or none.
    unasked : bool
        Whether there are some though neither split samples as the other.
    """

    splits: tuple[str, str]
    glyphs: int
    because: str
    unasked: bool


@dataclass(frozen=True, eq=False)
class Statistics:
    """The counts in a dataset.

    Attributes
    ----------
    store : Store
        The place of the dataset.
    manifest : Manifest
        Its manifest.
    config : BuildConfig
        Its recipe.
    log : dict
        Facts about the run that built it.
    splits : list of SplitStatistics
        The largest first, and those that sample as another after it.
    shared : list of SharedGlyphs
        For each two splits.
    notes : list of str
        Notes for the reader: facts that are not known, and glyphs that splits share.
    """

    store: Store
    manifest: Manifest
    config: BuildConfig
    log: dict[str, Any]
    splits: list[SplitStatistics]
    shared: list[SharedGlyphs]
    notes: list[str]

    @property
    def suspicious(self) -> list[tuple[str, ChiSquareTest]]:
        """The tests that chance would fail less than once in a thousand datasets, all tests taken together."""
        tests = [(split.name, test) for split in self.splits for test in split.tests if test.p is not None]
        return [(name, test) for name, test in tests if test.p is not None and test.p * len(tests) < _SUSPICIOUS]

    @property
    def tested(self) -> int:
        """The number of tests."""
        return sum(test.p is not None for split in self.splits for test in split.tests)

    @property
    def about_strings(self) -> list[str]:
        """A sentence on each law of strings that is known."""
        laws = describe_splits({split.name: split.content for split in self.splits if split.content})
        return [f"In {f'the strings of {names}' if names else 'its strings'}, {law}." for _, names, law in laws]
