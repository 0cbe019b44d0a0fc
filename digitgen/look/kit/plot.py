"""Plots as SVG: the same bytes every time, and readable on light and dark pages alike."""

import warnings
from collections.abc import Callable
from io import BytesIO
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

# Read on white and on near black; told apart by those who cannot tell red from green.
BLUE: Final = "#3d85c6"
ORANGE: Final = "#d9761a"
GREY: Final = "#858c96"
INK: Final = "#010203"
"""The colour of text and axes: black on light pages, light on dark ones."""

_PX: Final = 1 / 72  # of SVG, in matplotlib's inches
_STYLE: Final[Any] = {
    "svg.hashsalt": "digitgen",
    "svg.fonttype": "none",  # text stays text: smaller, and sharp at any size
    "text.parse_math": False,  # an alphabet may have a $
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.linewidth": 0.8,
    "axes.formatter.useoffset": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.alpha": 0.15,
    "legend.frameon": False,
    "legend.fontsize": 10,
    **dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color", "grid.color"), INK
    ),
}
# An image follows the scheme of the page that shows it.
_SCHEMES: Final = "<style>svg{color:#1d2127}@media (prefers-color-scheme:dark){svg{color:#e4e7eb}}</style>"


def svg(render: Callable[[Axes], object], *, width: int = 360, height: int = 230) -> bytes:
    """Render a plot.

    Parameters
    ----------
    render : callable
        Paints onto the axes that it is given.
    width, height : int
        Size of the picture, px.

    Returns
    -------
    bytes
        An SVG with a transparent ground.

    Examples
    --------
    >>> data = svg(lambda axes: axes.bar([0, 1, 2], [3, 5, 0], color=BLUE))
    """
    with mpl.rc_context(_STYLE):
        figure = Figure((width * _PX, height * _PX), layout="constrained")
        FigureCanvasSVG(figure)
        render(figure.add_subplot())
        out = BytesIO()
        with warnings.catch_warnings():  # the page's reader has fonts of their own
            warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from", UserWarning)
            figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = out.getvalue().decode().replace(INK, "currentColor")
    body = text[text.index("<svg") :].replace(">", f">{_SCHEMES}", 1)
    return body.replace(f'width="{width}pt" height="{height}pt"', f'width="{width}" height="{height}"', 1).encode()
