"""Two builds in one folder, and somebody who reads all the while."""

import random
import time
from pathlib import Path

import h5py
import pytest

from digitgen import DatasetError, DigitDataset
from tests.faults.helpers import GRACE, MANIFEST, Record, Reference, Yard, hashes, times

pytestmark = pytest.mark.faults


def read_everything(out: Path, reference: Reference, rng: random.Random) -> None:
    """What stands under a final name is whole; what calls itself a dataset is one. Files may vanish meanwhile."""
    was_there = inode(out / MANIFEST)
    try:
        found = hashes(out)
    except FileNotFoundError:  # a folder that --overwrite has just removed
        return
    assert not {name for name in reference.shards & found.keys() if found[name] != reference.hashes[name]}
    if was_there and was_there == inode(out / MANIFEST):
        assert reference.hashes.items() <= found.items()
    if there := sorted(out.glob("*/shard-*.h5")):
        path = rng.choice(there)
        try:
            with h5py.File(path, "r") as file:
                assert file["images"].shape[1:] == (28, 60)
                assert file["images"][:].any()
        except OSError:
            assert not path.exists()
    if (out / MANIFEST).exists():
        try:
            dataset = DigitDataset(out, rng.choice(["train", "test"]))
            assert dataset[rng.randrange(len(dataset))].image.any()
            dataset.close()
        except DatasetError:
            assert not (out / MANIFEST).exists()


def inode(path: Path) -> int | None:
    """Which file it is, if it is there."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


@times(0.1)
@pytest.mark.parametrize("there", ["nothing", "a dataset"])
def test_one_of_two_builds_wins_and_no_reader_ever_sees_half_a_file(
    yard: Yard, out: Path, rng: random.Random, record: Record, there: str
) -> None:
    reference = yard.reference(rng.choice(["contiguous", "deflate"]))
    if there == "a dataset":
        reference.copy(out)
    options = ["--overwrite"] if there == "a dataset" else rng.choice([[], ["--resume"], ["--overwrite"]])
    record.injected = f"two builds at once over {there}, while somebody reads"
    first = yard.build(reference, out, *options)
    time.sleep(rng.uniform(0, 0.3) * reference.seconds)  # a process takes longer than that to get going
    second = yard.build(reference, out, *options)
    reads, one_ended = 0, None
    while first.running() or second.running():
        read_everything(out, reference, rng)
        reads += 1
        if one_ended is None and not (first.running() and second.running()):
            one_ended = time.monotonic() - second.started
        time.sleep(0.01)
    ended = sorted((first.wait(), second.wait()), key=lambda each: each.code)
    record.happened = "one built identical bytes, the other ended at once with 75; no torn read"
    ended[0].assert_code(0)
    ended[1].assert_code(75)
    assert len(ended[1].line.splitlines()) == 1
    assert one_ended is not None
    assert one_ended < GRACE
    assert reads > 3
    reference.assert_identical(out)
