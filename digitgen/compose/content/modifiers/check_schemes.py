"""Schemes of check digits, each as a finite machine that reads a string from its left to its right.

The state behind a string decides its check characters. Some machines need to know how far the string's end is: their
moves differ from phase to phase.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from digitgen.alphabet import DIGITS
from digitgen.arrays import Integers

_ALPHANUMERIC: Final = DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, eq=False)
class Scheme:
    """A scheme of check digits; the first state is number `start`.

    Attributes
    ----------
    characters : str
        The characters that strings may have; the value of each is its index.
    check_characters : str
        The characters that may be check characters; the value of each is its index.
    moves : ndarray
        (P, S, C) int64: the state after a character, by phase, state and value. The phase is the number of characters
        that follow, the first check character included, modulo P.
    start : int
        The state behind nothing.
    checks : ndarray
        (S, w) int64: the values of the check characters behind each state.
    """

    characters: str
    check_characters: str
    moves: Integers
    start: int
    checks: Integers


def _luhn() -> Scheme:
    """Sums of digits, each second one doubled.

    Luhn 1960, Computer for verifying numbers, US patent 2,950,048.
    """
    digits = np.arange(10)
    doubled = 2 * digits // 10 + 2 * digits % 10
    moves = (digits[None, :, None] + np.stack([digits, doubled])[:, None, :]) % 10
    return Scheme(DIGITS, DIGITS, moves, 0, -digits[:, None] % 10)


def _verhoeff() -> Scheme:
    """Products in the group of the symmetries of a pentagon, of digits permuted by their place.

    Verhoeff 1969, Error detecting decimal codes, Mathematical Centre Tracts 29, Amsterdam.
    """
    turned, digit = np.arange(10)[:, None], np.arange(10)
    angle = np.where(turned < 5, turned + digit, turned - digit) % 5
    product = angle + 5 * ((turned < 5) != (digit < 5))
    permutation = np.array([1, 5, 7, 6, 2, 8, 3, 0, 9, 4])
    permuted = [digit]
    for _ in range(7):
        permuted.append(permutation[permuted[-1]])
    moves = np.stack([product[each].T for each in permuted])  # the product is built from its right factor on
    return Scheme(DIGITS, DIGITS, moves, 0, (product == 0).argmax(axis=0)[:, None])


def _damm() -> Scheme:
    """Products in a quasigroup in which no two neighbours can be exchanged.

    Damm 2004, Total anti-symmetrische Quasigruppen, thesis, Marburg; the table is that of order 10 there. In English:
    Damm 2007, Totally anti-symmetric quasigroups for all orders n != 2, 6, doi:10.1016/j.disc.2006.05.033.
    """
    table = """
        0317598642 7092154863 4206871359 1750983426 6123045978
        3674209581 5869720134 8945362017 9438617205 2581436790
    """
    moves = np.array([[[int(digit) for digit in row] for row in table.split()]])
    return Scheme(DIGITS, DIGITS, moves, 0, np.arange(10)[:, None])


def _pure(modulus: int, radix: int, characters: str, check_characters: str, count: int) -> Scheme:
    """Numbers that leave a remainder of 1: a pure system of ISO/IEC 7064:2003, Check character systems."""
    state, value = np.arange(modulus)[:, None], np.arange(len(characters))
    moves = (state + value) * radix % modulus
    rest = (1 - state * radix ** (count - 1)) % modulus
    if count == 1:
        return Scheme(characters, check_characters, moves[None], 0, rest)
    rest = np.where(rest < 2, rest + modulus, rest)  # of two numbers with that remainder, the standard has the larger
    return Scheme(characters, check_characters, moves[None], 0, np.hstack([rest // radix, rest % radix]))


def _hybrid(modulus: int, characters: str) -> Scheme:
    """Products and sums by turns, modulo two neighbours: a hybrid system of ISO/IEC 7064:2003."""
    state, value = np.arange(modulus)[:, None], np.arange(modulus)
    product = np.where(state == 0, modulus, state) * 2 % (modulus + 1)
    return Scheme(characters, characters, ((product + value) % modulus)[None], modulus // 2, (1 - product) % modulus)


SCHEMES: Final[dict[str, Callable[[], Scheme]]] = {
    "luhn": cache(_luhn),
    "verhoeff": cache(_verhoeff),
    "damm": cache(_damm),
    "mod11-2": cache(lambda: _pure(11, 2, DIGITS, DIGITS + "X", 1)),
    "mod37-2": cache(lambda: _pure(37, 2, _ALPHANUMERIC, _ALPHANUMERIC + "*", 1)),
    "mod97-10": cache(lambda: _pure(97, 10, DIGITS, DIGITS, 2)),
    "mod11-10": cache(lambda: _hybrid(10, DIGITS)),
    "mod37-36": cache(lambda: _hybrid(36, _ALPHANUMERIC)),
}
"""The schemes by the names that configurations have for them."""
