"""Write a calibrated recipe as YAML, each part with what was measured of it."""

import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from digitgen.measure.calibrate import SEEN, Calibration, baseline, characters, crop, gap_quantiles, glyph_steps, marks
from digitgen.measure.figures import Figure
from digitgen.measure.parameters import counted_lengths
from digitgen.messages import one_line

_IMAGE_HEIGHT: Final = 28
_EVEN: Final = math.sqrt(3)  # half the width of a uniform law / its standard deviation
_DEFAULT: Final = "could not be measured, so it is the default"
_NO_BOXES: Final = "needs boxes of the digits"
_WIDTHS: Final = (84, 4096)  # px of an image
_LEAST_BLUR: Final = 0.3  # px: less cannot be told from none


def recipe_text(calibration: Calibration, name: str) -> str:
    """Write the recipe.

    Parameters
    ----------
    calibration : Calibration
        The parameters, and what was measured.
    name : str
        Name of the dataset.

    Returns
    -------
    str
        A configuration that builds, in YAML.
    """
    return "\n".join(_lines(_Recipe(calibration, name))) + "\n"


class _Recipe:
    """The parts of a recipe: what is said of them, and what was measured."""

    def __init__(self, calibration: Calibration, name: str) -> None:
        self.name = name
        self.calibration = calibration
        self.measured = calibration.measured
        self.figures: dict[str, Figure] = calibration.measured.figures
        self.lengths = counted_lengths(self.measured.tables.texts) or {5: 1}

    def value(self, key: str) -> float:
        """A figure; NaN if it could not be measured."""
        found = self.figures[key].value
        return math.nan if found is None else found

    def between(self, key: str, low: float, high: float) -> list[float]:
        """Ends of a uniform law with the mean and the standard deviation of a tone."""
        mean, sd = self.value(f"{key}.mean"), self.value(f"{key}.sd")
        return _ends(mean - _EVEN * sd, mean + _EVEN * sd, low, high)

    def target(self, name: str, digits: int = 2) -> str:
        """Write the measured value of a parameter, with its standard error."""
        value, error = self.calibration.targets[name], self.calibration.errors[name]
        return f"{value:.{digits}f} (se {error:.{digits}f})"


def _lines(recipe: _Recipe) -> Iterator[str]:
    """Yield the lines of the recipe."""
    measured = recipe.measured
    what = one_line(measured.collection.name)
    digits = len(measured.tables.digits)
    yield f"# Strings as they are written in {what}: {measured.strings:,} strings, {digits:,} digits."
    yield "# Comments say what was measured. Lengths are in px of digits 18 px high, before the string is cropped."
    yield ""
    yield f"name: {recipe.name}"
    yield "seed: 2026"
    yield f"image_height: {_IMAGE_HEIGHT}"
    yield f"image_width: {_width(recipe)}    # px; 98 % of the strings are no wider at this height"
    yield ""
    yield "splits:"
    yield "  train: {count: 100000, source: mnist/train, pool: [0, 0.95]}"
    yield "  validation: {count: 2000, source: mnist/train, pool: [0.95, 1]}"
    yield "  test: {count: 2000, source: mnist/test}"
    yield ""
    yield from _content(recipe)
    yield ""
    yield from _spacing(recipe)
    yield from _baseline(recipe)
    yield ""
    yield "augment:"
    yield "  glyphs:"
    yield from _glyphs(recipe)
    yield "  sequence:"
    for comment, step in _sequence(recipe):
        yield f"    # {comment}"
        yield f"    - {flow(step)}"
    yield "labels: {masks: true}"


def _width(recipe: _Recipe) -> int:
    """The width of an image in which nearly all crops fit at full height."""
    tables = recipe.measured.tables
    ratio = tables.string("crop_width") / tables.string("crop_height")
    width = math.ceil(_IMAGE_HEIGHT * float(np.percentile(ratio, 98)) / 4) * 4
    return min(max(width, _WIDTHS[0]), _WIDTHS[1])


def _content(recipe: _Recipe) -> Iterator[str]:
    """Yield what strings say."""
    first, rest = characters(recipe.measured)
    yield "sequence:"
    if not first:
        yield f"  length: 5    # {_DEFAULT}: texts are not known"
        return
    yield f"  length: {flow(recipe.lengths)}    # strings of each length"
    yield "  digits:    # how often each came"
    yield f"    - {flow({int(digit): count for digit, count in first.items()})}    # first digits"
    if rest:
        yield f"    - {flow({int(digit): count for digit, count in rest.items()})}"
    zeros = 100 * recipe.value("content.00")
    yield f"  # {zeros:.0f} % end in 00, which a law of lengths and digits cannot ask for; `amount` can."


def _spacing(recipe: _Recipe) -> Iterator[str]:
    """Yield the law of the gaps."""
    quantiles = gap_quantiles(recipe.calibration.parameters)
    if not quantiles:
        yield f"spacing: {{range: [0, 7], unit: ink}}    # {_DEFAULT}: {_NO_BOXES}"
        return
    yield "spacing:    # between the ink of neighbours, px"
    yield f"  # measured: 5 % up to {recipe.target('gap.0.05', 1)}, half up to {recipe.target('gap.0.5', 1)},"
    yield f"  # 95 % up to {recipe.target('gap.0.95', 1)}"
    yield f"  quantiles: {flow(quantiles)}"
    yield "  unit: ink"


def _baseline(recipe: _Recipe) -> Iterator[str]:
    """Yield how digits stand on their line."""
    found = recipe.calibration.parameters
    if math.isnan(found["baseline.jitter"]):
        yield f"# baseline: {_DEFAULT}: it needs strings of three digits or more"
        return
    yield f"# measured: jitter {recipe.target('baseline.jitter', 3)}, sd of slopes {recipe.target('baseline.slope', 3)}"
    yield f"baseline: {flow(baseline(found))}"


