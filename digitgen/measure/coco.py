"""Boxes of digits from a COCO file that a stranger wrote."""

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from digitgen.errors import DatasetError
from digitgen.measure.crops import Collection
from digitgen.measure.described import Described, Names
from digitgen.messages import brief, shown

_KEYS: Final = ("images", "annotations", "categories")
_WORDS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_MOST: Final = 255  # digits of a string


def read_coco(data: bytes, file: str, images: list[str], collection: Collection) -> Mapping[str, Described]:
    """Read the boxes of a COCO file.

    Categories named by one letter or digit (or `zero` to `nine`) are characters; others are passed over, and counted.

    Parameters
    ----------
    data : bytes
        The file.
    file : str
        Its path in the folder.
    images : list of str
        Paths of the images of the folder.
    collection : Collection
        Told of what is left out.

    Returns
    -------
    mapping of str to Described
        By path of image; empty if the file is JSON of another kind.

    Raises
    ------
    DatasetError
        If it is not JSON, or a list of it is not what COCO says.
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"is not JSON: {brief(str(error))}") from None
    if not isinstance(content, dict) or not all(isinstance(content.get(key), list) for key in _KEYS):
        return {}
    characters, others = _characters(content["categories"])
    names, paths, twice = Names(images), {}, set()
    for entry in content["images"]:
        identity, name = _key(entry, "id"), entry.get("file_name") if isinstance(entry, dict) else None
        if not isinstance(name, str):
            raise DatasetError(f"an image needs an id and a file_name; got {shown(entry)}")
        if identity in paths:
            raise DatasetError(f"two images have the id {shown(identity)}")
        paths[identity] = names.find(file, name)
        if paths[identity] is None:
            collection.leave_out("named by a COCO file, but not there", brief(name))
        elif paths[identity] in twice:
            raise DatasetError(f"two images are the file {shown(name)}")
        twice.add(paths[identity])
    boxes: dict[str, list[tuple[list[float], str]]] = {}
    for entry in content["annotations"]:
        identity, category = _key(entry, "image_id"), _key(entry, "category_id")
        if identity not in paths:
            raise DatasetError(f"an annotation is of an image that there is not: {shown(identity)}")
        if category not in characters and category not in others:
            raise DatasetError(f"an annotation is of a category that there is not: {shown(category)}")
        path = paths[identity]
        if category in others:
            collection.leave_out("of other categories, whose boxes are passed over", others[category])
        elif path is not None:
            boxes.setdefault(path, []).append((_box(entry), characters[category]))
    crowded = [path for path, found in boxes.items() if len(found) > _MOST]
    for path in crowded:
        collection.leave_out(f"with more than {_MOST} boxes, which are passed over", brief(path))
        del boxes[path]
    return {path: _in_order(found) for path, found in boxes.items()}


def _characters(categories: list[Any]) -> tuple[dict[Any, str], dict[Any, str]]:
    """Names of the categories that are characters, and of the others, by id."""
    characters: dict[Any, str] = {}
    others: dict[Any, str] = {}
    for entry in categories:
        identity, name = _key(entry, "id"), entry.get("name")
        if not isinstance(name, str):
            raise DatasetError(f"a category needs an id and a name; got {shown(entry)}")
        if name.lower() in _WORDS:
            name = str(_WORDS.index(name.lower()))
        if len(name) == 1 and name.isalnum():
            characters[identity] = name
        else:
            others[identity] = brief(name)
    return characters, others


def _key(entry: Any, name: str) -> Any:
    """An id, which is a number or a text."""
    value = entry.get(name) if isinstance(entry, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise DatasetError(f"expected an entry with {name}; got {shown(entry)}")
    return value


def _box(entry: Any) -> list[float]:
    """The box of an annotation."""
    box = entry.get("bbox")
    numbers = isinstance(box, list) and len(box) == 4
    if not numbers or not all(isinstance(each, int | float) and abs(each) < 1e6 for each in box):
        raise DatasetError(f"bbox must be x, y, width and height; got {shown(box)}")
    return [float(each) for each in box]


def _in_order(found: list[tuple[list[float], str]]) -> Described:
    """Sort boxes from left to right, by their middles."""
    found = sorted(found, key=lambda each: each[0][0] + each[0][2] / 2)
    return Described(np.array([box for box, _ in found]), "".join(text for _, text in found))
