"""Exports that are killed, interrupted or run out of disk: they go on, to the bytes of an undisturbed one."""

import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from digitgen.export import FORMATS
from tests.faults.helpers import GRACE, Process, Record, Yard, hashes, times, wait_until
from tests.faults.test_disks import MIB, disk, remount

pytestmark = pytest.mark.faults

JOURNAL, SCRATCH = ".digitgen-export.jsonl", ".digitgen-export"
INSTALLED = [name for name, each in FORMATS.items() if all(map(find_spec, each.libraries)) and name != "mds"]
"""Formats that can be written here, but for MDS, whose library takes longer to load than all the rest."""


class Undisturbed:
    """An export that nobody disturbed: the command, its files by their hashes, its steps on files and its time."""

    def __init__(self, yard: Yard, to: str, out: Path) -> None:
        self.command = ("export", yard.reference("deflate").folder, "--to", to, "--split", "test")
        process = yard.start(
            *self.command, "-o", out, env={"DIGITGEN_FAULTS_FOLDER": str(out), "DIGITGEN_FAULTS_STEP": "0"}
        )
        self.seconds = process.wait().seconds
        self.hashes, self.steps = hashes(out), process.logged()
        self.bytes = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
        shutil.rmtree(out)

    def assert_whole(self, out: Path) -> None:
        """Every file under a final name is all there. A database grows in its place, and lacks its count."""
        found = hashes(out) if out.exists() else {}
        final = {name for name in found if not name.startswith(SCRATCH) and not name.endswith(("data.mdb", "-tmp"))}
        assert not {name for name in final if name != JOURNAL and found[name] != self.hashes[name]}

    def assert_goes_on(self, yard: Yard, out: Path) -> None:
        """The same command ends well, and with the same bytes."""
        yard.run(*self.command, "-o", out).assert_code(0)
        assert hashes(out) == self.hashes


@pytest.fixture(scope="module")
def _undisturbed() -> dict[str, Undisturbed]:
    return {}


@pytest.fixture
def export(yard: Yard, out: Path, rng: random.Random, _undisturbed: dict[str, Undisturbed]) -> Undisturbed:
    """An undisturbed export into some format."""
    to = rng.choice(INSTALLED)
    if to not in _undisturbed:
        _undisturbed[to] = Undisturbed(yard, to, out)
    return _undisturbed[to]


@pytest.fixture(autouse=True)
def tidy(yard: Yard) -> Iterator[None]:
    """End what a test has left running."""
    yield
    yard.tidy()


def strike(yard: Yard, rng: random.Random, export: Undisturbed, out: Path) -> Process:
    """Kill an export: at a moment by the clock, or before one of its steps on files."""
    if rng.random() < 0.4:
        process = yard.start(*export.command, "-o", out)
        time.sleep(rng.uniform(0, export.seconds))
        if process.running():
            os.kill(process.pid, signal.SIGKILL)
        return process
    step = rng.choice([rng.randint(1, 40), rng.randint(1, export.steps), rng.randint(export.steps - 40, export.steps)])
    injected = {"DIGITGEN_FAULTS_FOLDER": str(out), "DIGITGEN_FAULTS_STEP": str(max(1, step))}
    return yard.start(*export.command, "-o", out, env=injected)


@times(1)
def test_a_killed_export_goes_on_to_the_same_bytes(
    yard: Yard, out: Path, rng: random.Random, record: Record, export: Undisturbed
) -> None:
    record.injected = "kill -9 of an export"
    for _ in range(rng.randint(1, 3)):  # killed again while it goes on
        strike(yard, rng, export, out).wait()
        export.assert_whole(out)
    record.happened = "files whole, gone on to identical bytes"
    export.assert_goes_on(yard, out)


@times(0.2)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"])
def test_an_interrupted_export_says_how_to_go_on(
    number: int, code: int, yard: Yard, out: Path, rng: random.Random, record: Record, export: Undisturbed
) -> None:
    process = yard.start(*export.command, "-o", out)
    wait_until((out / JOURNAL).exists, process)
    time.sleep(rng.uniform(0, export.seconds / 4))
    record.injected = "a signal to an export"
    begun = time.monotonic()
    os.kill(process.pid, number)
    ended = process.wait()
    if ended.code == 0:
        record.happened = "it was done"
    else:
        ended.assert_code(code)
        assert time.monotonic() - begun < GRACE + 1
        assert f"go on with: digitgen export {export.command[1]}" in ended.err
        assert not (out / SCRATCH / "work").exists()
        record.happened = "ended, gone on to identical bytes"
    export.assert_whole(out)
    export.assert_goes_on(yard, out)


@times(0.4)
def test_a_disk_that_fills_up_ends_an_export_cleanly(
    yard: Yard, rng: random.Random, record: Record, export: Undisturbed
) -> None:
    record.injected = "a disk that an export fills"
    with disk(rng.randrange(64 << 10, export.bytes)) as place:
        ended = yard.run(*export.command, "-o", place / "out")
        ended.assert_code(1)
        assert "make room and export once more: parts that are there are kept" in ended.line, ended
        assert len(ended.line.splitlines()) == 1, ended
        export.assert_whole(place / "out")
        remount(place, f"size={3 * export.bytes + 60 * MIB}")
        record.happened = "one line, gone on to identical bytes"
        export.assert_goes_on(yard, place / "out")
