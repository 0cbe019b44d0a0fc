"""Addresses of datasets in stores, such as ``s3://bucket/prefix``: told apart from paths, and without secrets."""

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from digitgen.checks import check_path, plain
from digitgen.errors import ArgumentError

_ONE_SLASH: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/(?!/)")
_SCHEME: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*::)*[A-Za-z][A-Za-z0-9+.-]*://")


def is_address(value: object) -> bool:
    """Tell whether a value is the address of a store, and not a path."""
    return isinstance(plain(value), str) and bool(_SCHEME.match(str(value)))


def check_place(name: str, value: object) -> Path | str:
    """Refuse a value that can be neither the path of a folder nor the address of one in a store.

    Parameters
    ----------
    name : str
        Name of the argument; the message begins with it.
    value : object
        The value that came.

    Returns
    -------
    Path or str
        A path, also for an address of files of this machine (``file:///data/digits``), or an address without a slash at
        its end.

    Raises
    ------
    ArgumentError
        If it is neither, or holds a password or a query. Such a message does not repeat the address.
    """
    if not is_address(value):
        return _check_no_address(name, check_path(name, value))
    text = str(value)
    scheme = text.partition(":")[0].lower()
    if "::" in text:
        raise ArgumentError(
            f"{name} must be one address, such as s3://bucket/prefix; got several in a chain ({scheme}::)"
        )
    try:
        parts = urlsplit(text)
    except ValueError:  # for a bracket without its other, say
        raise ArgumentError(
            f"{name} must be an address such as s3://bucket/prefix; got one of {scheme}:// that is none"
        ) from None
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ArgumentError(
            f"{name} must be an address without user, password and query; got one of {scheme}:// that has them "
            "(not shown here); credentials belong into the environment or the files of your store's own tools"
        )
    folder = f"{parts.netloc}{parts.path}".rstrip("/")
    if not folder or not text.isprintable() or any(each in (".", "..") for each in folder.split("/")):
        raise ArgumentError(f"{name} must name a folder in a store, as s3://bucket/prefix does; got one of {scheme}://")
    if scheme in ("file", "local"):
        if parts.netloc:
            raise ArgumentError(f"{name} must be a path, or an address with three slashes, as in file:///data/digits")
        return check_path(name, folder)
    return f"{scheme}://{folder}"


def _check_no_address(name: str, path: Path) -> Path:
    """Refuse a path that was an address before it lost a slash, as it does in a Path."""
    if scheme := _ONE_SLASH.match(path.as_posix()):
        raise ArgumentError(
            f"{name} must have two slashes if it is an address, as in s3://bucket/prefix; got {scheme[0]} "
            "(pathlib leaves one of them; for a folder of such a name, give its absolute path)"
        )
    return path
