"""The command that measures real strings: parse, call, print."""

import argparse
import json
import sys
from typing import Final

from digitgen.cli.arguments import Add, add_json, add_output, place
from digitgen.cli.console import tell
from digitgen.cli.extras import need_report
from digitgen.cli.output import output_paths

REAL: Final = (
    "a folder of images, with COCO boxes of digits (.json), or with their texts (.csv, .tsv, .txt), or alone; "
    "or a dataset"
)
"""The kinds of folders of real strings, for help."""


def add_command(add: Add) -> None:
    """Add the command; `add` takes name, function, description and example, and returns the command's parser."""
    measure = add(
        "measure",
        _measure,
        "Measure real strings: how digits touch, stand and lean, what they say, their paper and margins.",
        "digitgen measure crops --beside data/quickstart -o measured.html",
    )
    measure.add_argument("real", type=place, metavar="REAL", help=REAL)
    measure.add_argument("--beside", type=place, metavar="REAL", help="another, such as a dataset, to set beside it")
    measure.add_argument("--split", metavar="NAME", help="of a dataset (default: train, or the first)")
    add_output(measure, "HTML", "write a page that opens offline")
    add_json(measure)


def _measure(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from digitgen.files import write_atomically
    from digitgen.measure.measure import measure
    from digitgen.measure.open import is_ours, open_collection
    from digitgen.measure.wording import listing

    output = None
    if arguments.output:
        need_report()
        (output,) = output_paths(arguments.output, "measured.html", force=arguments.force)
    places = [arguments.real, *([arguments.beside] if arguments.beside else [])]
    # A split is that of the datasets among them; of none it would be a mistake.
    ours = [is_ours(each) for each in places]
    splits = [arguments.split if own or not any(ours) else None for own in ours]
    collections = [open_collection(each, split) for each, split in zip(places, splits, strict=True)]
    found = [measure(each, progress=sys.stderr.isatty()) for each in collections]
    if output:
        from digitgen.look.measure.page import measured_page

        write_atomically(output, measured_page(*found), fsync=False, replace=arguments.force)
    if arguments.json:
        print(json.dumps(found[0].to_json() | ({"beside": found[1].to_json()} if len(found) > 1 else {})))
    else:
        for line in listing(*found):
            tell(line)
        if output:
            print(output)
    return 0