def _glyphs(recipe: _Recipe) -> Iterator[str]:
    """Yield the steps on digits."""
    target = recipe.target
    said = {
        "size": f"heights of one string's digits: sd {target('height.spread')} px",
        "set_slant": f"mean {target('slant.mean')} rad, sd of strings {target('slant.between')}, "
        f"of the digits of one {target('slant.within')}",
        "stroke_width": f"mean {target('stroke.mean')} px, sd of strings {target('stroke.between')}, "
        f"of the digits of one {target('stroke.within')}",
    }
    for step in glyph_steps(recipe.calibration.parameters):
        yield f"    # {said[step['step']]}"
        yield f"    - {flow(step)}"


def _sequence(recipe: _Recipe) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the steps on strings, each with what was measured."""
    yield from _marks(recipe)
    yield from _crop(recipe)
    yield from _tones(recipe)
    if (dark := recipe.value("tones.dark")) > SEEN:
        said = f"ink is darker than paper in {100 * dark:.0f} % of the strings"
        yield said, {"step": "inverse", **({"p": round(dark, 2)} if dark < 1 else {})}


def _marks(recipe: _Recipe) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the steps that draw ink that is no digit, and strokes that join digits."""
    touching = 100 * recipe.calibration.targets["touching"]
    said = {
        "separators": f"pieces of ink between digits in {100 * recipe.value('marks.between'):.0f} % of the strings",
        "trailing_marks": f"pieces of ink behind {100 * recipe.value('marks.behind'):.0f} % of the strings",
        "base_line": f"a long line in {100 * recipe.value('paper.line'):.0f} % of the strings",
        "connecting_strokes": f"neighbours in one connected piece: {touching:.1f} %",
    }
    for step in marks(recipe.measured, recipe.calibration.parameters):
        yield said[step["step"]], step


def _crop(recipe: _Recipe) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the margins."""
    said = "margins, 5 to 95 %, in heights; from the digits and the marks beside them"
    yield said, crop(recipe.measured)


def _tones(recipe: _Recipe) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield pen, paper and photograph, as negatives: white ink on black paper."""
    ink, paper, contrast = (recipe.value(f"tones.{each}.mean") for each in ("ink", "paper", "contrast"))
    if math.isnan(contrast):
        return
    dark = recipe.value("tones.dark") > 0.5
    blank = (255 - paper if dark else paper) / 255  # light of the negative
    inked = blank + contrast
    drawn = recipe.calibration.ink / 255  # of ink that is white: edges are grey
    grey = min((inked - blank) / max(1 - blank, 0.01) / drawn, 1.0)
    # Contrast is grey (1 - blank), so that part of its spread is that of the paper.
    varied = recipe.value("tones.contrast.sd") ** 2 - (grey * drawn * recipe.value("tones.paper.sd") / 255) ** 2
    half = _EVEN * math.sqrt(max(varied, 0.0)) / max(1 - blank, 0.01) / drawn
    yield (
        f"grey of ink: {ink:.0f}, of paper {paper:.0f}, on average",
        {
            "step": "pen_grey",
            "grey": _ends(grey - half, grey + half, 0.02, 1),
            "variation": 0,
        },
    )
    spread = _EVEN * recipe.value("tones.paper.sd") / 255
    yield (
        f"grey of paper: sd of strings {recipe.value('tones.paper.sd'):.0f}",
        {
            "step": "gradient_paper",
            "tone": _ends(blank - spread, blank + spread, 0, 1),
            "gradient": 0,
        },
    )
    yield from _texture(recipe, contrast, blank)


def _texture(recipe: _Recipe, contrast: float, blank: float) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield patterns, blur and noise; lengths go with the height of the crops."""
    scale = _IMAGE_HEIGHT / recipe.value("size.crop_height")
    if (share := recipe.value("paper.patterned")) > SEEN:
        period = min(max(scale * recipe.value("paper.period"), 1.5), 64)
        # A grating from 0 to c has the standard deviation c / (2 sqrt(2)), of the light that the paper leaves.
        darkness = 2 * math.sqrt(2) * contrast / max(1 - blank, 0.01)
        ends = [darkness * recipe.value(f"paper.texture.p{each}") for each in ("05", "95")]
        yield (
            f"paper with a pattern in {100 * share:.0f} % of the strings, of {period / scale:.1f} px there",
            {
                "step": "woven_paper",
                "number": 1,
                "period": _ends(0.8 * period, 1.2 * period, 1.5, 64),
                "contrast": _ends(ends[0], ends[1], 0, 1),
                "p": round(share, 2),
            },
        )
    blur = [scale * recipe.value(f"paper.blur.p{each}") for each in ("05", "95")]
    if blur[1] >= _LEAST_BLUR:
        yield "blur of edges, 5 to 95 %", {"step": "gaussian_blur", "sigma": _ends(blur[0], blur[1], 0, 8)}
    noise = [contrast * recipe.value(f"paper.noise.p{each}") for each in ("05", "95")]
    if not math.isnan(noise[0]):
        yield "noise of the paper, 5 to 95 %", {"step": "gaussian_noise", "std": _ends(noise[0], noise[1], 0, 1)}


def flow(value: object) -> str:
    """Write numbers, words, lists and mappings as YAML in one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{flow(key)}: {flow(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(flow, value))}]"
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".") if value else "0"
    return str(value)


def _ends(first: float, last: float, low: float, high: float) -> list[float]:
    """Two ends of a range, in order, inside bounds, as few digits as are measured."""
    inside = sorted(round(min(max(each, low), high), 3) for each in (first, last))
    return [float(each) for each in inside]
