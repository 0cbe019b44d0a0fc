"""The command line: parse, call, print.

Results go to stdout, everything else to stderr. The heavier modules load inside the commands that
need them, so that ``--help`` answers at once.
"""

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from digitgen.console import (
    TerminatedError,
    handle_signals,
    ignore_signals,
    prepare_streams,
    results,
    say,
    was_interrupted,
)
from digitgen.errors import ArgumentError, ConfigError, DigitgenError, one_line
from digitgen.look import augmentations_command, mistakes_command
from digitgen.look import commands as look
from digitgen.look.commands import Add
from digitgen.options import DATA_DIR_HELP, MOST_JOBS, integer, nonempty_path


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
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line; the usage is for whoever asks for it."""
        self.exit(2, f"{self.prog}: {one_line(message)} (see {self.prog} --help)\n")


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the arguments; overrides may stand before and behind options, which argparse cannot do."""
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    overrides = [each for each in rest if "=" in each and not each.startswith("-")]
    if len(overrides) < len(rest) or (rest and not hasattr(arguments, "overrides")):
        parser.error(f"unrecognized arguments: {' '.join(each for each in rest if each not in overrides) or rest[0]}")
    if rest:
        arguments.overrides = [*arguments.overrides, *overrides]
    return arguments


def _parser() -> _Parser:
    parser = _Parser(
        prog="digitgen",
        description="Labelled images of handwritten digit sequences, exact and reproducible.",
        epilog="Example: digitgen build configs/quickstart.yaml",
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=_Parser)
    parser.set_defaults(run=lambda arguments: _top(parser, arguments, list(commands.choices)), debug=False)

    def add(name: str, run: Callable[[argparse.Namespace], int], what: str, example: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=what, description=what, epilog=f"Example: {example}")
        command.add_argument("--debug", action="store_true", help="show the traceback of an error")
        command.set_defaults(run=run)
        return command

    for add_command in (_add_build, _add_image, _add_verify, _add_fetch):
        add_command(add)
    augmentations_command.add_command(add)
    look.add_commands(add)
    mistakes_command.add_command(add)
    add("schema", _schema, "Print the JSON Schema of configurations.", "digitgen schema > schema.json")
    return parser


def _top(parser: _Parser, arguments: argparse.Namespace, commands: list[str]) -> int:
    """No command was given."""
    if not arguments.version:
        parser.error(f"a command is needed: {', '.join(commands[:-1])} or {commands[-1]}")
    from digitgen import __version__

    print(__version__)
    return 0


def _add_build(add: Add) -> None:
    build = add(
        "build",
        _build,
        "Build a dataset of HDF5 shards from a YAML configuration.",
        "digitgen build configs/quickstart.yaml --jobs 2 splits.train.count=50000",
    )
    build.add_argument("config", type=nonempty_path, metavar="CONFIG", help="the YAML file")
    build.add_argument(
        "overrides", metavar="KEY=VALUE", nargs="*", default=[], help="replaces a value, as in image_width=200"
    )
    build.add_argument(
        "--out", type=nonempty_path, metavar="DIR", help="new or empty folder for the dataset (default: data/NAME)"
    )
    build.add_argument(
        "--jobs", type=integer(1, MOST_JOBS), metavar="N", help="worker processes (default: one a processor)"
    )
    build.add_argument("--seed", metavar="N", help="the same as seed=N")
    build.add_argument("--resume", action="store_true", help="go on with an interrupted build, or repair a dataset")
    build.add_argument("--overwrite", action="store_true", help="delete the dataset that is there, and start again")
    build.add_argument("--data-dir", type=nonempty_path, metavar="DIR", help=DATA_DIR_HELP)
    build.add_argument("--dry-run", action="store_true", help="check everything, say what would be made, write nothing")
    build.add_argument("--json", action="store_true", help="print the result as JSON")


