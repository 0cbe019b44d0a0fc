"""Builds on a Dask cluster of real processes, started by its own command line, whose workers and scheduler die."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.helpers import INJECTED, MANIFEST, ROOT, Process, Record, Reference, Yard, finished, times

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.faults

START = 60.0  # seconds that a cluster may take to be there
LOSS = 5.0  # seconds after which the loss of a scheduler must be told


class Cluster:
    """A scheduler and two workers."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._processes: list[subprocess.Popen[bytes]] = []
        self.address = ""

    def command(self, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a command of Dask's own."""
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *words, "--no-dashboard"],
            cwd=self.home, env=os.environ | {"PYTHONPATH": f"{INJECTED}{os.pathsep}{ROOT}"} | environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self._processes.append(process)
        return process

    def start(self, *more: str, **environment: str) -> "Cluster":
        """Start the cluster; `more` is for its workers."""
        place = self.home / "scheduler.json"
        self.scheduler = self.command("scheduler", "--host", "127.0.0.1", "--port", "0", f"--scheduler-file={place}")
        one = ("worker", f"--scheduler-file={place}", "--host=127.0.0.1", "--nthreads=1", "--nworkers=2")
        self.workers = self.command(*one, *more, **environment)
        with distributed.Client(scheduler_file=str(place), timeout=START, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=START)
            self.address = client.scheduler.address
        return self

    def pids(self) -> list[int]:
        """The processes of the workers."""
        with distributed.Client(self.address, set_as_default=False) as client:
            return list(client.run(os.getpid).values())

    def close(self) -> None:
        """End everything."""
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster to be started."""
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.close()


def build(yard: Yard, cluster: Cluster, reference: Reference, out: Path, *more: str, **options: Any) -> Process:
    """Start a build of what the reference is of."""
    return yard.start("build", reference.config, "--out", out, "--dask", cluster.address, *more, **options)


def wait_for(condition: Callable[[], bool], process: Process) -> None:
    """Wait for something, or for the end of the build."""
    while process.running() and not condition():
        time.sleep(0.002)


def assert_nothing_left(out: Path) -> None:
    """No temporary file is left, even once workers have finished what they had begun."""
    end = time.monotonic() + 5
    while (left := [path for path in out.rglob(".*") if path.is_file()]) and time.monotonic() < end:
        time.sleep(0.05)
    assert not left


@times(0.3)
@pytest.mark.parametrize("nanny", ["--nanny", "--no-nanny"])
def test_a_build_survives_the_death_of_a_worker(
    yard: Yard, cluster: Cluster, out: Path, rng: random.Random, record: Record, nanny: str
) -> None:
    reference = yard.reference("contiguous")
    if nanny == "--no-nanny":  # where nobody replaces it; one process can then be one worker only
        cluster.start()
        cluster.command("worker", cluster.address, "--host=127.0.0.1", "--nthreads=1", "--no-nanny", "--name=alone")
        with distributed.Client(cluster.address, set_as_default=False) as client:
            client.wait_for_workers(3, timeout=START)
        victims = [cluster._processes[-1].pid]
    else:
        victims = cluster.start().pids()[: rng.randint(1, 2)]
    record.injected = f"kill -9 of {len(victims)} of the workers of a Dask cluster ({nanny})"
    process = build(yard, cluster, reference, out)
    begin = rng.randrange(len(reference.shards) // 2)
    wait_for(lambda: finished(out) >= begin, process)
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    process.wait().assert_code(0)
    record.happened = "build ended well with identical bytes"
    reference.assert_identical(out)


@times(0.1)
def test_a_shard_that_kills_its_workers_is_named_and_the_others_are_kept(
    yard: Yard, cluster: Cluster, out: Path, rng: random.Random, record: Record
) -> None:
    reference = yard.reference("contiguous")
    shard, log = rng.choice(sorted(reference.shards)[2:]), cluster.home / "log"
    record.injected = "a shard that kills every worker of a Dask cluster"
    cluster.start(DIGITGEN_FAULTS_POISON=f"{out}/{shard}", DIGITGEN_FAULTS_TIMES="1000", DIGITGEN_FAULTS_LOG=str(log))
    ended = build(yard, cluster, reference, out).wait()
    ended.assert_code(1)
    assert f"{out}/{shard}: its worker process died, also when tried 3 times by itself" in ended.line
    assert log.stat().st_size == 1 + 3  # no worker more
    reference.assert_whole(out)
    assert finished(out) > 0
    assert not (out / shard).exists()
    assert_nothing_left(out)
    yard.resume(reference, out)
    record.happened = "build named the shard after four deaths, kept the others, resumed to identical bytes"


@times(0.2)
def test_the_loss_of_the_scheduler_is_told_in_a_line(
    yard: Yard, cluster: Cluster, out: Path, rng: random.Random, record: Record
) -> None:
    reference = yard.reference("contiguous")
    record.injected = "kill -9 of the scheduler of a Dask cluster"
    process = build(yard, cluster.start(), reference, out)
    wait_for(lambda: finished(out) > 0, process)  # not later: shards so short come several at a time
    time.sleep(rng.uniform(0, 0.1))
    os.kill(cluster.scheduler.pid, signal.SIGKILL)
    killed = time.monotonic()
    ended = process.wait()
    assert time.monotonic() - killed < LOSS
    ended.assert_code(1)
    assert ended.line == f"digitgen: {cluster.address}: the connection to the Dask scheduler is lost"
    assert "--resume" in ended.err
    assert not (out / MANIFEST).exists()
    reference.assert_whole(out)
    assert_nothing_left(out)
    yard.resume(reference, out)
    record.happened = "one line within seconds, files whole, resumed to identical bytes"


@times(0.2)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_ends_at_once_and_leaves_the_cluster_to_others(
    yard: Yard, cluster: Cluster, out: Path, rng: random.Random, record: Record, number: signal.Signals
) -> None:
    reference = yard.reference("contiguous")
    record.injected = f"{number.name} to a build on a Dask cluster"
    process = build(yard, cluster.start(), reference, out)
    wait_for(lambda: finished(out) > 0, process)  # not later: shards so short come several at a time
    time.sleep(rng.uniform(0, 0.1))
    os.kill(process.pid, number)
    asked = time.monotonic()
    ended = process.wait()
    assert time.monotonic() - asked < 2
    ended.assert_code(128 + number)
    process.assert_gone()
    assert_nothing_left(out)
    reference.assert_whole(out)
    build(yard, cluster, reference, out, "--resume").wait().assert_code(0)
    reference.assert_identical(out)
    record.happened = "it ended in order, and the same cluster resumed it to identical bytes"


def test_a_worker_with_another_version_is_refused_before_the_first_shard(
    yard: Yard, cluster: Cluster, out: Path, record: Record
) -> None:
    reference = yard.reference("contiguous")
    record.injected = "another version of OpenCV on the workers of a Dask cluster"
    (cluster.home / "older.py").write_text("import cv2\ncv2.__version__ = '4.9.0'\n")
    cluster.start("--preload", str(cluster.home / "older.py"))
    ended = build(yard, cluster, reference, out).wait()
    ended.assert_code(1)
    assert ": opencv is 4.9.0 there, and " in ended.line
    assert finished(out) == 0
    record.happened = "refused with both versions before the first shard"
