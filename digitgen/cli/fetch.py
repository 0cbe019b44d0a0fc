"""The command that fetches MNIST: parse, call, print."""

import argparse
import sys

from digitgen.cli.arguments import Add, add_data_dir
from digitgen.cli.console import say


def add_command(add: Add) -> None:
    """Add the command; `add` takes name, function, description and example, and returns the command's parser."""
    fetch = add("fetch", _fetch, "Fetch and verify MNIST, and print the folder it is in.", "digitgen fetch")
    add_data_dir(fetch)


def _fetch(arguments: argparse.Namespace) -> int:
    from digitgen.glyphs.mnist import fetch_mnist

    print(fetch_mnist(arguments.data_dir, say=say, progress=sys.stderr.isatty()))
    return 0
