"""The strings of a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

from digitgen.checks import check_path
from digitgen.compose.content.law import Key
from digitgen.compose.content.lines import StringsFile, read_strings
from digitgen.compose.content.mixture import Mixture
from digitgen.compose.content.sets.component import Component
from digitgen.errors import ArgumentError


@dataclass(frozen=True)
class Strings(Mixture):
    r"""The strings of a file, as likely as their lines are weighted.

    The file is read once, when the law is made; workers get the strings and not the file.

    Attributes
    ----------
    strings : Path
        A UTF-8 file with a string on each line, perhaps followed by a tab and its weight. A line that comes again
        counts again.

    Raises
    ------
    ArgumentError
        If the file cannot be read, or a line is no string of the alphabet.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "codes.txt")
    ...     _ = file.write_text("350\n350\n0042\n7\n")
    ...     law = Strings(file)
    >>> law.size, law.lengths
    (3, {1: 0.25, 3: 0.5, 4: 0.25})
    """

    strings: Annotated[
        Path,
        Key(
            "A UTF-8 file with a string on each line, perhaps followed by a tab and its weight; relative to the "
            "configuration file. A line that comes again counts again."
        ),
    ]

    words = "those of the file"

    def __post_init__(self) -> None:
        object.__setattr__(self, "strings", check_path("strings", self.strings))
        self._file  # noqa: B018  (read now, so that errors come now, and what is read stays)

    @cached_property
    def _file(self) -> StringsFile:
        """The strings and the hash of the file."""
        try:
            return read_strings(self.strings, self.alphabet)
        except ArgumentError as error:
            raise error.within("strings") from None

    @property
    def components(self) -> tuple[Component, ...]:
        """All strings of the file."""
        return (self._file.table,)

    @property
    def files(self) -> Mapping[str, str]:
        """The SHA-256 hash of the file."""
        return {"strings": self._file.sha256}
