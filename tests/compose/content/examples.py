"""What every law of content has to hold to, and some laws of each kind."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.stats import chisquare

from digitgen.compose.content import LAWS
from digitgen.compose.content.law import ContentLaw
from digitgen.compose.content.sequences import pad

_COUNT = 20_000
_FOLDER = Path(__file__).parent

KEYS: Final[dict[str, list[dict[str, Any]]]] = {
    "length": [
        {"length": (2, 5)},
        {"length": (1, 2), "alphabet": "0123456789ABCDEF"},
        {"length": {"1": 3, "4": 1, "7": 0}},
        {"length": (1, 3), "digits": {"0": 3, "1": 1}},
        {"length": {3: 1, 1: 1}, "digits": [{"1": 1, "2": 2}, {"0": 1}]},
        {"length": (1, 3), "digits": [{"1": 1, "2": 0}, {"A": 1, "0": 2}, {"9": 1, "5": 1}], "alphabet": "0129A5"},
        {"length": (1, 3), "digits": "benford"},
        {"length": {5: 1}, "digits": "benford", "alphabet": "abc9876543210"},
    ],
    "pattern": [
        {"pattern": "[1-9][0-9]{0,4}|00"},
        {"pattern": "[12][0-9]?|[1-3]", "weights": (3, 1)},
        {"pattern": "(AB?|C)+", "max_length": 5, "alphabet": "CBA"},
    ],
    "range": [
        {"range": (7, 1234)},
        {"range": (0, 120), "leading_zeros": True},
    ],
    "amount": [
        {"amount": (3, 1234)},
        {"amount": (0, 1234.5), "decimals": 1, "grouping": ",", "point": ".", "alphabet": ".,0123456789"},
        {"amount": (0.07, 12), "decimals": 2, "whole": 0.4},
        {"amount": (7, 1234), "spread": "log", "grouping": "'", "alphabet": "9876543210'"},
        {"amount": (0.5, 99999.99), "decimals": 2, "spread": "log", "whole": 0.3},
        {"amount": (1, 999999999999), "spread": "log"},
        {"amount": (17, 99999), "decimals": 2, "whole": 1},
    ],
    "dates": [
        {"dates": ("2023-12-20", "2024-03-05"), "format": "D.M.YYYY", "alphabet": "0123456789."},
        {"dates": ("1999-12-01", "2001-02-10"), "format": {"DDMMYY": 2, "MMYY": 1, "DM": 1}},
    ],
    "strings": [
        {"strings": _FOLDER / "strings.txt"},
        {"strings": _FOLDER / "weighted.txt", "alphabet": "0123456789,"},
    ],
}
"""Keys of some laws of each kind, by the key that names the kind; a new law belongs here."""


def examples() -> list[ContentLaw]:
    """Some laws of each kind."""
    return [LAWS[name](**keys) for name, each in KEYS.items() for keys in each]


def as_table(lengths: np.ndarray, digits: np.ndarray) -> np.ndarray:
    """(N, longest): labels, padded with -1."""
    table = np.empty((len(lengths), int(lengths.max())), np.int64)
    pad(digits, lengths, table, -1)
    return table


def assert_knows_what_it_samples(law: ContentLaw) -> None:
    """Lengths, and the digits at each position, come as often as the law says, and nothing else comes."""
    lengths, digits = law.sample(np.random.default_rng(1), _COUNT)
    classes = len(law.alphabet)
    assert (lengths.dtype, digits.dtype, len(digits)) == (np.dtype("i8"), np.dtype("u1"), lengths.sum())
    assert list(law.lengths) == sorted(law.lengths)
    assert np.isclose(sum(law.lengths.values()), 1)
    assert law.marginals.shape == (law.longest, classes)
    assert np.allclose(law.marginals.sum(axis=1), 1)
    shares = [law.lengths.get(length, 0.0) for length in range(law.longest + 1)]
    assert_follow(np.bincount(lengths, minlength=law.longest + 1), np.array(shares))
    table = as_table(lengths, digits)
    assert law.admits(table).all()
    for position, marginal in enumerate(law.marginals):
        column = table[:, position]
        assert_follow(np.bincount(column[column >= 0], minlength=classes), marginal)
    assert set(np.unique(digits)) == set(law.classes)


def assert_follow(counts: np.ndarray, shares: np.ndarray) -> None:
    """Chi-square of what can come; the rest never does."""
    possible = shares > 0
    assert not counts[~possible].any()
    expected = shares[possible] / shares[possible].sum() * counts.sum()
    assert possible.sum() == 1 or chisquare(counts[possible], expected).pvalue > 1e-4
