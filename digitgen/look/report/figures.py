"""The statistics of a dataset as values that JSON has."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers
from digitgen.compose.content.wording import describe
from digitgen.look.kit.wording import p_value
from digitgen.look.report.chi_square import ChiSquareTest
from digitgen.look.report.statistics import SplitStatistics, Statistics
from digitgen.look.report.tally import LEVELS


def figures(found: Statistics) -> dict[str, Any]:
    """Put all counts of a dataset into values that JSON has."""
    manifest = found.manifest
    return {
        "folder": str(found.store),
        "name": found.config.name,
        "images": manifest.images,
        "bytes": manifest.bytes,
        "seed": manifest.seed,
        "alphabet": manifest.alphabet,
        "fingerprint": manifest.fingerprint,
        "versions": manifest.tool,
        "lost_digits": manifest.lost_digits,
        "recipe": manifest.config,
        "build": {key: value for key, value in found.log.items() if key != "host"},
        "splits": {split.name: split_figures(split) for split in found.splits},
        "shared_glyphs": [
            {"splits": list(each.splits), "glyphs": each.glyphs, "because": each.because} for each in found.shared
        ],
        "tests": found.tested,
        "suspicious": [{"split": name, "claim": test.claim, "p": test.p} for name, test in found.suspicious],
        "notes": found.notes,
    }


def split_figures(split: SplitStatistics) -> dict[str, Any]:
    """Put all counts of a split into values that JSON has."""
    tally, entry = split.tally, split.entry
    expected, lengths, digits = split.expected_gaps, split.expected_lengths, split.expected_digits
    most = int(tally["glyphs"].argmax())
    return {
        "images": entry.count,
        "sequence": describe(split.content) if split.content else None,
        "shards": len(entry.shards),
        "bytes": sum(shard.bytes for shard in entry.shards),
        "source": entry.source.name,
        "source_files": entry.source.files,
        "licence": entry.source.licence,
        "lengths": {str(n): int(count) for n, count in enumerate(tally["lengths"]) if count},
        "digits": tally["digits"].sum(axis=0).tolist(),
        "digits_by_position": tally["digits"].tolist(),
        "expected": {
            "lengths": None if lengths is None else {str(n): k for n, k in enumerate(lengths.round(1).tolist()) if k},
            "digits_by_position": None if digits is None else digits.round(1).tolist(),
        },
        "gaps": {
            "counts": gap_table(split, split.gap_counts),
            "expected": None if expected is None else gap_table(split, expected.round(1)),
            "conditioned": any(law.conditioned for law in split.laws.values()),
        },
        "glyphs": {
            "pool": entry.pool.count,
            "used": split.glyphs_used,
            "expected_used": round(split.expected_glyphs_used, 1),
            "most_used": {"row": most, "times": int(tally["glyphs"][most])},
        },
        "lost_digits": tally["lost"].tolist(),
        "intensity": intensity_figures(tally["intensity"]),
        "ink": ink_figures(tally["ink"]),
        "parameters": {
            each.sampled.name: {
                "what": each.sampled.meaning,
                "touched": touched_share(tally[each.array]),
                "edges": list(each.law.edges),
                "counts": tally[each.array][:-1].tolist(),
            }
            for each in split.parameters
        },
        "tests": [
            {"claim": test.claim, "chi_square": _finite(test.statistic), "freedom": test.freedom, "p": test.p}
            for test in split.tests
        ],
    }


def gap_table(split: SplitStatistics, counts: NDArray[Any]) -> dict[str, Any]:
    """List counts of gaps by their size.

    Parameters
    ----------
    split : SplitStatistics
        The split, which gives the smallest gap.
    counts : ndarray
        (gaps,): the counts, from the smallest gap on.

    Returns
    -------
    dict of str to number
        Counts by size in px.
    """
    return {str(split.smallest_gap + k): count for k, count in enumerate(counts.tolist())}


def intensity_figures(counts: Integers) -> dict[str, float]:
    """Sum up the intensities of all pixels, 0 black to 1 white."""
    total = int(counts.sum())
    levels = np.arange(256) / 255
    mean = float((counts * levels).sum() / total)
    return {
        "mean": mean,
        "deviation": float(np.sqrt((counts * (levels - mean) ** 2).sum() / total)),
        "black": float(counts[0] / total),
        "white": float(counts[255] / total),
    }


def ink_figures(counts: Integers) -> dict[str, float]:
    """Sum up the mean intensities of images, 0 black to 1 white."""
    levels = (np.arange(len(counts)) + 0.5) / LEVELS / 255
    below = np.cumsum(counts) / counts.sum()
    return {
        name: float(levels[np.searchsorted(below, share)])
        for name, share in (("1%", 0.01), ("median", 0.5), ("99%", 0.99))
    }


def touched_share(counts: Integers) -> float:
    """Compute the share of images, or digits, that a step touched."""
    return float(1 - counts[-1] / counts.sum()) if counts.sum() else 0.0


def p_text(test: ChiSquareTest) -> str:
    """Write the finding of a test."""
    return "too few to tell" if test.p is None else p_value(test.p)


def _finite(value: float) -> float | None:
    """Replace infinity, which JSON lacks, by None."""
    return value if np.isfinite(value) else None
