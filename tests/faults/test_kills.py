"""Processes that die without a word: the build, its workers, at any moment."""

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.helpers import MANIFEST, Record, Yard, finished, strike_at_random, times, wait_until, was_begun

pytestmark = pytest.mark.faults


@times(1)
def test_a_killed_build_leaves_only_whole_files_and_resumes_to_the_same_bytes(
    yard: Yard, out: Path, rng: random.Random, record: Record
) -> None:
    reference = yard.any_reference(rng)
    record.injected = "kill -9 of a build"
    process = strike_at_random(yard, rng, reference, out)
    process.wait()
    process.assert_gone()
    record.happened = f"{reference.state(out)}: files whole, no process left, resumed to identical bytes"
    reference.assert_whole(out)
    if (out / MANIFEST).exists():
        yard.verify(out).assert_code(0)
    yard.resume(reference, out)


@times(1)
def test_a_build_survives_the_death_of_its_workers(yard: Yard, out: Path, rng: random.Random, record: Record) -> None:
    reference = yard.any_reference(rng)
    process = yard.build(reference, out)
    if rng.random() < 0.25:  # at the very end, when they have nothing to do and are about to go
        wait_until(process.has_printed, process)
        time.sleep(rng.uniform(0, 0.012))
    else:
        begin = rng.randrange(len(reference.shards))
        wait_until(lambda: finished(out) >= begin and process.workers(), process)
        time.sleep(rng.uniform(0, 0.03))
    workers = process.workers()
    victims = workers if rng.random() < 0.25 else rng.sample(workers, min(1, len(workers)))
    for victim in victims:
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
    record.injected = f"kill -9 of {('no worker (none was there)', 'a worker', 'both workers')[min(2, len(victims))]}"
    ended = process.wait()
    process.assert_gone()
    record.happened = "build ended well with identical bytes"
    if ended.code == 1:
        record.happened = "build gave up, resumed to identical bytes"
        ended.assert_code(1)
        reference.assert_whole(out)
        yard.resume(reference, out)
        return
    ended.assert_code(0)
    reference.assert_identical(out)


@times(0.05)
@pytest.mark.parametrize("deaths", [1, 2, 1000])
def test_a_shard_that_kills_its_workers_is_named_and_the_others_are_kept(
    yard: Yard, out: Path, rng: random.Random, record: Record, deaths: int
) -> None:
    reference = yard.any_reference(rng)
    shard = rng.choice(sorted(reference.shards - {"train/shard-00000.h5", "train/shard-00001.h5"}))  # the others first
    poison = {"DIGITGEN_FAULTS_POISON": f"{out}/{shard}", "DIGITGEN_FAULTS_TIMES": str(deaths)}
    record.injected = f"a shard that kills {'every worker' if deaths == 1000 else f'its first {deaths}'}"
    process = yard.build(reference, out, env=poison)
    ended = process.wait()
    process.assert_gone()
    reference.assert_whole(out)
    assert process.logged() >= min(deaths, 3)
    if deaths < 1000:
        record.happened = "build ended well with identical bytes"
        ended.assert_code(0)
        reference.assert_identical(out)
        return
    record.happened = "build named the shard, kept the others, resumed to identical bytes"
    ended.assert_code(1)
    assert shard in ended.line
    assert finished(out) > 0
    assert not (out / shard).exists()
    yard.resume(reference, out)


@times(0.15)
@pytest.mark.parametrize("option", ["--resume", "--overwrite"])
def test_a_killed_overwrite_leaves_a_manifest_only_over_a_complete_dataset(
    yard: Yard, out: Path, rng: random.Random, record: Record, option: str
) -> None:
    reference = yard.any_reference(rng)
    reference.copy(out)
    record.injected = "kill -9 of a build with --overwrite"
    process = strike_at_random(yard, rng, reference, out, "--overwrite")
    process.wait()
    process.assert_gone()
    record.happened = f"{reference.state(out)}: no manifest over incomplete data, then {option} to identical bytes"
    assert was_begun(out)
    reference.assert_whole(out)
    again = yard.build(reference, out, option)
    again.wait().assert_code(0)
    again.assert_gone()
    reference.assert_identical(out)
