"""Builds into a store: a server of moto's on this machine, against builds into a folder.

The server takes processors of the same machine, and so one job makes the images and leaves it the others. This says how
well putting overlaps with making, and what it costs, and not how fast a store is. moto's server takes the least;
SeaweedFS takes half a second of a core for 40 MB.
"""

import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final
from unittest import mock

from benchmarks.measure import Contender, Gate, paired_rounds, print_ratios, ratio, seconds
from digitgen.address import is_address
from digitgen.build.build import build_dataset
from digitgen.config.build_config import BuildConfig
from digitgen.config.load import load_config
from digitgen.dataset.stores.remote import remote_store
from tests import servers

_COUNT: Final = 65_536
_SHARD: Final = 2048  # images: the last shards are put when nothing is left to make, and should be a small part
_CONFIGS: Final = Path(__file__).parents[1] / "configs"
_LEAST: Final = 0.8  # of the rate into a folder


def run(rounds: int, folder: Path | None) -> list[Gate]:
    """Print a table for each compression; return the gates."""
    gates = []
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder)))
        endpoint = stack.enter_context(servers.moto())
        stack.enter_context(mock.patch.dict(os.environ, servers.environment(endpoint)))
        for compression in ("none", "deflate"):
            config = load_config(
                _CONFIGS / "augmented.yaml",
                [
                    f"splits.train.count={_COUNT}",
                    "splits.test.count=1024",
                    f"output.compression={compression}",
                    f"output.shard_size={_SHARD}",
                ],
            )
            costs = paired_rounds(
                {
                    "a folder": _build(config, str(scratch / compression)),
                    "s3, moto on this machine": _build(config, f"s3://{servers.BUCKET}/{compression}"),
                },
                rounds,
            )
            title = f"store: {_COUNT:,} augmented images, one job, compression {compression}"
            print_ratios(title, costs, ["a folder"], "us an image", lambda cost: f"{cost * 1e6:,.1f}")
            rate = 1 / ratio(costs, "s3, moto on this machine", "a folder").middle
            gates.append(Gate(f"rate into the store over that into a folder, {compression}", rate, _LEAST))
    return gates


def _build(config: BuildConfig, out: str) -> Contender:
    """A build, to a new place each time."""

    def build(number: int) -> float:
        place = f"{out}-{number}"
        took = seconds(lambda: build_dataset(config, place, jobs=1))
        if is_address(place):
            store = remote_store(place)
            store.delete([name for folder in ("", *config.splits) for name in store.list(folder)])
        else:
            shutil.rmtree(place)
        return took / _COUNT

    return build
