"""COCO: PNG files, and for each split a JSON file with a box for each digit, and its pixels if masks are stored."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Arrays, Pixels
from digitgen.export.columns import rows
from digitgen.export.exporter import Exporter, Part
from digitgen.format import MAX_LENGTH

_KINDS: Final = ("images", "annotations")


class Coco(Exporter):
    """Writes `images/train/00000/000000000.png` and so on, and `annotations/instances_train.json`."""

    def write(self, part: Part, blocks: Iterator[Arrays], folder: Path) -> None:
        """Write the images of a part, and its entries of both lists as pieces."""
        columns = [column for column in self.plan.columns(part.split) if column.name not in ("mask", "clean")]
        base = folder / "images" / part.split
        (base / f"{part.index:05d}").mkdir(parents=True)
        pieces = folder / self.plan.pieces.relative_to(self.plan.out)
        pieces.mkdir(parents=True)
        with (
            (pieces / _piece(part, "images")).open("w", encoding="utf-8") as images,
            (pieces / _piece(part, "annotations")).open("w", encoding="utf-8") as annotations,
        ):
            for arrays in blocks:
                masks = arrays.get("masks")
                height, width = arrays["images"].shape[1:]
                for place, row in enumerate(rows(columns, arrays, self.plan.alphabet)):
                    values = dict(row)
                    file = f"{part.index:05d}/{values['index']:09d}.png"
                    (base / file).write_bytes(values.pop("image"))
                    boxes = values.pop("boxes")
                    found = _annotations(values, boxes, None if masks is None else masks[place])
                    annotations.writelines(f"{json.dumps(each)}\n" for each in found)
                    entry = {"id": values["index"], "file_name": file, "width": width, "height": height, **values}
                    images.write(json.dumps(entry, ensure_ascii=False) + "\n")

    def finish(self, folder: Path) -> None:
        """Join the lists of each split."""
        (folder / "annotations").mkdir()
        for split in self.plan.splits:
            with (folder / "annotations" / f"instances_{split}.json").open("w", encoding="utf-8") as whole:
                whole.write(json.dumps(self._head(split), ensure_ascii=False)[:-1])
                for kind in _KINDS:
                    whole.write(f',\n"{kind}": [')
                    self._join(split, kind, whole)
                    whole.write("]")
                whole.write("}\n")

    def _head(self, split: str) -> dict[str, Any]:
        """Give what stands before the lists."""
        info = {"description": f"{self.plan.manifest.name}, {split}", "version": self.plan.manifest.fingerprint}
        categories = [{"id": k + 1, "name": name} for k, name in enumerate(self.plan.alphabet)]
        return {"info": info, "licenses": [], "categories": categories}

    def _join(self, split: str, kind: str, whole: Any) -> None:
        """Write the entries of a list, with commas between them."""
        comma = "\n"
        for part in self.plan.parts:
            if part.split == split:
                with (self.plan.pieces / _piece(part, kind)).open(encoding="utf-8") as piece:
                    for line in piece:
                        whole.write(comma + line.removesuffix("\n"))
                        comma = ",\n"

    @property
    def loading(self) -> str:
        """Load the annotations of a split."""
        first = self.plan.first
        return f"""from pycocotools.coco import COCO

coco = COCO("PATH/TO/THIS/FOLDER/annotations/instances_{first}.json")
image = coco.loadImgs([0])[0]  # the file is images/{first}/ and image["file_name"]
for digit in coco.loadAnns(coco.getAnnIds(imgIds=[0])):
    print(coco.cats[digit["category_id"]]["name"], digit["bbox"])"""

    @property
    def layout(self) -> str:
        """Name the files, and say what boxes are."""
        return """- `images/SPLIT/`: PNG files
- `annotations/instances_SPLIT.json`: images, and an annotation for each digit

Boxes are those of the dataset: cells of 28 px with `unit: cell`, ink with `unit: ink`, `unit: stroke` or a
`baseline`; in splits whose augmentation moves ink, the ink after it. A digit that has lost all its ink has no
annotation. Category k + 1 is class k. Where masks are stored, `segmentation` has the pixels of each digit, run-length
encoded. Of the columns below, images have all but `mask`, `clean` and `boxes`."""


def _piece(part: Part, kind: str) -> str:
    """Name a piece of a list."""
    return f"{part.split}-{part.index:05d}-{kind}.jsonl"


def _annotations(values: dict[str, Any], boxes: list[list[float]], mask: Pixels | None) -> Iterator[dict[str, Any]]:
    """Give the annotations of an image; what is there of a digit only in words has none."""
    index = values["index"]
    for place, (label, box) in enumerate(zip(values["labels"], boxes, strict=True)):
        if not box[2]:
            continue
        runs = None if mask is None else _runs(mask == place + 1)
        yield {
            "id": index * (MAX_LENGTH + 1) + place + 1,
            "image_id": index,
            "category_id": label + 1,
            "bbox": box,
            "area": box[2] * box[3] if runs is None else sum(runs[1::2]),
            "iscrowd": 0,
            "segmentation": [] if runs is None or mask is None else {"size": list(mask.shape), "counts": runs},
            "place": place,
        }


def _runs(inside: NDArray[np.bool_]) -> list[int]:
    """Encode a mask as COCO does: lengths of runs down the columns, outside and inside in turn, outside first."""
    column = inside.T.ravel()
    ends = np.flatnonzero(column[1:] != column[:-1]) + 1
    runs = np.diff(ends, prepend=0, append=len(column)).tolist()
    return [0, *runs] if column[0] else runs
