"""A dataset of many shards: how long its plan, its journal and its manifest take, and how much memory.

The shards are named, sized and listed as real ones: those that are opened are real, the others are sparse files of the
same size. What is measured is not their bytes.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.build_memory import peak_of
from benchmarks.measure import Gate, seconds
from digitgen.build.build import build_dataset
from digitgen.build.identity import identity_in
from digitgen.build.journal import journal_bytes, progress_in
from digitgen.build.preflight import shard_tasks
from digitgen.build.verify import verify_dataset
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.entries import ShardEntry
from digitgen.dataset.manifest import MANIFEST_NAME, manifest_bytes, read_manifest
from digitgen.dataset.stores import LocalStore
from digitgen.format import CHUNK, shard_file

MANY: Final = 100_000
"""Shards; each of one chunk."""
_REAL: Final = 2
_TEN_BILLION: Final = 10**10
_SPLITS: Final = 10  # of a billion each, which is the most
_SIZES: Final = (8192, 65_536)  # images of a shard
_STEPS: Final = {
    "plan the shards": "plan",
    "write a journal": "journal",
    "read it again": "resume",
    "open the dataset, read two images": "open",
    "verify --quick": "quick",
}


def run(folder: Path | None) -> list[Gate]:
    """Print the table; return the gates."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        out = Path(scratch) / "many"
        make(out)
        found = {what: _measured(step, out) for what, step in _STEPS.items()}
        manifest, journal = (out / MANIFEST_NAME).stat().st_size, (out / "journal.jsonl").stat().st_size
    print(f"scale: {MANY:,} shards, {manifest:,} bytes of manifest, {journal:,} of journal")
    for what, (time, peak) in found.items():
        print(f"  {what:36} {time:6.2f} s  {peak / 1e6:6,.0f} MB")
    for size in _SIZES:
        shards = _SPLITS * -(-_TEN_BILLION // _SPLITS // size)
        time, peak = _measured(f"ten billion by {size}", out)
        print(
            f"at {_TEN_BILLION:,} images, shards of {size:,}: {shards:,} of them, planned in {time:.2f} s and "
            f"{peak / 1e6:,.0f} MB; {shards / MANY * manifest / 1e6:,.0f} MB of manifest, "
            f"{shards / MANY * journal / 1e6:,.0f} MB of journal"
        )
    together = found["open the dataset, read two images"], found["verify --quick"]
    return [
        Gate("opening and quick verifying, seconds", sum(time for time, _ in together), 10, at_least=False),
        Gate("peak of either, MB", max(peak for _, peak in together) / 1e6, 500, at_least=False),
    ]


def make(out: Path) -> None:
    """Make a dataset of so many shards."""
    config = _config(_REAL * CHUNK)
    manifest = build_dataset(config, out, jobs=1, fsync=False)
    split = manifest.splits["train"]
    first = split.shards[0]
    made = [
        ShardEntry(**{**first.model_dump(), "file": shard_file("train", number), "first": number * CHUNK})
        for number in range(_REAL, MANY)
    ]
    for entry in made:
        with (out / entry.file).open("wb") as file:
            file.truncate(entry.bytes)
    shards = [*split.shards, *made]
    many = manifest.model_copy(
        update={
            "splits": {"train": split.model_copy(update={"shards": shards, "count": MANY * CHUNK})},
            "images": MANY * CHUNK,
            "bytes": MANY * first.bytes,
            "lost_digits": sum(each.lost_digits for each in shards),
            "files": {},
        }
    )
    (out / MANIFEST_NAME).write_bytes(manifest_bytes(many))
    (out / "journal.jsonl").write_bytes(journal_bytes(identity_in(many), shards))


def _measured(step: str, out: Path) -> tuple[float, float]:
    """Seconds and peak memory of a step in a process of its own, which has loaded what it needs."""
    command = [sys.executable, "-m", "benchmarks.scale", step, str(out)]
    time, peak = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return time, peak


def _step(step: str, out: str) -> tuple[float, float]:
    """What that process does."""
    folder = Path(out)

    def plan() -> None:
        whole = _config(MANY * CHUNK)
        assert sum(1 for _ in shard_tasks(whole, "train")) == MANY

    def journal() -> None:
        manifest = read_manifest(folder)
        journal_bytes(identity_in(manifest), manifest.splits["train"].shards)

    def resume() -> None:
        hidden = folder / MANIFEST_NAME
        hidden.rename(folder / "hidden")
        found = progress_in(LocalStore(folder))
        (folder / "hidden").rename(hidden)
        assert found is not None and len(found.entries) == MANY

    def opened() -> None:
        dataset = DigitDataset(folder, "train")
        assert dataset[0].text and dataset[CHUNK].text

    def quick() -> None:
        assert verify_dataset(folder, quick=True).ok

    def ten_billion() -> None:
        size = int(step.rpartition(" ")[2])
        count = _TEN_BILLION // _SPLITS
        whole = _config(count, size, _SPLITS)
        tasks = [task for name in whole.splits for task in shard_tasks(whole, name)]
        assert sum(task.count for task in tasks) == _TEN_BILLION

    if step.startswith("ten billion"):
        return seconds(ten_billion), peak_of("self")
    steps = {"plan": plan, "journal": journal, "resume": resume, "open": opened, "quick": quick}
    return seconds(steps[step]), peak_of("self")


def _config(count: int, size: int = CHUNK, splits: int = 1) -> BuildConfig:
    """A configuration of so many images in each split."""
    names = ["train", *(f"train-{number}" for number in range(2, splits + 1))]
    return BuildConfig.check(
        {
            "name": "many",
            "allow_shared_glyphs": True,
            "image_width": 28,
            "splits": {name: {"count": count, "source": "mnist/train"} for name in names},
            "sequence": {"length": 1},
            "spacing": {"range": [0, 0]},
            "output": {"shard_size": size},
        },
        Path(),
    )


if __name__ == "__main__":
    print(json.dumps(_step(*sys.argv[1:])))
