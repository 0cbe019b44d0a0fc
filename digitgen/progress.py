"""Progress bars: on stderr, or in a notebook as its own."""

import sys
from collections.abc import Iterable
from typing import Any, Final

from tqdm import tqdm

_MANY: Final = 10_000


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
    kind = _notebook_bar() if shown and "ipykernel" in sys.modules else tqdm
    name = unit if unit == "B" else f" {unit}"
    short = unit == "B" or total >= _MANY
    return kind(items, total=total, unit=name, desc=what or None, unit_scale=short, disable=not shown)


def _notebook_bar() -> "type[tqdm[Any]]":
    """The bar of what a kernel talks to: a notebook with widgets, or a console."""
    from tqdm.auto import tqdm as bar  # loads asyncio

    return bar
