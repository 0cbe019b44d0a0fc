"""Drawn strings whose figures are known by arithmetic, and folders of them as strangers lay them out."""

import json
from pathlib import Path

import cv2
import numpy as np

from digitgen.arrays import Pixels


def bars(
    boxes: list[tuple[int, int, int, int]], size: tuple[int, int] = (60, 200), ink: int = 40, paper: int = 200
) -> Pixels:
    """Draw a filled box for each digit, x, y, width and height px, on plain paper."""
    image = np.full(size, paper, np.uint8)
    for x, y, width, height in boxes:
        image[y : y + height, x : x + width] = ink
    return image


def slanted(slant: float, size: tuple[int, int] = (60, 60), stroke: int = 4) -> Pixels:
    """Draw one stroke that leans `slant` px to the right for each px up, dark on light."""
    image = np.full(size, 200, np.uint8)
    for y in range(10, 50):
        x = round(30 + slant * (30 - y) - stroke / 2)
        image[y, x : x + stroke] = 40
    return image


def save(folder: Path, name: str, image: Pixels) -> None:
    """Write an image as a PNG."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)


def coco(path: Path, strings: dict[str, list[tuple[str, tuple[int, int, int, int]]]]) -> None:
    """Write a COCO file of digits 0 to 9 by name of image."""
    categories = [{"id": k + 1, "name": str(k)} for k in range(10)]
    images = [{"id": k, "file_name": name, "width": 1, "height": 1} for k, name in enumerate(strings)]
    annotations = [
        {"id": len(strings) * n + k, "image_id": k, "category_id": int(digit) + 1, "bbox": [*box]}
        for k, digits in enumerate(strings.values())
        for n, (digit, box) in enumerate(digits)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
