"""Crops from a stranger's folder: images, and beside them COCO boxes, or transcriptions, or nothing.

Nothing outside the folder is read, no link is followed, sizes are bounded before anything is decoded, and what is
damaged is named and left out.
"""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from digitgen.arrays import Pixels
from digitgen.errors import DatasetError
from digitgen.files import is_left_by_system, read_plain
from digitgen.measure.coco import read_coco
from digitgen.measure.crops import GIVEN, PIECES, Collection, Crop, mark_cells
from digitgen.measure.described import Described
from digitgen.measure.transcriptions import read_transcriptions
from digitgen.messages import brief, one_line

IMAGES: Final = (".png", ".jpg", ".jpeg")
"""Endings of the names of images."""
_TABLES: Final = (".csv", ".tsv", ".txt")
_DEPTH: Final = 8
_ENTRIES: Final = 2_000_000  # files and folders
_IMAGE_BYTES: Final = 32 << 20
_LIST_BYTES: Final = 512 << 20
_PIXELS: Final = 4_000_000  # a crop with more is no crop of a string
_LEAST: Final = 8  # px of a side


def read_folder(folder: Path) -> Collection:
    """Find the crops of a folder.

    Parameters
    ----------
    folder : Path
        The folder. COCO files are all ``.json`` files of that form in it; where there are none, transcriptions are
        the ``.csv``, ``.tsv`` and ``.txt`` files whose lines name images.

    Returns
    -------
    Collection
        The crops in the order of their names; images without boxes are left out where others have some.

    Raises
    ------
    DatasetError
        If there is no such folder, if it has no images or too many files, or if a COCO file is not what it should be.
    """
    names = _list(folder)
    images = sorted(name for name in names if name.lower().endswith(IMAGES))
    if not images:
        raise DatasetError(f"{folder}: has no images; expected files that end in {', '.join(IMAGES)}")
    problems: dict[str, list[str]] = {}
    collection = Collection(folder.resolve().name, 0, PIECES, "0123456789", lambda _: iter(()), problems)
    described = _described(folder, names, images, collection, ".json", read_coco)
    if described:
        collection.boxes = GIVEN
    else:
        for ending in _TABLES:
            described |= _described(folder, names, images, collection, ending, read_transcriptions)
    chosen = [name for name in images if name in described] if described else images
    if len(chosen) < len(images):
        what = "boxes" if collection.boxes == GIVEN else "text"
        problems[f"without {what}"] = [name for name in images if name not in described]
    collection.count = len(chosen)
    collection.alphabet = _alphabet(described)

    def read(which: list[int]) -> Iterator[Crop]:
        for name in (chosen[each] for each in which):
            crop = _crop(folder, name, described.get(name), collection)
            if crop is not None:
                yield crop

    collection.read = read
    boxes = [each.boxes for each in described.values() if each.boxes is not None]
    if boxes:
        mark_cells(collection, np.concatenate(boxes))
    return collection


Reader = Callable[[bytes, str, list[str], Collection], Mapping[str, Described]]


def _described(
    folder: Path, names: list[str], images: list[str], collection: Collection, ending: str, read: Reader
) -> dict[str, Described]:
    """Read all files of one ending that say something of the images."""
    found: dict[str, Described] = {}
    for name in sorted(each for each in names if each.lower().endswith(ending)):
        try:
            data = read_plain(folder, name, _LIST_BYTES)
        except OSError as error:
            raise DatasetError(f"{folder / name}: cannot be read: {error.strerror or error}") from error
        try:
            more = read(data, name, images, collection)
        except DatasetError as error:
            raise DatasetError(f"{folder / name}: {error}") from error
        for image, described in more.items():
            if image in found:
                collection.leave_out("described twice; the first counts", image)
            else:
                found[image] = described
    return found


def _list(folder: Path) -> list[str]:
    """List the regular files of a folder and those below it, with slashes; links are passed over."""
    found, todo, seen = [], [("", 0)], 0
    while todo:
        below, depth = todo.pop()
        try:
            entries = os.scandir(folder / below)
        except OSError as error:
            raise DatasetError(f"{folder / below}: cannot be read: {error.strerror or error}") from error
        with entries:
            for entry in entries:
                seen += 1
                if seen > _ENTRIES:
                    raise DatasetError(f"{folder}: has more than {_ENTRIES:,} files; name a smaller folder")
                if entry.is_symlink() or is_left_by_system(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if depth < _DEPTH:
                        todo.append((f"{below}{entry.name}/", depth + 1))
                elif entry.is_file(follow_symlinks=False):
                    found.append(f"{below}{entry.name}")
    return found


def _crop(folder: Path, name: str, described: Described | None, collection: Collection) -> Crop | None:
    """Read one crop; what is wrong with it is told to its collection."""
    shown = brief(one_line(name))
    try:
        image = decode(read_plain(folder, name, _IMAGE_BYTES))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        collection.leave_out("damaged", shown)
        return None
    if image is None:
        collection.leave_out("of a size that no crop has", shown)
        return None
    if described is None or described.boxes is None:
        return Crop(shown, image, None, described.text if described else None)
    height, width = image.shape
    boxes = described.boxes.copy()
    boxes[:, 2:] += boxes[:, :2]
    np.clip(boxes, 0, [width, height, width, height], out=boxes)
    boxes[:, 2:] -= boxes[:, :2]
    kept = (boxes[:, 2] >= 1) & (boxes[:, 3] >= 1)
    if not kept.all():
        collection.leave_out("with boxes outside the image, which are passed over", shown)
    if not kept.any():
        return None
    text = "".join(each for each, keep in zip(described.text or "", kept.tolist(), strict=True) if keep)
    return Crop(shown, image, boxes[kept], text)


def decode(data: bytes) -> Pixels | None:
    """Decode a PNG or JPEG file of others to grey levels.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    ndarray or None
        (H, W) uint8; what is transparent is white. None if a side is shorter than 8 px, or it has more than 4
        million pixels.

    Raises
    ------
    OSError, ValueError, SyntaxError
        If the file is damaged.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(BytesIO(data), formats=("PNG", "JPEG")) as file:
            image: Image.Image = file
            if min(image.size) < _LEAST or image.width * image.height > _PIXELS:
                return None
            if image.mode.startswith("I"):  # 16 bits
                return (np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)
            if image.has_transparency_data:
                image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
            return np.array(image.convert("L"))


def _alphabet(described: Mapping[str, Described]) -> str:
    """The characters that occur beside digits."""
    others = {each for one in described.values() for each in one.text or ""} - set("0123456789")
    return "0123456789" + "".join(sorted(others))
