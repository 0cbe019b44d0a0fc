"""Building: the same files however it is run, exact labels, and nothing written over a mistake."""

import json
from pathlib import Path
from typing import Any

import h5py
import joblib
import numpy as np
import pytest
from scipy.stats import chisquare

from digitgen import (
    ArgumentError,
    Batch,
    BuildError,
    ConfigError,
    DatasetError,
    DigitDataset,
    SourceError,
    build_dataset,
    load_config,
    stream,
    verify_dataset,
)
from digitgen.build.preflight import forecast_build
from digitgen.compose.batch import batch_spec
from digitgen.dataset.manifest import Manifest, read_manifest
from digitgen.dataset.shard_writer import _template
from digitgen.glyphs.idx import encode_idx
from tests.conftest import coded_glyphs, write_coded_glyphs
from tests.reference import assert_follows, fitting_gaps, uniform

CONFIG = """
name: small
seed: 5
image_width: 130
splits:
  train: {count: 3000, source: {images: images.idx, labels: labels.idx}}
  test: {count: 50, source: {images: images.idx, labels: labels.idx}}
allow_shared_glyphs: true
sequence: {length: [1, 4]}
spacing: {range: [0, 10]}
output: {shard_size: 1024}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration and the coded glyphs as IDX files."""
    home = tmp_path_factory.mktemp("home")
    write_coded_glyphs(home)
    (home / "config.yaml").write_text(CONFIG)
    return home


def build(home: Path, out: Path, *overrides: str, jobs: int = 1, **options: Any) -> Manifest:
    return build_dataset(load_config(home / "config.yaml", overrides), out, jobs=jobs, fsync=False, **options)


