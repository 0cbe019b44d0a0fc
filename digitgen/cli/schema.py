"""The command that prints the JSON Schema of configurations."""

import argparse

from digitgen.cli.arguments import Add
from digitgen.cli.console import say


def add_command(add: Add) -> None:
    """Add the command; `add` takes name, function, description and example, and returns the command's parser."""
    add("schema", _schema, "Print the JSON Schema of configurations.", "digitgen schema > schema.json")


def _schema(_: argparse.Namespace) -> int:
    from digitgen.augment.catalogue import all_steps
    from digitgen.config.build_config import json_schema

    all_steps(say)  # which says what packages do not work: the schema is without their steps
    print(json_schema())
    return 0
