"""PNG files."""

from io import BytesIO

from PIL import Image

from digitgen.arrays import Pixels


def png_bytes(image: Pixels | Image.Image) -> bytes:
    """Encode an image as a PNG: (H, W) uint8, 0 black to 255 white, or (H, W, 3) uint8 in colour, or Pillow's own."""
    stream = BytesIO()
    stream.name = "image.png"  # from which Pillow sees that PNG is all it has to load
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(stream)
    return stream.getvalue()
