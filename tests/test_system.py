"""Systems that lack what Linux has: a build goes on, and says what matters."""

import errno
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from digitgen import LockedError, build_dataset, load_config, system, verify_dataset
from digitgen.files import locked
from tests.conftest import write_coded_glyphs

UNLOCKED = "cannot be locked on this system; let no other build write here meanwhile"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a configuration that is built in no time."""
    write_coded_glyphs(tmp_path)
    (tmp_path / "config.yaml").write_text(
        """
name: small
image_width: 100
splits: {train: {count: 20, source: {images: images.idx, labels: labels.idx}}}
sequence: {length: [1, 3]}
spacing: {range: [0, 8]}
"""
    )
    return tmp_path


def build(home: Path) -> list[str]:
    """Build and verify a dataset; returns what was said."""
    said: list[str] = []
    build_dataset(load_config(home / "config.yaml"), home / "out", jobs=1, say=said.append)
    assert verify_dataset(home / "out").ok
    return said


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EIO])
def test_a_build_goes_on_without_locks_and_says_so_once(
    home: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refused(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("digitgen.system.fcntl.flock", refused)
    assert build(home) == [f"{home / 'out'}: {UNLOCKED}"]


def test_a_build_works_where_there_is_no_fcntl(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "fcntl", None)
    assert build(home) == [f"{home / 'out'}: {UNLOCKED}"]


def test_a_build_works_where_folders_cannot_be_opened(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def opened(path: Any, *rest: Any, **options: Any) -> int:
        if Path(path).is_dir():
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, *rest, **options)

    monkeypatch.setattr(os, "open", opened)
    assert build(home) == [f"{home / 'out'}: {UNLOCKED}"]


def test_a_build_works_where_threads_have_no_signals_of_their_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(signal, "pthread_sigmask")
    monkeypatch.delattr(os, "posix_fallocate")
    build_dataset(load_config(home / "config.yaml"), home / "out", jobs=2)
    assert verify_dataset(home / "out").ok


def test_a_file_system_that_reserves_nothing_is_written_to(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(os, "posix_fallocate", refused)
    assert build(home) == []


def test_a_folder_is_locked_against_others_and_free_again(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(LockedError, match="another build is writing here"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told by the environment")
def test_freed_memory_is_kept_while_that_is_wanted_where_the_environment_wants_it_given_back() -> None:
    script = """
import resource
from digitgen.system import keep_freed_memory

def new_pages(size):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        b"x" * size
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

size = 4 << 20
counts = [new_pages(size)]
for keep in (True, False):
    keep_freed_memory(keep=keep)
    new_pages(size)
    counts.append(new_pages(size))
print(*counts)
"""

    told = os.environ | {"MALLOC_TRIM_THRESHOLD_": "65536"}
    done = subprocess.run([sys.executable, "-c", script], env=told, check=True, stdout=subprocess.PIPE, text=True)
    before, kept, after = map(int, done.stdout.split())
    assert kept < before / 10
    assert after > before / 2


def test_shards_take_a_quarter_of_the_files_that_a_process_may_open(monkeypatch: pytest.MonkeyPatch) -> None:
    script = """
import resource

resource.setrlimit(resource.RLIMIT_NOFILE, (200, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
from digitgen.dataset.open_shards import MAX_OPEN

print(MAX_OPEN)
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.PIPE, text=True)
    assert int(done.stdout) == 50
    monkeypatch.setattr(system, "resource", None)
    assert system.open_files() == 512
