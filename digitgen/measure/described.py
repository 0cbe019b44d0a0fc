"""Descriptions of images in files: boxes, or the text alone; and which image a name means."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from digitgen.arrays import Floats


@dataclass(frozen=True, eq=False)
class Described:
    """Description of an image in a file.

    Attributes
    ----------
    boxes : ndarray or None
        (n, 4) float64: x, y, width and height of each digit, px, from left to right.
    text : str or None
        Its characters; one for each box, if there are boxes.
    """

    boxes: Floats | None
    text: str | None


class Names:
    """Finds images by the names that a file in the same folder gives them.

    Parameters
    ----------
    images : list of str
        Paths of the images, with slashes.
    """

    def __init__(self, images: list[str]) -> None:
        self._all = set(images)
        self._last: dict[str, list[str]] = {}
        for image in images:
            self._last.setdefault(image.rpartition("/")[2], []).append(image)

    def find(self, file: str, name: str) -> str | None:
        """Find an image by its name: beside the file, in `images/`, in a folder named as it, or the only one so named.

        Parameters
        ----------
        file : str
            Path of the file that gives the name, with slashes.
        name : str
            The name, or a path that ends in it, perhaps of another machine.

        Returns
        -------
        str or None
            The path of the image; None if there is none, or it cannot be told which.
        """
        name = name.replace("\\", "/")
        parts = tuple(part for part in PurePosixPath(name).parts if part not in ("/", "..", "."))
        if not parts:
            return None
        there = PurePosixPath(file).parent
        split = PurePosixPath(file).stem.removeprefix("instances_")
        for base in (there, there.parent):
            for folder in (base, base / "images", base / split, base / "images" / split):
                if (path := str(folder.joinpath(*parts))) in self._all:
                    return path
        named, inside = self._last.get(parts[-1], []), "/" + "/".join(parts)
        ends = [image for image in named if f"/{image}".endswith(inside)] or named
        return ends[0] if len(ends) == 1 else None
