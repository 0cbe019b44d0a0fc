"""The command line: ``python -m benchmarks compose`` (or content, augment, build, ...)."""

import argparse
import sys
from pathlib import Path

from benchmarks import augment, build, cluster, compose, content, export, live, loader, scale, startup, store, write
from benchmarks.measure import Gate
from benchmarks.real import suite as real
from benchmarks.train import suite
from digitgen.errors import DigitgenError
from digitgen.extras import installed


def main() -> int:
    """Run one benchmark and print how it did; with ``--check``, return 1 if it missed a gate."""
    arguments = _parse()
    try:
        gates = arguments.run(arguments)
    except DigitgenError as error:
        sys.exit(f"benchmarks: {error}")
    print(*gates, sep="\n")
    return int(arguments.check and not all(gate.kept for gate in gates))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast digitgen is, in ratios.")
    benchmarks = parser.add_subparsers(metavar="NAME", required=True)

    def add(name: str, what: str, rounds: int) -> argparse.ArgumentParser:
        benchmark = benchmarks.add_parser(name, help=what, description=what)
        benchmark.add_argument("--check", action="store_true", help="exit with 1 if a gate is missed")
        if rounds is not None:
            benchmark.add_argument(
                "--rounds", type=int, default=rounds, metavar="N", help="paired rounds (%(default)s)"
            )
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
    add_folder(add("loader", "Random access through PyTorch's DataLoader; the extra torch.", 11)).set_defaults(
        run=lambda arguments: loader.run(arguments.rounds, arguments.folder)
    )
    add_folder(add("export", "Exports into the formats of others; the extra export.", 5)).set_defaults(
        run=lambda arguments: export.run(arguments.rounds, arguments.folder)
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
    trying = add("live", "The live page: from a moved slider to new images, and random use.", 100)
    trying.add_argument("--minutes", type=float, default=1, metavar="M", help="of random use (%(default)g)")
    trying.set_defaults(run=lambda arguments: live.run(arguments.rounds, arguments.minutes))
    add("loader-share", "The loader's share of a training step; the extra torch.", 5).set_defaults(
        run=lambda arguments: _loader_share(arguments.rounds)
    )
    _add_train(benchmarks)
    _add_real(benchmarks)
    return parser.parse_args()


def _add_train(benchmarks: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    what = "What models learn from digitgen's data; the extra torch."
    train = benchmarks.add_parser("train", help=what, description=what)
    train.add_argument("--check", action="store_true", help="exit with 1 if a gate is missed")
    train.add_argument("--seeds", type=int, default=3, metavar="N", help="seeds of each experiment (%(default)s)")
    train.add_argument("--only", nargs="+", default=(), metavar="NAME", help="some of the experiments")
    train.add_argument("--long", action="store_true", help="the long experiments, too: a quarter of an hour a seed")
    train.add_argument(
        "--json", type=Path, metavar="FILE", help="keep the figures; those it has are not measured again"
    )
    train.add_argument("--predictions", type=Path, metavar="DIR", help="keep what models read, for digitgen mistakes")
    train.add_argument("--scale", type=float, default=1.0, metavar="S", help="share of images and steps (%(default)s)")
    train.set_defaults(run=lambda it: suite.run(it.seeds, it.only, it.json, it.predictions, it.scale, it.long))


def _add_real(benchmarks: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    what = "How a model that is trained on a configuration alone reads real crops; the extra torch."
    parser = benchmarks.add_parser("real", help=what, description=what)
    shipped = Path("configs/cheque-amounts.yaml")
    parser.add_argument("config", type=Path, nargs="?", default=shipped, metavar="CONFIG", help="(%(default)s)")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="real crops with COCO boxes")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="seeds (%(default)s)")
    parser.add_argument("--first-seed", type=int, default=1, metavar="N", help="the first of them (%(default)s)")
    parser.add_argument("--minutes", type=float, default=30, metavar="M", help="of CPU for each (%(default)g)")
    parser.add_argument("--ablation", action="store_true", help="also without each ingredient")
    parser.add_argument("--only", nargs="+", default=(), metavar="NAME", help="some of the ingredients")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep results; those it has are not measured again")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a gate is missed")
    parser.set_defaults(
        run=lambda it: real.run(
            it.data,
            it.config,
            seeds=it.seeds,
            first_seed=it.first_seed,
            minutes=it.minutes,
            ablation=it.ablation,
            only=it.only,
            file=it.json,
        )
    )


def _loader_share(rounds: int) -> list[Gate]:
    with installed("torch"):
        from benchmarks import loader_share
    return loader_share.run(rounds)


if __name__ == "__main__":
    sys.exit(main())
