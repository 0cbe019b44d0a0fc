"""Count the contents of a shard. Tallies of shards add up to that of a split, in any order."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Integers, Pixels, Singles
from digitgen.build.executor import Handle
from digitgen.compose.batch import BatchSpec
from digitgen.dataset.entries import ShardEntry, SourceEntry
from digitgen.dataset.shard_reader import ShardReader
from digitgen.dataset.stores import Store
from digitgen.format import WRITERS
from digitgen.look.report.strings import HASHES, Strings, tally_strings

Tally = dict[str, Integers]
"""Counts by name; see `tally_shard`."""
LEVELS: Final = 4
"""Bins of mean intensity in one of the 255 steps from black to white."""

_LABELS: Final = ("labels", "lengths", "boxes", "glyph_ids", "gaps")
_PIXELS: Final = 1 << 22  # read at a time
_CELLS: Final = 1 << 22  # at most, of the table of gaps


@dataclass(frozen=True)
class Bins:
    """The bins in which a split is counted.

    Attributes
    ----------
    gaps : (int, int)
        Smallest and largest gap that the recipe allows, px.
    classes : int
        Number of classes, K.
    glyphs : int
        Number of rows of the source.
    parameters : dict of str to tuple of float
        For each array of a sampled parameter, the edges of the bins, ascending.
    writers : tuple of int
        The writers of the split's glyphs, ascending; none if they are not stored.
    shared : frozenset of str
        The arrays of parameters that the digits of an image share, of which the first digit's is counted.
    """

    gaps: tuple[int, int]
    classes: int
    glyphs: int
    parameters: dict[str, tuple[float, ...]]
    writers: tuple[int, ...] = ()
    shared: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TallyTask:
    """A shard to count in.

    Attributes
    ----------
    store : Store
        The place of the dataset.
    entry : ShardEntry
        The manifest's entry of the shard.
    spec : BatchSpec
        Its arrays.
    source : SourceEntry
        The manifest's entry of the split's source.
    bins : Bins
        The bins.
    strings : Handle or None
        The strings that there can be; None if they are not known.
    """

    store: Store
    entry: ShardEntry
    spec: BatchSpec
    source: SourceEntry
    bins: Bins
    strings: Handle[Strings] | None

    def __str__(self) -> str:
        return self.store.at(self.entry.file)


def tally_shard(task: TallyTask) -> tuple[str, int, Tally]:
    """Count the contents of a shard.

    Returns
    -------
    split : str
        Name of the shard's split.
    count : int
        Number of its images.
    tally : dict of str to ndarray
        ``lengths`` (L + 1,); ``digits`` by position (L, K); ``gaps`` by length, position and gap
        (L + 1, L - 1 or 1, gaps), and ``gaps outside`` of the range (1,); ``glyphs`` (pool,): uses of each,
        and ``glyph classes``: the same, times the digit that it stood for; ``lost`` (K,): digits without a
        box; ``intensity`` (256,) of pixels; ``ink`` of images: their mean intensity in quarters of a step;
        ``pixels`` (H, W): sums; and for each parameter its histogram, and behind it the number of images or
        digits that the step did not touch. Where writers are stored, also ``glyph writers``, like ``glyph classes``
        with the place of the writer among those of the split (W, if it is none of them); ``first writers`` (K, W + 1)
        by the first digit; ``pairs`` (K, K, 2) of first and second digit, by whether their writers are one; and the
        number of images with ``several hands`` (1,).
        If the law of the strings is known, also what `tally_strings` counts.
    """
    reader = ShardReader(task.store, task.entry, task.spec, task.source)
    shape = {each.name: each.shape for each in task.spec}
    step = max(1, _PIXELS // int(np.prod(shape["images"])))
    step = step // 64 * 64 or step  # whole chunks, where they are compressed
    names = ["images", *_LABELS, *task.bins.parameters, *([WRITERS] if task.bins.writers else [])]
    strings = task.strings.get() if task.strings else None
    tally: Tally = {}
    for start in range(0, task.entry.count, step):
        rows = np.arange(start, min(start + step, task.entry.count))
        add(tally, _tally(reader.arrays(names, rows), task.bins, strings))
    return task.entry.split, task.entry.count, tally


def add(total: Tally, part: Tally) -> None:
    """Add one tally to another.

    Parameters
    ----------
    total : dict of str to ndarray
        The tally to add to; overwritten.
    part : dict of str to ndarray
        The tally to add.
    """
    for name, counts in part.items():
        if name in total and name == HASHES:
            total[name] = np.concatenate([total[name], counts])
        elif name in total:
            total[name] += counts
        else:
            total[name] = counts.copy()


def position_count(longest: int, gaps: tuple[int, int]) -> int:
    """Count the places between digits that are counted apart: all, or one if the table would be too large.

    Parameters
    ----------
    longest : int
        Most digits of an image.
    gaps : (int, int)
        Smallest and largest gap, px.

    Returns
    -------
    int
        Number of places.
    """
    return longest - 1 if (longest + 1) * (longest - 1) * (gaps[1] - gaps[0] + 1) <= _CELLS else min(1, longest - 1)


def _tally(arrays: dict[str, NDArray[Any]], bins: Bins, strings: Strings | None) -> Tally:
    """Count the contents of some rows."""
    labels, lengths = arrays["labels"], arrays["lengths"].astype(np.int64)
    longest, classes = labels.shape[1], bins.classes
    there = np.arange(longest) < lengths[:, None]
    digits, positions = labels[there].astype(np.int64), np.nonzero(there)[1]
    tally = {
        "lengths": np.bincount(lengths, minlength=longest + 1),
        "digits": np.bincount(positions * classes + digits, minlength=classes * longest).reshape(longest, classes),
        "lost": np.bincount(digits[arrays["boxes"][:, :, 2][there] == 0], minlength=classes),
        **_gaps(arrays["gaps"], lengths, bins.gaps),
        **_glyphs(arrays["glyph_ids"][there], digits, bins.glyphs),
        **_pixels(arrays["images"]),
        **(tally_strings(labels, strings) if strings else {}),
    }
    if bins.writers:
        tally |= _hands(arrays, there, bins)
    for name, edges in bins.parameters.items():
        of_digits = arrays[name].ndim == 2
        sampled = arrays[name][:, 0] if name in bins.shared else arrays[name][there] if of_digits else arrays[name]
        tally[name] = _histogram(sampled, edges)
    return tally


def _gaps(gaps: NDArray[np.int16], lengths: Integers, bounds: tuple[int, int]) -> Tally:
    """Count gaps by length, position and size."""
    longest, (low, high) = gaps.shape[1] + 1, bounds
    positions, size = position_count(longest, bounds), high - low + 1
    row, place = np.nonzero(np.arange(longest - 1) < lengths[:, None] - 1)
    sampled = gaps[row, place].astype(np.int64) - low
    inside = (sampled >= 0) & (sampled < size)
    flat = (lengths[row] * positions + (place if positions == longest - 1 else 0)) * size + sampled
    counts = np.bincount(flat[inside], minlength=(longest + 1) * positions * size)
    return {
        "gaps": counts.reshape(longest + 1, positions, size),
        "gaps outside": np.array([np.count_nonzero(~inside)]),
    }


def _glyphs(ids: NDArray[np.int32], digits: Integers, pool: int) -> Tally:
    """Count the uses of each glyph."""
    inside = (ids >= 0) & (ids < pool)
    classes = np.bincount(ids[inside], weights=digits[inside], minlength=pool)
    return {"glyphs": np.bincount(ids[inside], minlength=pool), "glyph classes": classes.astype(np.int64)}


def _hands(arrays: dict[str, NDArray[Any]], there: Bools, bins: Bins) -> Tally:
    """Count who wrote what: glyphs, first digits, and the first two together."""
    labels, ids, known = arrays["labels"], arrays["glyph_ids"][there], np.array(bins.writers)
    places = np.minimum(np.searchsorted(known, arrays[WRITERS]), len(known) - 1)
    writers = np.where(known[places] == arrays[WRITERS], places, len(known))
    inside = (ids >= 0) & (ids < bins.glyphs)
    size = bins.classes, len(known) + 1
    pairs = np.zeros((bins.classes, bins.classes, 2), np.int64)
    if labels.shape[1] > 1:
        first, second = labels[there[:, 1], :2].T
        one = np.equal(*writers[there[:, 1], :2].T)
        np.add.at(pairs, (first, second, one.astype(np.int64)), 1)
    return {
        "glyph writers": np.bincount(ids[inside], writers[there][inside], minlength=bins.glyphs).astype(np.int64),
        "first writers": np.bincount(
            labels[:, 0] * np.int64(size[1]) + writers[:, 0], minlength=size[0] * size[1]
        ).reshape(size),
        "pairs": pairs,
        "several hands": np.array([np.count_nonzero((there & (writers != writers[:, :1])).any(axis=1))]),
    }


def _pixels(images: Pixels) -> Tally:
    """Sum up intensities of pixels, of images, and of places."""
    count, height, width = images.shape
    flat = np.ascontiguousarray(images).reshape(count, height * width)
    sums = cv2.reduce(flat, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel().astype(np.int64)
    places = cv2.reduce(flat, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S).reshape(height, width)
    return {
        "intensity": _intensity(flat),
        "ink": np.bincount(sums * LEVELS // (height * width), minlength=255 * LEVELS + 1),
        "pixels": places.astype(np.int64),
    }


def _intensity(flat: Pixels) -> Integers:
    """(256,): pixels of each intensity. Black ones are passed over four at a time, in a seventh of the time."""
    pixels = flat.reshape(-1)
    whole = len(pixels) // 4 * 4
    words = pixels[:whole].view(np.uint32)
    ink = np.concatenate([words[words != 0].view(np.uint8), pixels[whole:]])
    counts = np.zeros(256, np.int64)
    for start in range(0, len(ink), 1 << 23):  # OpenCV counts in float32, exact up to 2**24
        counts += cv2.calcHist([ink[start : start + (1 << 23)]], [0], None, [256], [0, 256]).ravel().astype(np.int64)
    counts[0] += len(pixels) - len(ink)
    return counts


def _histogram(values: Singles, edges: Iterable[float]) -> Integers:
    """Count the values in each bin, both ends and values that rounding put beyond them included; and the NaNs."""
    limits = np.array(list(edges))
    there = values[~np.isnan(values)].astype(np.float64)
    place = np.clip(np.searchsorted(limits, there, side="right") - 1, 0, len(limits) - 2)
    return np.append(np.bincount(place, minlength=len(limits) - 1), len(values) - len(there))
