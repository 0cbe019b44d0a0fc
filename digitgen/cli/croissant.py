"""The command that describes a dataset in the format Croissant: parse, call, write."""

import argparse
import sys
from typing import TYPE_CHECKING

from digitgen.cli.arguments import Add, add_dataset, add_output, nonempty
from digitgen.cli.console import say

if TYPE_CHECKING:
    from datetime import date


def add_command(add: Add) -> None:
    """Add the command; `add` takes name, function, description and example, and returns the command's parser."""
    command = add(
        "croissant",
        _croissant,
        "Describe a dataset for searches and loaders of others, in the format Croissant 1.1.",
        "digitgen croissant data/quickstart --url https://example.org/digits --creator 'A. Nobody'",
    )
    add_dataset(command)
    command.add_argument("--url", type=nonempty, metavar="URL", help="the web page of the dataset")
    command.add_argument("--creator", type=nonempty, metavar="NAME", help="the person or body that publishes it")
    command.add_argument(
        "--published", type=_day, metavar="DATE", help="the day of its publication, such as 2026-01-31 (default: today)"
    )
    add_output(command, "JSON", "the file to write (default: croissant.json in the dataset folder)")


def _day(text: str) -> "date":
    """Read an argument as a day."""
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a day, such as 2026-01-31; got {text!r}") from None


def _croissant(arguments: argparse.Namespace) -> int:
    """Run the command."""
    import json
    from datetime import UTC, datetime

    from digitgen.cli.output import output_paths, write_output
    from digitgen.dataset.describe import describe_dataset
    from digitgen.dataset.manifest import CROISSANT_NAME
    from digitgen.dataset.stores import store_of
    from digitgen.errors import ArgumentError

    place, given = arguments.dataset, arguments.output
    if isinstance(place, str) and not given:
        raise ArgumentError(f"{place} is no folder of this machine; name the file to write with -o, and put it there")
    store_of(place).check_there()
    (path,) = output_paths(given or place / CROISSANT_NAME, CROISSANT_NAME, force=arguments.force)
    published = arguments.published or datetime.now(UTC).date()
    description = describe_dataset(
        place, url=arguments.url, creator=arguments.creator, published=published, progress=sys.stderr.isatty()
    )
    if missing := [f"--{key}" for key in ("url", "creator") if key not in description]:
        say(f"Croissant 1.1 wants {' and '.join(missing)} of a dataset that is published")
    write_output(path, f"{json.dumps(description, indent=1)}\n".encode(), force=arguments.force)
    return 0
