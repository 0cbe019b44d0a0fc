"""Labels in the forms that losses take."""

import numpy as np

from digitgen.arrays import Integers, Singles
from digitgen.checks import check_integer
from digitgen.errors import ArgumentError
from digitgen.training.labels import check_labels


def ctc_targets(labels: object, lengths: object, *, blank: int = 0) -> tuple[Integers, Integers]:
    """Make the targets of a CTC loss: all classes in one row, with a class left free for the blank.

    Classes from `blank` on move up by one. With blank 0, digit d is class d + 1; with blank 10, digits keep their
    numbers.

    Parameters
    ----------
    labels : array-like
        (N, L) integers: the classes of a batch; what is behind the end of a row does not matter.
    lengths : array-like
        (N,) integers: number of classes of each row.
    blank : int, default 0
        The class that the model uses as the blank, from 0.

    Returns
    -------
    targets : ndarray
        (sum of lengths,) int64: the classes of one image after the other.
    target_lengths : ndarray
        (N,) int64.

    Raises
    ------
    ArgumentError
        If labels and lengths are not those of a batch, or `blank` is negative.

    References
    ----------
    Graves et al. 2006, Connectionist temporal classification, ICML, doi:10.1145/1143844.1143891

    Examples
    --------
    >>> ctc_targets([[3, 5, 0], [7, -1, -1]], [3, 1])
    (array([4, 6, 1, 8]), array([3, 1]))
    """
    free = check_integer("blank", blank, least=0)
    classes, counts, inside = check_labels(labels, lengths)
    targets = classes[inside]
    targets += targets >= free
    return targets, counts


def padded_targets(
    labels: object, lengths: object, *, pad: int, start: int | None = None, end: int | None = None
) -> Integers:
    """Make the targets of a model that writes one token after the other: rows of one width, with the marks it needs.

    Parameters
    ----------
    labels : array-like
        (N, L) integers: the classes of a batch; what is behind the end of a row does not matter.
    lengths : array-like
        (N,) integers: number of classes of each row.
    pad : int
        The token behind the end, such as -100, which PyTorch's cross entropy leaves out.
    start : int, optional
        A token to put before each row.
    end : int, optional
        A token to put behind the last class of each row.

    Returns
    -------
    ndarray
        (N, L) int64, one column wider for each of `start` and `end`. The width is the same for all batches.

    Raises
    ------
    ArgumentError
        If labels and lengths are not those of a batch, or a token is also a class of one of its images.

    Examples
    --------
    >>> padded_targets([[3, 5, 0], [7, -1, -1]], [3, 1], pad=12, start=10, end=11)
    array([[10,  3,  5,  0, 11],
           [10,  7, 11, 12, 12]])
    """
    classes, counts, inside = check_labels(labels, lengths)
    tokens = {"pad": pad, "start": start, "end": end}
    marks = {name: check_integer(name, token) for name, token in tokens.items() if token is not None or name == "pad"}
    present = classes[inside]
    for name, token in marks.items():
        if (present == token).any():
            raise ArgumentError(f"{name} must be no class of the labels, whose highest is {present.max()}; got {token}")
    before = int("start" in marks)
    width = classes.shape[1] + before + ("end" in marks)
    targets = np.full((len(classes), width), marks["pad"], np.int64)
    targets[:, before : before + classes.shape[1]][inside] = present
    if "start" in marks:
        targets[:, 0] = marks["start"]
    if "end" in marks:
        targets[np.arange(len(targets)), before + counts] = marks["end"]
    return targets


def one_hot(labels: object, lengths: object, classes: int) -> Singles:
    """Write each label as a row of zeros with a one at its class.

    Parameters
    ----------
    labels : array-like
        (N, L) integers: the classes of a batch; what is behind the end of a row does not matter.
    lengths : array-like
        (N,) integers: number of classes of each row.
    classes : int
        Number of classes, such as 10 for digits.

    Returns
    -------
    ndarray
        (N, L, classes) float32; zeros only behind the end of a row.

    Raises
    ------
    ArgumentError
        If labels and lengths are not those of a batch, or a label is `classes` or more.

    Examples
    --------
    >>> one_hot([[2, 0, -1]], [2], 3)[0]
    array([[0., 0., 1.],
           [1., 0., 0.],
           [0., 0., 0.]], dtype=float32)
    """
    there, _, inside = check_labels(labels, lengths)
    number = check_integer("classes", classes)
    highest = int(there[inside].max(initial=0))
    if number <= highest:
        raise ArgumentError(f"classes must be more than {highest}, the highest of the labels; got {number}")
    hot = np.zeros((*there.shape, number), np.float32)
    rows, columns = np.nonzero(inside)
    hot[rows, columns, there[inside]] = 1
    return hot
