"""Sections of the page of a study: the conditions that errors depend on."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from digitgen.look.kit import page
from digitgen.look.kit.page import Html
from digitgen.look.kit.wording import percent, written
from digitgen.look.mistakes.effects import LEAST_DIGITS, LEAST_ERRORS
from digitgen.look.mistakes.factor import Factor
from digitgen.look.mistakes.groups import Groups
from digitgen.look.mistakes.pictures import titled
from digitgen.look.mistakes.plots import confusions, pairs, rates, worst_classes
from digitgen.look.mistakes.study import Model, Study
from digitgen.look.mistakes.wording import points

_PLOTS: Final = 14  # factors of augmentation that are sampled; tables have them all
_LEVELS: Final = 20  # levels that fit a plot
_PAIRS: Final = "Pair with the left neighbour"


def effects(model: Model, found: Study) -> Html:
    """Show the table of the groups that hurt most.

    Parameters
    ----------
    model : Model
        The model.
    found : Study
        The study that it is in.

    Returns
    -------
    Html
        A section of the page.
    """
    mistakes = model.mistakes
    title = titled("What hurts most", model, found)
    if not mistakes.effects:
        return page.section(title, page.paragraph("No group errs more than all digits outside it beyond doubt."))
    rows = [
        [
            effect.factor,
            effect.level,
            f"{effect.digits:,}",
            percent(effect.rate),
            percent(effect.rest),
            points(effect.difference),
            f"{effect.excess.value:,.0f} ({max(effect.excess.low, 0):,.0f} or more)",
            page.remark("; ".join(effect.also)),
        ]
        for effect in mistakes.effects
    ]
    return page.section(
        title,
        page.paragraph(
            "The worst group of everything that a digit stands in, against the digits outside it. Ranked by the least "
            "number of errors that the group must have too many. A group is no cause of its own if it errs hardly more "
            "than digits that are in the same of the other groups: it moves along with the one that is most like it."
        ),
        page.table(
            ["", "group", "digits", "wrong", "elsewhere", "more, points", "errors too many", "what moves along"], rows
        ),
        page.paragraph(
            f"{mistakes.compared:,} groups were compared; all intervals hold together at 95 %. Groups of fewer than "
            f"{LEAST_DIGITS} digits or with fewer than {LEAST_ERRORS} errors are left out.",
            quiet=True,
        ),
    )


def confusion_section(found: Study) -> Html:
    """Show confusion matrices, and the most frequent confusions."""
    alphabet, parts = found.dataset.alphabet, []
    names = [*map(written, alphabet), "nothing"]
    for model in found.models:
        table = model.mistakes.confusion.copy()
        np.fill_diagonal(table, 0)
        order = np.argsort(-table, axis=None, kind="stable")[:8]
        often = [(*divmod(int(each), len(names)), round(table.flat[each])) for each in order if round(table.flat[each])]
        said = ", ".join(f"{names[true]} as {names[read]} {count:,} times" for true, read, count in often)
        shown = worst_classes(model.mistakes.confusion, model.mistakes.added)
        some = f" The {len(shown)} of {len(alphabet)} that go wrong most." if len(shown) < len(alphabet) else ""
        alt = f"Confusion matrix of {model.name}. Most often: {said or 'nothing'}."
        parts.append(
            page.picture(
                confusions(model.mistakes.confusion, model.mistakes.added, alphabet),
                alt=alt,
                caption=f"{model.name}: true digits down, what was read across; the stronger the colour, the more."
                + some,
            )
        )
        rows: list[list[page.Cell]] = [
            [
                names[true],
                "not read" if read == len(alphabet) else names[read],
                count,
                percent(count / model.mistakes.confusion[true].sum()),
            ]
            for true, read, count in often
        ]
        parts.append(
            page.table(["true", "read as", "times", "share of that digit"], rows)
            if rows
            else page.paragraph("No digit was misread.")
        )
    return page.section("Confusions", page.grid(parts, least=_least(alphabet)))


def _least(alphabet: str) -> int:
    """Find the least width of a table of classes by classes, px."""
    return 380 if len(alphabet) <= _LEVELS else 760


def dependence(found: Study) -> Html:
    """Show plots and tables of the error rate against every condition of a digit."""
    models = [model.mistakes for model in found.models]
    overall = [float(each.digits.wrong.mean()) for each in models]
    named = [
        (factor, [each.factors[number][1] for each in models]) for number, (factor, _) in enumerate(models[0].factors)
    ]
    sampled = [pair for pair in named if len(pair[0].levels) <= _LEVELS]
    common = [pair for pair in sampled if not pair[0].sampled]
    steps = [pair for pair in sampled if pair[0].sampled]
    steps.sort(key=lambda pair: -_swing(pair[1]))
    parts: list[Html] = [
        page.paragraph(
            "Share of digits that go wrong, with 95 % intervals, against what they stand in. Dashed: all digits. "
            + (f"Blue: {found.models[0].name}; orange: {found.models[1].name}." if found.comparison else "")
        ),
        page.grid([_plot(factor, groups, overall) for factor, groups in common]),
    ]
    if steps:
        left = len(steps) - _PLOTS
        shown = f"The {_PLOTS} that differ most; the others are in the tables below." if left > 0 else ""
        parts.append(page.subsection("What augmentation sampled", page.paragraph(shown)))
        parts.append(page.grid([_plot(factor, groups, overall) for factor, groups in steps[:_PLOTS]]))
    for factor, groups in named:
        if factor.name == _PAIRS:
            pictures = [
                page.picture(
                    pairs(each, found.dataset.alphabet),
                    alt=f"{model.name}: {_said(factor, each)}",
                    caption=f"{model.name}: % of digits wrong",
                )
                for model, each in zip(found.models, groups, strict=True)
            ]
            parts.append(page.subsection("Neighbours", page.grid(pictures, least=_least(found.dataset.alphabet))))
    parts += [
        _table(found, factor, groups)
        for factor, groups in named
        if factor not in (pair[0] for pair in sampled) and factor.name != _PAIRS
    ]
    parts.append(page.folded("All of these figures as a table", *(_table(found, *pair) for pair in sampled)))
    return page.section("What errors depend on", *parts)


def _swing(groups: Sequence[Groups]) -> float:
    """Measure how far levels lie from each other, in standard errors."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(
            max(np.nan_to_num(np.abs(each.difference / each.difference_error), posinf=0).max() for each in groups)
        )


