"""Two models side by side: sections of the page of a study."""

from collections.abc import Sequence

import numpy as np

from digitgen.look.kit import page
from digitgen.look.kit.page import Html
from digitgen.look.kit.wording import p_value, percent
from digitgen.look.mistakes.comparison import Comparison
from digitgen.look.mistakes.pictures import EXAMPLES, pictures
from digitgen.look.mistakes.study import Model, Study
from digitgen.look.mistakes.wording import points


def verdict(models: Sequence[Model], pair: Comparison) -> list[Html]:
    """Say in a sentence which of two models is better.

    Parameters
    ----------
    models : sequence of Model
        The two models.
    pair : Comparison
        Their comparison.

    Returns
    -------
    list of Html
        The headline of the page.
    """
    first, second = models
    if pair.p_value < 0.05:
        better, worse = (second, first) if pair.difference.value < 0 else (first, second)
        says = f"{better.name} reads more sequences than {worse.name}"
    else:
        says = f"{first.name} and {second.name} cannot be told apart"
    text = (
        f"{says}: {percent(second.mistakes.sequence_error_rate.value)} of sequences wrong in {second.name}, "
        f"{percent(first.mistakes.sequence_error_rate.value)} in {first.name} "
        f"(McNemar's exact test: {p_value(pair.p_value)})."
    )
    return [page.headline(text)]


def side_by_side(found: Study, pair: Comparison) -> Html:
    """Show two models side by side.

    Parameters
    ----------
    found : Study
        A study of two models.
    pair : Comparison
        Their comparison.

    Returns
    -------
    Html
        A section of the page.
    """
    first, second = found.models
    difference = pair.difference
    parts = [
        page.table(
            ["sequences", f"{second.name} right", f"{second.name} wrong"],
            [
                [f"{first.name} right", pair.both_right, pair.only_second_wrong],
                [f"{first.name} wrong", pair.only_first_wrong, pair.both_wrong],
            ],
        ),
        page.paragraph(
            f"{second.name} less {first.name}: {100 * difference.value:+.2f} points of the sequence error rate "
            f"(95 % interval {100 * difference.low:+.2f} to {100 * difference.high:+.2f}; Bonett and Price); "
            f"McNemar's exact test, two-sided: {p_value(pair.p_value)}."
        ),
    ]
    if pair.groups:
        rows = [
            [
                group.factor,
                group.level,
                f"{group.digits:,}",
                percent(group.first),
                percent(group.second),
                points(group.difference),
                page.remark("; ".join(group.also)),
            ]
            for group in pair.groups
        ]
        parts.append(
            page.table(
                [
                    "",
                    "group",
                    "digits",
                    f"wrong, {first.name}",
                    f"wrong, {second.name}",
                    "difference, points",
                    "what moves along",
                ],
                rows,
                caption="Where they differ beyond doubt, and by more than elsewhere",
            )
        )
    else:
        parts.append(page.paragraph("In no group do they differ beyond doubt, and by more than elsewhere."))
    one, two = (model.mistakes.distances > 0 for model in found.models)
    for model, only in ((first, one & ~two), (second, two & ~one)):
        rows_only = np.flatnonzero(only)[:EXAMPLES]
        if rows_only.size:
            parts.append(page.subsection(f"Only {model.name} gets these wrong", pictures(rows_only, model, found)))
    return page.section("Side by side", *parts)
