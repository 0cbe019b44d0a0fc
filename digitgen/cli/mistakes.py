"""The command that shows what a model gets wrong: parse, call, print."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digitgen.cli.arguments import Add, add_dataset, add_json, add_output, add_writers, nonempty_path
from digitgen.cli.console import tell
from digitgen.cli.extras import need_report
from digitgen.cli.output import output_paths
from digitgen.errors import ArgumentError, DatasetError, PredictionError
from digitgen.messages import has_no

if TYPE_CHECKING:
    from digitgen.arrays import Integers
    from digitgen.dataset.digit_dataset import DigitDataset
    from digitgen.look.mistakes.study import Study
    from digitgen.look.mistakes.survey import Survey


def add_command(add: Add) -> None:
    """Add the command; `add` takes name, function, description and example, and returns the command's parser."""
    mistakes = add(
        "mistakes",
        _mistakes,
        "Show what a model gets wrong, and compare two models or all splits. Predictions are a CSV with the header "
        'id,prediction, lines of JSON such as {"id": 17, "prediction": "0350"}, or a .npy of digits padded with -1 or '
        "of strings; or a folder with one of these for each split, such as test.csv.",
        "digitgen mistakes data/quickstart predictions.csv --split test -o mistakes.html",
    )
    add_dataset(mistakes)
    mistakes.add_argument(
        "predictions",
        type=nonempty_path,
        nargs="+",
        metavar="PREDICTIONS",
        help="one file of predictions, or two to compare; or a folder with a file for each split",
    )
    add_output(mistakes, "HTML", "write a page that opens offline")
    mistakes.add_argument("--split", metavar="NAME", help="which split was read (default: test, or the only one)")
    add_json(mistakes)
    add_writers(mistakes)


def _mistakes(arguments: argparse.Namespace) -> int:
    """Run the command."""
    need_report()
    from digitgen.dataset.digit_dataset import DigitDataset
    from digitgen.dataset.manifest import read_manifest
    from digitgen.files import write_atomically
    from digitgen.look.kit.writers import read_writers

    if len(arguments.predictions) > 2:
        raise ArgumentError(f"one or two files of predictions can be looked at; got {len(arguments.predictions)}")
    output = None
    if arguments.output:
        first = arguments.predictions[0]
        default = f"{first.resolve().name if first.is_dir() else first.stem}-mistakes.html"
        (output,) = output_paths(arguments.output, default, force=arguments.force)
    manifest = read_manifest(arguments.dataset)
    writers = read_writers(arguments.writers) if arguments.writers else None
    if any(path.is_dir() for path in arguments.predictions) and not arguments.split:
        if len(arguments.predictions) > 1:
            raise ArgumentError("one folder of predictions can be looked at; compare two on one split, with --split")
        any_split = DigitDataset(arguments.dataset, next(iter(manifest.splits)), manifest=manifest)
        lines, page, content = _all_splits(any_split, arguments.predictions[0], writers, page=output is not None)
    else:
        split = arguments.split or _only(arguments.dataset, list(manifest.splits))
        dataset = DigitDataset(arguments.dataset, split, manifest=manifest)
        paths = [_file(path, split, list(manifest.splits)) for path in arguments.predictions]
        lines, page, content = _one_split(dataset, paths, writers, page=output is not None)
    if output:
        write_atomically(output, page, fsync=False, replace=arguments.force)
    if arguments.json:
        print(json.dumps(content))
    else:
        for line in lines:
            tell(line)
        if output:
            print(output)
    return 0


Told = tuple[list[str], bytes, dict[str, Any]]
"""Lines for people, a page, empty if it was not asked for, and values for JSON."""


def _one_split(dataset: "DigitDataset", paths: list[Path], writers: "Integers | None", *, page: bool) -> Told:
    """Study one split."""
    from digitgen.look.mistakes.page import mistakes_page
    from digitgen.look.mistakes.study import study, to_json

    found = study(dataset, paths, writers=writers, progress=sys.stderr.isatty())
    return _lines(found), mistakes_page(found) if page else b"", to_json(found)


