"""The user's browser, where there is one."""

import os
import sys
import threading
import webbrowser

from digitgen.messages import Say


def open_browser(address: str, say: Say) -> None:
    """Open an address in a browser that has windows, without waiting for it.

    Parameters
    ----------
    address : str
        The address.
    say : callable
        Told in a line if there is no such browser.
    """
    try:
        browser = webbrowser.get() if _may_have_windows() else None
    except webbrowser.Error:
        browser = None

    def open_it() -> None:
        if browser is None or not browser.open(address):
            say("no browser could be opened here; open the address in one yourself")

    threading.Thread(target=open_it, daemon=True).start()  # some browsers are waited for


def _may_have_windows() -> bool:
    """Whether a browser would not open in the terminal, where it would take what is typed."""
    chosen = bool(os.environ.get("BROWSER"))
    return chosen or not sys.platform.startswith("linux") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