@pytest.fixture(scope="module")
def built(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset of the configuration as it is, made by one process."""
    out = tmp_path_factory.mktemp("built") / "out"
    build(home, out)
    return out


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a dataset but the log, which tells of the run."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "build-log.json")
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_two_builds_with_different_jobs_give_identical_files(home: Path, tmp_path: Path, built: Path) -> None:
    assert build(home, tmp_path / "b", jobs=2) == read_manifest(built)
    assert files(tmp_path / "b") == files(built)
    assert verify_dataset(tmp_path / "b").ok
    assert not any(path.name.endswith(".digitgen-tmp") for path in (tmp_path / "b").rglob("*"))


def test_a_relative_folder_starts_where_the_build_is_called(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "other"):  # the workers of the first serve the second
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        build(home, Path("out"), jobs=2)
    assert files(tmp_path / "one/out") == files(tmp_path / "other/out")


def test_another_joblib_back_end_gives_the_same_files(home: Path, tmp_path: Path, built: Path) -> None:
    with joblib.parallel_config(backend="threading"):
        build(home, tmp_path / "b", jobs=3)
    assert files(tmp_path / "b") == files(built)


def test_an_image_depends_on_neither_count_nor_shard_size_nor_compression(
    home: Path, tmp_path: Path, built: Path
) -> None:
    build(home, tmp_path / "b", "splits.train.count=2100", "output.shard_size=2048", "output.compression=deflate")
    long, short = (DigitDataset(folder, "train") for folder in (built, tmp_path / "b"))
    for name, array in short[:].arrays().items():
        assert np.array_equal(array, long[:2100].arrays()[name]), name


def test_another_seed_or_split_gives_other_images(home: Path, tmp_path: Path, built: Path) -> None:
    build(home, tmp_path / "b", "seed=6")
    images = [
        DigitDataset(folder, split)[:50].images.tobytes()
        for folder, split in [(built, "train"), (built, "test"), (tmp_path / "b", "train")]
    ]
    assert len(set(images)) == 3


def test_a_stream_gives_the_images_of_the_build(built: Path, home: Path) -> None:
    batch = next(stream(home / "config.yaml", batch_size=1500))
    for name, array in DigitDataset(built, "train")[:1500].arrays().items():
        assert np.array_equal(array, batch.arrays()[name]), name


def test_h5py_alone_finds_the_digits_in_the_images(built: Path) -> None:
    glyphs, labels = coded_glyphs()
    with h5py.File(built / "train/shard-00001.h5") as file:
        for image, digits, length, boxes, ids, gaps in zip(
            *(file[name][:100] for name in ("images", "labels", "lengths", "boxes", "glyph_ids", "gaps")), strict=True
        ):
            rest = image.copy()
            for digit, (x, y, width, height), row in zip(
                digits[:length], boxes[:length].astype(int), ids, strict=False
            ):
                assert labels[row] == digit
                assert np.array_equal(image[y : y + height, x : x + width], glyphs[row])
                rest[y : y + height, x : x + width] = 0
            assert not rest.any()
            assert np.array_equal(gaps[: length - 1], np.diff(boxes[:length, 0]) - 28)
            assert (digits[length:] == -1).all()
            assert (boxes[length:] == -1).all()


def test_the_manifest_accounts_for_every_file(home: Path, built: Path) -> None:
    manifest = read_manifest(built)
    shards = [shard for split in manifest.splits.values() for shard in split.shards]
    assert [(shard.file, shard.first, shard.count) for shard in shards] == [
        ("test/shard-00000.h5", 0, 50),
        ("train/shard-00000.h5", 0, 1024),
        ("train/shard-00001.h5", 1024, 1024),
        ("train/shard-00002.h5", 2048, 952),
    ]
    assert manifest.images == 3050
    assert manifest.bytes == sum((built / shard.file).stat().st_size for shard in shards)
    assert manifest.splits["train"].source.glyphs == [3] * 10
    assert set(manifest.splits["train"].source.files) == {"images/images.idx", "labels/labels.idx"}
    for text in files(built).values():
        assert str(home).encode() not in text
        assert str(built.parent).encode() not in text
    assert set(files(built)) == {
        "manifest.json",
        "README.md",
        "config.yaml",
        "journal.jsonl",
        *(each.file for each in shards),
    }
    log = json.loads((built / "build-log.json").read_text())
    assert log["images_per_second"] > 0


def test_the_forecast_of_a_build_is_what_it_makes(home: Path, built: Path) -> None:
    config = load_config(home / "config.yaml")
    manifest = read_manifest(built)
    for plan in forecast_build(config):
        shards = manifest.splits[plan.name].shards
        assert (plan.count, plan.shards) == (sum(shard.count for shard in shards), len(shards))
        assert plan.bytes == sum(shard.bytes for shard in shards)
        assert set(plan.acceptance) == {4}  # 4 * 28 + 3 * 10 > 130
        assert plan.unconditional_width == 142


LAWS = {
    "strict": (["spacing.range=[0,4]", "image_width=160", "spacing.fit=strict"], 4, 160 - 4 * 28),
    "conditional": (["spacing.range=[-1,5]", "image_width=120"], 4, 120 - 4 * 28),
    "ink": (["spacing.range=[1,5]", "image_width=160", "spacing.unit=ink"], 4, 160 - 4 * 20),
    "conditional-ink": (["spacing.range=[-2,4]", "image_width=84", "spacing.unit=ink"], 4, 84 - 4 * 20),
}


@pytest.mark.parametrize(("overrides", "length", "room"), LAWS.values(), ids=LAWS)
def test_gaps_between_the_boxes_follow_the_law_of_gaps(
    home: Path, tmp_path: Path, overrides: list[str], length: int, room: int
) -> None:
    build(home, tmp_path / "a", f"sequence.length={length}", "splits.train.count=40960", *overrides)
    boxes = DigitDataset(tmp_path / "a", "train").arrays(["boxes"])["boxes"].astype(int)
    gaps = boxes[:, 1:, 0] - boxes[:, :-1, 0] - boxes[:, :-1, 2]
    spacing = load_config(home / "config.yaml", overrides).spacing.law
    low, high = spacing.low, spacing.high
    possible = fitting_gaps(length - 1, low, high, room - (length - 1) * low)
    assert_follows(map(tuple, gaps.tolist()), uniform(possible))


def test_every_glyph_of_mnist_can_come_and_all_are_equally_likely(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "name: a\nimage_width: 280\nsequence: {length: 10}\nspacing: {range: [0, 0]}\n"
        "splits: {test: {count: 40960, source: mnist/test}}"
    )
    build(tmp_path, tmp_path / "out", jobs=2)
    found = DigitDataset(tmp_path / "out", "test").arrays(["glyph_ids", "labels"])
    for digit in range(10):
        ids = found["glyph_ids"][found["labels"] == digit]
        glyphs = json.loads((tmp_path / "out/manifest.json").read_text())["splits"]["test"]["source"]["glyphs"][digit]
        _, uses = np.unique(ids, return_counts=True)
        assert len(uses) == glyphs
        assert chisquare(uses).pvalue > 1e-4


def test_a_conditioned_law_of_gaps_is_reported_once(home: Path, tmp_path: Path) -> None:
    told: list[str] = []
    build(home, tmp_path / "a", say=told.append)
    assert len(told) == 1
    share = len(fitting_gaps(3, 0, 10, 130 - 4 * 28)) / 11**3
    assert f"{share:.3g} for 4 digits" in told[0]
    assert "image_width=142" in told[0]
    told.clear()
    build(home, tmp_path / "b", "image_width=142", say=told.append)
    assert told == []


def refuse(home: Path, out: Path, error: type[Exception], message: str, *overrides: str, **options: Any) -> None:
    """Expect an error, and nothing written."""
    before = sorted(out.parent.rglob("*"))
    with pytest.raises(error, match=message):
        build(home, out, *overrides, **options)
    assert sorted(out.parent.rglob("*")) == before


def test_a_folder_with_something_in_it_is_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/precious.txt").write_text("mine")
    refuse(home, tmp_path / "out", DatasetError, "not empty")


def test_a_file_in_the_way_is_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    refuse(home, tmp_path / "out", DatasetError, "is a file")


def test_missing_glyphs_are_refused(home: Path, tmp_path: Path) -> None:
    refuse(
        home, tmp_path / "out", SourceError, r"nowhere\.idx: cannot be read", "splits.train.source.images=nowhere.idx"
    )
    images, labels = coded_glyphs()
    (tmp_path / "images.idx").write_bytes(encode_idx(images[labels != 7]))
    (tmp_path / "labels.idx").write_bytes(encode_idx(labels[labels != 7]))
    (tmp_path / "config.yaml").write_text(CONFIG)
    refuse(tmp_path, tmp_path / "out", ConfigError, r"splits\.train: .* no glyph of the digit 7")


def test_ink_that_cannot_fit_is_refused_when_the_glyphs_are_known(home: Path, tmp_path: Path) -> None:
    overrides = ["spacing.unit=ink", "image_width=79"]
    refuse(home, tmp_path / "out", ConfigError, r"splits\.train: 4 digits need at least 80 px", *overrides)


def test_a_disk_without_room_is_refused_before_anything_is_written(home: Path, tmp_path: Path) -> None:
    overrides = ["splits.train.count=1000000000", "output.shard_size=16777216"]
    refuse(home, tmp_path / "out", BuildError, r"[\d,]+ bytes are needed, the disk has [\d,]+ free", *overrides)


def test_a_folder_that_cannot_be_made_is_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refuse(home, tmp_path / "file/out", BuildError, "Not a directory")


def test_resume_and_overwrite_exclude_each_other(home: Path, tmp_path: Path) -> None:
    refuse(
        home, tmp_path / "out", ArgumentError, "resume and overwrite exclude each other", resume=True, overwrite=True
    )


def test_jobs_that_are_no_positive_integer_are_refused(home: Path, tmp_path: Path) -> None:
    wrong: dict[Any, str] = {0: "jobs must be at least 1; got 0", 1.5: "jobs must be an integer; got 1.5"}
    for jobs, message in wrong.items():
        refuse(home, tmp_path / "out", ArgumentError, message, jobs=jobs)


def test_a_batch_of_a_dataset_has_the_arrays_of_a_generated_one(built: Path) -> None:
    read = DigitDataset(built, "test")[:]
    made = Batch.empty(50, batch_spec(4, 130))
    for name, array in made.arrays().items():
        assert (read.arrays()[name].dtype, read.arrays()[name].shape) == (array.dtype, array.shape)


def test_a_folder_with_only_what_systems_and_git_leave_counts_as_empty(home: Path, tmp_path: Path) -> None:
    left = [
        ".gitkeep",
        ".gitignore",
        ".DS_Store",
        "desktop.ini",
        "._x",
        "lost+found/1",
        ".git/HEAD",
        ".Trash-1000/files/a",
    ]
    for name in left:
        path = tmp_path / "out" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("theirs")
    few = ["splits.train.count=10", "splits.test.count=10"]
    build(home, tmp_path / "out", *few)
    build(home, tmp_path / "out", *few, "seed=6", overwrite=True)
    assert verify_dataset(tmp_path / "out").ok
    assert [(tmp_path / "out" / name).read_text() for name in left] == ["theirs"] * len(left)
    for name in ("gitkeep", "notes.txt"):
        with_more = tmp_path / name
        with_more.mkdir()
        (with_more / ".gitkeep").touch()
        (with_more / name).touch()
        with pytest.raises(DatasetError, match="is not empty, and holds no dataset"):
            build(home, with_more, *few)


def test_a_shard_that_finds_no_memory_is_named(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("digitgen.build.shards.fill", fill)
    config = load_config(home / "config.yaml")
    message = r"^\S+/out/\w+/shard-00000\.h5: out of memory while it was made; free some, or take fewer jobs$"
    with pytest.raises(BuildError, match=message):
        build_dataset(config, tmp_path / "out", jobs=1)


def test_a_temporary_folder_that_cannot_be_used_is_named(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    _template.cache_clear()
    monkeypatch.setattr(h5py, "File", refuse)
    with pytest.raises(BuildError, match=r"template\.h5: Permission denied$"):
        build_dataset(load_config(home / "config.yaml"), tmp_path / "out", jobs=1)