def _all_splits(dataset: "DigitDataset", folder: Path, writers: "Integers | None", *, page: bool) -> Told:
    """Study all splits."""
    from digitgen.look.mistakes.pattern_sections import patterns
    from digitgen.look.mistakes.survey import survey, survey_json
    from digitgen.look.mistakes.survey_page import survey_page

    parts = {}

    def look(found: "Study") -> None:
        parts[found.dataset.split] = patterns(found.models[0], found)

    found = survey(dataset, folder, writers=writers, look=look if page else None, progress=sys.stderr.isatty())
    return _survey_lines(found), survey_page(found, parts) if page else b"", survey_json(found)


def _file(path: Path, split: str, splits: list[str]) -> Path:
    """Find the file of predictions of a split in a folder; a file is that itself."""
    from digitgen.look.mistakes.survey import files_of_splits

    if not path.is_dir():
        return path
    files = files_of_splits(path, splits)
    if split not in files:
        raise PredictionError(f"{path}: {has_no('file for the split', split, files)}")
    return files[split]


def _only(dataset: Path | str, splits: list[str]) -> str:
    """Choose the split that is meant if none is named."""
    if "test" in splits:
        return "test"
    if len(splits) == 1:
        return splits[0]
    raise DatasetError(f"{dataset}: name one of its splits with --split: {', '.join(splits)}")


def _lines(found: "Study") -> list[str]:
    """Write the lines that people read."""
    from digitgen.look.kit.wording import about_alphabet, p_value, percent
    from digitgen.look.mistakes.wording import doubts, nothing, rounded, within

    lines = about_alphabet(found.dataset.alphabet)
    for model in found.models:
        mistakes = model.mistakes
        lines += [f"{model.name}: {each}" for each in doubts(model)]
        lines += [
            f"{model.name}: {mistakes.wrong_images:,} of {mistakes.images:,} sequences wrong, "
            f"{within(mistakes.sequence_error_rate)}; edits per digit {within(mistakes.digit_error_rate)}",
            *(
                f"{model.name}: {each.name}: {rounded(each.share)} of errors "
                f"({each.errors:,.0f} of {each.digits:,} "
                + ("digits)" if each.everywhere else f"such digits; {percent(each.elsewhere)} otherwise)")
                for each in (() if model.misalignment else mistakes.patterns)
            ),
        ]
        if not mistakes.patterns and not model.misalignment:
            lines.append(f"{model.name}: {nothing(mistakes)}")
    if pair := found.comparison:
        first, second = found.models
        lines.append(
            f"only {first.name} wrong: {pair.only_first_wrong:,}; only {second.name} wrong: "
            f"{pair.only_second_wrong:,}; "
            f"McNemar's exact test: {p_value(pair.p_value)}"
        )
    return lines


def _survey_lines(found: "Survey") -> list[str]:
    """Write the lines about all splits that people read: a table, the worst first."""
    from digitgen.look.kit.wording import about_alphabet
    from digitgen.look.mistakes.wording import doubts, mean_of_splits, points, rounded, within

    lines = about_alphabet(found.manifest.alphabet)
    lines += [f"{row.split}: {each}" for row in found.rows for each in doubts(row)]
    header = ["split", "sequences wrong", "edits per digit"]
    header += [f"more than {found.base}, points"] if found.base else []
    table = [[*header, "what stands out"]]
    for row in found.rows:
        cells = [row.split, within(row.sequence_error_rate), within(row.digit_error_rate)]
        if found.base:
            cells.append(points(row.against.difference) if row.against else "-")
        table.append([*cells, "; ".join(f"{each.name} ({rounded(each.share)})" for each in row.patterns[:1])])
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
    if found.mean is not None:
        lines.append(mean_of_splits(found))
    if found.missing:
        lines.append(f"without predictions: {', '.join(found.missing)}")
    return lines
