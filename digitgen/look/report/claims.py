"""The claims of a recipe about the images of a split, tested against counts."""

from collections.abc import Iterator

import numpy as np

from digitgen.arrays import Floats, Integers
from digitgen.compose.content.law import ContentLaw
from digitgen.compose.gaps import GapLaw
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.entries import PoolEntry, SplitEntry
from digitgen.look.report.chi_square import ChiSquareTest, any_of, chi_square
from digitgen.look.report.hands import HandLaw, hand_tests
from digitgen.look.report.parameters import SampledParameter
from digitgen.look.report.strings import FEW_STRINGS, HASHES
from digitgen.look.report.tally import Tally, position_count


def claims(
    config: BuildConfig,
    name: str,
    entry: SplitEntry,
    tally: Tally,
    laws: dict[int, GapLaw],
    parameters: list[SampledParameter],
) -> Iterator[ChiSquareTest]:
    """Test everything that a recipe claims of a split.

    Parameters
    ----------
    config : BuildConfig
        The recipe.
    name : str
        The split.
    entry : SplitEntry
        The manifest's entry of the split.
    tally : dict of str to ndarray
        The counts in it, as in `tally_shard`.
    laws : dict of int to GapLaw
        For each length, the law of its gaps; none if they are not known.
    parameters : list of SampledParameter
        The parameters that augmentation sampled.

    Yields
    ------
    ChiSquareTest
        One for each claim.
    """
    content = config.known_content(name)
    if content and len(content.lengths) > 1:
        yield chi_square(f"lengths are {content.length_words}", tally["lengths"], expected_lengths(content, tally))
    if laws and max(laws) > 1:
        yield _gap_test(config, tally, laws)
    if content:
        yield from digit_tests(content, tally)
        yield from string_tests(content, tally)
    hands = HandLaw.of(config, entry)
    if hands and hands.share:
        yield from hand_tests(hands, tally)
    else:
        yield _glyph_test(tally, entry.pool, tally["digits"].sum(axis=0))
    for parameter in parameters:
        yield from parameter.tests(tally[parameter.array])


def expected_lengths(content: ContentLaw, tally: Tally) -> Floats:
    """Compute how many images should have each length.

    Parameters
    ----------
    content : ContentLaw
        The law of the strings.
    tally : dict of str to ndarray
        The counts, which give the number of images.

    Returns
    -------
    ndarray
        (L + 1,) float64, for lengths from 0 on.
    """
    lengths = content.lengths
    probabilities = [lengths.get(length, 0.0) for length in range(content.longest + 1)]
    expected: Floats = np.array(probabilities) * tally["lengths"].sum()
    return expected


def expected_digits(content: ContentLaw, tally: Tally) -> Floats:
    """Compute how many digits at each position should be of each class.

    Parameters
    ----------
    content : ContentLaw
        The law of the strings.
    tally : dict of str to ndarray
        The counts, which give the number of digits at each position.

    Returns
    -------
    ndarray
        (L, K) float64.
    """
    expected: Floats = content.marginals * tally["digits"].sum(axis=1, keepdims=True)
    return expected


def digit_tests(content: ContentLaw, tally: Tally) -> Iterator[ChiSquareTest]:
    """Test the digits: all together where they are independent, and else those of each position by themselves.

    Among the images that reach a position, its digits are independent of each other under any law.

    Parameters
    ----------
    content : ContentLaw
        The law of the strings.
    tally : dict of str to ndarray
        The counts.

    Yields
    ------
    ChiSquareTest
        One for each claim.
    """
    counts, expected = tally["digits"], expected_digits(content, tally)
    if content.independent or content.longest == 1:
        yield chi_square(f"digits are {content.words}", counts.sum(axis=0), expected.sum(axis=0))
    if content.longest > 1:
        claim = f"at every position, digits are {content.words}"
        if content.independent:
            yield chi_square(claim, counts, expected)
        else:
            yield any_of(claim, [chi_square(claim, *each) for each in zip(counts, expected, strict=True)])


