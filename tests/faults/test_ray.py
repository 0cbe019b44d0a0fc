"""Builds on a Ray cluster of real processes, started by its own command line, whose workers die."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.helpers import INJECTED, ROOT, Record, Reference, Yard, finished, times, wait_until

pytest.importorskip("ray")
from digitgen import ArgumentError, BuildError
from digitgen.build.on_ray import RayWorkers

pytestmark = pytest.mark.faults

Start = Callable[..., str]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a cluster with two processors; more environment is for its workers. Returns its address."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**environment: str) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        ray = str(Path(sys.executable).parent / "ray")
        head = ["start", "--head", "--block", "--num-cpus=2", "--include-dashboard=false", "--port", str(port)]
        ours = {"PYTHONPATH": f"{INJECTED}{os.pathsep}{ROOT}", "RAY_USAGE_STATS_ENABLED": "0"}
        process = subprocess.Popen(
            [ray, *head, "--node-ip-address=127.0.0.1"], env=os.environ | ours | environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        started.append(process)
        assert process.stdout
        while b"runtime started" not in (line := process.stdout.readline()):
            assert line, "Ray did not start"
        return f"127.0.0.1:{port}"

    yield start
    for process in started:
        process.terminate()  # it ends the others
        process.wait()
        assert process.stdout
        process.stdout.close()


def processes(wanted: Callable[[bytes], bool]) -> list[int]:
    """The processes whose command line is as wanted."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            if wanted((process / "cmdline").read_bytes()):
                found.append(int(process.name))
    return found


def makers() -> list[int]:
    """The processes that make shards."""
    return processes(lambda command: command.startswith(b"ray::make_shard"))


def assert_nothing_left(out: Path) -> None:
    """No temporary file is left, once killed workers are gone."""
    end = time.monotonic() + 5
    while (left := list(out.rglob(".*digitgen-tmp"))) and time.monotonic() < end:
        time.sleep(0.05)
    assert not left


def options(reference: Reference, out: Path, address: str) -> tuple[str | Path, ...]:
    return ("build", reference.config, "--out", out, "--ray", address)


@times(0.1)
def test_a_build_survives_the_death_of_a_worker(
    yard: Yard, start: Start, out: Path, rng: random.Random, record: Record
) -> None:
    reference = yard.reference("contiguous")
    record.injected = "kill -9 of a worker of a Ray cluster"
    process = yard.start(*options(reference, out, start()))
    begin = rng.randrange(len(reference.shards) // 2)
    wait_until(lambda: finished(out) >= begin and makers(), process)
    for victim in makers()[:1]:
        os.kill(victim, signal.SIGKILL)
    process.wait().assert_code(0)
    reference.assert_identical(out)
    record.happened = "build ended well with identical bytes"


def test_a_shard_that_kills_its_workers_is_named_and_the_others_are_kept(
    yard: Yard, start: Start, out: Path, rng: random.Random, record: Record, tmp_path: Path
) -> None:
    reference = yard.reference("contiguous")
    shard, log = rng.choice(sorted(reference.shards)[2:]), tmp_path / "log"
    record.injected = "a shard that kills every worker of a Ray cluster"
    address = start(DIGITGEN_FAULTS_POISON=f"{out}/{shard}", DIGITGEN_FAULTS_TIMES="1000", DIGITGEN_FAULTS_LOG=str(log))
    ended = yard.run(*options(reference, out, address))
    ended.assert_code(1)
    assert f"{out}/{shard}: its worker process died, also when tried 3 times by itself" in ended.line
    assert ended.out == ""
    assert log.stat().st_size == 1 + 3
    reference.assert_whole(out)
    assert_nothing_left(out)
    yard.resume(reference, out)
    record.happened = "build named the shard after four deaths, kept the others, resumed to identical bytes"


def test_the_loss_of_the_head_node_is_told_in_a_line(yard: Yard, start: Start, out: Path, record: Record) -> None:
    reference = yard.reference("contiguous")
    record.injected = "kill -9 of the head of a Ray cluster"
    address = start()
    process = yard.start(*options(reference, out, address), "splits.train.count=4000000")
    wait_until(lambda: finished(out) >= 3, process)
    port = address.partition(":")[2].encode()
    for head in processes(lambda command: b"gcs_server" in command and port in command):
        os.kill(head, signal.SIGKILL)
    killed = time.monotonic()
    ended = process.wait()
    assert time.monotonic() - killed < 15
    ended.assert_code(1)
    assert ended.line == f"digitgen: {address}: the connection to the Ray cluster is lost"
    assert "--resume" in ended.err
    assert_nothing_left(out)
    record.happened = "one line within seconds, nothing left"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_ends_at_once_and_leaves_the_cluster_to_others(
    yard: Yard, start: Start, out: Path, record: Record, number: signal.Signals
) -> None:
    reference = yard.reference("contiguous")
    record.injected = f"{number.name} to a build on a Ray cluster"
    address = start()
    process = yard.start(*options(reference, out, address))
    wait_until(lambda: finished(out) >= 3, process)
    os.kill(process.pid, number)
    asked = time.monotonic()
    process.wait().assert_code(128 + number)
    assert time.monotonic() - asked < 3
    assert_nothing_left(out)
    reference.assert_whole(out)
    yard.run(*options(reference, out, address), "--resume").assert_code(0)
    reference.assert_identical(out)
    record.happened = "it ended in order, and the same cluster resumed it to identical bytes"


def test_where_no_head_node_listens_a_line_says_so_at_once() -> None:
    begun = time.monotonic()
    with pytest.raises(BuildError, match=r"^127\.0\.0\.1:1: no Ray cluster answers there$"):
        RayWorkers(print, "127.0.0.1:1")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("address", ["host:port", "host:"])
def test_what_is_no_address_of_a_head_node_is_refused(address: str) -> None:
    with pytest.raises(ArgumentError, match="ray must be an address such as host:6379; got"):
        RayWorkers(print, address)
