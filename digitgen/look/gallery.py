"""The gallery: every augmentation step at low, middle and high strength, on one page."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digitgen.augment.catalogue import AUGMENTATIONS
from digitgen.augment.limits import caution
from digitgen.augment.step import Step, WarpStep
from digitgen.augmenting import augmentation
from digitgen.generate import generate_batch
from digitgen.glyphs import GlyphBank

_DIGITS: Final = [5, 0, 4, 2, 7]
_WIDTH: Final = 160
_ZOOM: Final = 2
_STRENGTHS: Final = ("low", "middle", "high")
_TEXT: Final = 250  # px for names
_GAP: Final = 12
_ROW: Final = 28 * _ZOOM + 30
_PAPER, _INK, _FAINT = 255, 30, 110


def gallery(bank: GlyphBank, *, seed: int = 0) -> Image.Image:
    """Draw every step at three strengths: severities 1, 3 and 5 where they are published, else of its default range.

    A step that would push digits out of a sequence acts on each glyph by itself.

    Parameters
    ----------
    bank : GlyphBank
        Where the digits come from.
    seed : int, default 0
        The same seed draws the same page.

    Returns
    -------
    PIL.Image.Image
        A grey page, some 800 px wide.
    """
    column = _WIDTH * _ZOOM + _GAP
    page = Image.new("L", (_TEXT + 3 * column + _GAP, _ROW * len(AUGMENTATIONS) + 40), _PAPER)
    draw = ImageDraw.Draw(page)
    large, small = ImageFont.load_default(15), ImageFont.load_default(11)
    for number, strength in enumerate(_STRENGTHS):
        draw.text((_TEXT + number * column, 12), strength, _FAINT, large)
    for row, (name, step) in enumerate(AUGMENTATIONS.items()):
        top = 40 + row * _ROW
        draw.text((_GAP, top + 8), name, _INK, large)
        draw.text((_GAP, top + 28), "on glyphs" if _stage(name, step) == "glyphs" else "on the sequence", _FAINT, small)
        for number, (caption, image) in enumerate(_pictures(name, step, bank, seed)):
            left = _TEXT + number * column
            picture = Image.fromarray(image).resize((_WIDTH * _ZOOM, 28 * _ZOOM), Image.Resampling.NEAREST)
            page.paste(picture, (left, top))
            draw.text((left, top + 28 * _ZOOM + 4), caption, _FAINT, small)
    return page


def _pictures(name: str, step: Step, bank: GlyphBank, seed: int) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """What stands under each picture of a step, and the picture."""
    for level in range(len(_STRENGTHS)):
        settings = _at_strength(step, level)
        steps = [{"step": name, **settings}]
        chosen = augmentation(glyphs=steps) if _stage(name, step) == "glyphs" else augmentation(sequence=steps)
        batch = generate_batch([_DIGITS], (0, 2), _WIDTH, rng=seed, glyphs=bank, augment=chosen)
        yield ", ".join(f"{key} {value:.3g}" for key, value in settings.items()) or "no parameters", batch.images[0]


def _at_strength(step: Step, level: int) -> dict[str, Any]:
    """Settings of a step at one of three strengths."""
    if step.has_severities:
        return {"severity": 1 + 2 * level}
    settings: dict[str, Any] = {}
    for name, parameter in step.parameters.items():
        low, high = parameter.default
        if low == high and not parameter.fixed:  # one published value: show what else could be asked for
            low, high = (parameter.bounds[end] + (low - parameter.bounds[end]) / 2 for end in (0, 1))
        # Where a range lies around zero, that is no effect, and its end the strongest.
        value = high * (level + 1) / 3 if low < 0 < high else low + (high - low) * level / 2
        settings[name] = round(value) if parameter.integer else float(value)
    return settings


def _stage(name: str, step: Step) -> str:
    """Whether a step acts on glyphs here, or on the sequence."""
    if "sequence" not in step.stages:
        return "glyphs"
    if "glyphs" not in step.stages or not isinstance(step, WarpStep):
        return "sequence"
    strongest = augmentation(sequence=[{"step": name, **_at_strength(step, 2)}]).sequence[0]
    return "glyphs" if caution(strongest, "sequence", _WIDTH) else "sequence"
