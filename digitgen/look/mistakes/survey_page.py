"""The page of a survey: all splits in one table, the worst first, and what is wrong in each."""

from collections.abc import Mapping

from digitgen.look.kit import page
from digitgen.look.kit.page import Html
from digitgen.look.kit.wording import about_alphabet, percent
from digitgen.look.mistakes.plots import splits
from digitgen.look.mistakes.survey import Row, Survey
from digitgen.look.mistakes.wording import doubts, mean_of_splits, points, rounded, within


def survey_page(found: Survey, parts: Mapping[str, list[Html]]) -> bytes:
    """Make the page, one HTML file with everything in it.

    Parameters
    ----------
    found : Survey
        A survey of one model.
    parts : mapping of str to list of Html
        The `patterns` of each split, with examples.

    Returns
    -------
    bytes
        HTML in UTF-8.
    """
    said = [f"{row.split}: {each}" for row in found.rows for each in doubts(row)]
    notes = about_alphabet(found.manifest.alphabet)
    if found.missing:
        notes.append(f"Without predictions: {', '.join(found.missing)}.")
    return page.page(
        f"Mistakes of {found.name} on {found.manifest.name}: {len(found.rows)} splits",
        *map(page.headline, [*said, _worst(found)]),
        *map(page.paragraph, notes),
        _table(found),
        _picture(found),
        *(page.section(row.split, *parts[row.split]) for row in found.rows),
        _method(found),
    )


def _worst(found: Survey) -> str:
    """Say which split is the worst."""
    row = found.rows[0]
    more = f", {100 * row.against.difference.value:.1f} points more than {found.base}" if row.against else ""
    mean = f" {mean_of_splits(found)}" if found.mean is not None else ""
    return f"Worst is {row.split}: {percent(row.sequence_error_rate.value)} of sequences wrong{more}.{mean}"


def _table(found: Survey) -> Html:
    """List the splits."""
    header = ["split", "sequences wrong, %", "edits per digit, %"]
    header += [f"more than {found.base}, points"] if found.base else []
    return page.table([*header, "what stands out"], [_cells(row, against=found.base is not None) for row in found.rows])


def _cells(row: Row, *, against: bool) -> list[page.Cell]:
    """List one split."""
    rates = (within(each).replace(" %", "") for each in (row.sequence_error_rate, row.digit_error_rate))
    cells: list[page.Cell] = [row.split, *rates]
    if against:
        cells.append(points(row.against.difference) if row.against else "-")
    return [*cells, page.remark("; ".join(f"{each.name} ({rounded(each.share)})" for each in row.patterns[:1]))]


def _picture(found: Survey) -> Html:
    """Plot the splits."""
    said = "; ".join(f"{row.split}: {percent(row.sequence_error_rate.value)}" for row in found.rows)
    orange = f"; orange: {found.base}" if found.base else ""
    return page.picture(
        splits(found.rows, found.base),
        alt=f"Sequences wrong. {said}.",
        caption=f"Sequences wrong, with 95 % intervals{orange}.",
    )


def _method(found: Survey) -> Html:
    """Explain how the figures came about."""
    text = (
        "Figures in brackets are 95 % intervals: Wilson's for sequences; for edits per digit, 2,000 bootstrap "
        "resamples of whole sequences. "
    )
    if found.base:
        text += (
            f"Splits that show the sequences of {found.base} again are compared with it image by image: the interval "
            "is Bonett and Price's. The interval of other splits is Newcombe's. "
        )
    text += "Shares beside a pattern are of the errors of its split. A page of one split, by --split, has more."
    return page.section("How to read this page", page.paragraph(text))
