"""What the fault tests share: a small build as a process, ways to strike it, and what must hold afterwards."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from blake3 import blake3

from tests.conftest import write_coded_glyphs

SEED: Final = os.environ.get("DIGITGEN_FAULTS_SEED", "1")
COUNT: Final = int(os.environ.get("DIGITGEN_FAULTS_COUNT", "10"))
ROOT: Final = Path(__file__).parents[2]
INJECTED: Final = Path(__file__).parent / "injected"
GRACE: Final = 2.0  # seconds that an interrupted build and orphaned workers may take to end
MANIFEST, LOG = "manifest.json", "build-log.json"

# 48 shards, 47 of them full: some 85 MB as they are, 8 MB compressed.
_CONFIG: Final = """
name: faults
seed: 5
image_width: 60
splits:
  train: {{count: 40960, source: {source}}}
  test: {{count: 8000, source: {source}}}
allow_shared_glyphs: true
sequence: {{length: [1, 2]}}
spacing: {{range: [0, 4]}}
output: {{shard_size: 1024, compression: {compression}}}
"""
_CODED: Final = "{images: images.idx, labels: labels.idx}"
_KINDS: Final = {"contiguous": (_CODED, "none"), "deflate": (_CODED, "deflate"), "mnist": ("mnist/train", "none")}


def times(share: float) -> pytest.MarkDecorator:
    """Run a test so many times: a share of DIGITGEN_FAULTS_COUNT."""
    return pytest.mark.parametrize("rng", range(max(1, round(share * COUNT))), indirect=True)


@dataclass
class Record:
    """One line of a test for the table at the end: what was injected, and what happened."""

    injected: str = ""
    happened: str = ""


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int
    out: str
    err: str
    seconds: float

    def assert_code(self, code: int) -> None:
        """It ended with this code, and said whatever it said in lines of its own: no traceback, no crash."""
        assert self.code == code, self
        assert all(line.startswith("digitgen: ") for line in self.err.splitlines()), self

    @property
    def line(self) -> str:
        """The one line of its error, without what it says of how far it is and how to go on."""
        beside = ("go on with: ", " shards are there and whole")
        return "\n".join(line for line in self.err.splitlines() if not any(each in line for each in beside))


class Process:
    """A digitgen command in a session of its own, whose descendants can be found by a mark in their environment."""

    def __init__(self, home: Path, *arguments: str | Path, env: dict[str, str] | None = None, **options: Any) -> None:
        self._mark = f"DIGITGEN_FAULTS_MARK={uuid.uuid4().hex}"
        self.scratch = home / f"run-{uuid.uuid4().hex}"
        self.scratch.mkdir()
        (self.scratch / "tmp").mkdir()
        mark = dict([self._mark.split("=")])
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        places = {"TMPDIR": f"{self.scratch}/tmp", "JOBLIB_TEMP_FOLDER": f"{self.scratch}/tmp", "PATH": path}
        places |= {"PYTHONPATH": f"{INJECTED}{os.pathsep}{ROOT}", "DIGITGEN_FAULTS_LOG": f"{self.scratch}/log"}
        command = [sys.executable, "-m", "digitgen", *map(str, arguments)] if not options.get("shell") else arguments
        self.started = time.monotonic()
        with (self.scratch / "out").open("wb") as out, (self.scratch / "err").open("wb") as err:
            self._process = subprocess.Popen(
                command, stdout=out, stderr=err, cwd=home, start_new_session=True,
                env={**os.environ, **places, **mark, **(env or {})}, **options,
            )  # fmt: skip
        self.pid = self._process.pid

    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait(self) -> Ended:
        """See it end."""
        try:
            code = self._process.wait(120)
        except subprocess.TimeoutExpired:
            self.kill_all()
            pytest.fail(f"a build hung: {(self.scratch / 'err').read_text()}")
        seconds = time.monotonic() - self.started
        return Ended(code, (self.scratch / "out").read_text(), (self.scratch / "err").read_text(), seconds)

    def has_printed(self) -> bool:
        """Whether there is a result, with which a command is all but done."""
        return (self.scratch / "out").stat().st_size > 0

    def logged(self) -> int:
        """Steps that the injected module has counted."""
        return (self.scratch / "log").stat().st_size

    def family(self, having: bytes = b"") -> list[int]:
        """Itself and its descendants with something in their command line, as far as they live."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                ours = self._mark.encode() in (process / "environ").read_bytes()
                if ours and having in (process / "cmdline").read_bytes():
                    found.append(int(process.name))
        return found

    def workers(self) -> list[int]:
        """The processes that make shards."""
        return self.family(b"digitgen.build.processes")

    def kill_all(self) -> None:
        """Leave nothing running, whatever the test came to."""
        for pid in self.family():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def assert_gone(self) -> None:
        """Nothing of it runs, after some grace."""
        end = time.monotonic() + GRACE
        while (left := self.family()) and time.monotonic() < end:
            time.sleep(0.02)
        self.kill_all()
        assert not left, f"processes left: {left}"

    def assert_no_scratch(self) -> None:
        """It left nothing in the folder for temporary files."""
        assert not sorted((self.scratch / "tmp").rglob("*"))

    def close(self) -> None:
        """Forget it."""
        self.kill_all()
        self._process.wait()
        shutil.rmtree(self.scratch)


