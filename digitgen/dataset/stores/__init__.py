"""Places that datasets are read from and written to: folders of this machine, and stores that have an address."""

from pathlib import Path

from digitgen.address import check_place
from digitgen.dataset.stores.local import LocalStore
from digitgen.dataset.stores.store import Found, Store, WrongBytesError

__all__ = ["Found", "LocalStore", "Store", "WrongBytesError", "store_of"]


def store_of(place: object, name: str = "path") -> Store:
    """Find the store of a dataset.

    Parameters
    ----------
    place : str, path-like or Store
        A folder, an address such as ``s3://bucket/prefix``, or what this function has returned.
    name : str, default "path"
        Name of the argument, for errors.

    Returns
    -------
    Store
        The store. Nothing is looked up yet.

    Raises
    ------
    ArgumentError
        If it is neither path nor address.
    DatasetError
        If the package that knows such addresses is not installed.
    """
    if isinstance(place, Store):
        return place
    checked = check_place(name, place)
    if isinstance(checked, Path):
        return LocalStore(checked)
    from digitgen.dataset.stores.remote import remote_store  # loads fsspec

    return remote_store(checked)
