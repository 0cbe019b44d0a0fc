"""Parts of a build as processes of their own, at once, some killed, and begun again."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.faults.helpers import MANIFEST, Record, Yard, finished, times, was_begun

pytestmark = pytest.mark.faults
PARTS = 3


@times(0.5)
def test_parts_that_are_killed_and_begun_again_make_the_same_dataset(
    yard: Yard, out: Path, rng: random.Random, record: Record
) -> None:
    reference = yard.any_reference(rng)

    def commands(numbers: list[int]) -> list[tuple[str | Path, ...]]:
        return [
            ("build", reference.config, "--out", out, "--jobs", "1", "--part", f"{number}/{PARTS}")
            for number in numbers
        ]

    at_once = [yard.start(*command) for command in commands([1, 2, 3])]
    victims = rng.sample(at_once, rng.randint(1, PARTS))
    record.injected = f"kill -9 of {len(victims)} of {PARTS} parts that run at once"
    time.sleep(rng.uniform(0, PARTS * reference.seconds))
    for victim in victims:
        if victim.running():
            os.kill(victim.pid, signal.SIGKILL)
    killed = [number for number, process in enumerate(at_once, 1) if process.wait().code == -signal.SIGKILL]
    for process in at_once:
        process.assert_gone()
    reference.assert_whole(out)
    assert not (out / MANIFEST).exists()
    ended = yard.run("finish", out, "--data-dir", yard.home)
    if killed:
        if finished(out) < len(reference.shards) and was_begun(out):
            ended.assert_code(3)
            assert f"{len(reference.shards)} shards are missing or damaged: part " in ended.line
        for again in [yard.start(*command) for command in commands(killed)]:
            again.wait().assert_code(0)
        ended = yard.run("finish", out, "--data-dir", yard.home)
    ended.assert_code(0)
    reference.assert_identical(out)
    record.happened = "files whole; begun again and finished, they made identical bytes"
