"""Exporting: what is there stays, what is missing is made, and nothing else is touched or half there."""

import errno
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from digitgen import (
    DamageError,
    DatasetError,
    DigitDataset,
    DigitgenError,
    Exported,
    ExportError,
    LockedError,
)
from digitgen import export_dataset as export_synced
from digitgen.build.journal import line_of
from digitgen.cli import main
from digitgen.export.exporter import Part
from digitgen.export.formats.png import Png
from digitgen.export.progress import JOURNAL
from digitgen.files import locked
from tests.export.conftest import assert_same, known


def export_dataset(path: Any, to: Any, out: Any, **more: Any) -> Exported:
    """Export, without waiting for the disk."""
    return export_synced(path, to, out, fsync=False, **more)


def files_of(folder: Path) -> dict[str, bytes]:
    """All files of a folder, hidden ones too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def stamps(folder: Path) -> dict[Path, tuple[int, int]]:
    """What shows that a file was written again."""
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="session")
def exported(everything: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An undisturbed export into PNG files."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    export_dataset(everything, "png", out)
    return out


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make the writing of a part fail, half-way, as often as the test asks for it."""

    def fail(file: str, error: BaseException) -> None:
        write = Png.write

        def failing(self: Png, part: Part, blocks: Iterator[Any], folder: Path) -> None:
            if part.file == file:
                (folder / "half").write_bytes(b"of a file")
                monkeypatch.setattr(Png, "write", write)
                raise error
            write(self, part, blocks, folder)

        monkeypatch.setattr(Png, "write", failing)

    return fail


def test_png_files_and_their_table_say_all_that_the_dataset_says(dataset: Path, tmp_path: Path) -> None:
    export_dataset(dataset, "png", tmp_path / "out")
    for split in json.loads((dataset / "manifest.json").read_text())["splits"]:
        lines = (tmp_path / "out" / split / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
        rows = [{name: known(value) for name, value in json.loads(line).items()} for line in lines]
        for row in rows:
            for name in ("file_name", "mask_file_name", "clean_file_name"):
                if file := row.pop(name, None):
                    image = np.asarray(Image.open(tmp_path / "out" / split / file))
                    row[name.removesuffix("file_name").rstrip("_") or "image"] = image
        assert_same(rows, dataset, split)


def test_coco_has_the_box_the_class_and_the_pixels_of_each_digit(everything: Path, tmp_path: Path) -> None:
    export_dataset(everything, "coco", tmp_path / "out", splits=["train"])
    coco = json.loads((tmp_path / "out/annotations/instances_train.json").read_text())
    assert coco["categories"][7] == {"id": 8, "name": "7"}
    digits = {each["id"]: each for each in coco["annotations"]}
    assert len(digits) == len(coco["annotations"])
    for sample, entry in zip(DigitDataset(everything, "train"), coco["images"], strict=True):
        image = np.asarray(Image.open(tmp_path / "out/images/train" / entry["file_name"]))
        np.testing.assert_array_equal(image, sample.image)
        assert (entry["id"], entry["text"], entry["width"]) == (sample.index, sample.text, image.shape[1])
        own = {each["place"]: each for each in digits.values() if each["image_id"] == sample.index}
        assert set(own) == set(np.flatnonzero(sample.boxes[:, 2] > 0))
        for place, digit in own.items():
            assert (digit["category_id"], digit["bbox"]) == (sample.digits[place] + 1, sample.boxes[place].tolist())
            runs = digit["segmentation"]["counts"]
            inside = np.repeat(np.arange(len(runs)) % 2, runs).reshape(image.shape[::-1]).T
            np.testing.assert_array_equal(inside, sample.mask == place + 1)
            assert digit["area"] == inside.sum()


def test_an_export_counts_what_it_wrote(exported: Path, everything: Path, tmp_path: Path) -> None:
    done = export_dataset(everything, "png", tmp_path / "out")
    files = {name: data for name, data in files_of(tmp_path / "out").items() if not name.startswith(".")}
    assert (done.images, done.files, done.bytes) == (97, len(files), sum(map(len, files.values())))
    assert files_of(tmp_path / "out") == files_of(exported)


def test_a_finished_export_is_left_as_it_is(exported: Path, everything: Path) -> None:
    before, told = stamps(exported), list[str]()
    export_dataset(everything, "png", exported, say=told.append)
    assert stamps(exported) == before
    assert told == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.EIO, "broken")], ids=["interrupted", "failed"])
def test_an_export_that_was_ended_goes_on_and_has_the_same_bytes(
    error: BaseException, shards: Path, tmp_path: Path, fails: Any
) -> None:
    out, told = tmp_path / "out", list[str]()
    fails("train/shard-00001.h5", error)
    with pytest.raises((KeyboardInterrupt, ExportError)):
        export_dataset(shards, "png", out)
    first = stamps(out / "train/images/00000")
    assert len(first) == 1024
    assert not (out / "README.md").exists()
    assert not list(out.rglob("half"))
    export_dataset(shards, "png", out, say=told.append)
    assert told == [f"{out}: 1 of 2 parts are there"]
    assert stamps(out / "train/images/00000") == first
    export_dataset(shards, "png", tmp_path / "undisturbed")
    assert files_of(out) == files_of(tmp_path / "undisturbed")


