"""Ctrl-C and SIGTERM: a build ends soon and in order, and says how to go on."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.faults.helpers import GRACE, MANIFEST, Record, Yard, finished, resuming_command, times, wait_until

pytestmark = pytest.mark.faults


@times(0.25)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("to", ["the build", "all its processes"])
def test_an_interrupted_build_stops_cleanly_and_prints_the_command_that_resumes_it(
    yard: Yard, out: Path, rng: random.Random, record: Record, number: signal.Signals, to: str
) -> None:
    reference = yard.any_reference(rng)
    process = yard.build(reference, out)
    if rng.random() < 0.3:  # near the end, whatever the clock says
        wait_until(lambda: finished(out) == len(reference.shards), process)
        time.sleep(rng.uniform(0, 0.03))
    else:
        time.sleep(rng.uniform(0, reference.seconds))
    running, struck = process.running(), time.monotonic()
    if running:
        (os.kill if to == "the build" else os.killpg)(process.pid, number)
    record.injected = f"{number.name} to {to}"
    ended = process.wait()
    took = time.monotonic() - struck
    process.assert_gone()
    reference.assert_whole(out)
    if not running or ended.code == 0:
        record.happened = "was done already"
        ended.assert_code(0)
        reference.assert_identical(out)
        return
    # Python was still starting: 128 + number for a shell, or 1 where not even its site module was imported.
    if ended.code == -number or ended.err.startswith("Fatal Python error: init_"):
        record.happened = "before digitgen was in charge: nothing written"
        assert not out.exists()
        return
    ended.assert_code(128 + number)
    assert took < GRACE
    process.assert_no_scratch()
    assert not list(out.rglob("*tmp*"))
    command = resuming_command(ended)
    assert bool(command) == ((out / "journal.jsonl").exists() and not (out / "manifest.json").exists())
    then = "the command it printed went on" if command else "nothing to go on with"
    record.happened = f"{reference.state(out)}: ended in order, {then}"
    if command is None:
        assert (out / MANIFEST).exists() or not finished(out)
        yard.resume(reference, out)
        return
    again = yard.start(command, shell=True)
    again.wait().assert_code(0)
    again.assert_gone()
    reference.assert_identical(out)
