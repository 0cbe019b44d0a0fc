"""Whole builds against the composer's own rate, two jobs against one, and their memory."""

import json
import os
import shutil
import tempfile
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks import naive
from benchmarks.build_memory import peak_memory
from benchmarks.compose import COUNT, compose_images, standard_recipe
from benchmarks.measure import Contender, Gate, paired_rounds, print_ratios, print_table, ratio, seconds
from digitgen.build.build import build_dataset
from digitgen.compose.batch import batch_spec
from digitgen.config.build_config import BuildConfig
from digitgen.config.load import load_config
from digitgen.config.steps import AugmentConfig
from digitgen.dataset.shard_writer import contiguous_size
from digitgen.format import Compression
from digitgen.glyphs.fetch import load_digits
from digitgen.glyphs.prepared import DEFAULT_TRAIN

IMAGES: Final = 24 * COUNT
_FEW_IMAGES: Final = 12 * COUNT  # about 100,000
_MANY_IMAGES: Final = 123 * COUNT  # a million
_AUGMENTED_IMAGES: Final = 4 * COUNT
AUGMENTED: Final = Path(__file__).parent.parent / "configs/augmented.yaml"
_PARTS: Final = 8  # times 8,192 images that the composer makes a round
_MEGABYTE: Final = 1_000_000
_MEMORY: Final = 250 * _MEGABYTE  # and three shards
_GROWTH: Final = 1.05


def run(rounds: int, folder: Path | None) -> list[Gate]:
    """Print both tables; return the gates."""
    load_digits(DEFAULT_TRAIN)  # or the first build would fetch it
    with tempfile.TemporaryDirectory(prefix="digitgen-benchmark-", dir=folder) as scratch:
        out = Path(scratch) / "out"
        return [*_speed(rounds, out), *_augmented_speed(rounds, out), *_memory(out)]


def standard_config(count: int, compression: Compression = "none") -> BuildConfig:
    """What `standard_recipe` describes, as a dataset."""
    return BuildConfig.model_validate(
        {
            "name": "benchmark",
            "image_width": naive.WIDTH,
            "splits": {"train": {"count": count, "source": "mnist/train"}},
            "sequence": {"length": naive.DIGITS},
            "spacing": {"range": naive.GAPS},
            "output": {"compression": compression},
        }
    )


def _speed(rounds: int, out: Path) -> list[Gate]:
    recipe = standard_recipe()
    images = np.zeros((COUNT, 28, naive.WIDTH), np.uint8)

    def compose_parts(number: int) -> None:
        for part in range(_PARTS):
            compose_images(recipe, _PARTS * number + part, images)

    config = standard_config(IMAGES)
    contenders = {
        "composer": lambda number: seconds(lambda: compose_parts(number)) / (_PARTS * COUNT),
        "two jobs": _building(out, config, jobs=2),
        "one job": _building(out, config),
        "one job, fsync": _building(out, config, fsync=True),
        "one job, deflate": _building(out, standard_config(IMAGES, "deflate")),
    }
    costs = paired_rounds(contenders, rounds)
    title = (
        f"build: {IMAGES:,} images of 28x{naive.WIDTH}, five digits, shards of 8,192, without fsync unless it says so; "
        "the time is that of build-log.json: loading the glyphs, during which workers start, is not in it"
    )
    print_ratios(title, costs, ["composer", "one job"], "images/s", lambda cost: f"{1 / cost:,.0f}")
    return [
        Gate("one job, share of the composer's rate", ratio(costs, "composer", "one job").middle, 0.3),
        Gate("two jobs, times the rate of one", ratio(costs, "one job", "two jobs").middle, 1.6),
        Gate("one job, rate with fsync over without", ratio(costs, "one job", "one job, fsync").middle, 0.75),
    ]


def _augmented_speed(rounds: int, out: Path) -> list[Gate]:
    """What being safe costs where images are augmented."""
    recipe = load_config(AUGMENTED).model_dump(include={"augment"})
    config = standard_config(_AUGMENTED_IMAGES).model_copy(
        update={"augment": AugmentConfig.model_validate(recipe["augment"])}
    )
    contenders = {"without fsync": _building(out, config), "with fsync": _building(out, config, fsync=True)}
    costs = paired_rounds(contenders, rounds)
    title = f"augmented build: {_AUGMENTED_IMAGES:,} images as in {AUGMENTED.name}, one job"
    print_ratios(title, costs, ["without fsync"], "images/s", lambda cost: f"{1 / cost:,.0f}")
    rate = ratio(costs, "without fsync", "with fsync").middle
    return [Gate("one job, augmented, rate with fsync over without", rate, 0.9)]


def _building(out: Path, config: BuildConfig, *, jobs: int = 1, fsync: bool = False) -> Contender:
    """Build and delete."""
    count = config.splits["train"].count

    def contender(_: int) -> float:
        os.sync()  # nobody pays for what the one before left unwritten
        build_dataset(config, out, jobs=jobs, fsync=fsync)
        taken = float(json.loads((out / "build-log.json").read_text())["seconds"])
        shutil.rmtree(out)
        return taken / count

    return contender


def _memory(out: Path) -> list[Gate]:
    peaks = {}
    for jobs, count in product((1, 2), (_FEW_IMAGES, _MANY_IMAGES)):
        peaks[jobs, count] = peak_memory(standard_config(count), out, jobs)
        shutil.rmtree(out)
    limit = _MEMORY + 3 * contiguous_size(COUNT, batch_spec(naive.DIGITS, naive.WIDTH))
    rows = [
        [f"{jobs} job{'s' * (jobs > 1)}, {count:,} images", *(f"{peak / _MEGABYTE:,.0f}" for peak in both)]
        for (jobs, count), both in peaks.items()
    ]
    print_table(f"peak memory of each process, of {limit / _MEGABYTE:,.0f} MB", [["", "parent MB", "worker MB"], *rows])
    largest = max(peak for both in peaks.values() for peak in both)
    growth = max(
        many / few
        for jobs in (1, 2)
        for few, many in zip(peaks[jobs, _FEW_IMAGES], peaks[jobs, _MANY_IMAGES], strict=True)
        if few
    )
    return [
        Gate("largest process, MB", largest / _MEGABYTE, limit / _MEGABYTE, at_least=False),
        Gate("its growth with ten times the images", growth, _GROWTH, at_least=False),
    ]
