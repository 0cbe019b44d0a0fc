"""The command that shows what a model gets wrong: parse, call, print."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from digitgen.cli.arguments import Add, add_dataset, add_json, add_output, add_writers, nonempty_path
from digitgen.cli.console import tell
from digitgen.cli.extras import need_report
from digitgen.cli.output import output_paths
from digitgen.errors import ArgumentError, DatasetError

if TYPE_CHECKING:
    from digitgen.look.mistakes.study import Study


def add_command(add: Add) -> None:
    """Add the command; `add` takes name, function, description and example, and returns the command's parser."""
    mistakes = add(
        "mistakes",
        _mistakes,
        "Show what a model gets wrong, and compare two models. Predictions are a CSV with the header id,prediction, "
        'lines of JSON such as {"id": 17, "prediction": "0350"}, or a .npy of digits padded with -1 or of strings.',
        "digitgen mistakes data/quickstart predictions.csv --split test -o mistakes.html",
    )
    add_dataset(mistakes)
    mistakes.add_argument(
        "predictions",
        type=nonempty_path,
        nargs="+",
        metavar="PREDICTIONS",
        help="one file of predictions, or two to compare",
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
    from digitgen.look.mistakes.study import study, to_json

    if len(arguments.predictions) > 2:
        raise ArgumentError(f"one or two files of predictions can be looked at; got {len(arguments.predictions)}")
    output = None
    if arguments.output:
        default = f"{arguments.predictions[0].stem}-mistakes.html"
        (output,) = output_paths(arguments.output, default, force=arguments.force)
    manifest = read_manifest(arguments.dataset)
    split = arguments.split or _only(arguments.dataset, list(manifest.splits))
    writers = read_writers(arguments.writers) if arguments.writers else None
    dataset = DigitDataset(arguments.dataset, split, manifest=manifest)
    found = study(dataset, arguments.predictions, writers=writers, progress=sys.stderr.isatty())
    if output:
        from digitgen.look.mistakes.page import mistakes_page

        write_atomically(output, mistakes_page(found), fsync=False, replace=arguments.force)
    if arguments.json:
        print(json.dumps(to_json(found)))
    else:
        for line in _lines(found):
            tell(line)
        if output:
            print(output)
    return 0


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
    from digitgen.look.mistakes.wording import doubts, rounded, within

    lines = about_alphabet(found.dataset.alphabet)
    for model in found.models:
        mistakes = model.mistakes
        lines += [f"{model.name}: {each}" for each in doubts(model)]
        lines += [
            f"{model.name}: {mistakes.wrong_images:,} of {mistakes.images:,} sequences wrong, "
            f"{within(mistakes.sequence_error_rate)}; edits per digit {within(mistakes.digit_error_rate)}",
            *(
                f"{model.name}: {each.name}: {rounded(each.share)} of errors "
                f"({each.errors:,.0f} of {each.digits:,} such digits; {percent(each.elsewhere)} otherwise)"
                for each in mistakes.patterns
            ),
        ]
    if pair := found.comparison:
        first, second = found.models
        lines.append(
            f"only {first.name} wrong: {pair.only_first_wrong:,}; only {second.name} wrong: "
            f"{pair.only_second_wrong:,}; "
            f"McNemar's exact test: {p_value(pair.p_value)}"
        )
    return lines
