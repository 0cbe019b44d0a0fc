"""A folder of PNG files, with the labels in a table beside them."""

import csv
import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from digitgen.arrays import Arrays
from digitgen.dataset.hub import hub_split
from digitgen.export.columns import rows
from digitgen.export.exporter import Exporter, Part
from digitgen.export.features import card_configurations

_FOLDERS: Final = {"image": "images", "mask": "masks", "clean": "clean"}
_TABLE: Final = "metadata.jsonl"  # which `datasets` looks for
_LABELS: Final = "labels.csv"


class Png(Exporter):
    """Writes a PNG for each image, and for each split `metadata.jsonl` with all labels and `labels.csv` with texts."""

    def write(self, part: Part, blocks: Iterator[Arrays], folder: Path) -> None:
        """Write the images of a part into folders of their own, and its lines of both tables as pieces."""
        columns = self.plan.columns(part.split)
        images = [column.name for column in columns if column.kind == "image"]
        for name in images:
            (folder / part.split / _FOLDERS[name] / f"{part.index:05d}").mkdir(parents=True)
        pieces = folder / self.plan.pieces.relative_to(self.plan.out)
        pieces.mkdir(parents=True)
        with (
            (pieces / f"{part.split}-{part.index:05d}-{_TABLE}").open("w", encoding="utf-8") as table,
            (pieces / f"{part.split}-{part.index:05d}-{_LABELS}").open("w", encoding="utf-8", newline="") as labels,
        ):
            for arrays in blocks:
                for row in rows(columns, arrays, self.plan.alphabet):
                    files = {name: f"{_FOLDERS[name]}/{part.index:05d}/{row['index']:09d}.png" for name in images}
                    for name, file in files.items():
                        (folder / part.split / file).write_bytes(row[name])
                    named = {("file_name" if name == "image" else f"{name}_file_name"): files[name] for name in images}
                    rest = {name: _nan_in(value) for name, value in row.items() if name not in images}
                    table.write(json.dumps(named | rest, ensure_ascii=False) + "\n")
                    csv.writer(labels, lineterminator="\n").writerow([files["image"], row["text"]])

    def finish(self, folder: Path) -> None:
        """Join the tables of each split."""
        for split in self.plan.splits:
            (folder / split).mkdir()
            _join(self._pieces(split, _TABLE), "", folder / split / _TABLE)
            _join(self._pieces(split, _LABELS), "file_name,text\n", folder / split / _LABELS)

    @property
    def loading(self) -> str:
        """Load one split, or only its texts."""
        first = self.plan.first
        return f"""from datasets import load_dataset

load_dataset("PATH/TO/THIS/FOLDER", "{hub_split(first)}", split="{hub_split(first)}")

import pandas

pandas.read_csv("PATH/TO/THIS/FOLDER/{first}/{_LABELS}", dtype=str, keep_default_na=False)"""

    @property
    def layout(self) -> str:
        """Name the folders."""
        images = [column.name for column in self.plan.all_columns if column.kind == "image"]
        folders = "\n".join(f"- `SPLIT/{_FOLDERS[name]}/`: PNG files of the column `{name}`" for name in images)
        return f"""{folders}
- `SPLIT/{_TABLE}`: all other columns, a line of JSON for each image, with the names of its files
- `SPLIT/{_LABELS}`: `file_name` and `text` alone"""

    @property
    def front_matter(self) -> str:
        """The files of each split, whose tables may differ in columns and in what is seen of their types."""
        return card_configurations({name: f"{name}/**" for name in self.plan.splits}, apart=True)

    def _pieces(self, split: str, table: str) -> list[Path]:
        """Find the pieces of a table, in order."""
        parts = [part for part in self.plan.parts if part.split == split]
        return [self.plan.pieces / f"{split}-{part.index:05d}-{table}" for part in parts]


def _nan_in(value: Any) -> Any:
    """Write NaN in lists; pyarrow's reader of JSON, which `datasets` uses, mistakes null at the head of a list."""
    return [math.nan if each is None else each for each in value] if isinstance(value, list) else value


def _join(pieces: list[Path], head: str, path: Path) -> None:
    """Join pieces of a file."""
    with path.open("wb") as whole:
        whole.write(head.encode())
        for piece in pieces:
            with piece.open("rb") as file:
                shutil.copyfileobj(file, whole)
