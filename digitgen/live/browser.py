"""The user's browser, where there is one."""

import os
import sys
import threading
import webbrowser


def open_browser(address: str) -> bool:
    """Open an address in the user's browser, without waiting for it.

    Parameters
    ----------
    address : str
        The address.

    Returns
    -------
    bool
        False if there is no browser with a window of its own; one in the terminal would hide what the command says.
    """
    windows = any(os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))
    if sys.platform.startswith("linux") and not windows:
        return False
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    threading.Thread(target=browser.open, args=[address], daemon=True).start()  # some browsers are waited for
    return True