@pytest.mark.parametrize("lost", ["test-1/images/00000/000000003.png", ".digitgen-export/pieces"])
def test_a_part_that_lost_a_file_is_made_again(
    lost: str, exported: Path, everything: Path, tmp_path: Path, fails: Any
) -> None:
    out = tmp_path / "out"
    fails("train/shard-00000.h5", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        export_dataset(everything, "png", out)
    shutil.rmtree(out / lost) if (out / lost).is_dir() else (out / lost).unlink()
    export_dataset(everything, "png", out)
    assert files_of(out) == files_of(exported)


def test_a_finished_export_that_lost_a_file_is_made_again(exported: Path, everything: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(exported, out)
    (out / "test/images/00000/000000007.png").unlink()
    export_dataset(everything, "png", out)
    assert files_of(out) == files_of(exported)


def test_a_full_disk_is_told_with_what_to_do(everything: Path, tmp_path: Path, fails: Any) -> None:
    fails("test/shard-00000.h5", OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "x")))
    with pytest.raises(ExportError, match=r"/x: No space left on device; make room and export once more: parts that"):
        export_dataset(everything, "png", tmp_path / "out")


def test_a_damaged_shard_is_never_exported(everything: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    for name, content in files_of(everything).items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(content)
    shard = bytearray((data / "train/shard-00000.h5").read_bytes())
    shard[len(shard) // 2] ^= 1  # a pixel
    (data / "train/shard-00000.h5").write_bytes(shard)
    with pytest.raises(DamageError, match=r"shard-00000\.h5: the shard is damaged: its BLAKE3 hash"):
        export_dataset(data, "png", tmp_path / "out")
    assert not [name for name in files_of(tmp_path / "out") if name.startswith("train/")]


def test_a_dataset_in_a_store_is_exported_by_its_address(everything: Path, exported: Path, tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    fsspec.filesystem("memory").put(str(everything), "memory://exports/everything", recursive=True)
    export_dataset("memory://exports/everything", "png", tmp_path / "out")
    assert files_of(tmp_path / "out") == files_of(exported)


def test_a_folder_that_holds_something_else_is_refused(everything: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DatasetError, match="is not empty, and holds no export"):
        export_dataset(everything, "png", tmp_path)
    with pytest.raises(DatasetError, match="is a file"):
        export_dataset(everything, "png", tmp_path / "notes.txt")
    with pytest.raises(DatasetError, match="is not empty"):
        export_dataset(everything, "png", everything)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_an_export_into_its_own_dataset_is_refused(everything: Path) -> None:
    with pytest.raises(DatasetError, match="out: is inside the dataset, which holds nothing else"):
        export_dataset(everything, "png", everything / "train/out")
    assert not (everything / "train/out").exists()


@pytest.mark.parametrize("link", [".digitgen-export", "test", "test/images"])
def test_no_link_leads_an_export_out_of_its_folder(link: str, everything: Path, tmp_path: Path, fails: Any) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    for name in ("work", "pieces", "images/00000", "00000"):
        (elsewhere / name).mkdir(parents=True)
        (elsewhere / name / "000000000.png").write_text("mine")
    before = files_of(elsewhere)
    fails("train/shard-00000.h5", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        export_dataset(everything, "png", out)
    shutil.rmtree(out / link)
    (out / link).symlink_to(elsewhere)
    with pytest.raises(ExportError, match=f"out/{link}: it is a symbolic link"):
        export_dataset(everything, "png", out)
    assert files_of(elsewhere) == before


@pytest.mark.parametrize(
    "line",
    [
        {"part": "test/shard-00000.h5", "entries": [1]},
        {"part": "test/shard-00000.h5", "entries": {"test": 3}},
        {"part": "test/shard-00000.h5", "entries": {"../elsewhere": [1, 4]}},
        {"part": "test/shard-00000.h5", "entries": {"/elsewhere": [0, 0]}},
        {"part": ["test/shard-00000.h5"], "entries": {}},
        {"part": "test/shard-00000.h5"},
        {"finished": True, "entries": 5},
        {"finished": True, "entries": {}},
        {"finished": True},
    ],
)
def test_a_line_of_the_journal_that_no_export_writes_says_nothing(
    line: dict[str, Any], exported: Path, everything: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").write_text("mine")
    (tmp_path / "out").mkdir()
    identity = (exported / JOURNAL).read_bytes().splitlines(keepends=True)[0]
    (tmp_path / "out" / JOURNAL).write_bytes(identity + line_of(line))
    export_dataset(everything, "png", tmp_path / "out")
    assert files_of(tmp_path / "out") == files_of(exported)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_journal_that_is_a_pipe_is_not_waited_for(everything: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / JOURNAL)
    with pytest.raises(DatasetError, match="is not empty, and holds no export"):
        export_dataset(everything, "png", tmp_path)


def test_what_a_system_leaves_in_a_folder_is_in_nobodys_way(everything: Path, tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_bytes(b"")
    (tmp_path / ".of-a-journal.digitgen-tmp").write_bytes(b"")
    assert export_dataset(everything, "png", tmp_path, splits=["test"]).images == 40
    assert {path.name for path in tmp_path.iterdir()} == {".DS_Store", ".digitgen-export.jsonl", "README.md", "test"}


def test_another_export_in_the_folder_is_refused(home: Path, everything: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_dataset(everything, "png", out, splits=["test"])
    whole = files_of(out)
    with pytest.raises(DatasetError, match="with other splits; name another folder, or delete it first"):
        export_dataset(everything, "png", out)
    with pytest.raises(DatasetError, match="holds an export with another dataset and other splits"):
        export_dataset(home / "letters", "png", out)
    assert files_of(out) == whole


def test_two_exports_into_one_folder_keep_apart(everything: Path, tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(LockedError, match="another export is writing here"):
        export_dataset(everything, "png", tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"to": "pngs"}, "to must be one of parquet, .*; did you mean png?"),
        ({"images": False}, "images are what png is for; without them, export to parquet"),
        ({"out": "s3://bucket/out"}, "out must be a folder of this machine"),
        ({"splits": ["tset"]}, "has no split 'tset'; it has test, test-1, train"),
        ({"splits": []}, "splits must name at least one split"),
        ({"splits": "train"}, "splits must be "),
        ({"images": 1}, "images must be True or False"),
    ],
)
def test_wrong_arguments_are_told_before_anything_is_written(
    arguments: dict[str, Any], message: str, everything: Path, tmp_path: Path
) -> None:
    given = {"to": "png", "out": tmp_path / "out", **arguments}
    with pytest.raises(DigitgenError, match=message):
        export_dataset(everything, **given)
    assert not (tmp_path / "out").exists()


def test_a_library_that_is_missing_is_named(everything: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "webdataset", None)
    monkeypatch.delitem(sys.modules, "digitgen.export.formats.webdataset", raising=False)
    with pytest.raises(DigitgenError, match=r'webdataset must be .* install "mnist-digitgen\[webdataset\]"'):
        export_dataset(everything, "webdataset", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_library_that_cannot_be_loaded_is_told_in_a_line(
    everything: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "streaming").mkdir()
    (tmp_path / "streaming/__init__.py").write_text("raise RuntimeError('operator torchvision::nms\\ndoes not exist')")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("streaming", "streaming.base", "digitgen.export.formats.mds"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(DigitgenError) as raised:
        export_dataset(everything, "mds", tmp_path / "out")
    assert str(raised.value) == (
        r"mosaicml-streaming cannot be loaded: operator torchvision::nms\ndoes not exist; "
        "torch and torchvision must be of one release, from one index"
    )


def test_the_card_names_splits_columns_and_sources(exported: Path) -> None:
    card = (exported / "README.md").read_text(encoding="utf-8")
    assert "97 images of handwritten digit sequences" in card
    assert "| train | 50 |" in card
    assert "- `augment_sequence_0_translate_x`:" in card
    assert "images.idx" in card


def test_the_command_exports_and_says_what_it_wrote(
    everything: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(everything), "--to", "png", "--split", "test", "--split", "test-1"]) == 0
    out = capsys.readouterr()
    assert out.out.startswith("everything-png: 47 images in 146 files, ")
    assert main(["export", str(everything), "--to", "png", "--split", "test", "--split", "test-1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["out"], told["images"], told["files"]) == ("everything-png", 47, 146)


def test_the_command_takes_no_address_for_a_folder(
    everything: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(everything), "--to", "png", "-o", "s3://bucket/out"]) == 2
    assert capsys.readouterr().err.startswith("digitgen: out must be a folder of this machine")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_may_not_be_looked_into_is_told_in_a_line(
    everything: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def exists(path: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", exists)
    assert main(["export", str(everything), "--to", "png", "-o", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == f"digitgen: {tmp_path / 'out'}: Permission denied\n"


def test_the_command_says_how_to_go_on(
    everything: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], fails: Any
) -> None:
    fails("test/shard-00000.h5", OSError(errno.ENOSPC, "No space left on device"))
    words = ["export", str(everything), "--to", "png", "-o", str(tmp_path / "out"), "--split", "test"]
    assert main(words) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == f"digitgen: go on with: digitgen {' '.join(words)}"
    assert "No space left on device" in lines[1]
    assert main(words) == 0
