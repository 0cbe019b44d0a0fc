"""The sheet that a string is written on, before a crop makes the image of it: there is room for every string."""

from dataclasses import replace

from digitgen.compose.layout import Layout
from digitgen.errors import ArgumentError
from digitgen.format import CELL, MAX_HEIGHT, MAX_WIDTH

_SIDE = 28  # px on both sides, for marks before the string and behind it
_ABOVE = 14  # px above level cells and below, for marks and lines there
_LEAST_ABOVE = 4  # px the same where digits leave the level as far as they can, which is seldom
_MOST_WIDTH = MAX_WIDTH - 1  # of what OpenCV takes pixels from


def sheet_of(layout: Layout, longest: int) -> Layout:
    """Make the layout of the sheets for images whose frames a crop decides.

    Parameters
    ----------
    layout : Layout
        The layout of the images.
    longest : int
        Most digits of a string.

    Returns
    -------
    Layout
        The same, but as wide as the longest string with the largest gaps can be, as high as its baseline can need, and
        with room for marks around.

    Raises
    ------
    ArgumentError
        If that is wider than a sheet can be.
    """
    width = layout.width_for(longest, max(layout.spacing.high, 0), CELL) + 2 * _SIDE
    if width > _MOST_WIDTH:
        raise ArgumentError(
            f"crop needs a sheet for {longest} digits with the largest gaps, which is {width} px wide; "
            f"it can be {_MOST_WIDTH} px at most"
        )
    height = max(CELL + 2 * _ABOVE, layout.height_for(longest, CELL, CELL) + 2 * _LEAST_ABOVE)
    height += height % 2  # so that halves of px round alike on all sheets
    return replace(
        layout, image_width=width, align="center", image_height=min(height, MAX_HEIGHT), vertical_align="center"
    )