@dataclass(frozen=True)
class Reference:
    """A build that nobody disturbed: its files by their hashes, how long it took and how many steps on files."""

    config: Path
    folder: Path
    hashes: dict[str, str]
    seconds: float
    steps: int

    @property
    def shards(self) -> set[str]:
        """Names of the shards."""
        return {name for name in self.hashes if name.endswith(".h5")}

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum((self.folder / name).stat().st_size for name in self.hashes)

    def copy(self, out: Path) -> None:
        """Put its files into a new folder."""
        shutil.copytree(self.folder, out, dirs_exist_ok=True)

    def state(self, out: Path) -> str:
        """How far a build got, in words."""
        found = set(hashes(out))
        if MANIFEST in found:
            return "after the manifest"
        if self.shards <= found:
            return "between the last shard and the manifest"
        return "amid the shards" if found & self.shards else "before the first shard"

    def assert_whole(self, out: Path) -> None:
        """Every file under a final name is all there, and a manifest stands over nothing less than everything."""
        found = hashes(out)
        torn = {name for name, digest in found.items() if name in self.shards and digest != self.hashes[name]}
        assert not torn
        assert not {name for name in found if name.endswith(".h5") and name not in self.shards}
        if MANIFEST in found:
            assert {name: found.get(name) for name in self.hashes} == self.hashes

    def assert_identical(self, out: Path) -> None:
        """The folder is this one, byte for byte and file for file."""
        found = hashes(out)
        assert sorted(found) == sorted(self.hashes)
        assert {name for name in found if found[name] != self.hashes[name]} == set()


