"""Libraries that not everybody installs."""

import contextlib
from collections.abc import Iterator

from digitgen.errors import DigitgenError


@contextlib.contextmanager
def installed(extra: str, *libraries: str) -> Iterator[None]:
    """Say how to install an extra, if what it brings is missing in the block.

    Parameters
    ----------
    extra : str
        Name of the extra.
    *libraries : str
        Names under which its libraries are imported; that of the extra itself if none are given.

    Raises
    ------
    DigitgenError
        If an import in the block misses one of them.
    """
    names = libraries or (extra,)
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in names:
            raise
        raise DigitgenError(
            f'{error.name} must be installed for this; use: pip install "mnist-digitgen[{extra}]"'
        ) from error
