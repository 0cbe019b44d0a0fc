"""The commands that look at datasets: parse, call, print."""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from digitgen.cli.arguments import (
    Add,
    add_data_dir,
    add_dataset,
    add_jobs,
    add_json,
    add_output,
    add_overrides,
    add_writers,
    integer,
    nonempty,
    place,
)
from digitgen.cli.console import say, tell
from digitgen.cli.extras import need_report
from digitgen.cli.output import output_paths, write_output
from digitgen.errors import ArgumentError, DatasetError, NothingMeasuredError
from digitgen.messages import has_no

if TYPE_CHECKING:
    from digitgen.dataset.manifest import Manifest
    from digitgen.look.preview.view import View
    from digitgen.look.report.statistics import Statistics
    from digitgen.measure.measure import Measured


_MOST: Final = 10_000  # images on a sheet
_MOST_MEASURED: Final = 2000  # images whose strings are measured, at equal distances


def add_command(add: Add) -> None:
    """Add the three commands; `add` takes name, function, description and example, and returns the command's parser."""
    _add_preview(add)
    _add_report(add)
    _add_inspect(add)


def _add_preview(add: Add) -> None:
    """Add the command `preview`."""
    preview = add(
        "preview",
        _preview,
        "Render a contact sheet of a dataset, or of what a configuration would make.",
        "digitgen preview configs/augmented.yaml --by step --pairs",
    )
    preview.add_argument(
        "what", type=place, metavar="CONFIG|DATASET", help="a YAML file, a dataset folder or its address in a store"
    )
    add_overrides(preview)
    add_output(preview, "PNG", "the sheet (default: ./NAME-preview.png)")
    preview.add_argument(
        "--split", metavar="NAME", help="(default: train, or the first; with --by: all, unless --writers is given)"
    )
    preview.add_argument("--index", type=_indices, default=(), metavar="LIST", help="these images, such as 3,5-9")
    preview.add_argument("--where", type=nonempty, metavar="CONDITION", help="such as \"length == 5 and '4' in text\"")
    preview.add_argument(
        "--by", type=nonempty, metavar="NAME", help="in groups by length, step, severity, source, hand, ..."
    )
    preview.add_argument(
        "--count", type=integer(1, _MOST), metavar="N", help="images (default: 40; with --by: 8 of each group)"
    )
    preview.add_argument(
        "--seed", type=integer(0, 10**18 - 1), metavar="N", help="choose at random (default: the first ones)"
    )
    preview.add_argument("--columns", type=integer(1, _MOST), metavar="N", help="images beside each other")
    preview.add_argument("--boxes", action="store_true", help="render the digits' boxes")
    preview.add_argument("--masks", action="store_true", help="colour each digit's ink")
    preview.add_argument("--pairs", action="store_true", help="with the image before augmentation at its left")
    add_writers(preview, "; an image's hand is that of its first digit")
    add_data_dir(preview)


def _add_report(add: Add) -> None:
    """Add the command `report`."""
    report = add(
        "report",
        _report,
        "Write a page about a dataset: samples, statistics, tests of what the recipe claims.",
        "digitgen report data/quickstart -o report.html",
    )
    add_dataset(report)
    add_output(report, "HTML", "the page (default: ./NAME-report.html)")
    add_jobs(report)
    add_data_dir(report)


def _add_inspect(add: Add) -> None:
    """Add the command `inspect`."""
    inspect = add(
        "inspect",
        _inspect,
        "Print the figures of the report, and how strings are written, as measure does.",
        "digitgen inspect data/quickstart --json",
    )
    add_dataset(inspect)
    add_json(inspect)
    add_jobs(inspect)
    add_data_dir(inspect)


def _indices(text: str) -> tuple[int, ...]:
    """A type of argument: indices and ranges of them."""
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,12})(?:-(\d{1,12}))?\s*", part, re.ASCII)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if first > last:
            raise argparse.ArgumentTypeError(f"must be indices such as 3,5-9; got {text!r}")
        if len(found) + last - first >= _MOST:
            raise argparse.ArgumentTypeError(f"must be at most {_MOST:,} indices; got {text!r}")
        found += range(first, last + 1)
    return tuple(found)


