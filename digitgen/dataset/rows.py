"""Check that the labels of a shard make sense together, because readers use them as sizes and indices."""

import numpy as np

from digitgen.arrays import Arrays
from digitgen.format import GAP_PAD, LABEL_PAD, WRITERS


def contradiction(labels: Arrays, first: int, classes: int, rows: int) -> str | None:
    """Find a contradiction in the labels of a shard.

    Parameters
    ----------
    labels : dict of str to ndarray
        The arrays of N images but for the images themselves, as in `Batch`.
    first : int
        Index of the first image in its split.
    classes, rows : int
        Number of classes and of rows of the split's source.

    Returns
    -------
    str or None
        The first contradiction found; None if there is none.
    """
    lengths, digits, ids = labels["lengths"], labels["labels"], labels["glyph_ids"]
    count, longest = digits.shape
    if not np.array_equal(labels["sample_ids"], np.arange(first, first + count)):
        return f"its sample_ids do not count up from {first}"
    if not (np.all(lengths >= 1) and np.all(lengths <= longest)):
        return f"there are lengths that are not from 1 to {longest}"
    there = np.arange(longest) < lengths[:, None]
    between = there[:, 1:]
    writers = labels.get(WRITERS, ids)  # which are padded alike
    padded = (
        (digits[~there] == LABEL_PAD).all()
        and (ids[~there] == LABEL_PAD).all()
        and (writers[~there] == LABEL_PAD).all()
        and (labels["boxes"][~there] == LABEL_PAD).all()
        and (labels["gaps"][~between] == GAP_PAD).all()
    )
    if not padded:
        return "labels, glyph_ids, writers, boxes or gaps go on behind the end of a sequence"
    if not ((digits[there] >= 0) & (digits[there] < classes)).all():
        return f"there are labels that are not from 0 to {classes - 1}"
    if not ((ids[there] >= 0) & (ids[there] < rows)).all():
        return f"there are glyph_ids that are not rows of its source, 0 to {rows - 1}"
    if (writers[there] < 0).any():
        return "there are writers with numbers below 0"
    if not np.isfinite(labels["boxes"]).all():
        return "there are boxes that are no numbers"
    return None
