"""Processes that all fetch a small source at once: ``python -m tests.glyphs.first_users ADDRESS COUNT``.

Each writes a line of JSON: the lines that the user was told, and the error or null.
"""

import json
import os
import sys

import pooch  # noqa: F401  # once, rather than in every process

from digitgen.errors import SourceError
from digitgen.glyphs.fetch import fetch_source
from digitgen.glyphs.idx import idx_sha256
from digitgen.glyphs.source import Source, SourceFile, mirror
from tests.conftest import coded_glyphs

FILES = dict(zip(("s-images", "s-labels"), coded_glyphs(), strict=True))
"""The files of the source."""


def small_source(*addresses: str) -> Source:
    """The source, from some addresses."""
    images, labels = (SourceFile(name, idx_sha256(array)) for name, array in FILES.items())
    return Source(
        name="small",
        title="Small",
        parts={"all": (images, labels)},
        licence="CC0 1.0",
        licence_id="cc0-1.0",
        citation="A. Nobody, Small digits, 2026",
        ways=tuple(map(mirror, addresses)),
    )


def _fetch(address: str) -> None:
    said: list[str] = []
    error = None
    try:
        fetch_source(small_source(address), say=said.append)
    except SourceError as raised:
        error = str(raised)
    os.write(1, json.dumps([said, error]).encode() + b"\n")


def main(address: str, count: int) -> None:
    """Start the processes, have them all go at once, and wait for them."""
    ready, go = os.pipe()
    children = []
    for _ in range(count):
        child = os.fork()
        if not child:
            os.close(go)
            os.read(ready, 1)  # until the last that could write has closed it
            _fetch(address)
            os._exit(0)
        children.append(child)
    os.close(go)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
