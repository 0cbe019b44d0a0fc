"""The layout of an image: the rules of gaps and margins, and whether the digits fit.

Gaps between neighbours are independent and follow one law: uniform over the integers of a range, both ends included, or
any other `Spacing`. Whether an image can be made depends on the arguments alone: each digit is counted with its full
cell (or, for other units, with the widest ink in the bank). If only some gap vectors fit the width,
``fit="conditional"`` samples among exactly those, each as likely as it is beside the others.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, get_args

from digitgen.checks import check_integer, choose
from digitgen.compose.baseline import Baseline
from digitgen.compose.gaps import GapLaw
from digitgen.compose.spacing import Spacing, as_spacing
from digitgen.errors import ArgumentError
from digitgen.format import CELL, MAX_HEIGHT, MAX_WIDTH
from digitgen.messages import shown

Fit = Literal["conditional", "strict"]
Align = Literal["center", "left", "right", "random"]
VerticalAlign = Literal["center", "top", "bottom", "random"]
Unit = Literal["cell", "ink", "stroke"]


@dataclass(frozen=True)
class Layout:
    """The rules by which digits are placed on an image.

    Attributes
    ----------
    image_width : int
        Width of every image, px.
    spacing_range : (int, int) or Spacing
        Smallest and largest gap between neighbours, px, both possible; or another law of the gaps. Negative gaps
        overlap.
    fit : {"conditional", "strict"}
        If the largest gaps do not fit: sample among the gap vectors that do, or refuse.
    unit : {"cell", "ink", "stroke"}
        Whether gaps lie between the 28 px cells, between the inked columns, or between the strokes: as many px as are
        between two digits in the row in which they come nearest.
    align : {"center", "left", "right", "random"}
        Place of the digits in the leftover width; if that is odd, center puts the odd pixel on the right.
    image_height : int, default 28
        Height of every image, px.
    vertical_align : {"center", "top", "bottom", "random"}
        Place of the digits' cells, or of the ink on a baseline, in the leftover height; if that is odd, center puts the
        odd pixel below.
    baseline : Baseline, optional
        The line that the ink of digits stands on; by default cells stand level.

    Raises
    ------
    ArgumentError
        If a value is not of its type or range.
    """

    image_width: int
    spacing_range: tuple[int, int] | Spacing
    fit: Fit = "conditional"
    unit: Unit = "cell"
    align: Align = "center"
    image_height: int = CELL
    vertical_align: VerticalAlign = "center"
    baseline: Baseline | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "image_width", check_integer("image_width", self.image_width))
        if not 1 <= self.image_width <= MAX_WIDTH:
            raise ArgumentError(f"image_width must be from 1 to {MAX_WIDTH} px; got {self.image_width}")
        object.__setattr__(self, "image_height", check_integer("image_height", self.image_height))
        if not CELL <= self.image_height <= MAX_HEIGHT:
            raise ArgumentError(f"image_height must be from {CELL} to {MAX_HEIGHT} px; got {self.image_height}")
        spacing = as_spacing(self.spacing_range)
        object.__setattr__(self, "spacing_range", spacing.range if spacing.uniform else spacing)
        words = (("fit", Fit), ("unit", Unit), ("align", Align), ("vertical_align", VerticalAlign))
        for name, kind in words:
            object.__setattr__(self, name, choose(name, getattr(self, name), get_args(kind)))

        if not isinstance(self.baseline, Baseline | None):
            raise ArgumentError(f"baseline must be a digitgen.Baseline; got {shown(self.baseline)}")

    @cached_property
    def spacing(self) -> Spacing:
        """The law of a single gap."""
        return as_spacing(self.spacing_range)

    @property
    def measures_ink(self) -> bool:
        """Whether the places of digits depend on their ink."""
        return self.unit != "cell" or self.baseline is not None

    @property
    def apart(self) -> bool:
        """Whether cells lie inside the image and do not overlap, whatever is sampled."""
        return self.unit == "cell" and self.spacing.low >= 0

    def width_for(self, length: int, gap: int, ink_width: int) -> int:
        """Add up the width that digits need.

        Parameters
        ----------
        length : int
            Number of digits.
        gap : int
            Width of every gap, px.
        ink_width : int
            Width of the widest ink in the bank, px; no matter for ``unit="cell"``.

        Returns
        -------
        int
            The width, px.
        """
        return length * (CELL if self.unit == "cell" else ink_width) + (length - 1) * gap

    def height_for(self, length: int, ink_width: int, ink_height: int) -> int:
        """Add up the height that digits can take.

        Parameters
        ----------
        length : int
            Number of digits.
        ink_width, ink_height : int
            Width of the widest ink that there can be, and height of the highest, px.

        Returns
        -------
        int
            The height, px: at least 28; with as much, no digit is kept from its place on the baseline.
        """
        if self.baseline is None:
            return CELL
        return max(CELL, self.baseline.height_for(self.width_for(length, self.spacing.high, ink_width), ink_height))

    def gap_law(self, length: int, ink_width: int) -> GapLaw:
        """Make the law of the gaps of a sequence.

        Parameters
        ----------
        length : int
            Number of digits, at least 1.
        ink_width : int
            Width of the widest ink in the bank, px; no matter for ``unit="cell"``.

        Returns
        -------
        GapLaw
            The law of ``length - 1`` gaps.

        Raises
        ------
        ArgumentError
            If even the smallest gaps do not fit, or `fit` is strict and the largest do not; the
            message gives the smallest width that works.
        """
        return _gap_law(self, length, ink_width)


@lru_cache(maxsize=1024)
def _gap_law(layout: Layout, length: int, ink_width: int) -> GapLaw:
    """The law of `Layout.gap_law`, which single images ask for again and again."""
    low, high = layout.spacing.low, layout.spacing.high
    # A cell never starts at or before its neighbour's start. Ink widths vary, so a narrow digit may;
    # half of the widest ink is the deepest overlap at which every sequence stays inside the width
    # that is asked for here.
    lowest = -(CELL - 1) if layout.unit == "cell" else -(ink_width // 2)
    if low < lowest:
        raise ArgumentError(f"gaps of {low} px are too negative; with unit={layout.unit!r} the least is {lowest}")
    needed = layout.width_for(length, low if layout.fit == "conditional" else high, ink_width)
    if needed > layout.image_width:
        what = "largest" if layout.fit == "strict" else "smallest"
        raise ArgumentError(
            f"{length} {'digit needs' if length == 1 else 'digits need'} at least {needed} px "
            f"(each {layout.width_for(1, 0, ink_width)}, {what} gap {high if layout.fit == 'strict' else low}); "
            f"image_width is {layout.image_width}"
        )
    count = length - 1
    slack = min(layout.image_width - layout.width_for(length, low, ink_width), count * (high - low))
    law = layout.spacing.law(count, slack)
    if trouble := law.trouble:
        width = layout.width_for(length, high, ink_width)
        wider = f"make the image at least {width} px wide, or " if width <= MAX_WIDTH else ""
        raise ArgumentError(
            f"the ways to fit {count} gaps of {low} to {high} px into {slack} px {trouble}; "
            f"{wider}make the range smaller"
        )
    return law
