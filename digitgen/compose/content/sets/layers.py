"""The layers of an automaton that is unrolled by position, and the edges between them, which own ranks of strings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Integers, Pixels

_END: Final = -1  # the class that stands for no further character


@dataclass(frozen=True, eq=False)
class Layer:
    """The states behind some number of characters.

    Attributes
    ----------
    moves : ndarray
        (S, K) int64: the state of the next layer after each class, or -1 where no string goes on so.
    accepting : ndarray
        (S,) bool: whether strings may end in the state.
    """

    moves: Integers
    accepting: Bools


@dataclass(frozen=True, eq=False)
class Edges:
    """The edges out of a layer; each owns the ranks from its start to the start of the next one.

    Attributes
    ----------
    starts : ndarray
        (E,) ascending; int64, or Python's integers where they may exceed 63 bits.
    classes : ndarray
        (E,) int16: the character of each edge; -1 for none.
    shifts : ndarray
        (E,): what is added to a rank along the edge to be one of the next layer.
    """

    starts: NDArray[Any]
    classes: NDArray[np.int16]
    shifts: NDArray[Any]


def walk(layers: Sequence[Edges], keys: NDArray[Any]) -> tuple[Integers, Pixels]:
    """Follow the edges that own ranks, from layer to layer.

    Parameters
    ----------
    layers : sequence of Edges
        The edges out of each layer.
    keys : ndarray
        (N,) ranks in the first layer.

    Returns
    -------
    lengths : ndarray
        (N,) int64.
    digits : ndarray
        (T,) uint8: the classes along the edges, one string after the other.
    """
    strings = np.empty((len(keys), len(layers)), np.int16)
    for k, edges in enumerate(layers):
        keys = keys.astype(edges.starts.dtype, copy=False)
        edge = edges.starts.searchsorted(keys, "right")
        edge -= 1
        strings[:, k] = edges.classes.take(edge)
        keys = keys + edges.shifts.take(edge)
    inside = strings != _END
    return inside.sum(axis=1), strings[inside].astype(np.uint8)


def widths_of(layer: Layer, after: NDArray[Any]) -> NDArray[Any]:
    """Count the strings along each edge.

    Parameters
    ----------
    layer : Layer
        The layer.
    after : ndarray
        (S',) the strings from each state of the next layer on.

    Returns
    -------
    ndarray
        (S, 1 + K): the strings that end in each state, 0 or 1, and those that go on with each class; int64, or Python's
        integers where 62 bits may not hold their sum.
    """
    onward = np.append(after, 0)[layer.moves]  # the last, 0, stands for a move of -1
    if onward.dtype != object and onward.sum(dtype=float) >= 2.0**62:
        onward = onward.astype(object)
    return np.concatenate([layer.accepting.astype(onward.dtype)[:, None], onward], axis=1)


def edges_of(layer: Layer, after: NDArray[Any]) -> Edges:
    """Deal ranks to the edges of a layer.

    Parameters
    ----------
    layer : Layer
        The layer.
    after : ndarray
        (S',) the strings from each state of the next layer on.

    Returns
    -------
    Edges
        Those of one state after those of another. The last is of strings that ended before: their rank comes behind all
        others.
    """
    widths = widths_of(layer, after)
    state, column = np.nonzero(widths)
    used = widths[state, column]
    ends = np.cumsum(used)
    starts = np.append(ends - used, ends[-1])
    bases = np.cumsum(after)  # where the ranks of each state of the next layer end
    target = np.where(column > 0, layer.moves[state, column - 1], len(after))
    targets = np.append(target, len(after))
    shifts = np.append(bases - after, bases[-1])[targets] - starts
    return Edges(starts, np.append(column - 1, _END).astype(np.int16), shifts)
