"""A dataset folder may come from anybody. It is read as what it is, or refused in one line."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from digitgen import DamageError, DatasetError, DigitDataset, build_dataset, load_config, verify_dataset
from digitgen.cli import main
from digitgen.dataset.deflate import deflate
from digitgen.dataset.manifest import read_manifest
from digitgen.files import open_plain
from tests.strangers import SHARD, change_manifest, change_shard, copy_of, make_dataset, sign_shard


@pytest.fixture(scope="module", params=["none", "deflate"])
def dataset(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("strangers"), request.param)


@pytest.fixture(scope="module")
def contiguous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("strangers"))


def replace(name: str, make: Callable[[h5py.File], object]) -> Callable[[h5py.File], None]:
    """Put another dataset in the place of one."""

    def change(file: h5py.File) -> None:
        del file[name]
        make(file)

    return change


def pointers(file: h5py.File) -> None:
    file.create_dataset("images", (300, 28, 100), h5py.string_dtype())


def outside(file: h5py.File) -> None:
    (Path(file.filename).parent / "secret").write_bytes(b"s" * 840_000)
    file.create_dataset("images", (300, 28, 100), "u1", external=[("secret", 0, 840_000)])


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((300, 28, 100), "u1")
    layout[...] = h5py.VirtualSource("elsewhere.h5", "images", (300, 28, 100))
    file.create_virtual_dataset("images", layout)


def other_floats(file: h5py.File) -> None:
    """Floats that numpy reads as its own, though their exponents mean something else."""
    kind = h5py.h5t.IEEE_F32LE.copy()
    kind.set_ebias(100)
    space = h5py.h5s.create_simple((300, 3, 4))
    h5py.h5d.create(file.id, b"boxes", kind, space).write(h5py.h5s.ALL, h5py.h5s.ALL, np.ones((300, 3, 4), np.float32))


def huge_chunks(file: h5py.File) -> None:
    file.create_dataset("images", (300, 28, 100), "u1", chunks=(1, 28, 100), compression="gzip", maxshape=(None,) * 3)
    del file["images"]
    file.create_dataset(
        "images", (300, 28, 100), "u1", chunks=(2**20, 28, 100), compression="gzip", maxshape=(None, 28, 100)
    )


def bomb(file: h5py.File) -> None:
    """A chunk of 180 kB that says how large it is and becomes a hundred times that."""
    images = file.create_dataset("images", (300, 28, 100), "u1", chunks=(64, 28, 100), compression="gzip")
    for first in range(0, 300, 64):
        images.id.write_direct_chunk((first, 0, 0), deflate(np.zeros(10**8, np.uint8)))


CHANGES: dict[str, tuple[Callable[[h5py.File], None], str]] = {
    "pointers in place of pixels": (replace("images", pointers), r"'images' is .* of \|O, expected"),
    "floats of another kind": (replace("boxes", other_floats), "'boxes' is .* expected"),
    "data outside the file": (replace("images", outside), "is not stored in the file itself"),
    "parts of other files": (replace("images", virtual), "is not stored in the file itself"),
    "a soft link": (
        lambda file: file.move("images", "x") or file.__setitem__("images", h5py.SoftLink("/x")),
        "is a link",
    ),
    "an external link": (
        replace("images", lambda file: file.__setitem__("images", h5py.ExternalLink("other.h5", "/x"))),
        "is a link",
    ),
    "a group": (replace("images", lambda file: file.create_group("images")), "is no dataset"),
    "an array of another type": (
        replace("lengths", lambda file: file.create_dataset("lengths", (300,), "f8")),
        "'lengths' is .* of <f8, expected",
    ),
    "an array of another size": (
        replace("lengths", lambda file: file.create_dataset("lengths", (10**9,), "u1", chunks=(1024,))),
        "'lengths' is .*1000000000.*, expected",
    ),
    "an array that was never written": (
        replace("lengths", lambda file: file.create_dataset("lengths", (300,), "u1")),
        "does not lie within the file",
    ),
    "an array that is absent": (lambda file: file.__delitem__("gaps"), "there is no dataset 'gaps'"),
    "chunks as large as memory": (replace("images", huge_chunks), "expected whole rows"),
    "a chunk that inflates without end": (replace("images", bomb), "does not inflate|larger than it can be"),
    "other filters": (
        replace("images", lambda file: file.create_dataset("images", (300, 28, 100), "u1", compression="lzf")),
        "has filters that digitgen does not write",
    ),
    "lengths beyond the longest": (
        lambda file: file["lengths"].__setitem__(5, 200),
        "lengths that are not from 1 to 3",
    ),
    "labels that are no digits": (
        lambda file: file["labels"].__setitem__((5, 0), 77),
        "labels that are not from 0 to 9",
    ),
    "glyphs that the source does not have": (
        lambda file: file["glyph_ids"].__setitem__((5, 0), 2**31 - 1),
        "glyph_ids that are not rows of its source",
    ),
    "ids that do not count": (lambda file: file["sample_ids"].__setitem__(5, 0), "sample_ids do not count up from 0"),
    "boxes that are no numbers": (
        lambda file: file["boxes"].__setitem__((5, 0, 0), np.nan),
        "boxes that are no numbers",
    ),
}


@pytest.mark.parametrize(("change", "problem"), CHANGES.values(), ids=CHANGES)
def test_a_shard_that_is_not_plain_is_refused_by_every_reader(
    contiguous: Path, tmp_path: Path, change: Callable[[h5py.File], None], problem: str
) -> None:
    folder = copy_of(contiguous, tmp_path)
    change_shard(folder, change)
    with pytest.raises(DamageError, match=problem) as found:
        DigitDataset(folder, "train")[:]
    assert "\n" not in str(found.value)
    (trouble,) = [text for file, text in verify_dataset(folder).damaged.items() if file == SHARD]
    assert str(found.value) == f"{folder / SHARD}: {trouble}"


def test_every_change_is_one_to_a_shard_that_is_read_without_it(dataset: Path, tmp_path: Path) -> None:
    folder = copy_of(dataset, tmp_path)
    change_shard(folder, lambda file: file.create_dataset("something else", data=[1, 2]))
    assert verify_dataset(folder).ok
    with h5py.File(folder / SHARD) as file:
        for name, array in DigitDataset(folder, "train")[:].arrays().items():
            assert np.array_equal(array, file[name][...], equal_nan=array.dtype.kind == "f")


def set_at(*keys: Any, to: Any) -> Callable[[Any], None]:
    """Set something deep in a manifest."""

    def change(content: Any) -> None:
        for key in keys[:-1]:
            content = content[key]
        content[keys[-1]] = to

    return change


FIRST = ("splits", "train", "shards", 0)
LIES: dict[str, tuple[Sequence[Any], Any]] = {
    "a negative count": (("splits", "train", "count"), -5),
    "an enormous count": ((*FIRST, "count"), 2**62),
    "a shard that begins elsewhere": ((*FIRST, "first"), 7),
    "a shard outside the folder": ((*FIRST, "file"), "../shard-00000.h5"),
    "a shard anywhere": ((*FIRST, "file"), "/etc/hostname"),
    "a split that is the folder above": ((*FIRST, "split"), ".."),
    "no name": (("config",), {}),
    "no version of digitgen": (("tool",), {"numpy": "2"}),
    "a name that is a path": (("config", "name"), "../../x"),
    "a sum that is wrong": (("images",), 341),
    "a source of 2**31 glyphs": (("splits", "train", "source", "glyphs"), [2**31] * 10),
    "an array of pointers": (("splits", "train", "arrays", 0, "dtype"), "|O"),
    "an image without a width": (("splits", "train", "arrays", 0, "shape"), [28, 0]),
    "an array named twice": (("splits", "train", "arrays", 1, "name"), "images"),
    "a hash that is none": ((*FIRST, "blake3"), "x" * 64),
    "another file beside the shards": (("files",), {"../../etc/passwd": "0" * 64}),
    "no splits": (("splits",), {}),
    "a list for a split": (("splits", "train"), [1]),
}


@pytest.mark.parametrize(("keys", "value"), LIES.values(), ids=LIES)
def test_a_manifest_that_no_build_would_write_is_damage(
    contiguous: Path, tmp_path: Path, keys: Sequence[Any], value: Any
) -> None:
    folder = copy_of(contiguous, tmp_path)
    change_manifest(folder, set_at(*keys, to=value))
    with pytest.raises(DamageError, match="no build would have written this") as found:
        read_manifest(folder)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("name", ["manifest.json", "README.md", SHARD, "train"])
def test_no_link_below_a_dataset_is_followed(contiguous: Path, tmp_path: Path, name: str) -> None:
    folder = copy_of(contiguous, tmp_path)
    (folder / name).rename(tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    if name == "manifest.json":
        with pytest.raises(DatasetError, match="it is a symbolic link"):
            read_manifest(folder)
    else:
        file = name if "." in name else SHARD
        assert "it is a symbolic link" in verify_dataset(folder).damaged[file]


@pytest.mark.parametrize("name", ["manifest.json", "journal.jsonl", "README.md", SHARD])
def test_a_pipe_in_a_dataset_is_not_waited_for(contiguous: Path, tmp_path: Path, name: str) -> None:
    folder = copy_of(contiguous, tmp_path)
    (folder / name).unlink()
    os.mkfifo(folder / name)
    if name == "manifest.json":
        with pytest.raises(DatasetError, match="it is not a regular file"):
            read_manifest(folder)
    else:
        assert "it is not a regular file" in verify_dataset(folder).damaged[name]


def test_a_device_is_no_file() -> None:
    with pytest.raises(OSError, match="it is not a regular file"):
        open_plain(Path("/dev"), "zero")


@pytest.mark.parametrize("journal", ['{"epoch": 1}\n', "", "[" * 100_000, "[1]\n", '{"config": {}}\n'])
def test_a_folder_with_another_program_s_journal_is_not_touched(contiguous: Path, tmp_path: Path, journal: str) -> None:
    folder = tmp_path / "mine"
    (folder / "train").mkdir(parents=True)
    for name, text in (("journal.jsonl", journal), ("README.md", "mine"), (SHARD, "mine")):
        (folder / name).write_text(text)
    config = load_config(contiguous.parent / "config.yaml")
    for wish in ("resume", "overwrite"):
        with pytest.raises(DatasetError, match="is not empty, and holds no dataset"):
            build_dataset(config, folder, jobs=1, **{wish: True})  # type: ignore[arg-type]
    assert {path.name: path.read_text() for path in folder.rglob("*") if path.is_file()} == {
        "journal.jsonl": journal,
        "README.md": "mine",
        "shard-00000.h5": "mine",
    }


def test_to_overwrite_deletes_the_shards_of_the_build_before_and_no_others(contiguous: Path, tmp_path: Path) -> None:
    folder = copy_of(contiguous, tmp_path)
    (folder / "train/shard-00007.h5").write_text("mine")
    (folder / "test/shard-00000.h5.bak").write_text("mine")
    config = load_config(contiguous.parent / "config.yaml", ["splits.train.count=100"])
    build_dataset(config, folder, jobs=1, overwrite=True)
    assert (folder / "train/shard-00007.h5").read_text() == (folder / "test/shard-00000.h5.bak").read_text() == "mine"
    assert len(DigitDataset(folder, "train")) == 100


def test_a_shard_of_garbage_is_refused(dataset: Path, tmp_path: Path) -> None:
    folder = copy_of(dataset, tmp_path)
    (folder / SHARD).write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(3000))
    sign_shard(folder)
    with pytest.raises(DamageError, match="the shard cannot be opened"):
        DigitDataset(folder, "train")[0]


def test_names_in_a_stranger_s_folder_do_not_command_the_terminal(
    contiguous: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(contiguous, tmp_path)
    (folder / "train/\x1b[2J\nall whole").write_text("")
    change_manifest(folder, set_at("splits", "train", "source", "name", to="\x1b[31m\nAll tests agree"))
    assert main(["verify", str(folder)]) == 3
    assert main(["inspect", str(folder), "--jobs", "1"]) == 0
    out = capsys.readouterr().out
    assert all(line.isprintable() for line in out.split("\n"))
    assert "all whole" not in out.split("\n")
    assert not any(line.startswith("All tests agree") for line in out.split("\n"))


def test_a_file_in_the_working_folder_is_not_run(contiguous: Path, tmp_path: Path) -> None:
    folder = copy_of(contiguous, tmp_path)
    for name in ("threading", "multiprocessing", "joblib", "numpy", "pip"):
        (folder / f"{name}.py").write_text("import pathlib\npathlib.Path('ran').write_text('')\nraise SystemExit(9)\n")
    command = [sys.executable, "-P", "-c", "import sys; from digitgen.cli import main; sys.exit(main(sys.argv[1:]))"]
    for words in (
        ["inspect", ".", "--jobs", "2"],
        ["build", str(contiguous.parent / "config.yaml"), "--out", str(tmp_path / "x"), "--jobs", "2"],
    ):
        done = subprocess.run([*command, *words], cwd=folder, capture_output=True, text=True, timeout=120)
        assert (done.returncode, (folder / "ran").exists()) == (0, False), done.stderr


def test_arrays_that_the_recipe_does_not_make_are_damage(contiguous: Path, tmp_path: Path) -> None:
    folder = copy_of(contiguous, tmp_path)

    def move(content: Any) -> None:
        for array in content["splits"]["train"]["arrays"]:
            if array["sampled"] and array["sampled"]["step"] == "slant":
                array["sampled"]["position"] = 7
                array["name"] = array["name"].replace("glyphs_0", "glyphs_7")

    change_shard(folder, lambda file: file.move("augment/glyphs_0_slant_slant", "augment/glyphs_7_slant_slant"))
    change_manifest(folder, move)
    assert DigitDataset(folder, "train")[0].index == 0
    assert main(["inspect", str(folder), "--jobs", "1"]) == 3
