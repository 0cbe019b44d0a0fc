"""The command that writes a shipped configuration to start from: parse, call, print."""

import argparse
import sysconfig
from pathlib import Path
from typing import Final

from digitgen.cli.arguments import Add, add_force
from digitgen.cli.output import output_paths, write_output
from digitgen.errors import ArgumentError, DigitgenError
from digitgen.messages import has_no

_SCHEMA: Final = "digitgen-schema.json"
_FOLDERS: Final = (
    Path(__file__).parents[2] / "configs",  # a clone, also one that is installed as it lies
    Path(sysconfig.get_path("data")) / "share" / "digitgen" / "configs",
)


def add_command(add: Add) -> None:
    """Add the command; `add` takes name, function, description and example, and returns the command's parser."""
    init = add(
        "init",
        _init,
        "Write a shipped configuration to start from, and the JSON Schema by which editors complete it.",
        "digitgen init augmented",
    )
    init.add_argument("name", nargs="?", default="quickstart", metavar="NAME", help="which one (default: quickstart)")
    add_force(init)


def shipped() -> dict[str, Path]:
    """Find the shipped configurations.

    Returns
    -------
    dict of str to Path
        Their files by name.

    Raises
    ------
    DigitgenError
        If the installation lacks them.
    """
    for folder in _FOLDERS:
        if found := {path.stem: path for path in sorted(folder.glob("*.yaml"))}:
            return found
    raise DigitgenError("the shipped configurations are missing from this installation; install mnist-digitgen again")


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
