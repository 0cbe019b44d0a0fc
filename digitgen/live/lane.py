"""One piece of work at a time, and of what a page still waits for only its latest."""

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class OvertakenError(Exception):
    """Work that was not begun, because the same page has asked for something newer."""


class Lane:
    """A lane that work goes through, one piece at a time, in the order in which it came."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[tuple[str | None, object]] = []  # the page, and something to know each wait by
        self._busy = False
        self._closed = False

    def run(self, work: Callable[[], T], page: str | None = None) -> T:
        """Wait for the lane, and work.

        Parameters
        ----------
        work : callable
            What to do.
        page : str, optional
            The page that asks. Newer work of the same page overtakes work of its that has not begun. Work without a
            page is never overtaken.

        Returns
        -------
        object
            What `work` returns.

        Raises
        ------
        OvertakenError
            If it was overtaken, or the lane is closed.
        """
        mine = (page, object())
        with self._changed:
            if page is not None:
                self._waiting = [each for each in self._waiting if each[0] != page]
            self._waiting.append(mine)
            self._changed.notify_all()
            self._changed.wait_for(lambda: mine not in self._waiting or self._is_turn(mine) or self._closed)
            if self._closed or mine not in self._waiting:
                raise OvertakenError
            self._waiting.remove(mine)
            self._busy = True
        try:
            return work()
        finally:
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def close(self, seconds: float) -> bool:
        """Begin no more work, and wait for what has begun.

        Parameters
        ----------
        seconds : float
            Wait at most so long.

        Returns
        -------
        bool
            Whether no work is left.
        """
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._busy, seconds)

    def _is_turn(self, mine: tuple[str | None, object]) -> bool:
        """Whether it is free and nobody came before."""
        return not self._busy and self._waiting[0] is mine