def _build(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from digitgen.build import build_dataset
    from digitgen.config import load_config
    from digitgen.errors import BuildError
    from digitgen.manifest import JOURNAL_NAME, MANIFEST_NAME
    from digitgen.place import check_place
    from digitgen.preflight import describe_laws, plan_build

    overrides = list(arguments.overrides)
    if arguments.seed is not None:
        overrides.append(f"seed={arguments.seed}")
    config = load_config(arguments.config, overrides)
    out = arguments.out or Path("data") / config.name
    if arguments.dry_run:
        check_place(out, allowed=arguments.resume or arguments.overwrite)
        plans = plan_build(config, data_dir=arguments.data_dir, say=say)
        if arguments.json:
            splits = [asdict(plan) for plan in plans]
            print(json.dumps({"out": str(out), "splits": splits, "cautions": config.cautions()}))
            return 0
        most = "" if config.output.compression == "none" else "less than "
        for plan in plans:
            files = "1 file" if plan.shards == 1 else f"{plan.shards} files"
            print(f"{plan.name}: {plan.count:,} images in {files}, {most}{plan.bytes:,} bytes")
        print("\n".join(describe_laws(plans)) or "spacing: all gaps fit the image; gaps are uniform")
        for caution in config.cautions():
            print(caution)
        print(f"{out}: would hold {most}{sum(plan.bytes for plan in plans):,} bytes; nothing was written")
        return 0
    try:
        manifest = build_dataset(
            config,
            out,
            jobs=arguments.jobs,
            resume=arguments.resume,
            overwrite=arguments.overwrite,
            data_dir=arguments.data_dir,
            progress=sys.stderr.isatty(),
            say=say,
        )
    except (BuildError, KeyboardInterrupt):
        if (out / JOURNAL_NAME).exists() and not (out / MANIFEST_NAME).exists():
            say(f"go on with: {_resuming_command(arguments)}")
        raise
    if arguments.json:
        result = {
            "out": str(out),
            "images": manifest.images,
            "bytes": manifest.bytes,
            "lost_digits": manifest.lost_digits,
        }
        print(json.dumps({**result, "fingerprint": manifest.fingerprint}))
    else:
        print(f"{out}: {manifest.images:,} images, {manifest.bytes:,} bytes")
        if manifest.lost_digits:
            say(f"{manifest.lost_digits:,} digits have no ink left inside their image; their boxes have no width")
    return 0


def _resuming_command(arguments: argparse.Namespace) -> str:
    """Spell the command that goes on with this build."""
    words = ["digitgen", "build", str(arguments.config), *arguments.overrides]
    for option in ("out", "jobs", "seed", "data_dir"):
        if (value := getattr(arguments, option)) is not None:
            words += [f"--{option.replace('_', '-')}", str(value)]
    return shlex.join([*words, "--resume"])


def _add_image(add: Add) -> None:
    image = add(
        "image",
        _image,
        "Write the image of one sequence of digits as a PNG.",
        "digitgen image 350 --min-spacing 2 --max-spacing 8 --image-width 120",
    )
    image.add_argument("digits", metavar="DIGITS", help="the digits to draw, such as 0072")
    image.add_argument("--min-spacing", type=int, required=True, metavar="PX", help="smallest gap between digits")
    image.add_argument("--max-spacing", type=int, required=True, metavar="PX", help="largest gap, itself possible")
    image.add_argument("--image-width", type=int, required=True, metavar="PX", help="width; the height is 28")
    image.add_argument(
        "--count", type=integer(1, 100_000), default=1, metavar="N", help="how many different images (default: 1)"
    )
    image.add_argument(
        "--seed",
        type=integer(0, 2**63 - 1),
        metavar="N",
        help="makes the same images again (default: a new one, told)",
    )
    image.add_argument(
        "-o", "--output", type=nonempty_path, metavar="PATH", help="file or folder (default: ./DIGITS.png)"
    )
    image.add_argument("--force", action="store_true", help="replace files that exist")
    image.add_argument("--fit", default="conditional", choices=["conditional", "strict"], help="(%(default)s)")
    image.add_argument("--align", default="center", choices=["center", "left", "right", "random"], help="(%(default)s)")
    image.add_argument("--unit", default="cell", choices=["cell", "ink"], help="what gaps lie between (%(default)s)")
    image.add_argument("--overlap", default="max", choices=["max", "sum"], help="where digits overlap (%(default)s)")
    image.add_argument("--data-dir", type=nonempty_path, metavar="DIR", help=DATA_DIR_HELP)


def _image(arguments: argparse.Namespace) -> int:
    import secrets

    from digitgen.files import write_atomically
    from digitgen.generate import generate_numbers_sequence
    from digitgen.glyphs import GlyphBank
    from digitgen.png import png_bytes, png_paths
    from digitgen.rng import as_generator
    from digitgen.sources import load_mnist

    if not (arguments.digits.isascii() and arguments.digits.isdecimal()):
        raise ArgumentError(f"DIGITS must be digits from 0 to 9, such as 350; got {arguments.digits!r}")
    paths = png_paths(arguments.digits, arguments.count, arguments.output)
    taken = next((path for path in paths if path.exists()), None)
    if taken and not arguments.force:
        raise DigitgenError(f"{taken} exists; name another file with -o, or replace it with --force")
    seed = secrets.randbits(32) if arguments.seed is None else arguments.seed
    rng = as_generator(seed)
    source = load_mnist("mnist/train", arguments.data_dir, say=say)
    bank = GlyphBank.from_arrays(source.images, source.labels)
    for path in paths:
        image = generate_numbers_sequence(
            [int(digit) for digit in arguments.digits],
            (arguments.min_spacing, arguments.max_spacing),
            arguments.image_width,
            rng=rng,
            glyphs=bank,
            fit=arguments.fit,
            align=arguments.align,
            unit=arguments.unit,
            overlap=arguments.overlap,
        )
        write_atomically(path, png_bytes(image), fsync=False, replace=arguments.force)
        print(path)
    if arguments.seed is None:
        say(f"--seed {seed} makes the same again")
    return 0


def _add_verify(add: Add) -> None:
    verify = add("verify", _verify, "Check every file of a dataset.", "digitgen verify data/quickstart")
    verify.add_argument("dataset", type=nonempty_path, metavar="DIR", help="the dataset folder")
    verify.add_argument(
        "--regenerate", type=integer(0, 10**9), default=0, metavar="N", help="make N random images again and compare"
    )
    verify.add_argument(
        "--data-dir", type=nonempty_path, metavar="DIR", help=f"{DATA_DIR_HELP}; own sources are relative to it"
    )
    verify.add_argument("--json", action="store_true", help="print the result as JSON")


def _verify(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from digitgen.verify import verify_dataset

    found = verify_dataset(
        arguments.dataset,
        regenerate=arguments.regenerate,
        data_dir=arguments.data_dir,
        progress=sys.stderr.isatty(),
        say=say,
    )
    if arguments.json:
        print(json.dumps(asdict(found)))
    else:
        for file, trouble in found.damaged.items():
            print(f"{file}: {trouble}")
        verdict = f"{len(found.damaged)} damaged" if found.damaged else "all whole"
        if arguments.regenerate:
            verdict += f", {found.regenerated:,} images made again and compared"
        print(f"{arguments.dataset}: {found.files} files, {found.images:,} images: {verdict}")
    return 0 if found.ok else 3


def _add_fetch(add: Add) -> None:
    fetch = add("fetch", _fetch, "Fetch and verify MNIST, and print the folder it is in.", "digitgen fetch")
    fetch.add_argument("--data-dir", type=nonempty_path, metavar="DIR", help=DATA_DIR_HELP)


def _fetch(arguments: argparse.Namespace) -> int:
    from digitgen.sources import fetch_mnist

    print(fetch_mnist(arguments.data_dir, say=say, progress=sys.stderr.isatty()))
    return 0


def _schema(_: argparse.Namespace) -> int:
    from digitgen.config import json_schema

    print(json_schema())
    return 0


if __name__ == "__main__":
    sys.exit(main())
