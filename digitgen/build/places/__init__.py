"""The place that a dataset is built in: a folder of this machine, or one in a store.

A folder is locked, and a file gets its name by a rename once it is on the disk. Stores have neither locks nor renames.
There, shards are made in a scratch folder and put whole, created but never replaced; whoever creates the journal, which
says what is built, owns the place. Another build of the same would put the same bytes, and any other is refused.
"""

from pathlib import Path

from digitgen.address import check_place
from digitgen.build.places.folder import Folder
from digitgen.build.places.place import Place
from digitgen.dataset.manifest import JOURNAL_NAME, MANIFEST_NAME
from digitgen.dataset.stores import LocalStore

__all__ = ["Place", "place_of", "was_begun"]


def place_of(out: object) -> Place:
    """Find the place to build in.

    Parameters
    ----------
    out : str or path-like
        A folder, or an address such as ``s3://bucket/prefix``.

    Returns
    -------
    Place
        The place; nothing is looked up yet.
    """
    checked = check_place("out", out)
    if isinstance(checked, Path):
        return Folder(checked)
    from digitgen.build.places.prefix import Prefix  # loads fsspec

    return Prefix(checked)


def was_begun(out: object) -> bool:
    """Whether a build was begun at a place and is not finished; that of a store which does not answer was, perhaps."""
    store = place_of(out).store
    store.give_up()  # on an answer that takes long: somebody waits for the program to end
    try:
        names = store.list("")
    except OSError:
        return not isinstance(store, LocalStore)
    return JOURNAL_NAME in names and MANIFEST_NAME not in names
