"""The command that builds a dataset: parse, call, print."""

import argparse
import contextlib
import json
import logging
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from digitgen.cli.arguments import (
    Add,
    add_data_dir,
    add_jobs,
    add_json,
    add_overrides,
    nonempty_path,
    part,
    place,
)
from digitgen.cli.console import say
from digitgen.messages import file_count, one_line

if TYPE_CHECKING:
    from digitgen.config.build_config import BuildConfig
    from digitgen.dataset.manifest import Manifest


def add_command(add: Add) -> None:
    """Add the command; `add` takes name, function, description and example, and returns the command's parser."""
    build = add(
        "build",
        _build,
        "Build a dataset of HDF5 shards from a YAML configuration.",
        "digitgen build configs/quickstart.yaml --jobs 2 splits.train.count=50000",
    )
    build.add_argument("config", type=nonempty_path, metavar="CONFIG", help="the YAML file; - reads stdin")
    add_overrides(build)
    build.add_argument(
        "--out",
        type=place,
        metavar="DIR",
        help="new or empty folder for the dataset, or an address such as s3://bucket/prefix (default: data/NAME)",
    )
    add_jobs(build)
    build.add_argument(
        "--dask", metavar="ADDRESS", help="let the workers of a Dask cluster build, as in tcp://host:8786"
    )
    build.add_argument("--ray", metavar="ADDRESS", help="let the workers of a Ray cluster build, as in host:6379")
    build.add_argument(
        "--part",
        type=part,
        metavar="K/N",
        help="build one of N parts only, as in 3/16, or go on with it; `digitgen finish` makes a dataset of all",
    )
    build.add_argument("--seed", metavar="N", help="the same as seed=N")
    build.add_argument("--resume", action="store_true", help="go on with an interrupted build, or repair a dataset")
    build.add_argument("--overwrite", action="store_true", help="delete the dataset that is there, and start again")
    add_data_dir(build)
    build.add_argument("--dry-run", action="store_true", help="check everything, say what would be made, write nothing")
    add_json(build)


