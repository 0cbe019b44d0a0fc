"""The configuration that the page starts from and may save to: read, and written only as it was asked for."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from digitgen.config.document import STDIN, Document
from digitgen.config.rewrite import Rewriter
from digitgen.config.shipped import START, shipped
from digitgen.config.yamltree import read_yaml, write_yaml
from digitgen.errors import ArgumentError, ChangedError, ConfigError, DigitgenError
from digitgen.files import write_atomically

_PLAIN: Final = "its comments could not be kept"


class ConfigFile:
    """A configuration file, as it was last read or saved.

    Parameters
    ----------
    path : Path or None
        The file; None starts from a shipped configuration, and ``-`` from the standard input, and both save nothing.

    Attributes
    ----------
    name : str or None
        Its name; None if nothing can be saved.
    folder : Path
        The folder that relative paths in it start from.
    tree : dict
        What it says, or what a shipped configuration says if it cannot be read.
    problem : str or None
        Why it cannot be read.

    Raises
    ------
    ConfigError
        If there is no such file.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = None if path is None or path == STDIN else path
        self.folder = self._path.parent if self._path else Path()
        self.problem: str | None = None
        self._text = ""
        self._rewriter: Rewriter | None = None
        self._hash = b""
        self.tree: dict[str, Any] = {}
        if path == STDIN:
            self._take(Document(STDIN))
        elif path is None:
            self._take(Document(shipped()[START]))
        elif not path.is_file():
            problem = "is no file" if path.exists() else "there is no such file"
            raise ConfigError(f"{path}: {problem}; leave it out to start from {START}")
        else:
            self.read()

    @property
    def name(self) -> str | None:
        """Its name; None if nothing can be saved."""
        return self._path.name if self._path and not self.problem else None

    @property
    def shown(self) -> str | None:
        """Its path as the user wrote it; None if nothing can be saved."""
        return str(self._path) if self.name else None

    def read(self) -> None:
        """Read it again, if it is a file."""
        if self._path is None:
            return
        try:
            data = self._path.read_bytes()
            self._take(Document(self._path))
            self._keep(data.decode("utf-8-sig"), data)
            self.problem = None
        except (OSError, UnicodeDecodeError, ConfigError) as error:
            self.problem = f"{error}; the page starts from {START}, and saves nothing"
            self._take(Document(shipped()[START]))

    def _take(self, document: Document) -> None:
        """Keep what a document says."""
        if not isinstance(document.value, dict):
            raise ConfigError(f"{document.position(())}: must be a section of keys and values")
        try:
            json.dumps(document.value, allow_nan=False)
        except ValueError:
            raise ConfigError(
                f"{document.position(())}: has an infinite number, or none, where no key takes one"
            ) from None
        self.tree = document.value

    def _keep(self, text: str, data: bytes) -> None:
        """Keep the text of the file."""
        self._text, self._hash, self._rewriter = text, hashlib.sha256(data).digest(), Rewriter(text)

    def written(self, tree: dict[str, Any]) -> str:
        """Write a recipe as saving it would, in the words and with the comments of the file where they can be kept.

        Parameters
        ----------
        tree : dict
            What the recipe says.

        Returns
        -------
        str
            YAML.
        """
        return (self._rewriter and self._rewriter.saying(tree)) or write_yaml(tree)

    def save(self, tree: dict[str, Any], *, force: bool = False) -> tuple[str, str | None]:
        """Write a recipe to the file: all of it, or nothing.

        Parameters
        ----------
        tree : dict
            What the recipe says.
        force : bool, default False
            Whether to write although somebody else has changed the file.

        Returns
        -------
        text : str
            What the file says now.
        note : str or None
            What could not be kept.

        Raises
        ------
        ArgumentError
            If there is no file to save to.
        ChangedError
            If the file has changed since it was read or last saved, or is gone.
        """
        if self._path is None or self.name is None:
            raise ArgumentError("there is no file to save to; download it, or start digitgen try with CONFIG")
        if not force:
            self._check_unchanged()
        text, note = self._rewriter.saying(tree) if self._rewriter else None, None
        if text is None or not _says(text, tree):
            text, note = write_yaml(tree), _PLAIN if "#" in self._text else None
        self._write(text.encode())
        self._keep(text, text.encode())
        self.tree = tree
        return text, note

    def _check_unchanged(self) -> None:
        """Refuse to write over what somebody else has written."""
        assert self._path
        try:
            changed = hashlib.sha256(self._path.read_bytes()).digest() != self._hash
        except FileNotFoundError:
            raise ChangedError(f"{self._path.name} is not there any more") from None
        except OSError as error:
            raise DigitgenError(f"{self._path}: cannot be read: {error.strerror}") from error
        if changed:
            raise ChangedError(f"{self._path.name} has been changed by somebody else since it was read here")

    def _write(self, data: bytes) -> None:
        """Write the file in one step; a link to it stays one, and who may read it may do so."""
        assert self._path
        path = self._path.resolve()
        try:
            mode = path.stat().st_mode if path.exists() else None
            write_atomically(path, data)
            if mode is not None:
                path.chmod(mode & 0o7777)
        except OSError as error:
            raise DigitgenError(f"{self._path}: cannot be written: {error.strerror}") from error


def _says(text: str, tree: dict[str, Any]) -> bool:
    """Whether YAML says just this."""
    try:
        return bool(read_yaml(text, "").value == tree)
    except ConfigError:
        return False