def string_tests(content: ContentLaw, tally: Tally) -> Iterator[ChiSquareTest]:
    """Test whether all strings are possible; and where few are, whether each comes as often as it should.

    Parameters
    ----------
    content : ContentLaw
        The law of the strings.
    tally : dict of str to ndarray
        The counts.

    Yields
    ------
    ChiSquareTest
        One for each claim.
    """
    foreign = int(tally["foreign strings"][0])
    yield ChiSquareTest("every string is possible", float("inf") if foreign else 0.0, 0, float(not foreign))
    if content.exact:
        yield _exact_test(content, tally)
    if content.distinct:
        yield _distinct_test(tally)
    listed = content.listed(FEW_STRINGS)
    if listed is not None and "strings" in tally:
        weights = np.ones(listed.size) if listed.weights is None else listed.weights
        counts = tally["strings"]
        yield chi_square("strings are as likely as claimed", counts, weights / weights.sum() * counts.sum())


def _exact_test(content: ContentLaw, tally: Tally) -> ChiSquareTest:
    """Test whether there is no deviation at all."""
    digits = expected_digits(content, tally)
    pairs = [(expected_lengths(content, tally), tally["lengths"]), (digits, tally["digits"])]
    if content.exact > 1:
        follow = tally["digits"][1:].sum(axis=1) / digits.shape[1] ** 2
        pairs.append((np.broadcast_to(follow[:, None, None], tally["neighbours"].shape), tally["neighbours"]))
    exact = all(np.array_equal(np.rint(expected), counts) for expected, counts in pairs)
    what = "every length and every digit" if content.exact == 1 else "every length, every digit and every pair"
    return ChiSquareTest(f"{what} comes exactly as often as it should", 0.0 if exact else float("inf"), 0, float(exact))


def _distinct_test(tally: Tally) -> ChiSquareTest:
    """Test whether no string comes twice."""
    claim = "no string comes twice"
    if HASHES not in tally:  # they are too many
        return ChiSquareTest(claim, 0.0, 0, None)
    distinct = len(np.unique(tally[HASHES])) == len(tally[HASHES])
    return ChiSquareTest(claim, 0.0 if distinct else float("inf"), 0, float(distinct))


def _gap_test(config: BuildConfig, tally: Tally, laws: dict[int, GapLaw]) -> ChiSquareTest:
    """Test the gaps: of a conditioned law, those of each length and position by themselves; others are independent."""
    spacing = config.layout.spacing
    bounds = spacing.low, spacing.high
    conditioned = any(law.conditioned for law in laws.values())
    claim = f"gaps {spacing.words}" + " among those that fit" * conditioned
    if int(tally["gaps outside"][0]):
        return ChiSquareTest(claim, float("inf"), 0, 0.0)
    longest = max(laws)
    if conditioned and position_count(longest, bounds) < longest - 1:
        return ChiSquareTest(claim, 0.0, 0, None)
    counts = np.concatenate([tally["gaps"][length, : max(law.count, 0)] for length, law in laws.items()])
    laws_of = [law for law in laws.values() for _ in range(min(law.count, tally["gaps"].shape[1]))]
    expected = np.array([law.marginal() for law in laws_of]) * counts.sum(axis=1, keepdims=True)
    if not conditioned:  # of few, all together say more
        return chi_square(
            claim, *((counts, expected) if expected.min() >= 5 else (counts.sum(axis=0), expected.sum(axis=0)))
        )
    return any_of(claim, [chi_square(claim, *each) for each in zip(counts, expected, strict=True)])


def _glyph_test(tally: Tally, pool: PoolEntry, uses: Integers) -> ChiSquareTest:
    """Test whether every glyph of a class in the pool is as likely as the others."""
    claim = "glyphs are uniform within their class"
    counts, sums, pools = tally["glyphs"], tally["glyph classes"], np.array(pool.glyphs)
    used = counts > 0
    classes = sums[used] // counts[used]
    if (
        (sums[used] != classes * counts[used]).any()  # a glyph that stood for two digits
        or (np.bincount(classes, minlength=len(pools)) > pools).any()  # more glyphs than there are
        or (used & ~pool.mask(len(used))).any()
    ):
        return ChiSquareTest(claim, float("inf"), 0, 0.0)
    cells = np.zeros((len(pools), int(pools.max())), np.int64)
    expected = np.zeros(cells.shape)
    for digit in range(len(pools)):
        of_class = counts[used][classes == digit]
        cells[digit, : len(of_class)] = of_class
        expected[digit, : pools[digit]] = uses[digit] / pools[digit] if pools[digit] else 0.0
    return chi_square(claim, cells, expected, merge=False)