def _preview(arguments: argparse.Namespace) -> int:
    """Run the command `preview`."""
    from digitgen.look.kit.writers import read_writers
    from digitgen.look.preview.preview import Choice, preview
    from digitgen.look.preview.view import with_writers
    from digitgen.png import png_bytes

    writers = read_writers(arguments.writers) if arguments.writers else None
    name, views = _views(arguments)
    if writers is not None:
        views = [with_writers(view, writers) for view in views]
    (output,) = output_paths(arguments.output, f"{name}-preview.png", force=arguments.force)
    choice = Choice(arguments.index, arguments.where or "", arguments.by or "", arguments.count, arguments.seed)
    page = preview(
        views,
        choice,
        title=name,
        boxes=arguments.boxes,
        masks=arguments.masks,
        pairs=arguments.pairs,
        columns=arguments.columns,
        progress=sys.stderr.isatty(),
    )
    write_output(output, png_bytes(page), force=arguments.force)
    return 0


def _report(arguments: argparse.Namespace) -> int:
    """Run the command `report`."""
    need_report()
    from digitgen.dataset.manifest import read_manifest
    from digitgen.look.report.report import report

    manifest = read_manifest(arguments.dataset)
    (output,) = output_paths(arguments.output, f"{manifest.name}-report.html", force=arguments.force)
    write_output(output, report(_statistics(arguments, manifest)), force=arguments.force)
    return 0


def _inspect(arguments: argparse.Namespace) -> int:
    """Run the command `inspect`."""
    need_report()
    from digitgen.dataset.manifest import read_manifest
    from digitgen.look.report.figures import figures
    from digitgen.look.report.listing import listing
    from digitgen.measure.wording import table

    found = _statistics(arguments, read_manifest(arguments.dataset))
    writing = _writing(arguments, found.manifest)
    if arguments.json:
        print(json.dumps(figures(found) | {"writing": writing.to_json() if writing else None}))
        return 0
    for line in listing(found):
        tell(line)
    if writing:
        tell(f"{writing.collection.name}: {writing.strings:,} images measured as digitgen measure does")
        for line in table(writing):
            tell(f"  {line}")
    return 0


def _writing(arguments: argparse.Namespace, manifest: "Manifest") -> "Measured | None":
    """Measure the strings of one split as they are written; None if there is nothing to measure in it."""
    from digitgen.measure.measure import measure
    from digitgen.measure.open import split_collection

    collection = split_collection(arguments.dataset, manifest)
    try:
        return measure(collection, most=_MOST_MEASURED, progress=sys.stderr.isatty())
    except NothingMeasuredError:  # a dataset may have lost all its ink, and is looked at all the same
        return None


def _statistics(arguments: argparse.Namespace, manifest: "Manifest") -> "Statistics":
    """Count everything in the dataset."""
    from digitgen.look.report.counting import dataset_statistics

    return dataset_statistics(
        arguments.dataset,
        manifest,
        jobs=arguments.jobs,
        data_dir=arguments.data_dir,
        progress=sys.stderr.isatty(),
        say=say,
    )


def _views(arguments: argparse.Namespace) -> "tuple[str, list[View]]":
    """Find the splits to look at; gives the name of the dataset and a view of each."""
    from digitgen.look.preview.view import views_of_config, views_of_dataset

    wanted = {
        "masks": arguments.masks,
        "clean": arguments.pairs,
        "data_dir": arguments.data_dir,
        "say": say,
    }
    if isinstance(arguments.what, str) or arguments.what.is_dir():
        from digitgen.dataset.manifest import read_manifest

        if arguments.overrides:
            raise ArgumentError(
                f"{arguments.overrides[0]}: a dataset is as it was built; only a configuration can be changed"
            )
        manifest = read_manifest(arguments.what)
        splits = _splits(arguments, list(manifest.splits))
        return manifest.name, views_of_dataset(arguments.what, manifest, splits, **wanted)
    from digitgen.compose.content.wording import describe_splits
    from digitgen.config.load import load_config

    config = load_config(arguments.what, arguments.overrides)
    splits = _splits(arguments, list(config.splits))
    views = views_of_config(config, splits, **wanted)
    for _, names, law in describe_splits({name: config.content(name) for name in splits}):
        say(f"sequence{f' of {names}' * bool(names)}: {law}")
    return config.name, views


def _splits(arguments: argparse.Namespace, there: Sequence[str]) -> list[str]:
    """Choose the splits to look at; writers belong to one source, so that they go with one split."""
    if arguments.split is None:
        return list(there) if arguments.by and not arguments.writers else ["train" if "train" in there else there[0]]
    if arguments.split not in there:
        raise DatasetError(f"{arguments.what}: {has_no('split', arguments.split, there)}")
    return [arguments.split]
