"""Strings of a recipe, made in memory and measured at once."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from digitgen.alphabet import DIGITS
from digitgen.build.stream import stream
from digitgen.measure.digits import measure_digits
from digitgen.measure.ink import find_ink
from digitgen.measure.ours import crops_of
from digitgen.measure.paper import PAPER, Paper
from digitgen.measure.surround import PLACES, SIDES, Surround
from digitgen.measure.tables import Row, Tables, tables
from digitgen.messages import Say

_AT_ONCE = 256
_NO_PAPER = Paper(math.nan, math.nan, np.full(len(PAPER), math.nan))
_UNKNOWN = np.full(len(SIDES), math.nan)
_NOTHING = Surround(_UNKNOWN, _UNKNOWN, _UNKNOWN, np.zeros(len(PLACES), np.int64))


def simulated(config: dict[str, Any], count: int, data_dir: Path | None = None, say: Say = lambda _: None) -> Tables:
    """Make the first strings of a recipe's train split, and measure their digits.

    Parameters
    ----------
    config : dict
        A configuration with masks, white ink on black.
    count : int
        Number of strings.
    data_dir : Path, optional
        The folder to look in first for the files of published sources.
    say : callable, optional
        Told in a line what is fetched.

    Returns
    -------
    Tables
        What was measured; nothing of paper and margins.
    """
    rows: list[Row] = []
    for batch in stream(config, "train", batch_size=_AT_ONCE, data_dir=data_dir, say=say):
        for crop in crops_of(batch.arrays(), DIGITS):
            if crop is not None:
                ink = find_ink(crop, dark=False)
                size = (float(crop.image.shape[0]), float(crop.image.shape[1]), ink.height)
                classes = [*map(ord, crop.text or "")]
                rows.append(Row(measure_digits(ink), _NO_PAPER, _NOTHING, False, size, crop.text, classes))
        if len(rows) >= count:
            break
    return tables(rows[:count])
