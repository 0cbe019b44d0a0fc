"""Patterns on a page: in a sentence each, and with examples."""

import numpy as np

from digitgen.look.kit import page
from digitgen.look.kit.page import Html
from digitgen.look.kit.wording import percent
from digitgen.look.mistakes.findings import Pattern
from digitgen.look.mistakes.pictures import EXAMPLES, pictures
from digitgen.look.mistakes.study import Model, Study
from digitgen.look.mistakes.wording import nothing, rounded


def explained(pattern: Pattern) -> Html:
    """Say in a sentence how common a pattern is, there and elsewhere."""
    there = f"{percent(pattern.rate)} of such digits {pattern.when}".strip()
    others = "of them otherwise" if pattern.when else "of all other digits"
    if pattern.everywhere:
        return page.paragraph(
            f"It happens to {percent(pattern.rate)} of all digits ({pattern.errors:,.0f} of {pattern.digits:,}). "
            "No digit and no condition stands out."
        )
    also = f" The same digits, or nearly: {'; '.join(pattern.also)}." if pattern.also else ""
    return page.paragraph(
        f"It happens to {there} ({pattern.errors:,.0f} of {pattern.digits:,}), and to "
        f"{percent(pattern.elsewhere)} {others}.{also}"
    )


def patterns(model: Model, found: Study) -> list[Html]:
    """Show every pattern of a model with examples.

    Parameters
    ----------
    model : Model
        The model.
    found : Study
        The study that it is in.

    Returns
    -------
    list of Html
        Parts of a section.
    """
    mistakes = model.mistakes
    if model.misalignment:
        return [page.paragraph("Predictions beside the wrong images say nothing of the model.")]
    if not mistakes.patterns:
        return [page.paragraph(nothing(mistakes))]
    parts: list[Html] = []
    for pattern in mistakes.patterns:
        images = np.unique(mistakes.digits.sequence[pattern.wrong])
        spread = images[np.linspace(0, len(images) - 1, min(EXAMPLES, len(images))).round().astype(int)]
        title_of = f"{pattern.name}: {rounded(pattern.share)} of errors"
        parts.append(page.subsection(title_of, explained(pattern), pictures(spread, model, found)))
    rest = 1 - sum(pattern.share for pattern in mistakes.patterns)
    parts.append(page.paragraph(f"All other errors: {percent(rest)}.", quiet=True))
    return parts
