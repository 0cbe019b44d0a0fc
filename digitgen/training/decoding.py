"""From a model's scores, or a batch's labels, to strings."""

import numpy as np

from digitgen.alphabet import DIGITS, check_alphabet, texts_of
from digitgen.checks import check_integer
from digitgen.errors import ArgumentError
from digitgen.training.labels import array_of, check_labels


def ctc_decode(scores: object, *, blank: int = 0, alphabet: str = DIGITS) -> list[str]:
    """Read strings off the outputs of a CTC model: the best class of each step, repeats as one, blanks left out.

    Parameters
    ----------
    scores : array-like
        (N, T, K + 1) numbers, for N images, T steps and K characters: the higher, the likelier. Probabilities, their
        logarithms and logits give the same strings. A model whose steps come first needs them transposed.
    blank : int, default 0
        The class that is the blank, as in `ctc_targets`.
    alphabet : str, default "0123456789"
        The character of each of the K classes.

    Returns
    -------
    list of str
        The string of each image.

    Raises
    ------
    ArgumentError
        If `scores` has another shape or is not a number somewhere, or there is no such class.

    Examples
    --------
    >>> import numpy as np
    >>> steps = [4, 4, 0, 4, 6, 6, 0]  # 3, 3, blank, 3, 5, 5, blank
    >>> ctc_decode(np.eye(11)[[steps]])
    ['335']
    """
    characters = check_alphabet("alphabet", alphabet)
    outputs, free = array_of("scores", scores), check_integer("blank", blank, least=0)
    number = len(characters) + 1
    if outputs.ndim != 3 or outputs.shape[2] != number:
        wanted = f"(N, T, {number}), {number - 1} characters and the blank"
        raise ArgumentError(f"scores must have the shape {wanted}; got {outputs.shape}")
    if free >= number:
        raise ArgumentError(f"blank must be from 0 to {number - 1}, a class of scores; got {free}")
    if not outputs.shape[1]:
        return [""] * len(outputs)
    best = outputs.argmax(2)
    # The best of numbers of which one is none is that one.
    if outputs.dtype.kind == "f" and np.isnan(np.take_along_axis(outputs, best[..., None], 2)).any():
        raise ArgumentError("scores must be numbers; got NaN, as models give that have diverged")
    kept = best != free
    kept[:, 1:] &= best[:, 1:] != best[:, :-1]
    classes = best[kept]
    return texts_of(characters, classes - (classes > free), kept.sum(1))


def label_texts(labels: object, lengths: object, *, alphabet: str = DIGITS) -> list[str]:
    """Write the labels of a batch as strings.

    Parameters
    ----------
    labels : array-like
        (N, L) integers: the classes of a batch; what is behind the end of a row does not matter.
    lengths : array-like
        (N,) integers: number of classes of each row.
    alphabet : str, default "0123456789"
        The character of each class.

    Returns
    -------
    list of str
        The string of each row.

    Raises
    ------
    ArgumentError
        If labels and lengths are not those of a batch, or a class has no character.

    Examples
    --------
    >>> label_texts([[3, 5, 0], [7, -1, -1]], [3, 1])
    ['350', '7']
    """
    characters = check_alphabet("alphabet", alphabet)
    classes, counts, inside = check_labels(labels, lengths)
    there = classes[inside]
    if there.max(initial=0) >= len(characters):
        raise ArgumentError(f"alphabet must have a character for class {there.max()}; it has {len(characters)}")
    return texts_of(characters, there, counts)
