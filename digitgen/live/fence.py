"""The files that a recipe may name: those that the configuration named when the page was started, and no others.

A recipe comes from the page, and the page may have it from somebody else's address. Nothing of it is opened before it
has been asked here.
"""

from collections.abc import Iterator
from os.path import normpath
from pathlib import Path
from typing import Any, Final

from digitgen.config.sequence import PATH_KEYS
from digitgen.config.splits import IdxPair
from digitgen.config.yamltree import Key
from digitgen.errors import ArgumentError

_SOURCE: Final = "source"


class Fence:
    """Keeps recipes from files that are none of theirs.

    Parameters
    ----------
    tree : Any
        What the configuration says, or None; it need not be right.
    folder : Path
        The folder that relative paths start from.
    """

    def __init__(self, tree: Any, folder: Path) -> None:
        self._folder = folder.absolute()
        self._known = {self._place(path) for _, path in named_files(tree)}

    def errors(self, tree: Any) -> list[ArgumentError]:
        """Find the files that a recipe may not name, without looking whether they exist.

        Parameters
        ----------
        tree : Any
            What the recipe says; it need not be right.

        Returns
        -------
        list of ArgumentError
            One for each, with its key.
        """
        return [
            ArgumentError("the live page reads only the files that CONFIG names", *key)
            for key, path in named_files(tree)
            if self._place(path) not in self._known
        ]

    def _place(self, path: str) -> str:
        """The place that a path leads to, without links being followed."""
        return normpath(self._folder / path)


def named_files(tree: Any, key: Key = ()) -> Iterator[tuple[Key, str]]:
    """Find the paths of files in what a configuration says, by the keys that can have one.

    Parameters
    ----------
    tree : Any
        Sections as dicts, lists, and scalars.
    key : tuple of int or str, optional
        The way to it.

    Yields
    ------
    key : tuple of int or str
        The way to a path.
    path : str
        The path.
    """
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from named_files(value, (*key, name))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from named_files(value, (*key, index))
    elif isinstance(tree, str) and (key[-1] in PATH_KEYS or (key[-1] in IdxPair.FILES and _SOURCE in key[:-1])):
        yield key, tree
