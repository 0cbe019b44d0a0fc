"""The command that prints the JSON Schema of configurations."""

import argparse

from digitgen.cli.arguments import Add
from digitgen.cli.console import say


def add_command(add: Add) -> None:
    """Add the command; `add` takes name, function, description and example, and returns the command's parser."""
    add("schema", _schema, "Print the JSON Schema of configurations.", "digitgen schema > schema.json")


def _schema(_: argparse.Namespace) -> int:
    """Run the command."""
    from digitgen.augment.catalogue import all_steps
    from digitgen.config.schema import json_schema
    from digitgen.glyphs.sources import all_sources

    all_steps(say)  # these say which packages do not work: the schema is without what they add
    all_sources(say)
    print(json_schema())
    return 0
