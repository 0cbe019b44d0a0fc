"""The libraries that only some commands need, which an installation may lack."""

from importlib.util import find_spec
from typing import Final

from digitgen.errors import DigitgenError

_REPORT: Final = ("scipy", "matplotlib")  # the extra `report` of setup.cfg


def need_report() -> None:
    """Refuse to begin a report without the libraries that it needs.

    Raises
    ------
    DigitgenError
        If one is not installed.
    """
    missing = [name for name in _REPORT if find_spec(name) is None]
    if missing:
        raise DigitgenError(
            f"{' and '.join(missing)} must be installed for this; use: pip install 'mnist-digitgen[report]'"
        )
