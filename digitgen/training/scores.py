"""Score what was read against what is there."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from digitgen.checks import check_words
from digitgen.edits import edit_tables
from digitgen.errors import ArgumentError
from digitgen.training.predictions import MAX_DIGITS

_CELLS = 1 << 22  # of the tables that are filled together


def sequence_accuracy(predicted: Sequence[str], truth: Sequence[str]) -> float:
    """Compute the share of strings that were read without any mistake.

    Parameters
    ----------
    predicted, truth : sequence of str
        What was read, and what is there, in the same order.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ArgumentError
        If they are not as many, there are none, or one has more than 1,000 characters.

    Examples
    --------
    >>> sequence_accuracy(["350", "7", "12", ""], ["350", "1", "12", "4"])
    0.5
    """
    pairs = _pairs(predicted, truth)
    return sum(read == there for read, there in pairs) / len(pairs)


def character_error_rate(predicted: Sequence[str], truth: Sequence[str]) -> float:
    """Compute the edits that turn what was read into what is there, as a share of the characters that are there.

    An edit puts in, takes out or replaces one character; as few as possible are counted.

    Parameters
    ----------
    predicted, truth : sequence of str
        What was read, and what is there, in the same order.

    Returns
    -------
    float
        From 0; more than 1 if far more was read than is there.

    Raises
    ------
    ArgumentError
        If they are not as many, there is no character in `truth`, or one has more than 1,000 characters.

    Examples
    --------
    >>> character_error_rate(["350", "7", "12"], ["350", "17", "1"])  # a 1 is missing, and a 2 too many
    0.3333333333333333
    """
    pairs = _pairs(predicted, truth)
    characters = sum(len(there) for _, there in pairs)
    if not characters:
        raise ArgumentError("truth must have a character, to count errors against; all of its strings are empty")
    wrong = defaultdict(list)
    for read, there in pairs:
        if read != there:
            wrong[len(read), len(there)].append((read, there))
    return sum(map(_edits, wrong.values())) / characters


def _edits(pairs: list[tuple[str, str]]) -> int:
    """Count the edits of pairs that have the same two lengths."""
    (read, there), edits = pairs[0], 0
    size = max(_CELLS // ((len(read) + 1) * (len(there) + 1)), 1)
    for begin in range(0, len(pairs), size):
        guess, truth = (_codes(each) for each in zip(*pairs[begin : begin + size], strict=True))
        edits += int(edit_tables(truth, guess)[-1, -1].sum())
    return edits


def _codes(texts: tuple[str, ...]) -> np.ndarray[tuple[int, int], np.dtype[np.uint32]]:
    """The characters of strings of one length as numbers, one column a string."""
    return np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), "<u4").reshape(len(texts), -1).T


def _pairs(predicted: object, truth: object) -> list[tuple[str, str]]:
    """Check both, and pair them."""
    read, there = check_words("predicted", predicted), check_words("truth", truth)
    if len(read) != len(there):
        raise ArgumentError(f"predicted and truth must have as many strings each; got {len(read):,} and {len(there):,}")
    longest = max(map(len, read + there), default=0)
    if longest > MAX_DIGITS:
        raise ArgumentError(
            f"predicted and truth must have at most {MAX_DIGITS:,} characters a string; got {longest:,}"
        )
    if not read:
        raise ArgumentError("predicted and truth must have at least one string each; got none")
    return list(zip(read, there, strict=True))
