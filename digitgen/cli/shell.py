"""The commands about the command line itself: help, and completions for a shell."""

import argparse

from digitgen.cli.arguments import Add, nonempty_path
from digitgen.errors import ArgumentError
from digitgen.messages import did_you_mean, shown


def add_command(add: Add) -> None:
    """Add both commands; `add` takes name, function, description and example, and returns the command's parser."""
    helping = add("help", _help, "Show the help of a command.", "digitgen help build")
    helping.add_argument("command", nargs="?", metavar="COMMAND", help="which command (default: all, in a line each)")
    completion = add(
        "completion",
        _completion,
        "Print completions of all commands and options for a shell.",
        "digitgen completion bash > digitgen.bash",
    )
    completion.add_argument("shell", choices=["bash", "zsh", "tcsh"], help="bash, zsh or tcsh")


def _help(arguments: argparse.Namespace) -> int:
    """Run the command `help`."""
    if arguments.command is None:
        arguments.parser.print_help()
        return 0
    if arguments.command not in arguments.commands:
        close = did_you_mean(arguments.command, arguments.commands)
        raise ArgumentError(f"there is no command {shown(arguments.command)}{close}")
    arguments.commands[arguments.command].print_help()
    return 0


def _completion(arguments: argparse.Namespace) -> int:
    """Run the command `completion`."""
    import shtab

    for command in arguments.commands.values():
        for action in command._actions:
            if action.type is nonempty_path:
                action.complete = shtab.FILE
    print(shtab.complete(arguments.parser, shell=arguments.shell))
    return 0