def _build(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from digitgen.build.build import build_dataset
    from digitgen.errors import ArgumentError, BuildError

    others = [name for name in ("dask", "ray", "overwrite") if getattr(arguments, name)]
    if arguments.part and others:
        raise ArgumentError(
            f"--part and --{others[0]} exclude each other: a part is one of several that do not know of each other"
        )
    overrides = list(arguments.overrides)
    if arguments.seed is not None:
        overrides.append(f"seed={arguments.seed}")
    config = _load(arguments, overrides)
    out = arguments.out or Path("data") / config.name
    if arguments.dry_run:
        return _dry_run(config, out, arguments)
    if arguments.part:
        return _build_part(config, out, arguments)
    if not arguments.debug:
        _hush(arguments)
    try:
        manifest = build_dataset(
            config,
            out,
            jobs=arguments.jobs,
            dask=arguments.dask,
            ray=arguments.ray,
            resume=arguments.resume,
            overwrite=arguments.overwrite,
            data_dir=arguments.data_dir,
            progress=sys.stderr.isatty(),
            say=say,
        )
    except (BuildError, KeyboardInterrupt):
        _tell_how_to_go_on(out, arguments)
        raise
    return print_dataset(out, manifest, arguments)


def _hush(arguments: argparse.Namespace) -> None:
    """Keep a cluster's library from telling at length what digitgen says in a line."""
    if arguments.dask or arguments.ray:
        logging.disable()
    if arguments.ray:
        with contextlib.suppress(ImportError):  # which the build will say
            import ray._private.worker

            ray._private.worker.print_to_stdstream = lambda *_, **__: None  # it would be among the results


def _build_part(config: "BuildConfig", out: Path | str, arguments: argparse.Namespace) -> int:
    """Build a part."""
    from digitgen.build.array import build_part
    from digitgen.errors import BuildError

    try:
        built = build_part(
            config,
            out,
            *arguments.part,
            jobs=arguments.jobs,
            data_dir=arguments.data_dir,
            progress=sys.stderr.isatty(),
            say=say,
        )
    except (BuildError, KeyboardInterrupt):
        _tell_how_to_go_on(out, arguments)
        raise
    if arguments.json:
        print(json.dumps({"out": str(out), **asdict(built)}))
        return 0
    print(f"{out}: part {built.part}/{built.of}: {_amount(built.shards, built.images)}, {built.bytes:,} bytes")
    return 0


def _amount(shards: int, images: int) -> str:
    """Say how much a part consists of."""
    return f"{file_count(shards)}, {images:,} images"


def print_dataset(out: Path | str, manifest: "Manifest", arguments: argparse.Namespace) -> int:
    """Print what a finished dataset consists of.

    Parameters
    ----------
    out : Path or str
        Its folder or address.
    manifest : Manifest
        Its manifest.
    arguments : argparse.Namespace
        The arguments of the command, with `json`.

    Returns
    -------
    int
        The exit code.
    """
    if arguments.json:
        totals = ("images", "bytes", "lost_digits", "fingerprint")
        print(json.dumps({"out": str(out), **{name: getattr(manifest, name) for name in totals}}))
        return 0
    print(f"{out}: {manifest.images:,} images, {manifest.bytes:,} bytes")
    if manifest.lost_digits:
        say(f"{manifest.lost_digits:,} digits have no ink left inside their image; their boxes have no width")
    return 0


def _tell_how_to_go_on(out: Path | str, arguments: argparse.Namespace) -> None:
    """Print the command that goes on with a build, if it was begun."""
    from digitgen.build.places import was_begun

    if was_begun(out):
        say(f"go on with: {_resuming_command(arguments)}")


def _dry_run(config: "BuildConfig", out: Path | str, arguments: argparse.Namespace) -> int:
    """Check everything, and say what would be made."""
    from digitgen.build.folder import check_folder
    from digitgen.build.places import place_of
    from digitgen.build.preflight import describe_content, describe_spacing, forecast_build

    check_folder(place_of(out), allowed=bool(arguments.resume or arguments.overwrite or arguments.part))
    plans = forecast_build(config, data_dir=arguments.data_dir, say=say)
    own = _own_part(config, arguments)
    if arguments.json:
        splits = [asdict(plan) for plan in plans]
        said = {"out": str(out), "splits": splits, "cautions": list(map(str, config.cautions()))}
        print(json.dumps({**said, **own}))
        return 0
    most = "" if config.output.compression == "none" else "less than "
    for plan in plans:
        size = f"{plan.count:,} images in {file_count(plan.shards)}, {most}{plan.bytes:,} bytes"
        pool = (
            f"all {plan.glyphs:,}"
            if plan.glyphs == plan.source_glyphs
            else f"{plan.glyphs:,} of {plan.source_glyphs:,}"
        )
        print(f"{plan.name}: {size}; {pool} glyphs of {one_line(plan.source)}")
    for line in describe_content(config, plans):
        print(one_line(line))
    print("\n".join(describe_spacing(plans)))
    for caution in config.cautions():
        print(caution)
    if own:
        print(f"part {own['part']}/{own['of']} would make {_amount(own['shards'], own['images'])}")
    print(f"{out}: would hold {most}{sum(plan.bytes for plan in plans):,} bytes; nothing was written")
    return 0


def _own_part(config: "BuildConfig", arguments: argparse.Namespace) -> dict[str, int]:
    """Count what the part that is asked for would make; nothing if there is none."""
    from digitgen.build.parts import check_part
    from digitgen.build.preflight import shard_tasks

    if not arguments.part:
        return {}
    mine = check_part(*arguments.part)
    tasks = mine.share([task for name in config.splits for task in shard_tasks(config, name)])
    images = sum(task.count for task in tasks)
    return {"part": mine.number, "of": mine.of, "shards": len(tasks), "images": images}


def _load(arguments: argparse.Namespace, overrides: list[str]) -> "BuildConfig":
    """Read the configuration; where a build to be resumed lacks a package, say so, not that a word is unknown."""
    from digitgen.build.identity import check_packages
    from digitgen.build.journal import progress_in
    from digitgen.config.document import STDIN, Document
    from digitgen.config.load import load_config
    from digitgen.dataset.stores import store_of
    from digitgen.errors import ConfigError, DatasetError

    try:
        return load_config(arguments.config, overrides)
    except ConfigError:
        if arguments.resume and arguments.config != STDIN:  # which is read by now
            said = Document(arguments.config, overrides).value
            name = said.get("name") if isinstance(said, dict) else None
            with contextlib.suppress(DatasetError):  # there is none to resume
                if before := progress_in(store_of(arguments.out or Path("data") / str(name))):
                    check_packages(before.identity)
        raise


def _resuming_command(arguments: argparse.Namespace) -> str:
    """Spell the command that goes on with this build."""
    words = ["digitgen", "build", str(arguments.config), *arguments.overrides]
    for option in ("out", "jobs", "dask", "ray", "seed", "data_dir"):
        if (value := getattr(arguments, option)) is not None:
            words += [f"--{option.replace('_', '-')}", str(value)]
    if arguments.part:
        return shlex.join([*words, "--part", "{}/{}".format(*arguments.part)])  # which always goes on
    return shlex.join([*words, "--resume"])
