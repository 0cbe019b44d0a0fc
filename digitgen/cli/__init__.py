"""The command line: a file a command."""

from digitgen.cli.program import main

__all__ = ["main"]
