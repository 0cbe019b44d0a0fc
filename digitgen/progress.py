"""Progress bars: on stderr, or in a notebook as its own."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import StringIO
from typing import Any, Final

from tqdm import tqdm

_MANY: Final = 10_000

Tell = Callable[[str, float], None]
"""Takes what is done, and the share of it that is done, 0 to 1."""

_told: ContextVar[Tell | None] = ContextVar("told", default=None)


def progress_bar(
    items: Iterable[Any] | None = None, *, shown: bool, total: int, unit: str, what: str = ""
) -> "tqdm[Any]":
    """Begin a progress bar.

    Parameters
    ----------
    items : iterable, optional
        The things to do, which can then be taken from the bar; otherwise it is told of them.
    shown : bool
        Whether to show the bar at all.
    total : int
        Number of things to do; large numbers are written short, such as 12.3k.
    unit : str
        Their name in the plural, or "B" for bytes.
    what : str, optional
        What is done, to stand before the bar.

    Returns
    -------
    tqdm
        The bar; it is closed as a context manager, or by its last item.
    """
    if tell := _told.get():
        return _ToldBar(tell, items, total, what)
    kind = _notebook_bar() if shown and "ipykernel" in sys.modules else tqdm
    name = unit if unit == "B" else f" {unit}"
    short = unit == "B" or total >= _MANY
    return kind(items, total=total, unit=name, desc=what or None, unit_scale=short, disable=not shown)


@contextmanager
def bars_told(tell: Tell) -> Iterator[None]:
    """Tell a function of all bars that begin in the block, in place of showing them."""
    token = _told.set(tell)
    try:
        yield
    finally:
        _told.reset(token)


class _ToldBar(tqdm):  # type: ignore[type-arg]  # which is no generic type where it runs
    """A bar that nobody sees."""

    def __init__(self, tell: Tell, items: Iterable[Any] | None, total: int, what: str) -> None:
        self._tell = tell
        super().__init__(items, what, total, file=StringIO())

    def display(self, *_: Any, **__: Any) -> None:
        """Tell how far it is."""
        self._tell(self.desc.removesuffix(": "), min(self.n / self.total, 1) if self.total else 0)


def _notebook_bar() -> "type[tqdm[Any]]":
    """The bar of what a kernel talks to: a notebook with widgets, or a console."""
    from tqdm.auto import tqdm as bar  # loads asyncio

    return bar