def _plot(factor: Factor, groups: Sequence[Groups], overall: Sequence[float]) -> Html:
    """Plot one factor."""
    return page.picture(
        rates(factor, groups, overall), alt=f"{factor.name}. {' '.join(_said(factor, each) for each in groups)}"
    )


def _said(factor: Factor, groups: Groups) -> str:
    """Describe a plot for those who cannot see it."""
    rate = np.where(groups.digits >= LEAST_DIGITS, np.nan_to_num(groups.rate), np.nan)
    if np.isnan(rate).all():
        return "Too few digits to tell."
    worst, best = int(np.nanargmax(rate)), int(np.nanargmin(rate))
    return (
        f"Digits wrong: most at {factor.levels[worst]}, {percent(float(rate[worst]))}; "
        f"fewest at {factor.levels[best]}, {percent(float(rate[best]))}."
    )


def _table(found: Study, factor: Factor, groups: Sequence[Groups]) -> Html:
    """List the figures of one factor; the worst twenty of many levels."""
    order = np.arange(len(factor.levels))
    caption = factor.name
    if len(order) > _LEVELS:
        least = groups[0].interval()[0]
        order = np.argsort(-least, kind="stable")[:_LEVELS]
        caption += f": the {_LEVELS} worst of {len(factor.levels):,}, by the lower end of the interval"
    header = ["", "digits"]
    for model in found.models:
        header += [f"wrong, {model.name}" if found.comparison else "wrong", "95 % interval"]
    rows: list[list[page.Cell]] = []
    for level in order:
        row: list[page.Cell] = [factor.levels[level], int(groups[0].digits[level])]
        for each in groups:
            low, high = each.interval()
            known = each.digits[level] > 0
            row.append(percent(float(each.rate[level])) if known else "-")
            row.append(f"{percent(float(low[level]))} to {percent(float(high[level]))}" if known else "-")
        rows.append(row)
    return page.table(header, rows, caption=caption)
