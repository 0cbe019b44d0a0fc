"""Pages: one HTML file each, with pictures and style inside, that opens offline in any browser.

Functions make parts out of plain text, numbers and bytes, and `page` puts parts together. All text that is
not `Html` is escaped. The same parts give the same bytes.
"""

import base64
import html
import re
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

Cell = str | int | float | np.integer | np.floating | None


class Html(str):
    """Text that is HTML already: only the functions of this module make it."""

    __slots__ = ()


def paragraph(text: str, *, quiet: bool = False) -> Html:
    """Make a paragraph.

    Parameters
    ----------
    text : str
        The text.
    quiet : bool, default False
        Whether only some will read it; it is shown smaller.

    Returns
    -------
    Html
        The paragraph.
    """
    return Html(f'<p class="quiet">{_text(text)}</p>' if quiet else f"<p>{_text(text)}</p>")


def headline(text: str, *, good: bool = False) -> Html:
    """Make the part that readers see first.

    Parameters
    ----------
    text : str
        A sentence or two.
    good : bool, default False
        Whether there is nothing to worry about.

    Returns
    -------
    Html
        The headline.
    """
    return Html(f'<p class="headline{" good" * good}">{_text(text)}</p>')


def code(text: str) -> Html:
    """Show text with its line breaks and spaces, such as a configuration."""
    return Html(f'<pre tabindex="0"><code>{_text(text)}</code></pre>')


def facts(pairs: Iterable[tuple[str, Cell]]) -> Html:
    """List names with a value each."""
    rows = "".join(f"<div><dt>{_text(name)}</dt><dd>{_text(number(value))}</dd></div>" for name, value in pairs)
    return Html(f"<dl>{rows}</dl>")


def table(header: Sequence[str], rows: Iterable[Sequence[Cell]], *, caption: str = "") -> Html:
    """Make a table.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    rows : iterable of sequences
        A cell a column. Numbers are aligned right and written by `number`; `Html`, such as a picture, is
        taken as it is.
    caption : str, optional
        Text above the table.

    Returns
    -------
    Html
        The table; it scrolls if it is wider than the page.
    """
    kept = [list(row) for row in rows]
    numeric = [bool(kept) and all(not isinstance(row[k], str) for row in kept) for k in range(len(header))]
    head = "".join(f"<th{_NUMBER * right}>{_text(name)}</th>" for name, right in zip(header, numeric, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td{_NUMBER * right}>{_text(number(cell))}</td>" for cell, right in zip(row, numeric, strict=True))
        + "</tr>"
        for row in kept
    )
    title = f"<caption>{_text(caption)}</caption>" if caption else ""
    inside = f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return Html(f'<div class="wide" tabindex="0">{inside}</div>')


def picture(data: bytes, *, alt: str, caption: str = "", width: int | None = None) -> Html:
    """Make a picture with a caption.

    Parameters
    ----------
    data : bytes
        A PNG or an SVG.
    alt : str
        Text for those who cannot see the picture.
    caption : str, optional
        Text under the picture.
    width : int, optional
        Width where there is room, px; the picture's own by default. Pixels are shown as squares.

    Returns
    -------
    Html
        The picture.
    """
    under = f"<figcaption>{_text(caption)}</figcaption>" if caption else ""
    return Html(f"<figure>{image(data, alt=alt, width=width)}{under}</figure>")


def image(data: bytes, *, alt: str, width: int | None = None) -> Html:
    """Make a picture alone, for a cell of a table.

    Parameters
    ----------
    data, alt, width
        As in `picture`.

    Returns
    -------
    Html
        The picture.
    """
    kind = "image/png" if data.startswith(b"\x89PNG") else "image/svg+xml"
    shown = f' width="{width}"' if width else ""
    source = f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
    return Html(f'<img src="{source}" alt="{_text(alt)}"{shown}>')


def remark(text: str) -> Html:
    """Make a text for a cell of a table, which is not squeezed into a narrow column."""
    return Html(f'<div class="remark">{_text(text)}</div>')


def grid(parts: Iterable[Html], *, least: int = 340) -> Html:
    """Put parts side by side, as many as there is room for.

    Parameters
    ----------
    parts : iterable of Html
        The parts.
    least : int, default 340
        Least width of a part, px, if the window has as much.

    Returns
    -------
    Html
        The grid.
    """
    return Html(f'<div class="grid" style="--least:{least}px">{"".join(parts)}</div>')


def folded(title: str, *parts: Html) -> Html:
    """Hide parts until the reader opens them.

    Parameters
    ----------
    title : str
        Text to click.
    *parts : Html
        The parts.

    Returns
    -------
    Html
        The folded parts.
    """
    return Html(f"<details><summary>{_text(title)}</summary>{''.join(parts)}</details>")


def section(title: str, *parts: Html) -> Html:
    """Put parts under a heading, which the page lists at its top.

    Parameters
    ----------
    title : str
        The heading.
    *parts : Html
        The parts.

    Returns
    -------
    Html
        The section.
    """
    return Html(f'<section id="{_anchor(title)}"><h2>{_text(title)}</h2>{"".join(parts)}</section>')


def subsection(title: str, *parts: Html) -> Html:
    """Put parts under a smaller heading, inside a section.

    Parameters
    ----------
    title : str
        The heading.
    *parts : Html
        The parts.

    Returns
    -------
    Html
        The subsection.
    """
    return Html(f"<h3>{_text(title)}</h3>{''.join(parts)}")


def page(title: str, *parts: Html) -> bytes:
    """Put a page together.

    Parameters
    ----------
    title : str
        Its heading, and the title of the window.
    *parts : Html
        First the parts that are seen first, then sections.

    Returns
    -------
    bytes
        HTML in UTF-8.
    """
    found = re.findall(r'<section id="([^"]*)"><h2>(.*?)</h2>', "".join(parts))
    first = [part for part in parts if not part.startswith("<section")]
    rest = [part for part in parts if part.startswith("<section")]
    contents = "".join(f'<a href="#{anchor}">{name}</a>' for anchor, name in found)
    navigation = f'<nav aria-label="Contents">{contents}</nav>' if found else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        # A browser that honours this fetches nothing, whatever stands below.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{_text(title)}</h1>\n" + "\n".join((*first, navigation, *rest)) + "\n</main>\n</body>\n</html>\n"
    ).encode()


