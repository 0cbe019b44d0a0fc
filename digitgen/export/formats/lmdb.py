"""The LMDB layout of text recognisers: `image-000000001`, `label-000000001` and so on, and `num-samples`."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import lmdb

from digitgen.arrays import Arrays
from digitgen.errors import ExportError
from digitgen.export.columns import Column, values
from digitgen.export.exporter import Exporter, Part
from digitgen.files import unlinked

_COUNT: Final = b"num-samples"
_PAGE: Final = 4096
_SPARE: Final = 1 << 24


class Lmdb(Exporter):
    """Writes a database for each split, `train/data.mdb`, block by block into its place.

    A database is whole after each block, and a block that is in it is not written again. Readers ask for the number of
    samples first; it comes last.
    """

    def write(self, part: Part, blocks: Iterator[Arrays], folder: Path) -> None:  # noqa: ARG002
        """Write the images and texts of a part. Numbers begin with 1."""
        columns = {column.name: column for column in self.plan.columns(part.split)}
        number = part.first
        with self._open(part.split) as environment:
            for arrays in blocks:
                last = number + len(arrays["lengths"])
                with environment.begin(write=True) as transaction:
                    if transaction.get(_label(last)) is None:
                        self._put(transaction, number, arrays, columns)
                    else:
                        transaction.abort()
                number = last

    def _put(self, transaction: Any, first: int, arrays: Arrays, columns: dict[str, Column]) -> None:
        """Put the images and texts of a block."""
        images = values(columns["image"], arrays, self.plan.alphabet)
        texts = values(columns["text"], arrays, self.plan.alphabet)
        for number, image in enumerate(images, first + 1):
            transaction.put(b"image-%09d" % number, image)
        for number, text in enumerate(texts, first + 1):
            transaction.put(_label(number), text.encode())

    def finish(self, folder: Path) -> None:  # noqa: ARG002
        """Put the number of samples into each database."""
        for split in self.plan.splits:
            count = b"%d" % self.plan.count(split)
            with self._open(split) as environment, environment.begin(write=True) as transaction:
                self._check(transaction, split)
                if transaction.get(_COUNT) == count:
                    transaction.abort()
                else:
                    transaction.put(_COUNT, count)

    def _check(self, transaction: Any, split: str) -> None:
        """Refuse a database that somebody has deleted half-way through an export."""
        expected = 2 * self.plan.count(split)
        there = transaction.stat()["entries"] - (transaction.get(_COUNT) is not None)
        if there != expected:
            what = f"{self.plan.out / split}: holds {there:,} images and texts, expected {expected:,}"
            raise ExportError(f"{what}; delete {self.plan.out} and export once more")

    @contextmanager
    def _open(self, split: str) -> Iterator[Any]:
        """Open the database of a split; its errors are those of files."""
        path = unlinked(self.plan.out, f"{split}/data.mdb").parent
        spec = {each.name: each for each in self.plan.manifest.splits[split].spec}
        height, width = spec["images"].shape
        pages = 2 + height * (width + 1) // _PAGE  # of an image that deflate could not make smaller
        most = 2 * self.plan.count(split) * (pages + 1) * _PAGE + _SPARE
        try:
            # The folder of the export is locked, so that there is no second writer.
            with lmdb.open(str(path), map_size=most, lock=False, sync=self.plan.fsync) as environment:
                yield environment
        except lmdb.Error as error:
            if shutil.disk_usage(self.plan.out).free < _SPARE:  # which LMDB may call an error of the disk
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
            raise OSError(errno.EIO, str(error), str(path)) from error

    @property
    def in_place(self) -> tuple[str, ...]:
        """The databases."""
        return tuple(f"{split}/data.mdb" for split in self.plan.splits)

    @property
    def loading(self) -> str:
        """Read the first image of a split, as recognisers do."""
        return f"""import lmdb

with lmdb.open("PATH/TO/THIS/FOLDER/{self.plan.first}", readonly=True, lock=False).begin() as transaction:
    print(int(transaction.get(b"num-samples")), transaction.get(b"label-000000001").decode())
    image = transaction.get(b"image-000000001")  # a PNG file"""

    @property
    def layout(self) -> str:
        """Name the databases and their keys."""
        folders = "\n".join(f"- `{split}/data.mdb`" for split in self.plan.splits)
        return f"""LMDB databases:

{folders}

Their keys are `image-%09d`, a PNG file, and `label-%09d`, its text in UTF-8, counted from 1, and `num-samples`. Of the
columns below, they hold `image` and `text`."""


def _label(number: int) -> bytes:
    """Name the text of an image."""
    return b"label-%09d" % number
