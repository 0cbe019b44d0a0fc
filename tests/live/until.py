"""Wait for what other threads do."""

import time
from collections.abc import Callable

SECONDS = 20  # until a test that hangs is given up


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.001)
