"""Contact sheets: labelled images on one page, in groups, with boxes and masks rendered in if wanted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from digitgen.arrays import Pixels, Singles
from digitgen.compose.batch import Sample

PALETTE: Final = ((86, 180, 233), (245, 170, 30), (60, 200, 150), (240, 228, 66), (240, 110, 60), (214, 137, 190))
"""Colours of the first, second, ... digit; they are told apart by the colour-blind, and start again after the last."""

_PAPER, _INK, _FAINT = (246, 247, 249), (29, 33, 39), (105, 113, 124)
_WIDTH: Final = 1120  # about that of a page, px
_MARGIN: Final = 24
_GAP: Final = 16  # between pictures
_PAIR_GAP: Final = 4  # between the halves of a pair
_TITLE, _HEADING, _CAPTION = 24, 16, 13  # sizes of letters


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture of a sheet.

    Attributes
    ----------
    images : tuple of ndarray
        Images side by side, each (H, W) uint8 or (H, W, 3) in colour.
    caption, note : str
        Text under it, at the left and, fainter, at the right.
    boxes : ndarray or None
        (n, 4): x, y, width and height of each digit, px; rendered into the last image.
    """

    images: tuple[Pixels, ...]
    caption: str
    note: str = ""
    boxes: Singles | None = None


@dataclass(frozen=True, eq=False)
class Group:
    """Pictures under a heading.

    Attributes
    ----------
    title : str
        The heading; may be empty.
    pictures : sequence of Picture
        The pictures.
    """

    title: str
    pictures: Sequence[Picture]


def picture_of(
    sample: Sample, *, note: str | None = None, boxes: bool = False, masks: bool = False, pairs: bool = False
) -> Picture:
    """Picture a sample with its digits under it.

    Parameters
    ----------
    sample : Sample
        The sample, with its mask for `masks`, and its clean image for `pairs`.
    note : str, optional
        Text at the right; the sample's index by default.
    boxes : bool, default False
        Whether to render the digits' boxes.
    masks : bool, default False
        Whether to colour the digits' ink.
    pairs : bool, default False
        Whether the image before augmentation stands beside it.

    Returns
    -------
    Picture
        The picture.
    """
    image = sample.image if not masks or sample.mask is None else tint(sample.image, sample.mask)
    before = (sample.clean,) if pairs and sample.clean is not None else ()
    # The font has no characters beyond ASCII; of other alphabets, classes are written by their places.
    caption = sample.text if sample.alphabet.isascii() else " ".join(map(str, sample.digits))
    return Picture(
        (*before, image), caption, f"#{sample.index}" if note is None else note, sample.boxes if boxes else None
    )


def tint(image: Pixels, mask: Pixels) -> Pixels:
    """Colour the ink of each digit.

    Parameters
    ----------
    image : ndarray
        (H, W) uint8.
    mask : ndarray
        (H, W) uint8: 0 background, k for the ink of the k-th digit.

    Returns
    -------
    ndarray
        (H, W, 3) uint8; pixels that belong to no digit stay grey.
    """
    palette = np.array([(255, 255, 255), *PALETTE], np.float32)
    colours = palette[np.where(mask, 1 + (mask.astype(np.int64) - 1) % len(PALETTE), 0)]
    light = image / np.float32(255)
    weight = np.where(mask > 0, 0.25 + 0.75 * light, light)
    tinted: Pixels = np.rint(colours * weight[:, :, None]).astype(np.uint8)
    return tinted


def enlarge(image: Pixels, zoom: int) -> Image.Image:
    """Enlarge an image, each pixel to a square.

    Parameters
    ----------
    image : ndarray
        (H, W) uint8, or (H, W, 3) in colour.
    zoom : int
        Side of a square, px.

    Returns
    -------
    PIL.Image.Image
        In colour.
    """
    height, width = image.shape[:2]
    return Image.fromarray(image).convert("RGB").resize((width * zoom, height * zoom), Image.Resampling.NEAREST)


def outline(image: Image.Image, box: Singles, zoom: int, colour: tuple[int, int, int], width: int = 1) -> None:
    """Render the box of a digit into an enlarged image; a digit that is lost has none.

    Parameters
    ----------
    image : PIL.Image.Image
        The image; overwritten.
    box : ndarray
        (4,): x, y, width and height, px before the enlargement.
    zoom : int
        Side of an enlarged pixel, px.
    colour : (int, int, int)
        Red, green and blue, 0 to 255.
    width : int, default 1
        Thickness of the line, px.
    """
    x, y, across, down = (zoom * float(side) for side in box)
    if across > 0 and down > 0:
        ImageDraw.Draw(image).rectangle((x, y, x + across - 1, y + down - 1), outline=colour, width=width)


