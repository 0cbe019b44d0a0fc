"""The command that fetches the files of a source: parse, call, print."""

import argparse
import sys

from digitgen.cli.arguments import Add, add_data_dir
from digitgen.cli.console import say


def add_command(add: Add) -> None:
    """Add the command; `add` takes name, function, description and example, and returns the command's parser."""
    fetch = add(
        "fetch",
        _fetch,
        "Fetch and verify the files of a source of digits, and print the folder that they are in.",
        "digitgen fetch mnist",
    )
    fetch.add_argument("source", nargs="?", metavar="SOURCE", help="which source (default: mnist)")
    fetch.add_argument("--writers", action="store_true", help="the files that say who wrote its digits, too")
    add_data_dir(fetch)


def _fetch(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from digitgen.errors import ArgumentError
    from digitgen.glyphs.fetch import fetch_source
    from digitgen.glyphs.sources import DEFAULT, find_source

    try:
        found = find_source(DEFAULT if arguments.source is None else arguments.source)
    except ArgumentError as error:
        raise ArgumentError(f"SOURCE {error}") from None
    source, progress = found.source, sys.stderr.isatty()
    if arguments.writers and not source.writers:
        raise ArgumentError(f"{source.name} does not say who wrote its digits, so there is nothing for --writers")
    print(fetch_source(source, arguments.data_dir, say=say, progress=progress))
    if arguments.writers and source.writers:
        print(fetch_source(source.writers, arguments.data_dir, say=say, progress=progress))
    return 0
