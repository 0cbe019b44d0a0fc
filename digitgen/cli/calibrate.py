"""The command that writes a recipe for strings like real ones: parse, call, print."""

import argparse
import re
import sys

from digitgen.cli.arguments import Add, add_data_dir, add_output, place
from digitgen.cli.console import say
from digitgen.cli.measure import REAL


def add_command(add: Add) -> None:
    """Add the command; `add` takes name, function, description and example, and returns the command's parser."""
    calibrate = add(
        "calibrate",
        _calibrate,
        "Write a recipe whose strings are written as real ones are: gaps, heights, slants, strokes, greys, margins.",
        "digitgen calibrate crops -o recipe.yaml",
    )
    calibrate.add_argument("real", type=place, metavar="REAL", help=REAL)
    calibrate.add_argument("--split", metavar="NAME", help="of a dataset (default: train, or the first)")
    calibrate.add_argument("--name", type=_name, metavar="NAME", help="of the recipe (default: that of the folder)")
    add_output(calibrate, "YAML", "the recipe (default: ./NAME.yaml)")
    add_data_dir(calibrate)


def _name(text: str) -> str:
    """Read an argument as the name of a dataset."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", text):
        raise argparse.ArgumentTypeError(f"must be letters, digits, - and _; got {text!r}")
    return text


def _calibrate(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from digitgen.cli.output import output_paths, write_output
    from digitgen.measure.calibrate import calibrate
    from digitgen.measure.measure import measure
    from digitgen.measure.open import open_collection
    from digitgen.measure.recipe import recipe_text

    collection = open_collection(arguments.real, arguments.split)
    name = arguments.name or re.sub(r"[^A-Za-z0-9]+", "-", collection.name).strip("-")[:64] or "calibrated"
    (output,) = output_paths(arguments.output, f"{name}.yaml", force=arguments.force)
    progress = sys.stderr.isatty()
    measured = measure(collection, progress=progress)
    for reason, names in collection.problems.items():
        say(f"{collection.name}: {len(names):,} {reason}: {', '.join(names[:3])}{', ...' * (len(names) > 3)}")
    found = calibrate(measured, data_dir=arguments.data_dir, progress=progress, say=say)
    write_output(output, recipe_text(found, name).encode(), force=arguments.force)
    return 0
