"""MDS, the format of MosaicML's StreamingDataset: samples in binary shards, and an index."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from digitgen.arrays import Arrays
from digitgen.errors import DigitgenError
from digitgen.export import FORMATS
from digitgen.export.columns import Column, rows
from digitgen.export.exporter import Exporter, Part
from digitgen.messages import brief, one_line

try:
    from streaming.base import MDSWriter
except Exception as error:  # a torchvision that does not fit its torch, say
    if isinstance(error, ModuleNotFoundError) and error.name in FORMATS["mds"].libraries:
        raise
    raise DigitgenError(
        f"mosaicml-streaming cannot be loaded: {brief(one_line(str(error)))}; "
        "torch and torchvision must be of one release, from one index"
    ) from error

_INDEX = "index.json"


class Mds(Exporter):
    """Writes a folder for each part, `train/00000/`, and `train/index.json` over all of them."""

    def write(self, part: Part, blocks: Iterator[Arrays], folder: Path) -> None:
        """Write the shards of a part."""
        columns = self.plan.columns(part.split)
        encodings = {column.name: _encoding(column) for column in columns}
        out = folder / part.split / f"{part.index:05d}"
        with MDSWriter(columns=encodings, out=str(out)) as writer:
            for arrays in blocks:
                images = {column.name: arrays[column.array] for column in columns if column.kind == "image"}
                others = [column for column in columns if column.name not in images]
                for place, row in enumerate(rows(others, arrays, self.plan.alphabet)):
                    sample = {column.name: _value(column, row[column.name]) for column in others}
                    writer.write(sample | {name: Image.fromarray(each[place]) for name, each in images.items()})

    def finish(self, folder: Path) -> None:
        """Write the index of each split."""
        for split in self.plan.splits:
            shards: list[dict[str, Any]] = []
            for part in self.plan.parts:
                if part.split == split:
                    own = f"{part.index:05d}"
                    index = json.loads((self.plan.out / split / own / _INDEX).read_bytes())
                    for shard in index["shards"]:
                        shard["raw_data"]["basename"] = f"{own}/{shard['raw_data']['basename']}"
                        shards.append(shard)
            (folder / split).mkdir()
            whole = {"version": 2, "shards": shards}
            (folder / split / _INDEX).write_text(json.dumps(whole, sort_keys=True), encoding="utf-8")

    @property
    def loading(self) -> str:
        """Load a split."""
        return f"""from streaming import StreamingDataset

dataset = StreamingDataset(local="PATH/TO/THIS/FOLDER/{self.plan.first}", batch_size=1)
print(dataset[0]["text"], dataset[0]["image"].size)"""

    @property
    def layout(self) -> str:
        """Name the folders."""
        folders = "\n".join(f"- `{split}/`" for split in self.plan.splits)
        return f"""A folder for each split, which has the columns that the split has:

{folders}

Images are read as Pillow images and lists as arrays, but `gaps`, which may be empty, as a list. NaN stands where a step
touched nothing."""


def _encoding(column: Column) -> str:
    """Name the encoding of a column."""
    match column.kind:
        case "image":
            return "png"
        case "text":
            return "str"
        case "integer" | "number":
            return column.dtype
        case _:
            return "json" if column.name == "gaps" else f"ndarray:{column.dtype}"  # which may not be empty


def _value(column: Column, value: Any) -> Any:
    """Make a value that the encoding takes."""
    if column.kind in ("text", "integer") or column.name == "gaps":
        return value
    return np.array(value, column.dtype).reshape(-1, 4) if column.kind == "boxes" else np.array(value, column.dtype)
