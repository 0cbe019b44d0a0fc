"""Disks that fill up, files that may not grow, places that cannot be written to."""

import random
import re
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.faults.helpers import Ended, Record, Reference, Yard, finished, stamps, times, wait_until

pytestmark = pytest.mark.faults

MIB = 1 << 20


@contextmanager
def disk(size: int) -> Iterator[Path]:
    """A disk of so many bytes."""
    with TemporaryDirectory() as name:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", name], capture_output=True)
        if mounted.returncode:
            pytest.skip(f"cannot mount a disk: {mounted.stderr.decode().strip()}")
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "-l", name], check=True)


def remount(place: Path, options: str) -> None:
    """Mount a disk with other options."""
    subprocess.run(["mount", "-o", f"remount,{options}", place], check=True)


def assert_refused_politely(ended: Ended, out: Path) -> None:
    """One line says where and how much is missing; nothing crashed."""
    ended.assert_code(1)
    assert len(ended.line.splitlines()) == 1, ended
    assert str(out) in ended.line
    assert re.search(r"(less than )?[\d,]+ bytes are (still )?needed", ended.line), ended


def assert_resumable(yard: Yard, reference: Reference, out: Path) -> None:
    """Only whole shards and no temporary files; with room there is no difference to any other build."""
    reference.assert_whole(out)
    assert not list(out.rglob("*tmp*"))
    kept = {name: stamp for name, stamp in stamps(out).items() if name.endswith(".h5")}
    yard.resume(reference, out)
    after = stamps(out)
    rewritten = [name for name, stamp in kept.items() if after[name] != stamp]
    assert len(rewritten) <= 5  # those that wait for the disk, and so for their line in the journal: 2 a job and 1


@times(0.1)
def test_a_disk_too_small_for_a_compressed_build_stops_it_cleanly(
    yard: Yard, rng: random.Random, record: Record
) -> None:
    reference = yard.reference("deflate")
    with disk(rng.randrange(4096, reference.bytes)) as place:
        out = place / "out"
        record.injected = "a disk that a compressed build fills"
        process = yard.build(reference, out)
        ended = process.wait()
        process.assert_gone()
        assert_refused_politely(ended, out)
        record.happened = "one line with what is needed, finished shards kept, with room resumed to identical bytes"
        remount(place, f"size={reference.bytes + 8 * MIB}")
        assert_resumable(yard, reference, out)


@times(0.1)
def test_a_disk_filled_by_another_program_stops_the_build_cleanly(
    yard: Yard, rng: random.Random, record: Record
) -> None:
    reference = yard.reference(rng.choice(["contiguous", "deflate"]))
    with disk(reference.bytes + 8 * MIB) as place:
        out, ballast = place / "out", place / "ballast"
        record.injected = "a disk that somebody else fills during a build"
        process = yard.build(reference, out)
        begin = rng.randrange(len(reference.shards))
        wait_until(lambda: finished(out) >= begin, process)
        with ballast.open("wb", buffering=0) as file:
            while process.running():
                try:
                    file.write(bytes(rng.choice([4096, 1 << 16])))
                except OSError:
                    continue
        ended = process.wait()
        process.assert_gone()
        ballast.unlink()
        if ended.code == 0:
            record.happened = "was done already"
            reference.assert_identical(out)
            return
        assert_refused_politely(ended, out)
        record.happened = "one line with what is needed, finished shards kept, with room resumed to identical bytes"
        assert_resumable(yard, reference, out)


def test_a_disk_known_to_be_too_small_is_refused_before_anything_is_written(yard: Yard, record: Record) -> None:
    reference = yard.reference("contiguous")
    with disk(reference.bytes // 2) as place:
        record.injected = "a disk known to be too small"
        record.happened = "refused beforehand, nothing written"
        assert_refused_politely(yard.build(reference, place / "out").wait(), place / "out")
        assert not list(place.iterdir())


@times(0.1)
@pytest.mark.parametrize("kind", ["contiguous", "deflate"])
def test_a_limit_to_the_size_of_files_stops_the_build_cleanly(
    yard: Yard, out: Path, rng: random.Random, record: Record, kind: str
) -> None:
    reference = yard.reference(kind)
    limit = rng.randrange(512, max((reference.folder / name).stat().st_size for name in reference.shards))

    def limit_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    record.injected = f"a limit to the size of files ({kind})"
    process = yard.build(reference, out, preexec_fn=limit_files)
    ended = process.wait()
    process.assert_gone()
    assert_refused_politely(ended, out)
    record.happened = "one line with what is needed, without the limit resumed to identical bytes"
    assert_resumable(yard, reference, out)


def test_a_read_only_disk_is_refused_in_one_line(yard: Yard, record: Record) -> None:
    reference = yard.reference("deflate")
    with disk(reference.bytes + 8 * MIB) as place:
        reference.copy(place / "dataset")
        (place / "dataset/train/shard-00003.h5").unlink()
        remount(place, "ro")
        before = stamps(place)
        record.injected = "a read-only disk"
        record.happened = "one line, nothing changed, verified all the same"
        for ended in (
            yard.build(reference, place / "new").wait(),
            yard.build(reference, place / "dataset", "--resume").wait(),
            yard.build(reference, place / "dataset", "--overwrite").wait(),
        ):
            ended.assert_code(1)
            assert len(ended.line.splitlines()) == 1
            assert "Read-only" in ended.line
            assert str(place) in ended.line
        yard.verify(place / "dataset").assert_code(3)
        assert stamps(place) == before


@pytest.mark.parametrize("path", ["file", "file/out", "file/deeper/out"])
def test_a_file_in_the_place_of_the_folder_is_refused_in_one_line(
    yard: Yard, tmp_path: Path, record: Record, path: str
) -> None:
    (tmp_path / "file").write_text("mine")
    record.injected = "a file where the folder or its parent should be"
    record.happened = "one line, nothing changed"
    for option in ("--resume", "--overwrite", "--json"):
        ended = yard.build(yard.reference("deflate"), tmp_path / path, option).wait()
        ended.assert_code(1)
        assert len(ended.line.splitlines()) == 1
        assert str(tmp_path / "file") in ended.line
    assert (tmp_path / "file").read_text() == "mine"
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_resuming_an_absent_or_empty_folder_builds_it(yard: Yard, out: Path, record: Record) -> None:
    reference = yard.reference("deflate")
    record.injected = "--resume on a folder that is absent or empty"
    record.happened = "built"
    yard.resume(reference, out)
    shutil.rmtree(out)
    out.mkdir()
    yard.resume(reference, out)
