"""A modifier: a law that is another law, but for a condition or an addition."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from digitgen.alphabet import DIGITS
from digitgen.arrays import Bools, Floats
from digitgen.compose.content.law import ContentLaw
from digitgen.errors import ArgumentError
from digitgen.messages import shown


@dataclass(frozen=True)
class Modifier(ContentLaw):
    """A law made of another; where it does not say otherwise, its strings are those of the other, and as likely.

    A modifier is a frozen dataclass in a module of this package, with a line in ``MODIFIERS``. Beside the law, it has
    one field, named as its key in a configuration and annotated with a `Key`. A configuration that leaves the key out,
    or says false, has the law without it.

    Attributes
    ----------
    law : ContentLaw
        The other law.
    alphabet : str
        The character of each class, as of the other law.

    Raises
    ------
    ArgumentError
        If `law` is no law.
    """

    law: ContentLaw
    alphabet: str = field(init=False, default=DIGITS)

    adds_up: ClassVar[bool] = False
    """Whether a second one, which a split has by itself, adds to the one for all splits; others replace it."""

    def __post_init__(self) -> None:
        if not isinstance(self.law, ContentLaw):
            law = "a law of digitgen.content, such as Digits((1, 5))"
            raise ArgumentError(f"law must be {law}; got {shown(self.law)}")
        object.__setattr__(self, "alphabet", self.law.alphabet)

    @property
    def words(self) -> str:
        """The words of the other law."""
        return self.law.words

    @property
    def length_words(self) -> str:
        """The words of the other law about lengths."""
        return self.law.length_words

    @property
    def size(self) -> int | None:
        """The number of strings of the other law."""
        return self.law.size

    @property
    def lengths(self) -> Mapping[int, float]:
        """The lengths of the other law."""
        return self.law.lengths

    @property
    def marginals(self) -> Floats:
        """(longest, K): the marginals of the other law."""
        return self.law.marginals

    def admits(self, labels: NDArray[np.integer]) -> Bools:
        """Tell which strings the other law admits."""
        return self.law.admits(labels)

    def check_count(self, count: int) -> None:
        """Refuse a split that the other law refuses."""
        self.law.check_count(count)