def render(picture: Picture, zoom: int) -> Image.Image:
    """Render a picture without the text under it.

    Parameters
    ----------
    picture : Picture
        The picture.
    zoom : int
        Side of an enlarged pixel, px.

    Returns
    -------
    PIL.Image.Image
        In colour.
    """
    parts = [enlarge(image, zoom) for image in picture.images]
    if picture.boxes is not None:
        for number, box in enumerate(picture.boxes):
            outline(parts[-1], box, zoom, PALETTE[number % len(PALETTE)])
    whole = Image.new(
        "RGB", (sum(part.width for part in parts) + _PAIR_GAP * (len(parts) - 1), parts[0].height), _PAPER
    )
    left = 0
    for part in parts:
        whole.paste(part, (left, 0))
        left += part.width + _PAIR_GAP
    return whole


def sheet(
    groups: Iterable[Group], *, title: str = "", subtitle: str = "", zoom: int = 2, columns: int | None = None
) -> Image.Image:
    """Render a contact sheet.

    Parameters
    ----------
    groups : iterable of Group
        The groups, from top to bottom.
    title, subtitle : str, optional
        Text above them.
    zoom : int, default 2
        Side of an enlarged pixel, px.
    columns : int, optional
        Number of pictures beside each other; as many as make a page by default.

    Returns
    -------
    PIL.Image.Image
        In colour.
    """
    kept = [(group.title, [(picture, render(picture, zoom)) for picture in group.pictures]) for group in groups]
    sizes = [image.size for _, pictures in kept for _, image in pictures] or [(_WIDTH // 2, 0)]
    column, row = max(width for width, _ in sizes) + _GAP, max(height for _, height in sizes) + _CAPTION + 18
    columns = columns or max(1, (_WIDTH - 2 * _MARGIN + _GAP) // column)
    columns = min(columns, max((len(pictures) for _, pictures in kept), default=1) or 1)
    head = _MARGIN + (_TITLE + 14) * bool(title) + (_CAPTION + 16) * bool(subtitle)
    heights = [(_HEADING + 20) * bool(name) + -(-len(pictures) // columns) * row for name, pictures in kept]
    width = 2 * _MARGIN + columns * column - _GAP
    width = max(width, *(_letters(text, size) + 2 * _MARGIN for text, size in ((title, _TITLE), (subtitle, _CAPTION))))
    page = Image.new("RGB", (width, head + sum(heights) + _MARGIN - _GAP // 2), _PAPER)
    pen = ImageDraw.Draw(page)
    pen.text((_MARGIN, _MARGIN - 6), title, _INK, _font(_TITLE))
    pen.text((_MARGIN, _MARGIN + (_TITLE + 10) * bool(title) - 4), subtitle, _FAINT, _font(_CAPTION))
    top = head
    for (name, pictures), height in zip(kept, heights, strict=True):
        if name:
            pen.text((_MARGIN, top + 4), name, _INK, _font(_HEADING))
        _render_rows(page, pen, pictures, top + (_HEADING + 20) * bool(name), columns, column, row)
        top += height
    return page


def _render_rows(
    page: Image.Image,
    pen: ImageDraw.ImageDraw,
    pictures: list[tuple[Picture, Image.Image]],
    top: int,
    columns: int,
    column: int,
    row: int,
) -> None:
    """Put the pictures of a group onto the page, with the text under them."""
    font = _font(_CAPTION)
    for number, (picture, image) in enumerate(pictures):
        line, place = divmod(number, columns)
        left, upper = _MARGIN + place * column, top + line * row
        page.paste(image, (left, upper))
        under = upper + image.height + 3
        note = _shortened(picture.note, image.width)
        room = image.width - _letters(note, _CAPTION) - 8 * bool(note)
        pen.text((left, under), _shortened(picture.caption, room), _INK, font)
        pen.text((left + image.width, under), note, _FAINT, font, anchor="ra")


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    """The font of a size; to load it takes as long as to write a line."""
    return ImageFont.load_default(size)


def _letters(text: str, size: int) -> int:
    """Measure the width of a text, px."""
    return int(np.ceil(_font(size).getlength(text)))


def _shortened(text: str, room: int) -> str:
    """Keep as much of a text as there is room for."""
    while text and _letters(text, _CAPTION) > room:
        text = text.removesuffix("...")[:-1] + "..." if len(text) > 4 else ""
    return text
