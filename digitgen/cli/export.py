"""The command that exports a dataset: parse, call, print."""

import argparse
import json
import shlex
import sys
from pathlib import Path

from digitgen.cli.arguments import Add, add_dataset, add_json, place
from digitgen.cli.console import say
from digitgen.export import FORMATS
from digitgen.messages import file_count


def add_command(add: Add) -> None:
    """Add the command; `add` takes name, function, description and example, and returns the command's parser."""
    export = add(
        "export",
        _export,
        "Export a dataset into a format of others; given again, go on with an export that was interrupted.",
        "digitgen export data/quickstart --to parquet -o exported",
    )
    add_dataset(export)
    export.add_argument("--to", required=True, choices=FORMATS, metavar="FORMAT", help=f"one of {', '.join(FORMATS)}")
    export.add_argument(
        "-o", "--output", type=place, metavar="DIR", help="new or empty folder (default: ./NAME-FORMAT)"
    )
    export.add_argument(
        "--split", action="append", metavar="NAME", help="export this split only; may be given several times"
    )
    export.add_argument("--no-images", action="store_true", help="with --to parquet: a table of labels")
    add_json(export)


def _export(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from digitgen.errors import ExportError
    from digitgen.export.export import export_dataset

    out = arguments.output or _default(arguments)
    try:
        done = export_dataset(
            arguments.dataset,
            arguments.to,
            out,
            splits=arguments.split,
            images=not arguments.no_images,
            progress=sys.stderr.isatty(),
            say=say,
        )
    except (ExportError, KeyboardInterrupt):
        _tell_how_to_go_on(out, arguments)
        raise
    if arguments.json:
        print(json.dumps({"out": str(out), "images": done.images, "files": done.files, "bytes": done.bytes}))
    else:
        print(f"{out}: {done.images:,} images in {file_count(done.files)}, {done.bytes:,} bytes")
    return 0


def _default(arguments: argparse.Namespace) -> Path:
    """Name the folder of an export by the dataset's folder and the format, in the current folder."""
    dataset = arguments.dataset
    name = dataset.resolve().name if isinstance(dataset, Path) else dataset.rpartition("/")[2]
    return Path(f"{name}-{arguments.to}")


def _tell_how_to_go_on(out: Path | str, arguments: argparse.Namespace) -> None:
    """Print the command that goes on with an export, if it was begun."""
    from digitgen.export.progress import read_progress

    if read_progress(Path(out)) is None:
        return
    words = ["digitgen", "export", str(arguments.dataset), "--to", arguments.to]
    words += ["-o", str(arguments.output)] if arguments.output else []
    words += [word for name in arguments.split or () for word in ("--split", name)]
    say(f"go on with: {shlex.join([*words, *(['--no-images'] if arguments.no_images else [])])}")
