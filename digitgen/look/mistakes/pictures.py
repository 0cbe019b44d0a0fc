"""Pictures of the images that a model reads wrongly."""

from typing import Final

import numpy as np

from digitgen.arrays import Bools, Integers, Pixels, Singles
from digitgen.format import CELL
from digitgen.look.kit import page
from digitgen.look.kit.page import Html
from digitgen.look.kit.sheet import enlarge, outline
from digitgen.look.kit.wording import written
from digitgen.look.mistakes.study import Model, Study
from digitgen.png import png_bytes

EXAMPLES: Final = 6
"""Pictures of each pattern."""
WORST: Final = 24
"""Pictures of the images with the most edits."""
_ZOOM: Final = 2
_RIGHT, _WRONG = (120, 170, 200), (255, 120, 90)


def titled(title: str, model: Model, found: Study) -> str:
    """Add the name of the model to a heading, if there are two models.

    Parameters
    ----------
    title : str
        The heading.
    model : Model
        The model.
    found : Study
        The study that it is in.

    Returns
    -------
    str
        The heading.
    """
    return f"{title}: {model.name}" if found.comparison else title


def pictures(rows: Integers, model: Model, found: Study) -> Html:
    """Show images side by side with truth, prediction and boxes.

    Parameters
    ----------
    rows : ndarray
        (n,) int64: the images.
    model : Model
        The model that read them.
    found : Study
        The study that it is in.

    Returns
    -------
    Html
        A grid of pictures.
    """
    batch = found.dataset[rows]
    texts = model.predictions.texts(rows)
    digits = model.mistakes.digits
    wrong = digits.wrong > 0
    parts = []
    for row, text, sample in zip(rows, texts, batch, strict=True):
        first, last = np.searchsorted(digits.sequence, [row, row + 1])
        image = rendered(sample.image, sample.boxes, wrong[first:last])
        read = text or "nothing"
        parts.append(
            page.picture(
                image,
                alt=f"image {row} shows {sample.text}, read as {read}",
                caption=f"{sample.text} read as {read}  (#{row})",
                width=sample.image.shape[1] * _ZOOM,
            )
        )
    return page.grid(parts, least=min(batch.images.shape[2] * _ZOOM, 340) if len(rows) else 340)


def rendered(image: Pixels, boxes: Singles, wrong: Bools) -> bytes:
    """Render an image, enlarged, with boxes; those of misread digits are bright.

    Parameters
    ----------
    image : ndarray
        (H, W) uint8.
    boxes : ndarray
        (n, 4): x, y, width and height of each digit, px.
    wrong : ndarray
        (n,) bool: whether each was misread.

    Returns
    -------
    bytes
        A PNG.
    """
    large = enlarge(image, _ZOOM)
    for mark in (False, True):  # what is wrong lies on top
        for box in boxes[wrong == mark]:
            outline(large, box, _ZOOM, _WRONG if mark else _RIGHT, 1 + mark)
    return png_bytes(large)


def worst(model: Model, found: Study) -> Html:
    """Show the images with the most edits.

    Parameters
    ----------
    model : Model
        The model.
    found : Study
        The study that it is in.

    Returns
    -------
    Html
        A section of the page.
    """
    distances, lengths = model.mistakes.distances, found.arrays["lengths"]
    order = np.lexsort((np.arange(len(distances)), -distances / lengths, -distances))[:WORST]
    chosen = order[distances[order] > 0]
    title = titled("The worst pictures", model, found)
    if not chosen.size:
        return page.section(title, page.paragraph("There are none."))
    return page.section(
        title,
        page.paragraph("Most edits first. Misread digits have the bright boxes."),
        pictures(chosen, model, found),
    )


def glyphs_misread(model: Model, found: Study) -> Html:
    """Show the glyphs of the source that are misread most.

    Parameters
    ----------
    model : Model
        The model.
    found : Study
        The study that it is in.

    Returns
    -------
    Html
        A section of the page.
    """
    there = np.arange(found.arrays["labels"].shape[1]) < found.arrays["lengths"][:, None]
    rows = found.arrays["glyph_ids"][there]
    digits = model.mistakes.digits
    uses, bad = np.bincount(rows), np.bincount(rows, digits.wrong)
    title = titled("Glyphs that are misread", model, found)
    often = np.flatnonzero((uses >= 3) & (bad > 2 - 1e-6))
    order = often[np.lexsort((often, -uses[often], -bad[often] / uses[often], -bad[often]))][:12]
    if not order.size:
        return page.section(title, page.paragraph("No glyph was misread twice."))
    table: list[list[page.Cell]] = []
    for glyph in order:
        which = int(np.flatnonzero((rows == glyph) & (digits.wrong > 0))[0])
        row = int(digits.sequence[which])
        sample = found.dataset[row]
        place = which - int(np.searchsorted(digits.sequence, row))
        cut = _around(sample.image, sample.boxes[place])
        alone = rendered(cut, np.empty((0, 4), np.float32), np.empty(0, bool))
        character = written(digits.alphabet[digits.digit[which]])
        shown = page.image(alone, alt=f"a {character}, row {glyph}", width=cut.shape[1] * _ZOOM)
        table.append([shown, str(glyph), character, int(uses[glyph]), round(bad[glyph])])
    return page.section(
        title,
        page.paragraph(
            "Each glyph is named by its row in the source, and shown as it stands in the first image in which it went "
            "wrong."
        ),
        page.table(["glyph", "row", "digit", "times used", "times wrong"], table),
    )


def _around(image: Pixels, box: Singles) -> Pixels:
    """Cut a digit out of its image: its box, with 2 px on both sides, and at least as high as a cell."""
    x, y, width, height = (int(value) for value in box)
    rows = max(height, CELL)
    top = min(max(y + (height - rows) // 2, 0), len(image) - rows)
    return image[top : top + rows, max(x - 2, 0) : x + max(width, 1) + 2]
