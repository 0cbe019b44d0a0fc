"""Tests of the law of hands: whose digits stand in an image, and which of their glyphs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from digitgen.arrays import Bools, Floats, Integers
from digitgen.compose.hands import hand_share
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.entries import SplitEntry
from digitgen.look.kit.wording import percent
from digitgen.look.report.chi_square import LEAST, LEAST_OF_MANY, MANY, ChiSquareTest, chi_square, p_value
from digitgen.look.report.tally import Tally

_CERTAIN, _IMPOSSIBLE = 1.0, 0.0


@dataclass(frozen=True, eq=False)
class HandLaw:
    """The law of the hands of a split.

    Attributes
    ----------
    share : float
        Share of the images that are in one hand, 0 to 1.
    glyphs : ndarray
        (W, K) int64: how many glyphs of each class each writer of the pool has.
    complete : ndarray
        (W,) bool: who has glyphs of all classes that strings can have.
    """

    share: float
    glyphs: Integers
    complete: Bools

    @classmethod
    def of(cls, config: BuildConfig, entry: SplitEntry) -> "HandLaw | None":
        """Find the law of a split.

        Parameters
        ----------
        config : BuildConfig
            The recipe.
        entry : SplitEntry
            The manifest's entry of the split.

        Returns
        -------
        HandLaw or None
            The law; None if writers are not stored.
        """
        if entry.pool.writers is None:
            return None
        glyphs = np.array(entry.pool.writers, np.int64)[:, 1:]
        needed = np.array(entry.pool.glyphs) > 0  # the pool has only classes that strings can have
        complete: Bools = np.all(glyphs[:, needed] > 0, axis=1)
        return cls(hand_share(config.hand), glyphs, complete)

    @property
    def of_class(self) -> Floats:
        """(W, K): the share that each writer has in the glyphs of a class."""
        shares: Floats = self.glyphs / np.maximum(self.glyphs.sum(axis=0), 1)
        return shares


def hand_tests(law: HandLaw, tally: Tally) -> Iterator[ChiSquareTest]:
    """Test who writes images, and with which glyphs.

    Parameters
    ----------
    law : HandLaw
        The law.
    tally : dict of str to ndarray
        The counts in a split whose writers are stored.

    Yields
    ------
    ChiSquareTest
        One for each claim.
    """
    if tally["pairs"].sum():
        yield _one_hand_test(law, tally)
    yield _writer_test(law, tally)
    yield _glyph_test(law, tally)


def expected_used(law: HandLaw, tally: Tally) -> float:
    """Compute how many glyphs should occur, if each writer wrote as many digits of each class as did occur.

    Parameters
    ----------
    law : HandLaw
        The law.
    tally : dict of str to ndarray
        The counts in a split whose writers are stored.

    Returns
    -------
    float
        Number of glyphs.
    """
    size, groups = law.glyphs.reshape(-1), _groups(law, tally)
    counts = tally["glyphs"][tally["glyphs"] > 0]
    uses = np.bincount(groups[groups >= 0], counts[groups >= 0], minlength=size.size)
    there = size > 0
    return float((size[there] * (1 - (1 - 1 / size[there]) ** uses[there])).sum())


def _one_hand_test(law: HandLaw, tally: Tally) -> ChiSquareTest:
    """Test the share of images in one hand: by all their digits if it is all images, and else by the first two."""
    if law.share == 1:
        claim, several = "all digits of an image are in one hand", int(tally["several hands"][0])
        return ChiSquareTest(claim, float("inf") if several else 0.0, 0, _IMPOSSIBLE if several else _CERTAIN)
    claim = f"{percent(law.share)} of images are in one hand, besides those that are by chance"
    pairs = tally["pairs"]  # by both digits, and by whether their writers are one
    by_chance = law.of_class.T @ law.of_class
    same = law.share + (1 - law.share) * by_chance
    expected = pairs.sum(axis=2)[:, :, None] * np.stack([1 - same, same], axis=2)
    return chi_square(claim, pairs.sum(axis=(0, 1)), expected.sum(axis=(0, 1)))


def _writer_test(law: HandLaw, tally: Tally) -> ChiSquareTest:
    """Test the writers of first digits, of which there is one an image."""
    counts = tally["first writers"]  # by class and writer; the last are writers whom the pool has not
    uniform = law.complete / law.complete.sum()
    chances = law.share * uniform[:, None] + (1 - law.share) * law.of_class
    expected = np.zeros(counts.shape)
    expected[:, :-1] = chances.T * counts.sum(axis=1, keepdims=True)
    claim = "writers are uniform among those who have all digits"
    if law.share < 1:
        claim += ", or as likely as they have glyphs where images are mixed"
    if expected[expected > 0].min() < LEAST:  # of few, all together say more
        counts, expected = counts.sum(axis=0), expected.sum(axis=0)
    return chi_square(claim, counts, expected)


def _glyph_test(law: HandLaw, tally: Tally) -> ChiSquareTest:
    """Test the glyphs among those of one writer and class; given these, they are independent under any share."""
    claim = "glyphs are uniform among those of their writer and class"
    size = law.glyphs.reshape(-1)
    counts = tally["glyphs"][tally["glyphs"] > 0]
    groups = _groups(law, tally)
    if (groups < 0).any() or (np.bincount(groups, minlength=size.size) > size).any():
        return ChiSquareTest(claim, float("inf"), 0, _IMPOSSIBLE)
    uses = np.bincount(groups, counts, minlength=size.size)
    squares = np.bincount(groups, counts.astype(np.float64) ** 2, minlength=size.size)
    statistic, freedom = 0.0, 0
    for least in (LEAST_OF_MANY, LEAST):
        often = uses >= least * np.maximum(size, 1)  # to choose by that says nothing about the glyphs within
        expected = uses[often] / size[often]
        statistic = float((squares[often] / expected - uses[often]).sum())
        freedom = int((size[often] - 1).sum())
        if freedom >= MANY:
            break
    return ChiSquareTest(claim, statistic, freedom, p_value(statistic, freedom) if freedom else None)


def _groups(law: HandLaw, tally: Tally) -> Integers:
    """(G,): writer and class of each glyph that occurs, as a row of all pairs; -1 if it stood for several."""
    used = tally["glyphs"] > 0
    counts, classes, writers = (tally[name][used] for name in ("glyphs", "glyph classes", "glyph writers"))
    one = (classes % counts == 0) & (writers % counts == 0)
    known = writers // counts < len(law.glyphs)
    return np.where(one & known, writers // counts * law.glyphs.shape[1] + classes // counts, -1)
