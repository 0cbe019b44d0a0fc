"""The command that finishes a dataset that was built in parts: parse, call, print."""

import argparse
import sys

from digitgen.cli.arguments import Add, add_data_dir, add_json, place
from digitgen.cli.build import print_dataset
from digitgen.cli.console import say


def add_command(add: Add) -> None:
    """Add the command; `add` takes name, function, description and example, and returns the command's parser."""
    finish = add(
        "finish",
        _finish,
        "Finish a dataset that was built in parts: check every shard, write the manifest.",
        "digitgen finish data/quickstart",
    )
    finish.add_argument("out", type=place, metavar="DIR", help="the folder, or address, that all parts were built into")
    add_data_dir(finish, "; own sources are relative to it")
    add_json(finish)


def _finish(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from digitgen.build.array import finish_dataset

    manifest = finish_dataset(arguments.out, data_dir=arguments.data_dir, progress=sys.stderr.isatty(), say=say)
    return print_dataset(arguments.out, manifest, arguments)
