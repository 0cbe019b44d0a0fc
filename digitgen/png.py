"""PNG files of single images."""

from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitgen.errors import ArgumentError


def png_bytes(image: NDArray[np.float32]) -> bytes:
    """Encode a (28, W) float image, 0 black to 1 white, as an 8-bit greyscale PNG."""
    stream = BytesIO()
    Image.fromarray(np.rint(image * 255).astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def png_paths(digits: str, count: int, output: Path | None) -> list[Path]:
    """Where the images of a sequence go.

    Parameters
    ----------
    digits : str
        The sequence, which names the files unless `output` names one.
    count : int
        Number of images; several are numbered from 1.
    output : Path or None
        A file, a folder that exists, or the current directory.

    Raises
    ------
    ArgumentError
        If the folder does not exist, or the file is not a PNG.
    """
    if output is None or output.is_dir():
        output = (output or Path()) / f"{digits[:100]}.png"
    if output.suffix.lower() != ".png":
        raise ArgumentError(f"{output}: the file must end in .png, or be a folder that exists")
    if not output.parent.is_dir():
        raise ArgumentError(f"{output.parent}: there is no such folder")
    if count == 1:
        return [output]
    digits_needed = len(str(count))
    return [output.with_stem(f"{output.stem}-{k:0{digits_needed}d}") for k in range(1, count + 1)]