def number(value: Cell) -> str:
    """Write a number for people: whole ones with commas, others with four digits; None as a dash."""
    if value is None or isinstance(value, str):
        return "-" if value is None else value
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    size = abs(float(value))
    if not np.isfinite(size):
        return "-"
    return f"{value:,.0f}" if size >= 1000 else f"{value:.4g}"


def _text(text: str) -> str:
    """Turn text into HTML that shows it."""
    return text if isinstance(text, Html) else html.escape(text.encode("utf-8", "replace").decode())


def _anchor(title: str) -> str:
    """Name a section for links."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


_NUMBER: Final = ' class="n"'

_STYLE: Final = """
:root{--paper:#fff;--ink:#1d2127;--soft:#59626e;--line:#dfe3e8;--wash:#f5f7f9;--accent:#1f5fbf;--mark:#b3261e;--good:#1b7f4b}
@media (prefers-color-scheme:dark){:root{--paper:#14171b;--ink:#e4e7eb;--soft:#a3adb9;--line:#333a43;--wash:#1d2127;
--accent:#8ab8ff;--mark:#ff9d94;--good:#5fce94}}
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);overflow-wrap:anywhere;
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
main{max-width:1120px;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .75rem;font-weight:650;letter-spacing:-.01em}
h2{font-size:1.3rem;line-height:1.3;margin:0 0 .75rem;font-weight:650}
h3{font-size:1.05rem;margin:1.75rem 0 .5rem;font-weight:600}
section{margin-top:2.5rem;padding-top:1.5rem;border-top:1px solid var(--line);scroll-margin-top:1rem}
p{margin:.5rem 0 1rem;max-width:46rem}
.quiet,figcaption,caption{color:var(--soft);font-size:.875rem}
.headline{font-size:1.2rem;line-height:1.45;border-left:4px solid var(--mark);padding:.1rem 0 .1rem .9rem;margin:1rem 0}
.headline.good{border-color:var(--good)}
a{color:var(--accent)}
nav{display:flex;flex-wrap:wrap;gap:.4rem 1.1rem;margin-top:1.5rem;font-size:.95rem}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,9rem),1fr));gap:.75rem 1.5rem;margin:1rem 0}
dl div{min-width:0}
dt{color:var(--soft);font-size:.875rem}
dd{margin:0;font-variant-numeric:tabular-nums}
.wide{overflow-x:auto;margin:1rem 0;max-width:100%}
table{border-collapse:collapse;font-size:.925rem;overflow-wrap:normal}
caption{text-align:left;padding-bottom:.4rem}
th,td{text-align:left;padding:.35rem .9rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:middle}
th{font-weight:600;color:var(--soft);white-space:nowrap}
.remark{min-width:15rem}
.n{text-align:right;font-variant-numeric:tabular-nums}
figure{margin:0;min-width:0}
figcaption{margin-top:.3rem}
img{display:block;max-width:100%;height:auto;border-radius:3px;image-rendering:pixelated}
img[src^="data:image/png"]{outline:1px solid var(--line)}
.grid{display:grid;gap:1.5rem;margin:1rem 0;align-items:start;
grid-template-columns:repeat(auto-fill,minmax(min(100%,var(--least)),1fr))}
pre{background:var(--wash);border:1px solid var(--line);border-radius:6px;padding:.9rem 1rem;overflow-x:auto;
font:.85rem/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:normal}
details{margin:1rem 0}
summary{cursor:pointer;color:var(--accent)}
@media (max-width:600px){main{padding:1.25rem 1rem 3rem}h1{font-size:1.5rem}.headline{font-size:1.05rem}}
@media print{nav{display:none}section{break-inside:avoid-page}}
"""
