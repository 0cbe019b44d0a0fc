"""What every law of content has to hold to."""

import numpy as np
from scipy.stats import chisquare

from digitgen.compose.content.law import ContentLaw
from digitgen.compose.content.sequences import pad

_COUNT = 20_000


def assert_knows_what_it_samples(law: ContentLaw) -> None:
    """Lengths, and the digits at each position, come as often as the law says, and nothing else comes."""
    lengths, digits = law.sample(np.random.default_rng(1), _COUNT)
    assert (lengths.dtype, digits.dtype, len(digits)) == (np.dtype("i8"), np.dtype("u1"), lengths.sum())
    assert list(law.lengths) == sorted(law.lengths)
    assert np.isclose(sum(law.lengths.values()), 1)
    assert law.marginals.shape == (law.longest, 10)
    assert np.allclose(law.marginals.sum(axis=1), 1)
    shares = [law.lengths.get(length, 0.0) for length in range(law.longest + 1)]
    _assert_follow(np.bincount(lengths, minlength=law.longest + 1), np.array(shares))
    table = np.empty((_COUNT, law.longest), np.int64)
    pad(digits, lengths, table, -1)
    for position, marginal in enumerate(law.marginals):
        column = table[:, position]
        _assert_follow(np.bincount(column[column >= 0], minlength=10), marginal)
    assert set(np.unique(digits)) == set(law.classes)


def _assert_follow(counts: np.ndarray, shares: np.ndarray) -> None:
    """Chi-square of what can come; the rest never does."""
    possible = shares > 0
    assert not counts[~possible].any()
    expected = shares[possible] / shares[possible].sum() * counts.sum()
    assert possible.sum() == 1 or chisquare(counts[possible], expected).pvalue > 1e-4
