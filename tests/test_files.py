"""Files are written whole or not at all, a folder is locked by one build, and no pipe is waited for in vain."""

import errno
import os
import threading
import time
from pathlib import Path

import pytest

from digitgen import files
from digitgen.errors import LockedError


def test_a_file_is_written_whole_and_leaves_no_other(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for data in (b"first", b"", b"x" * 100_000):
        files.write_atomically(path, data)
        assert path.read_bytes() == data
        assert list(tmp_path.iterdir()) == [path]


def test_a_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    files.write_atomically(tmp_path / "file", b"")
    (tmp_path / "other").touch()
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_failed_write_leaves_the_old_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def half(temporary: Path, data: bytes) -> None:
        assert path.read_bytes() == b"old"
        with temporary.open("wb") as file:
            file.write(data[:3])
        raise error

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(error):
        files.write_atomically(path, b"new, but only half of i")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_disk_that_fails_at_the_last_step_leaves_the_old_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os if step == "fsync" else Path, step, fail)
    with pytest.raises(OSError, match="Input/output error"):
        files.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_temporary_files_are_hidden_never_share_a_name_and_are_swept(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    path.parent.mkdir()
    path.touch()
    names = {files.temporary_name(path) for _ in range(10)}
    assert len(names) == 10
    for name in names:
        assert name.parent == path.parent
        assert name.name.startswith(".")
        name.touch()
    files.sweep(tmp_path)
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_is_locked_by_one_at_a_time(tmp_path: Path) -> None:
    with files.locked(tmp_path):
        with pytest.raises(LockedError, match=rf"^{tmp_path}: another build is writing here"), files.locked(tmp_path):
            pytest.fail("two hold it")
        assert not any(tmp_path.iterdir())
    with files.locked(tmp_path):
        pass


def test_a_file_is_not_replaced_if_it_must_not_be(tmp_path: Path) -> None:
    path = tmp_path / "file"
    files.write_atomically(path, b"old", replace=False)
    with pytest.raises(FileExistsError):
        files.write_atomically(path, b"new", replace=False)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_as_long_as_the_file_system_allows_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * os.pathconf(tmp_path, "PC_NAME_MAX"))
    files.write_atomically(path, b"data")
    assert path.read_bytes() == b"data"


def test_every_byte_is_written_if_the_system_takes_a_few_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    with (tmp_path / "file").open("wb") as file:
        files.write_all(file.fileno(), memoryview(b"0123456789"))
    assert (tmp_path / "file").read_bytes() == b"0123456789"


def test_an_absent_folder_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.write_atomically(tmp_path / "absent" / "file", b"")
    assert not any(tmp_path.iterdir())


def read(path: Path) -> bytes:
    with files.open_input(path) as file:
        return file.read()


def test_a_pipe_is_read_to_its_end_though_its_writer_comes_late_and_stops_to_think(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def write() -> None:
        time.sleep(0.1)
        with pipe.open("wb", buffering=0) as file:
            time.sleep(0.1)
            file.write(b"one")
            time.sleep(0.1)
            file.write(b"two" * 100_000)

    writer = threading.Thread(target=write)
    writer.start()
    assert read(pipe) == b"one" + b"two" * 100_000
    writer.join()


def test_a_pipe_that_nobody_writes_to_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_PIPE_SECONDS", 0.1)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="it is a pipe that nobody writes to"):
        read(tmp_path / "pipe")


def test_a_pipe_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_PIPE_BYTES", 1000)
    reading, writing = os.pipe()
    os.write(writing, b"y\n" * 600)
    with pytest.raises(OSError, match="it is a pipe with more than 1,000 bytes"):
        read(Path(f"/dev/fd/{reading}"))
    os.close(reading)
    os.close(writing)


def test_a_device_and_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/dev/zero")
    with pytest.raises(OSError, match="it is neither a regular file nor a pipe"):
        read(tmp_path / "link")
    with pytest.raises(IsADirectoryError):
        read(tmp_path)
