"""The page of a study: mistakes in words first, then in pictures, plots and tables."""

import numpy as np

from digitgen.look.kit import page
from digitgen.look.kit.page import Html
from digitgen.look.kit.wording import about_alphabet
from digitgen.look.mistakes.comparison_sections import side_by_side, verdict
from digitgen.look.mistakes.effects import LEAST_DIGITS
from digitgen.look.mistakes.pattern_sections import explained, patterns
from digitgen.look.mistakes.patterns import PAIRS
from digitgen.look.mistakes.pictures import glyphs_misread, titled, worst
from digitgen.look.mistakes.sections import confusion_section, dependence, effects
from digitgen.look.mistakes.study import Model, Study
from digitgen.look.mistakes.summary import LOST
from digitgen.look.mistakes.wording import doubts, nothing, rounded, within


def mistakes_page(found: Study) -> bytes:
    """Make the page, one HTML file with everything in it.

    Parameters
    ----------
    found : Study
        A study of one model or two.

    Returns
    -------
    bytes
        HTML in UTF-8.
    """
    names = " and ".join(model.name for model in found.models)
    title = f"Mistakes of {names} on {found.dataset.manifest.name}/{found.dataset.split}"
    parts: list[Html] = [page.paragraph(note) for note in about_alphabet(found.dataset.alphabet)]
    if found.comparison:
        parts += verdict(found.models, found.comparison)
    for model in found.models:
        parts += _summary(model, found)
    parts += [_patterns(model, found) for model in found.models]
    if found.comparison:
        parts.append(side_by_side(found, found.comparison))
    parts += [effects(model, found) for model in found.models]
    parts += [confusion_section(found), dependence(found)]
    for model in found.models:
        parts += [worst(model, found), glyphs_misread(model, found)]
    return page.page(title, *parts, _method())


def _summary(model: Model, found: Study) -> list[Html]:
    """Show first the patterns in words, and the rates."""
    mistakes = model.mistakes
    lost, added = mistakes.confusion[:, LOST].sum(), mistakes.added.sum()
    misread = mistakes.confusion[:, :LOST].sum() - np.trace(mistakes.confusion)
    who = f"{model.name}: " if found.comparison else ""
    # Patterns of predictions that stand beside the wrong images say nothing of the model.
    top = [] if model.misalignment else mistakes.patterns[:3]
    said = doubts(model) + [f"{each.name}: {rounded(each.share)} of errors" for each in top]
    figures: list[tuple[str, page.Cell]] = [
        ("Sequences wrong", within(mistakes.sequence_error_rate)),
        ("Edits per digit", within(mistakes.digit_error_rate)),
        ("Images", mistakes.images),
        ("Digits read as another", round(misread)),
        ("Digits not read", round(lost)),
        ("Digits too many", round(added)),
        ("Digits swapped", round(mistakes.swapped)),
    ]
    return [
        *(page.headline(f"{who}{each}") for each in said or [nothing(mistakes)]),
        *(explained(each) for each in top if len(mistakes.patterns) == 1),
        page.facts(figures),
    ]


def _patterns(model: Model, found: Study) -> Html:
    """Show every pattern with examples."""
    return page.section(titled("In a few words", model, found), *patterns(model, found))


def _method() -> Html:
    """Explain how the figures came about."""
    return page.section(
        "How to read this page",
        page.paragraph(
            "Truth and prediction are aligned with the fewest substitutions, deletions and insertions. Where several "
            "alignments are as short, each counts the same, so that a digit may be wrong by a half; a pattern at the "
            "top settles those that it explains. A digit is wrong if it was read as another, not at all, or in the "
            "place of its neighbour. A digit too many counts against the neighbour that is the same digit, which was "
            "read twice, or else by a half against each."
        ),
        page.paragraph(
            "Figures in brackets are 95 % intervals: Wilson's for sequences; for edits per digit, 2,000 bootstrap "
            "resamples of whole sequences with a fixed seed; for groups of digits, Wilson's with as many independent "
            "digits as their standard error, clustered by sequence, is worth."
        ),
        page.paragraph(
            "What stands at the top was found by search: every digit, every pair of digits (of more than "
            f"{PAIRS} pairs, those that are taken for each other most) and all of them, under every single condition "
            f"that holds for at least {LEAST_DIGITS} digits. The set with the largest likelihood ratio (Kulldorff's "
            "scan statistic) comes first; then the search begins again without its "
            "digits. Each must differ from the rest beyond doubt, allowing for all the sets that were looked at; a "
            "parameter of a step, from the other images that the step touched. Findings of the same words are one if "
            "they are of one thing, such as the spacing. Combinations of two conditions are not searched."
        ),
    )
