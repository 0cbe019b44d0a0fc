"""The command that verifies a dataset: parse, call, print."""

import argparse
import json
import sys

from digitgen.cli.arguments import Add, add_data_dir, add_dataset, add_json, integer
from digitgen.cli.console import say, tell


def add_command(add: Add) -> None:
    """Add the command; `add` takes name, function, description and example, and returns the command's parser."""
    verify = add("verify", _verify, "Check every file of a dataset.", "digitgen verify data/quickstart")
    add_dataset(verify)
    verify.add_argument(
        "--quick", action="store_true", help="compare names and sizes of the shards only, and read none of them"
    )
    verify.add_argument(
        "--regenerate", type=integer(0, 10**9), default=0, metavar="N", help="make N random images again and compare"
    )
    add_data_dir(verify, "; own sources are relative to it")
    add_json(verify)


def _verify(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from dataclasses import asdict

    from digitgen.build.verify import verify_dataset

    found = verify_dataset(
        arguments.dataset,
        quick=arguments.quick,
        regenerate=arguments.regenerate,
        data_dir=arguments.data_dir,
        progress=sys.stderr.isatty(),
        say=say,
    )
    if found.harmless:
        say(f"passed over, as systems leave it: {', '.join(found.harmless)}")
    if arguments.json:
        print(json.dumps(asdict(found)))
    else:
        for file, trouble in found.damaged.items():
            tell(f"{file}: {trouble}")
        for one, other, count in found.shared_writers:
            print(f"{one} and {other}: {f'{count:,} writers' if count else 'no writer'} in common")
        verdict = f"{len(found.damaged)} damaged" if found.damaged else "all there" if arguments.quick else "all whole"
        if arguments.regenerate:
            verdict += f", {found.regenerated:,} images made again and compared"
        print(f"{arguments.dataset}: {found.files} files, {found.images:,} images: {verdict}")
    return 0 if found.ok else 3
