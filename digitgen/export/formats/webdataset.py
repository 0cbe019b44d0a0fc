"""WebDataset shards: tar files in which the files of one image stand together, under its key."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import webdataset

from digitgen.arrays import Arrays
from digitgen.export.columns import rows
from digitgen.export.exporter import Exporter, Part
from digitgen.export.features import card_configurations, card_features, features_of


class WebDataset(Exporter):
    """Writes a file for each part, `train-000000.tar`: `.png`, `.txt` and `.json` of each image."""

    def write(self, part: Part, blocks: Iterator[Arrays], folder: Path) -> None:
        """Write the file of a part. Keys are indices in the split; times, owners and modes are the same for all."""
        columns = self.plan.all_columns
        images = {column.name: _ending(column.name) for column in columns if column.kind == "image"}
        with (
            (folder / f"{part.split}-{part.index:0{_digits(part.of)}d}.tar").open("wb") as file,
            webdataset.TarWriter(file, encoder=False, mtime=0) as writer,
        ):
            for arrays in blocks:
                for row in rows(columns, arrays, self.plan.alphabet):
                    sample: dict[str, Any] = {"__key__": f"{row['index']:09d}", "txt": row["text"].encode()}
                    sample |= {ending: row[name] for name, ending in images.items() if row[name] is not None}
                    labels = {name: value for name, value in row.items() if name not in images}
                    sample["json"] = json.dumps(labels, ensure_ascii=False).encode()
                    writer.write(sample)

    @property
    def loading(self) -> str:
        """Load the first split."""
        return f"""import webdataset as wds

dataset = wds.WebDataset("PATH/TO/THIS/FOLDER/{self._braces(self.plan.first)}", shardshuffle=False)
for image, labels in dataset.decode("pil").to_tuple("png", "json"):
    print(labels["text"])"""

    @property
    def layout(self) -> str:
        """Name the files, and what stands in them."""
        images = [column.name for column in self.plan.all_columns if column.kind == "image"]
        files = "\n".join(f"- `{self._braces(name)}`" for name in self.plan.splits)
        endings = "\n".join(f"- `.{_ending(name)}`: the column `{name}`" for name in images)
        return f"""Tar files:

{files}

In them, for the key of each image:

{endings}
- `.txt`: the column `text`
- `.json`: all columns but images"""

    @property
    def front_matter(self) -> str:
        """The files of each split and the columns in them, which `datasets` would otherwise guess from a few images."""
        features = features_of(self.plan.all_columns, self.plan.alphabet)
        images = {_ending(name): each for name, each in features.items() if each["_type"] == "Image"}
        labels = {name: each for name, each in features.items() if each["_type"] != "Image"}
        text = features["text"]
        known = {**images, "txt": text, "json": labels, "__key__": text, "__url__": text}
        # A star would also take the files of a split whose name begins with this one's.
        files = {name: f"{name}-{'?' * _digits(self._count(name))}.tar" for name in self.plan.splits}
        return f"{card_features(known)}\n{card_configurations(files)}"

    def _braces(self, split: str) -> str:
        """Name the files of a split as WebDataset does, by their first and last number."""
        digits, last = _digits(self._count(split)), self._count(split) - 1
        return f"{split}-{{{0:0{digits}d}..{last:0{digits}d}}}.tar"

    def _count(self, split: str) -> int:
        """Count the files of a split."""
        return len(self.plan.manifest.splits[split].shards)


def _digits(files: int) -> int:
    """Count the digits in the names of so many files."""
    return max(6, len(str(files)))


def _ending(image: str) -> str:
    """Name the ending of a column of images."""
    return "png" if image == "image" else f"{image}.png"
