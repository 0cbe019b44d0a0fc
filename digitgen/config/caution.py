"""A caution: something in a configuration that may not be meant."""

from typing import NamedTuple


class Caution(NamedTuple):
    """Something in a configuration that may not be what was meant; as a string, a line for the user.

    Attributes
    ----------
    key : tuple of str or int
        The way to it.
    message : str
        What may happen.
    """

    key: tuple[str | int, ...]
    message: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.key))}: {self.message}"