def hashes(folder: Path) -> dict[str, str]:
    """The BLAKE3 hash of every file of a folder, hidden ones too, but the log, which tells of the run."""
    found = {}
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            if path.is_file() and path.name != LOG:
                found[str(path.relative_to(folder))] = blake3(path.read_bytes()).hexdigest()
    return found


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of change of every file and folder: what shows that nobody wrote to it."""
    found = {path: path.stat() for path in folder.rglob("*")}
    return {str(path.relative_to(folder)): (stat.st_ino, stat.st_mtime_ns) for path, stat in found.items()}


class Yard:
    """A folder with configurations and undisturbed builds of them, and processes that end with the test."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._references: dict[str, Reference] = {}
        self._processes: list[Process] = []
        write_coded_glyphs(home)
        for kind, (source, compression) in _KINDS.items():
            (home / f"{kind}.yaml").write_text(_CONFIG.format(source=source, compression=compression))

    def start(self, *arguments: str | Path, **options: Any) -> Process:
        """Start a digitgen command."""
        process = Process(self.home, *arguments, **options)
        self._processes.append(process)
        return process

    def run(self, *arguments: str | Path, **options: Any) -> Ended:
        """Run a digitgen command."""
        return self.start(*arguments, **options).wait()

    def build(self, reference: Reference, out: Path, *more: str, **options: Any) -> Process:
        """Start a build of what the reference is of."""
        return self.start("build", reference.config, "--out", out, "--jobs", "2", *more, **options)

    def resume(self, reference: Reference, out: Path) -> None:
        """Resume a build, which ends well and with the bytes of the reference."""
        process = self.build(reference, out, "--resume")
        process.wait().assert_code(0)
        process.assert_gone()
        reference.assert_identical(out)

    def verify(self, out: Path) -> Ended:
        """Verify a dataset."""
        return self.run("verify", out)

    def reference(self, kind: str) -> Reference:
        """The undisturbed build of a configuration: contiguous, deflate (both of coded glyphs) or mnist."""
        if kind not in self._references:
            config, out = self.home / f"{kind}.yaml", self.home / f"reference-{kind}"
            command = ("build", config, "--out", out, "--jobs", "2")
            process = self.start(*command, env={"DIGITGEN_FAULTS_FOLDER": str(out), "DIGITGEN_FAULTS_STEP": "0"})
            ended = process.wait()
            ended.assert_code(0)
            process.assert_gone()
            process.assert_no_scratch()
            self.verify(out).assert_code(0)
            self._references[kind] = Reference(config, out, hashes(out), ended.seconds, process.logged())
            self.tidy()
        return self._references[kind]

    def any_reference(self, rng: random.Random) -> Reference:
        """One of the three; the real glyphs less often, because they take longer to load."""
        return self.reference(rng.choices(list(_KINDS), [3, 3, 1])[0])

    def tidy(self) -> None:
        """End and forget all processes."""
        while self._processes:
            self._processes.pop().close()


def strike_at_random(yard: Yard, rng: random.Random, reference: Reference, out: Path, *more: str) -> Process:
    """Kill a build: at a moment by the clock, or before one of its steps on files, the first and last foremost."""
    steps = reference.steps + ("--overwrite" in more) * (len(reference.shards) + 8)  # which deletes first
    way = rng.choice(["clock", "any step", "first steps", "last steps"])
    if way == "clock":
        process = yard.build(reference, out, *more)
        time.sleep(rng.uniform(0, reference.seconds))
        if process.running():
            os.kill(process.pid, signal.SIGKILL)
        return process
    step = rng.randint(steps - 15 if way == "last steps" else 1, 15 if way == "first steps" else steps)
    injected = {"DIGITGEN_FAULTS_FOLDER": str(out), "DIGITGEN_FAULTS_STEP": str(step)}
    return yard.build(reference, out, *more, env=injected)


def wait_until(condition: Callable[[], object], process: Process) -> None:
    """Wait for something, or for the end of the process."""
    while process.running() and not condition():
        time.sleep(0.002)


def finished(out: Path) -> int:
    """Shards under their final names."""
    return sum(1 for _ in out.glob("*/shard-*.h5"))


def resuming_command(ended: Ended) -> str | None:
    """The command that a build printed to go on with."""
    found = [line.removeprefix("digitgen: go on with: ") for line in ended.err.splitlines() if "go on with: " in line]
    assert len(found) <= 1
    return found[0] if found else None


def was_begun(out: Path) -> bool:
    """Whether a build left more than an empty folder."""
    return out.is_dir() and any(out.iterdir())


def is_json(path: Path) -> bool:
    """Whether a file can still be read as JSON."""
    try:
        json.loads(path.read_bytes())
    except ValueError:
        return False
    return True
