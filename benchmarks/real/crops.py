"""Real crops as a reader is shown them: light ink on black paper, as high as the images that it was trained on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from digitgen.arrays import Bools, Pixels
from digitgen.errors import DatasetError
from digitgen.measure.digits import PAIR, measure_digits
from digitgen.measure.folder import read_folder
from digitgen.measure.ink import Ink, find_ink

_BLACK_AND_WHITE: Final = (5, 99.5)
"""Percentiles of a crop that become black and white."""


@dataclass(frozen=True, eq=False)
class RealCrops:
    """Real crops, as a reader sees them, and what they say.

    Attributes
    ----------
    images : ndarray
        (N, H, W) uint8, ink light.
    texts : list of str
        What each says.
    touching : ndarray
        (N,) bool: whether two neighbours of the string are in one connected piece of ink.
    """

    images: Pixels
    texts: list[str]
    touching: Bools

    def __len__(self) -> int:
        return len(self.texts)


def read_crops(folder: Path, size: tuple[int, int]) -> RealCrops:
    """Read a folder of real crops with COCO boxes.

    Parameters
    ----------
    folder : Path
        The images, and a COCO file that has a box and a category for each of their digits.
    size : (int, int)
        Height H and width W of the images that the reader takes, px.

    Returns
    -------
    RealCrops
        Those that have boxes, in the order of their names.

    Raises
    ------
    DatasetError
        If there is no such folder, or no crop with boxes in it.
    """
    collection = read_folder(folder)
    crops = [crop for crop in collection.read(list(range(collection.count))) if crop.boxes is not None and crop.text]
    if not crops:
        raise DatasetError(f"{folder}: expected images and a COCO file with the boxes of their digits; it has no boxes")
    inks = [find_ink(crop) for crop in crops]
    dark = 2 * sum(ink.dark for ink in inks) >= len(inks)  # one of a thousand crops may have more ink than paper
    images = np.stack([prepare(crop.image, size, dark=dark) for crop in crops])
    inks = [ink if ink.dark == dark else find_ink(ink.crop, dark) for ink in inks]
    return RealCrops(images, [crop.text or "" for crop in crops], np.array([_touches(ink) for ink in inks]))


def _touches(ink: Ink) -> bool:
    """Whether any two neighbours of a crop touch."""
    return bool((measure_digits(ink).pairs[:, PAIR.index("touching")] == 1).any())


def prepare(image: Pixels, size: tuple[int, int], *, dark: bool) -> Pixels:
    """Make of a crop what a reader takes.

    The crop is inverted if its ink is dark; its contrast is stretched, so that the 5th percentile becomes 0 and the
    99.5th 255; it is resized by one factor to the height, or to the width if it would be wider; what is left over is
    black, half of it above, and all of it on the right.

    Parameters
    ----------
    image : ndarray
        (h, w) uint8: the crop.
    size : (int, int)
        Height and width of the result, px.
    dark : bool
        Whether its ink is darker than its paper.

    Returns
    -------
    ndarray
        (H, W) uint8.
    """
    height, width = size
    grey = 255.0 - image if dark else image.astype(np.float64)
    low, high = np.percentile(grey, _BLACK_AND_WHITE)
    stretched = np.clip((grey - low) * (255 / max(high - low, 1)), 0, 255).astype(np.float32)
    factor = min(height / image.shape[0], width / image.shape[1])
    tall, wide = (max(1, round(side * factor)) for side in image.shape)
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    shown = np.zeros(size, np.uint8)
    above = (height - tall) // 2
    resized = cv2.resize(stretched, (min(wide, width), min(tall, height)), interpolation=method)
    shown[above : above + tall, :wide] = np.rint(resized)
    return shown
