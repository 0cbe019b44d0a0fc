"""What is fixed for every image and every dataset: sizes, paddings, names."""

import re
from typing import Final, Literal

CELL: Final = 28
"""Side of a glyph's cell in px, as MNIST stores it."""

CHUNK: Final = 1024
"""Images that are sampled together. A constant of the format: to change it changes every image."""

MAX_WIDTH: Final = 32_767
"""Widest image in px: what 16-bit coordinates and image libraries can address."""

MAX_LENGTH: Final = 255
"""Most digits in a sequence: what `lengths` can hold."""

LABEL_PAD: Final = -1

GAP_PAD: Final = -32768

PARAMETERS: Final = "augment"
"""Group of the arrays that say what augmentation sampled."""

Stage = Literal["glyphs", "sequence"]
"""What augmentation acts on: each glyph before images are composed, or the images."""

Compression = Literal["none", "deflate"]

_SHARD: Final = re.compile(r"shard-\d{5,}\.h5")


def shard_file(split: str, index: int) -> str:
    """The path of a shard inside the dataset folder, by its split and its index there."""
    return f"{split}/shard-{index:05d}.h5"


def is_shard(name: str) -> bool:
    """Whether a file's name, without its folder, is that of a shard."""
    return bool(_SHARD.fullmatch(name))
