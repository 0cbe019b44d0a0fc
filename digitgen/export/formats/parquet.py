"""Parquet files with the columns and images that the library `datasets` decodes, or without images for any reader."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from digitgen.arrays import Arrays
from digitgen.export.columns import Column, counts, values
from digitgen.export.exporter import Exporter, Part
from digitgen.export.features import card_configurations, features_of


class Parquet(Exporter):
    """Writes a file for each part, `data/train-00000-of-00003.parquet`."""

    allows_no_images = True

    def write(self, part: Part, blocks: Iterator[Arrays], folder: Path) -> None:
        """Write the file of a part; each block is a row group."""
        columns, alphabet = self.plan.all_columns, self.plan.alphabet
        schema = _schema(columns, alphabet)
        (folder / "data").mkdir()
        digits = _digits(part.of)
        path = folder / "data" / f"{part.split}-{part.index:0{digits}d}-of-{part.of:0{digits}d}.parquet"
        with pq.ParquetWriter(path, schema) as writer:
            for arrays in blocks:
                made = [_array(column, arrays, alphabet) for column in columns]
                writer.write_table(pa.Table.from_arrays(made, schema=schema))

    @property
    def loading(self) -> str:
        """Load all splits."""
        if not self.plan.images:
            return f'import polars\n\npolars.read_parquet("PATH/TO/THIS/FOLDER/{self._files[self.plan.first]}")'
        return 'from datasets import load_dataset\n\nload_dataset("PATH/TO/THIS/FOLDER")'

    @property
    def layout(self) -> str:
        """Name the files."""
        return "\n".join(f"- `{pattern}`: Parquet, a row for each image" for pattern in self._files.values())

    @property
    def front_matter(self) -> str:
        """The files of each split; the columns are described in the files themselves."""
        return card_configurations(self._files)

    @property
    def _files(self) -> dict[str, str]:
        """The files of each split; a star would also take those of a split whose name begins with this one's."""
        marks = {name: "?" * _digits(len(self.plan.manifest.splits[name].shards)) for name in self.plan.splits}
        return {name: f"data/{name}-{mark}-of-{mark}.parquet" for name, mark in marks.items()}


def _digits(files: int) -> int:
    """Count the digits in the names of so many files."""
    return max(5, len(str(files)))


def _schema(columns: list[Column], alphabet: str) -> pa.Schema:
    """Make the schema of a file, with the features that `datasets` looks for in it."""
    fields = [pa.field(column.name, _type(column)) for column in columns]
    info = {"info": {"features": features_of(columns, alphabet)}}
    return pa.schema(fields, metadata={"huggingface": json.dumps(info)})


def _type(column: Column) -> pa.DataType:
    """Choose the type of a column."""
    match column.kind:
        case "image":
            return pa.struct({"bytes": pa.binary(), "path": pa.string()})
        case "text":
            return pa.string()
        case "classes":
            return pa.list_(pa.int64())
        case "boxes":
            return pa.list_(pa.list_(pa.float32()))
        case "integers" | "numbers":
            return pa.list_(pa.type_for_alias(column.dtype))
        case _:
            return pa.type_for_alias(column.dtype)


def _array(column: Column, arrays: Arrays, alphabet: str) -> pa.Array:
    """Make a column of a block."""
    lengths = arrays["lengths"]
    if column.array not in arrays:
        return pa.nulls(len(lengths), _type(column))
    if column.kind == "image":
        files = pa.array(values(column, arrays, alphabet), pa.binary())
        return pa.StructArray.from_arrays([files, pa.nulls(len(lengths), pa.string())], ["bytes", "path"])
    if column.kind == "text":
        return pa.array(values(column, arrays, alphabet), pa.string())
    array = arrays[column.array]
    if column.kind in ("integer", "number"):
        return _numbers(array, column)
    count = counts(column, lengths)
    inside = array[np.arange(array.shape[1]) < count[:, None]]
    return pa.ListArray.from_arrays(_offsets(count), _items(inside, column))


def _items(inside: Any, column: Column) -> pa.Array:
    """Make what stands in the lists of a column, one list after the other."""
    if column.kind == "classes":
        return pa.array(inside.astype(np.int64))
    if column.kind == "boxes":
        return pa.ListArray.from_arrays(_offsets(np.full(len(inside), 4)), pa.array(inside.ravel()))
    return _numbers(inside, column)


def _numbers(array: Any, column: Column) -> pa.Array:
    """Make numbers; null stands where a step touched nothing."""
    return pa.array(array, from_pandas=column.dtype.startswith("float"))


def _offsets(count: Any) -> pa.Array:
    """List the places at which lists begin, and the last one ends."""
    return pa.array(np.concatenate([[0], np.cumsum(count)]), pa.int32())
