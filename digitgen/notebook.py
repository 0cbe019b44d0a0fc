"""Parts of HTML by which objects show themselves in a notebook: pictures with their text, and small tables.

Notebooks have styles of their own, light or dark, so that these parts bring next to none. All text is escaped.
"""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from digitgen.arrays import Pixels
from digitgen.messages import one_line
from digitgen.png import png_bytes

MAX_PICTURES: Final = 12
"""Most pictures that are shown at a time."""
_MAX_PIXELS: Final = 1 << 18  # of all pictures together; noise takes a byte a pixel, and a third more as text
_MAX_ROWS: Final = 60
_MAX_COLUMNS: Final = 20
_ZOOM: Final = 2


def picture_count(count: int, width: int, height: int) -> int:
    """Choose how many pictures are shown: the first dozen, or fewer if they are large.

    Parameters
    ----------
    count : int
        Number of pictures that there are.
    width, height : int
        Their size, px.

    Returns
    -------
    int
        At least one, if there is any.
    """
    return min(count, MAX_PICTURES, max(1, _MAX_PIXELS // max(1, width * height)))


def heading(text: str) -> str:
    """Make the line above the rest."""
    return f"<div><strong>{_text(text)}</strong></div>"


def line(text: str) -> str:
    """Make a line of text."""
    return f"<div>{_text(text)}</div>"


def pictures(images: Iterable[tuple[Pixels, str, str]]) -> str:
    """Put pictures side by side, as many as there is room for, each with text under it.

    Parameters
    ----------
    images : iterable of (ndarray, str, str)
        For each, (H, W) uint8, the text, and a fainter one behind it.

    Returns
    -------
    str
        HTML.
    """
    return f'<div style="display:flex;flex-wrap:wrap;gap:8px">{"".join(_figure(*each) for each in images)}</div>'


def _figure(image: Pixels, text: str, note: str) -> str:
    """Make a picture, enlarged, with text under it."""
    source = f"data:image/png;base64,{base64.b64encode(png_bytes(image)).decode('ascii')}"
    shown = f'<img src="{source}" alt="{_text(text)}" width="{_ZOOM * image.shape[1]}"'
    style = "image-rendering:pixelated;max-width:100%;outline:1px solid #8888"
    under = f'<span style="opacity:.6">{_text(note)}</span>'
    return f'<figure style="margin:0">{shown} style="{style}"><figcaption>{_text(text)} {under}</figcaption></figure>'


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Make a table of texts; of a long or wide one, the beginning.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    rows : sequence of sequences of str
        A cell a column.

    Returns
    -------
    str
        HTML.
    """
    body = "".join(_row("td", row) for row in rows[:_MAX_ROWS])
    below = line(f"and {len(rows) - _MAX_ROWS:,} more rows") if len(rows) > _MAX_ROWS else ""
    return f"<table><thead>{_row('th', header)}</thead><tbody>{body}</tbody></table>{below}"


def _row(tag: str, cells: Sequence[str]) -> str:
    """Make a row of a table."""
    kept = [*cells[:_MAX_COLUMNS], *(["..."] if len(cells) > _MAX_COLUMNS else [])]
    return f"<tr>{''.join(f'<{tag}>{_text(cell)}</{tag}>' for cell in kept)}</tr>"


def _text(text: str) -> str:
    """Escape a text that somebody else may have written."""
    return escape(one_line(text))
