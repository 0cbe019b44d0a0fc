"""The gallery: every augmentation step at low, middle and high strength, on one page."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from PIL import Image

from digitgen.augment.catalogue import all_steps, find_step
from digitgen.augment.limits import caution
from digitgen.augment.step import Step, WarpStep
from digitgen.compose.generate import generate_batch
from digitgen.config.augmentation import augmentation
from digitgen.glyphs.bank import GlyphBank
from digitgen.look.kit.sheet import Group, Picture, sheet

_DIGITS: Final = [5, 0, 4, 2, 7]
_WIDTH: Final = 160
_STRENGTHS: Final = ("low", "middle", "high")
_SUBTITLE: Final = "Severities 1, 3 and 5 where they are published; else three strengths with their parameters."


def gallery(bank: GlyphBank, names: Sequence[str] = (), *, seed: int = 0) -> Image.Image:
    """Render steps at three strengths: severities 1, 3 and 5 where they are published.

    A step that would push digits out of a sequence acts on each glyph by itself.

    Parameters
    ----------
    bank : GlyphBank
        The glyphs to choose from.
    names : sequence of str, optional
        Names of the steps; all by default.
    seed : int, default 0
        The same seed renders the same page.

    Returns
    -------
    PIL.Image.Image
        Grey, one row a step.
    """
    steps = [find_step(name) for name in names or all_steps()]
    groups = [Group(f"{step.name}: {step.description}", list(_pictures(step, bank, seed))) for step in steps]
    page = sheet(groups, title="Augmentation steps", subtitle=_SUBTITLE, columns=len(_STRENGTHS))
    return page.convert("L")


def _pictures(step: Step, bank: GlyphBank, seed: int) -> Iterator[Picture]:
    """Render a step at each strength."""
    stage = _stage(step)
    for level, strength in enumerate(_STRENGTHS):
        settings = _at_strength(step, level)
        steps = [{"step": step.name, **settings}]
        chosen = augmentation(glyphs=steps) if stage == "glyphs" else augmentation(sequence=steps)
        batch = generate_batch([_DIGITS], (0, 2), _WIDTH, rng=seed, glyphs=bank, augment=chosen)
        shown = ", ".join(f"{key} {value:.3g}" for key, value in settings.items())
        yield Picture((batch.images[0],), shown or "no parameters", strength + " on each glyph" * (stage == "glyphs"))


def _at_strength(step: Step, level: int) -> dict[str, Any]:
    """Choose settings of a step for one of three strengths."""
    if step.has_severities:
        return {"severity": 1 + 2 * level}
    settings: dict[str, Any] = {}
    for name, parameter in step.parameters.items():
        low, high = parameter.default
        if parameter.default == parameter.bounds:  # a place rather than a strength: it is sampled
            continue
        if low == high and not parameter.fixed:  # one published value: show what else could be asked for
            low, high = (parameter.bounds[end] + (low - parameter.bounds[end]) / 2 for end in (0, 1))
        # Where a range lies around zero, that is no effect, and its end the strongest.
        value = high * (level + 1) / 3 if low < 0 < high else low + (high - low) * level / 2
        settings[name] = round(value) if parameter.integer else float(value)
    return settings


def _stage(step: Step) -> str:
    """Whether a step acts on glyphs here, or on the sequence."""
    if "sequence" not in step.stages:
        return "glyphs"
    if "glyphs" not in step.stages or not isinstance(step, WarpStep):
        return "sequence"
    strongest = augmentation(sequence=[{"step": step.name, **_at_strength(step, 2)}]).sequence[0]
    return "glyphs" if caution(strongest, "sequence", _WIDTH) else "sequence"
