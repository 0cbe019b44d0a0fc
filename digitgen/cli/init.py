"""The command that writes a shipped configuration to start from: parse, call, print."""

import argparse
from pathlib import Path
from typing import Final

from digitgen.cli.arguments import Add, add_force
from digitgen.cli.output import output_paths, write_output
from digitgen.config.shipped import START, shipped
from digitgen.errors import ArgumentError
from digitgen.messages import has_no

_SCHEMA: Final = "digitgen-schema.json"


def add_command(add: Add) -> None:
    """Add the command; `add` takes name, function, description and example, and returns the command's parser."""
    init = add(
        "init",
        _init,
        "Write a shipped configuration to start from, and the JSON Schema by which editors complete it.",
        "digitgen init augmented",
    )
    init.add_argument("name", nargs="?", default=START, metavar="NAME", help=f"which one (default: {START})")
    add_force(init)


def _init(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from digitgen.config.schema import json_schema

    there = shipped()
    if arguments.name not in there:
        raise ArgumentError(f"digitgen {has_no('configuration', arguments.name, there)}")
    (path,) = output_paths(None, f"{arguments.name}.yaml", force=arguments.force)
    text = f"# yaml-language-server: $schema={_SCHEMA}\n{there[arguments.name].read_text(encoding='utf-8')}"
    write_output(path, text.encode(), force=arguments.force)
    write_output(Path(_SCHEMA), f"{json_schema()}\n".encode(), force=True)
    return 0
