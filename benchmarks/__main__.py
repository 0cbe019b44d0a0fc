"""The command line: ``python -m benchmarks compose`` (or content, augment, build, ...)."""

import argparse
import sys
from pathlib import Path

from benchmarks import augment, build, cluster, compose, content, scale, startup, store, write


def main() -> int:
    """Run one benchmark and print how it did; with ``--check``, return 1 if it missed a gate."""
    arguments = _parse()
    gates = arguments.run(arguments)
    print(*gates, sep="\n")
    return int(arguments.check and not all(gate.kept for gate in gates))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast digitgen is, in ratios.")
    benchmarks = parser.add_subparsers(metavar="NAME", required=True)

    def add(name: str, what: str, rounds: int) -> argparse.ArgumentParser:
        benchmark = benchmarks.add_parser(name, help=what, description=what)
        benchmark.add_argument("--check", action="store_true", help="exit with 1 if a gate is missed")
        benchmark.add_argument("--rounds", type=int, default=rounds, metavar="N", help="paired rounds (%(default)s)")
        return benchmark

    def add_folder(benchmark: argparse.ArgumentParser) -> argparse.ArgumentParser:
        benchmark.add_argument("--folder", type=Path, metavar="DIR", help="for its files (default: the system's own)")
        return benchmark

    add("compose", "The composer against memcpy and against naive loops.", 21).set_defaults(
        run=lambda arguments: compose.run(arguments.rounds)
    )
    add("content", "The share of the strings in composing, law by law.", 11).set_defaults(
        run=lambda arguments: content.run(arguments.rounds)
    )
    add("augment", "Augmentation against other libraries, and its memory.", 11).set_defaults(
        run=lambda arguments: augment.run(arguments.rounds)
    )
    add_folder(add("build", "Whole builds: speed and memory.", 7)).set_defaults(
        run=lambda arguments: build.run(arguments.rounds, arguments.folder)
    )
    add_folder(add("write", "Writing and reading shards against h5py.", 11)).set_defaults(
        run=lambda arguments: write.run(arguments.rounds, arguments.folder)
    )
    add_folder(add("scale", "A dataset of 100,000 shards: plan, journal, manifest, listing.", 1)).set_defaults(
        run=lambda arguments: scale.run(arguments.folder)
    )
    add_folder(add("store", "Builds into an S3 server on this machine against builds into a folder.", 3)).set_defaults(
        run=lambda arguments: store.run(arguments.rounds, arguments.folder)
    )
    add_folder(add("cluster", "Builds on a Dask cluster of this machine; the extra dask.", 5)).set_defaults(
        run=lambda arguments: cluster.run(arguments.rounds, arguments.folder)
    )
    add("startup", "How long until the command line answers.", 21).set_defaults(
        run=lambda arguments: startup.run(arguments.rounds)
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
