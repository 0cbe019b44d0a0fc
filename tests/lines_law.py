"""A law of content of a test's own: all that a new law needs, but for its line in the table."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Integers, Pixels
from digitgen.compose.content.law import ContentLaw, Key
from digitgen.errors import ArgumentError


@dataclass(frozen=True)
class Lines(ContentLaw):
    """The strings of a file, as likely as they are weighted."""

    lines: Annotated[Path, Key("A file with the digits of a string on each line; relative to the configuration.")]
    weights: Annotated[tuple[float, ...], Key("The weight of each line; none if all are as likely.")] = ()

    words = "those of the file"

    def __post_init__(self) -> None:
        if not self._lines or not all(re.fullmatch("[0-9]+", line) for line in self._lines):
            raise ArgumentError(f"{self.lines} has a line that is no string of digits, or none at all", "lines")
        if self.weights and len(self.weights) != len(self._lines):
            raise ArgumentError(f"must be {len(self._lines)}, one a line; got {len(self.weights)}", "weights")

    @cached_property
    def _shares(self) -> Floats:
        """The probability of each line."""
        weights = np.array(self.weights or [1.0] * len(self._lines))
        shares: Floats = weights / weights.sum()
        return shares

    @cached_property
    def _lines(self) -> list[str]:
        try:
            return self.lines.read_text(encoding="ascii").split()
        except OSError as error:
            raise ArgumentError(f"{self.lines} cannot be read: {error.strerror}", "lines") from None

    @property
    def files(self) -> dict[str, str]:
        """The hash of the file."""
        return {"lines": hashlib.sha256(self.lines.read_bytes()).hexdigest()}

    @cached_property
    def _table(self) -> Integers:
        """(strings, longest): their digits, padded with -1."""
        longest = max(map(len, self._lines))
        return np.array([[*map(int, line), *[-1] * (longest - len(line))] for line in self._lines])

    def sample(self, rng: np.random.Generator, count: int) -> tuple[Integers, Pixels]:
        """Sample lines."""
        rows = self._table[rng.choice(len(self._table), count, p=self._shares)]
        return (rows >= 0).sum(axis=1), rows[rows >= 0].astype(np.uint8)

    @property
    def lengths(self) -> dict[int, float]:
        """The shares of the lines that are so long."""
        shares = np.bincount((self._table >= 0).sum(axis=1), self._shares)
        return {length: float(shares[length]) for length in np.flatnonzero(shares).tolist()}

    @property
    def marginals(self) -> Floats:
        """The shares of the lines that have a digit at a position, among those that reach it."""
        shares = ((self._table[:, :, None] == np.arange(10)) * self._shares[:, None, None]).sum(axis=0)
        among: Floats = shares / shares.sum(axis=1, keepdims=True)
        return among

    def admits(self, labels: NDArray[np.integer]) -> Bools:
        """Tell which rows are lines that have a weight."""
        lines = {line for line, share in zip(self._lines, self._shares, strict=True) if share}
        return np.array(["".join(str(digit) for digit in row if digit >= 0) in lines for row in labels.tolist()])
