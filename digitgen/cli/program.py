"""The command line: parse, call, print.

Results go to stdout, everything else to stderr. The heavier modules load inside the commands that
need them, so that ``--help`` answers at once.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Final, NoReturn

from digitgen.cli.console import (
    TerminatedError,
    handle_signals,
    ignore_signals,
    prepare_streams,
    quiet,
    results,
    say,
    was_interrupted,
)
from digitgen.errors import ConfigError, DigitgenError
from digitgen.messages import did_you_mean, one_line, shown

COMMANDS: Final = (
    "build",
    "finish",
    "image",
    "verify",
    "fetch",
    "augmentations",
    "live",
    "look",
    "mistakes",
    "measure",
    "calibrate",
    "export",
    "croissant",
    "schema",
    "init",
    "shell",
)
"""The modules of the commands, in the order in which help lists them; each has a function `add_command`."""

_OF_OTHERS: Final = frozenset({"live", "look", "shell"})  # modules that add commands of other names than theirs


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; those of the process by default.

    Returns
    -------
    int
        0 done, 1 failed, 2 usage or configuration, 3 a dataset is damaged or unfinished, 75 locked by
        another build, 130 and 143 interrupted.
    """
    prepare_streams()
    handle_signals()
    debug = False
    try:
        with results():
            arguments = _parse(argv)
            debug = arguments.debug
            with quiet(enough=arguments.quiet):
                return int(arguments.run(arguments))
    except DigitgenError as error:
        if debug:
            raise
        # Only a configuration has several things wrong with it at once.
        for line in str(error).split("\n") if isinstance(error, ConfigError) else [str(error)]:
            say(line)
        return error.exit_code
    except BrokenPipeError:  # whoever read stdout has seen enough
        return 1
    except KeyboardInterrupt as error:
        say("interrupted")
        return 143 if isinstance(error, TerminatedError) else 130
    except (OSError, MemoryError) as error:
        if debug:
            raise
        say(f"{error} (--debug shows where)" if str(error) else "out of memory")
        return 1
    except Exception:
        # A library may make an exception of its own of what interrupts it, as pydantic does while it builds a model.
        if (code := was_interrupted()) is None:
            raise
        say("interrupted")
        return code
    finally:
        ignore_signals()  # while Python ends


class _Parser(argparse.ArgumentParser):
    """A parser that reports errors in one line."""

    def error(self, message: str) -> NoReturn:
        """Report an error in one line; the usage is for those who ask for it."""
        self.exit(2, f"{self.prog}: {one_line(message)} (see {self.prog} --help)\n")


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the arguments; overrides may stand before and behind options, which argparse cannot do."""
    words = list(sys.argv[1:] if argv is None else argv)
    command = next((word for word in words if not word.startswith("-")), None)
    parser = _parser((command,) if command in COMMANDS and command not in _OF_OTHERS else COMMANDS)
    commands = parser.get_default("commands")
    if command is not None and command not in commands:
        parser.error(f"there is no command {shown(command)}{did_you_mean(command, commands)}")
    arguments, rest = parser.parse_known_args(words)
    overrides = [each for each in rest if "=" in each and not each.startswith("-")]
    if len(overrides) < len(rest) or (rest and not hasattr(arguments, "overrides")):
        parser.error(f"unrecognized arguments: {' '.join(each for each in rest if each not in overrides) or rest[0]}")
    if rest:
        arguments.overrides = [*arguments.overrides, *overrides]
    return arguments


def _parser(modules: Iterable[str]) -> _Parser:
    """Make the parser of the command line with the commands of some modules; all take longer to load than an image."""
    parser = _Parser(
        prog="digitgen",
        description="Labelled images of handwritten digit sequences, exact and reproducible.",
        epilog="Example: digitgen build configs/quickstart.yaml",
    )
    parser.add_argument("-V", "--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=_Parser)
    _add_common(parser, default=False)
    parser.set_defaults(run=_top, parser=parser, commands=commands.choices)

    def add(name: str, run: Callable[[argparse.Namespace], int], what: str, example: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=what, description=what, epilog=f"Example: {example}")
        _add_common(command, default=argparse.SUPPRESS)  # what stands before the command holds
        command.set_defaults(run=run)
        return command

    for module in modules:
        import_module(f"digitgen.cli.{module}").add_command(add)
    return parser


def _add_common(parser: argparse.ArgumentParser, default: object) -> None:
    """Add the options that may stand before a command as well as behind it."""
    parser.add_argument("--debug", action="store_true", default=default, help="show the traceback of an error")
    parser.add_argument("-q", "--quiet", action="store_true", default=default, help="print results and errors only")


def _top(arguments: argparse.Namespace) -> int:
    """Print the version, or say that a command is needed."""
    if not arguments.version:
        commands = list(arguments.commands)
        arguments.parser.error(f"a command is needed: {', '.join(commands[:-1])} or {commands[-1]}")
    from digitgen.version import VERSION

    print(VERSION)
    return 0
