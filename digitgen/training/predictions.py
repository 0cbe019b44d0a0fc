"""Files of predictions: what `digitgen mistakes` reads, and how to write one."""

import csv
import io
import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from digitgen.alphabet import DIGITS, check_alphabet
from digitgen.arrays import Integers
from digitgen.checks import AnyPath, check_path, check_words
from digitgen.errors import ArgumentError, PredictionError
from digitgen.files import write_atomically
from digitgen.messages import brief, one_line, shown
from digitgen.training.labels import array_of

COLUMNS: Final = ("id", "prediction")
"""The columns of a CSV, or the keys of a line of JSON."""
MAX_DIGITS: Final = 1_000
"""Most digits in a prediction."""
ADVICE: Final = "write predictions as text, since numbers lose leading zeros"


def write_predictions(path: AnyPath, predicted: Sequence[str], *, ids: object = None, alphabet: str = DIGITS) -> None:
    """Write what a model read in each image of a split, for `digitgen mistakes`.

    The file is written in one step: it is there whole, or not at all, and one that stood there before is replaced.

    Parameters
    ----------
    path : str or path-like
        The file to write, a CSV; its name ends in ``.csv``.
    predicted : sequence of str
        What the model read in each image. An empty string is a prediction as well.
    ids : array-like, optional
        (N,) integers: the index in the split of each image, its `sample_ids`; 0 to N - 1 if not given. `digitgen
        mistakes` wants each image of the split once, in any order.
    alphabet : str, default "0123456789"
        The character of each class.

    Raises
    ------
    ArgumentError
        If a prediction has characters that are not in the alphabet or more than 1,000, or the ids are not as many, are
        negative or come twice.
    PredictionError
        If the file cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> write_predictions("my-model.csv", ["350", "", "0017"], ids=[2, 0, 1])
    >>> print(Path("my-model.csv").read_text(), end="")
    id,prediction
    2,350
    0,
    1,0017
    """
    file, characters = check_path("path", path), check_alphabet("alphabet", alphabet)
    if file.suffix.lower() != ".csv":
        raise ArgumentError(f"path must end in .csv, since predictions are written as CSV; got {shown(str(file))}")
    texts = check_words("predicted", predicted)
    wrong = ((row, problem) for row, text in enumerate(texts) if (problem := problem_of(text, characters)))
    for row, problem in wrong:
        raise ArgumentError(f"predicted, row {row}: a prediction {problem}")
    numbers = np.arange(len(texts)) if ids is None else _check_ids(ids, len(texts))
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows(zip(numbers.tolist(), texts, strict=True))
    try:
        write_atomically(file, text.getvalue().encode())
    except OSError as error:
        raise PredictionError(f"{file}: cannot be written: {error.strerror or error}") from error


def problem_of(text: object, alphabet: str) -> str | None:
    """Say why something is no prediction, or None if it is one.

    Parameters
    ----------
    text : object
        The value that came.
    alphabet : str
        The character of each class.

    Returns
    -------
    str or None
        The rest of a sentence that begins with "a prediction".
    """
    if not isinstance(text, str):
        return f"is a string, so that leading zeros survive; got {shown(text)}"
    if text.strip(alphabet):  # of other characters something is left, wherever they stand
        number = re.fullmatch(r"-?[0-9]+\.?[0-9]*([eE][+-]?[0-9]+)?", text)
        return f"is {wanted(alphabet)}, or nothing; got {shown(text)}" + f"; {ADVICE}" * bool(number)
    if len(text) > MAX_DIGITS:
        return f"has at most {MAX_DIGITS:,} digits; got {len(text):,}"
    return None


def wanted(alphabet: str) -> str:
    """Say what a prediction consists of."""
    return "digits from 0 to 9" if alphabet == DIGITS else f"characters of {brief(one_line(alphabet))}"


def _check_ids(ids: object, count: int) -> Integers:
    """Refuse what are not the indices of as many different images."""
    numbers = array_of("ids", ids)
    if numbers.dtype.kind not in "iu" or numbers.shape != (count,):
        got = f"{numbers.dtype} of shape {numbers.shape}"
        raise ArgumentError(f"ids must be ({count},) integers, one for each prediction; got {got}")
    if (numbers < 0).any():
        raise ArgumentError(f"ids must be 0 or more; got {numbers.min()}")
    order = np.sort(numbers)
    if (twice := order[1:][order[1:] == order[:-1]]).size:
        raise ArgumentError(f"ids must be different, one for each image; got {twice[0]} twice")
    return numbers.astype(np.int64)
