"""Datasets in which it is known who wrote what: images in one hand, and splits by writer."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from digitgen import ConfigError, DamageError, DigitDataset, build_dataset, load_config, stream, verify_dataset
from digitgen.cli.program import main
from digitgen.compose.hands import writer_table
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.manifest import read_manifest
from digitgen.dataset.rows import contradiction
from digitgen.glyphs import sources
from digitgen.glyphs.idx import idx_sha256, read_idx
from digitgen.glyphs.source import Source, SourceFile
from digitgen.glyphs.source import Writers as WritersFiles
from tests.errors import message_of, naming
from tests.hands import LABELS, SOURCE, WRITERS, hand_bank, write_source
from tests.strangers import change_manifest, change_shard

CONFIG = f"""
name: hands
seed: 5
image_width: 140
splits:
  train: {{count: 1500, source: {SOURCE}, writers: {{numbers: [5, 8]}}}}
  val: {{count: 300, source: {SOURCE}, writers: {{numbers: [2, 17, 300]}}}}
  noisy: {{count: 300, source: {SOURCE}, writers: {{numbers: [2, 17, 300]}}, same_as: val}}
sequence: {{length: [1, 4]}}
spacing: {{range: [0, 8]}}
hand: one
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration and its glyphs."""
    home = tmp_path_factory.mktemp("home")
    write_source(home)
    (home / "config.yaml").write_text(CONFIG)
    return home


def config_of(home: Path, *overrides: str) -> BuildConfig:
    return load_config(home / "config.yaml", overrides)


@pytest.fixture(scope="module")
def built(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built") / "out"
    build_dataset(config_of(home), out, jobs=1, fsync=False)
    return out


def writers_in(folder: Path, split: str) -> list[int]:
    """The writers of the digits of a split."""
    writers = DigitDataset(folder, split)[:].writers
    assert writers is not None
    return sorted({*writers.reshape(-1).tolist()} - {-1})


# What is built


def test_the_writers_of_a_split_write_its_digits_and_one_of_them_each_image(built: Path) -> None:
    assert writers_in(built, "train") == [5, 8]
    assert writers_in(built, "val") == writers_in(built, "noisy") == [300]  # the others have not all digits
    for split in ("train", "val"):
        for sample in DigitDataset(built, split)[:300]:
            assert sample.writers is not None
            assert sample.writers.tolist() == WRITERS[sample.glyph_ids].tolist()
            assert len(set(sample.writers.tolist())) == 1


def test_a_stream_of_some_writers_gives_the_images_of_the_build(built: Path, home: Path) -> None:
    batch = next(stream(config_of(home), batch_size=1500))
    for name, array in DigitDataset(built, "train")[:].arrays().items():
        assert np.array_equal(array, batch.arrays()[name]), name


def test_jobs_shards_and_compression_change_no_image(built: Path, home: Path, tmp_path: Path) -> None:
    whole = DigitDataset(built, "train")[:].arrays()
    for jobs, compression in ((1, "deflate"), (2, "none")):
        config = config_of(home, "output.shard_size=1024", f"output.compression={compression}")
        build_dataset(config, tmp_path / compression, jobs=jobs, fsync=False)
        for name, array in DigitDataset(tmp_path / compression, "train")[:].arrays().items():
            assert np.array_equal(array, whole[name]), name


def test_writers_are_stored_where_they_are_asked_for_and_change_nothing_else(home: Path, tmp_path: Path) -> None:
    plain = CONFIG.replace("hand: one", "").replace(", writers: {numbers: [5, 8]}", ", rows: [0, 60]")
    plain = plain.replace(", writers: {numbers: [2, 17, 300]}", ", rows: [60, 120]")
    (home / "plain.yaml").write_text(plain)
    without, labelled = (
        build_dataset(load_config(home / "plain.yaml", more), tmp_path / name, jobs=1, fsync=False)
        for name, more in (("without", []), ("labelled", ["labels.writers=true"]))
    )
    train = DigitDataset(tmp_path / "labelled", "train")
    assert DigitDataset(tmp_path / "without", "train")[0].writers is None
    for name, array in DigitDataset(tmp_path / "without", "train")[:].arrays().items():
        assert np.array_equal(array, train[:].arrays()[name]), name
    for sample in train[:20]:
        assert sample.writers is not None
        assert sample.writers.tolist() == WRITERS[sample.glyph_ids].tolist()
    assert without.splits["train"].pool.writers is None
    assert without.splits["train"].source.writers is None
    assert "writers/writers.idx" not in without.splits["train"].source.files
    assert labelled.splits["train"].source.files["writers/writers.idx"] == idx_sha256(read_idx(home / "writers.idx"))


def test_a_split_of_unknown_writers_may_stand_beside_splits_by_writer(home: Path, tmp_path: Path) -> None:
    bare = "{images: images.idx, labels: labels.idx}"
    splits = (
        f"train: {{count: 20, source: {SOURCE}, writers: {{numbers: [5, 300]}}}}, same: {{count: 20, source: {SOURCE}}}"
    )
    config = config_of(
        home, f"splits={{{splits}, bare: {{count: 20, source: {bare}}}}}", "hand=mixed", "allow_shared_glyphs=true"
    )
    build_dataset(config, tmp_path / "out", jobs=1, fsync=False)
    stored = {name: DigitDataset(tmp_path / "out", name)[0].writers is not None for name in config.splits}
    assert stored == {"train": True, "same": True, "bare": False}
    assert [name[:2] for name in verify_dataset(tmp_path / "out").shared_writers] == [("same", "train")]


def test_the_manifest_has_the_glyphs_of_each_writer(built: Path) -> None:
    manifest = read_manifest(built)
    numbers, glyphs = writer_table(hand_bank())
    rows = {number: [number, *counts] for number, counts in zip(numbers.tolist(), glyphs.tolist(), strict=True)}
    assert manifest.splits["train"].pool.writers == [rows[5], rows[8]]
    assert manifest.splits["val"].pool.writers == [rows[2], rows[17], rows[300]]
    assert manifest.splits["val"].pool.writer_numbers == [2, 17, 300]


def test_other_writers_are_another_dataset(built: Path, home: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(built, tmp_path / "copy"))
    assert "hand: one -> 0.5" in message_of(build_dataset, config_of(home, "hand=0.5"), folder, resume=True, jobs=1)


# Shares of writers


def test_shares_that_do_not_overlap_have_no_writer_in_common() -> None:
    bank = hand_bank()
    shares = [bank.restricted(writers=share) for share in ((0, 0.4), (0.4, 0.8), (0.8, 1))]
    writers = [np.unique(share.writers).tolist() for share in shares]  # type: ignore[arg-type]
    assert [len(each) for each in writers] == [2, 2, 1]
    assert sorted(sum(writers, [])) == [2, 5, 8, 17, 300]  # noqa: RUF017
    assert sorted(row for share in shares for row in share.rows.tolist()) == list(range(120))
    assert np.unique(bank.restricted(writers=0.4).writers).tolist() == writers[0]  # type: ignore[arg-type]
    reversed_bank = type(bank).from_arrays(bank.images[::-1], LABELS[bank.rows][::-1], writers=bank.writers[::-1])  # type: ignore[index]
    assert np.unique(reversed_bank.restricted(writers=0.4).writers).tolist() == writers[0]  # type: ignore[arg-type]


# What is refused


REFUSED: dict[str, tuple[list[str], str]] = {
    "nobody has all digits": (
        ["splits.val.writers={numbers: [2, 17]}", "splits.noisy.writers={numbers: [2, 17]}"],
        "splits.val: its pool has none of the 12 glyphs of the digit 4 in images.idx+labels.idx",
    ),
    "no such writer": (
        ["splits.val.writers={numbers: [300, 9]}", "splits.noisy.writers={numbers: [300, 9]}"],
        "splits.val.writers.numbers: no glyph is by writer 9 (images.idx+labels.idx)",
    ),
    "writers in both": (
        ["splits.val.writers=[0, 1]", "splits.noisy.writers=[0, 1]"],
        "splits: train and val can use the same glyphs, 71 of them",
    ),
    "not a share": (["splits.val.writers=[0, 2]"], "must be within 0 and 1"),
    "not a writer": (["splits.val.writers={numbers: [300, -1]}"], "splits.val.writers.numbers.1: "),
    "no numbers": (["splits.val.writers={numbers: []}"], "splits.val.writers.numbers: "),
    "no hand": (["hand=onne"], "hand: must be mixed, one, or the share of images in one hand from 0 to 1; got 'onne'"),
    "another split's writers": (["splits.noisy.writers=[0, 0.5]"], "val has another writers; say the same writers"),
    "nobody named": (
        ["splits.train.source={images: images.idx, labels: labels.idx}"],
        "splits.train: images.idx has no file that says who wrote it: name one with writers: beside images:; hand, "
        "labels.writers and writers of splits need it",
    ),
}
"""Overrides, and what the error says."""


def test_what_cannot_be_built_is_refused_before_anything_is_written(home: Path, tmp_path: Path) -> None:
    for name, (overrides, message) in REFUSED.items():
        with naming(name):
            with pytest.raises(ConfigError) as error:
                build_dataset(config_of(home, *overrides), tmp_path / "out", jobs=1)
            assert message in str(error.value)
            assert not (tmp_path / "out").exists()


def test_one_hand_is_refused_where_no_writer_has_all_digits(home: Path, tmp_path: Path) -> None:
    (home / "alone.idx").write_bytes((home / "labels.idx").read_bytes())  # each digit has a writer of its own
    text = CONFIG.replace("writers: writers.idx", "writers: alone.idx")
    text = text.replace("{numbers: [5, 8]}", "[0, 1]").replace("{numbers: [2, 17, 300]}", "[0, 1]")
    (home / "alone.yaml").write_text(text + "allow_shared_glyphs: true\n")
    with pytest.raises(ConfigError) as error:
        build_dataset(load_config(home / "alone.yaml"), tmp_path / "out", jobs=1)
    assert str(error.value) == (
        "splits.train: hand: no writer has glyphs of all 10 classes that images may need; of 10 writers, none has more "
        "than 1; take more writers, fewer classes, or hand: mixed"
    )
    assert not (tmp_path / "out").exists()


def test_a_published_source_without_writers_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [SourceFile(name, idx_sha256(read_idx(home / f"{name}.idx"))) for name in ("images", "labels")]
    parts = {"all": (files[0], files[1])}
    monkeypatch.setitem(sources.OWN, "bare", Source("bare", "Bare", parts, "CC0", "cc0-1.0", "A. Nobody", ()))
    config = config_of(home, "splits={train: {count: 5, source: bare/all}}")
    assert message_of(build_dataset, config, home / "out", jobs=1) == (
        "splits.train: bare/all does not say who wrote its digits; hand, labels.writers and writers of splits need it"
    )


# What is said


def test_the_card_names_who_found_out_about_writers_and_the_terms(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("images", "labels", "writers")
    arrays = {name: read_idx(home / f"{name}.idx") for name in names}
    for name in names:
        shutil.copy(home / f"{name}.idx", tmp_path / name)
    files = {name: SourceFile(name, idx_sha256(array)) for name, array in arrays.items()}
    who = WritersFiles("who", "Who", {"all": files["writers"]}, "BSD", "B. Detective, 2019", ())
    parts = {"all": (files["images"], files["labels"])}
    source = Source("known", "Known", parts, "CC0", "cc0-1.0", "A. Nobody, 2026", (), writers=who)
    monkeypatch.setitem(sources.OWN, "known", source)
    config = config_of(home, "splits={train: {count: 5, source: known/all}}")
    build_dataset(config, tmp_path / "out", data_dir=tmp_path, jobs=1, fsync=False)
    card = (tmp_path / "out/README.md").read_text()
    assert "- known/all: A. Nobody, 2026. Licence: CC0.\n" in card
    assert "- the writers of the glyphs: B. Detective, 2019. Licence: BSD.\n" in card
    assert f"- `writers/writers`, sha256 of the uncompressed bytes `{files['writers'].sha256}`\n" in card
    assert "- `writers`: (N, L) number of the writer of each digit, padded with -1\n" in card


def test_the_card_says_that_a_file_of_writers_is_the_builders_own(built: Path) -> None:
    assert "- the writers of the glyphs: `writers.idx`, a file of the builder's own.\n" in (
        built / "README.md"
    ).read_text(encoding="utf-8")


# What verify proves


def test_verify_proves_from_the_shards_that_splits_share_no_writer(
    built: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = verify_dataset(built, regenerate=50, data_dir=home, rng=1)
    assert found.ok
    assert found.shared_writers == [("noisy", "train", 0), ("train", "val", 0)]
    assert main(["verify", str(built)]) == 0
    assert "train and val: no writer in common\n" in capsys.readouterr().out


def test_verify_finds_a_writer_who_is_not_of_the_split(built: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(built, tmp_path / "copy"))

    def change(file: h5py.File) -> None:
        file["writers"][7, 0] = 300

    change_shard(folder, change)
    found = verify_dataset(folder)
    assert found.damaged == {"train/shard-00000.h5": "it has writers who are not in the pool of train: 300 is one"}


def test_verify_finds_a_writer_in_two_splits_that_exclude_each_other(built: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(built, tmp_path / "copy"))

    def admit(content: Any) -> None:
        five, eight = content["splits"]["train"]["pool"]["writers"]
        content["splits"]["train"]["pool"]["writers"] = [five, [eight[0], *[each - 1 for each in eight[1:]]]]
        content["splits"]["train"]["pool"]["writers"].append([300, *[1] * 10])

    change_manifest(folder, admit)
    change_shard(folder, lambda file: file["writers"].__setitem__((7, 0), 300))
    found = verify_dataset(folder)
    assert found.damaged["manifest.json"] == "train and val exclude each other's writers, and have 1 of them"
    assert ("train", "val", 1) in found.shared_writers


def test_a_shard_whose_writers_are_none_is_refused() -> None:
    labels: dict[str, Any] = {
        "lengths": np.array([1, 2]),
        "labels": np.array([[3, -1], [4, 5]]),
        "glyph_ids": np.array([[3, -1], [4, 5]]),
        "gaps": np.array([[-32768], [2]]),
        "boxes": np.full((2, 2, 4), -1.0),
        "sample_ids": np.arange(2),
    }
    assert contradiction(labels, 0, 10, 30) is None
    assert contradiction(labels | {"writers": np.array([[7, -1], [7, 0]])}, 0, 10, 30) is None
    padded = "labels, glyph_ids, writers, boxes or gaps go on behind the end of a sequence"
    assert contradiction(labels | {"writers": np.array([[7, 7], [7, 7]])}, 0, 10, 30) == padded
    below = "there are writers with numbers below 0"
    assert contradiction(labels | {"writers": np.array([[7, -1], [7, -1]])}, 0, 10, 30) == below


Change = Callable[[Any], Any]


def test_a_manifest_whose_writers_contradict_is_refused(built: Path, tmp_path: Path) -> None:
    rows = "splits.val.pool: the writers are not rows of a number, ascending, and a count for each class"
    counts = "splits.val.pool: the writers have not as many glyphs as there are"
    both = "splits.val: it is said of the glyphs who wrote them, or stored with the images, but not both"

    def writers(change: Change) -> Change:
        return lambda content: change(content["splits"]["val"]["pool"]["writers"])

    cases: dict[str, tuple[Change, str]] = {
        "not ascending": (writers(list.reverse), rows),
        "twice": (writers(lambda table: table[1].__setitem__(0, 2)), rows),
        "no number": (writers(lambda table: table.append([])), rows),
        "too large a number": (writers(lambda table: table[2].__setitem__(0, 2**15)), rows),
        "too few classes": (writers(lambda table: table[2].pop()), rows),
        "other glyphs": (writers(lambda table: table[2].__setitem__(3, 50)), counts),
        "a writer less": (writers(list.pop), counts),
        "nobody": (writers(list.clear), counts),
        "less than none": (writers(lambda table: table[2].__setitem__(3, -1)), "splits.val.pool.writers.2.3: "),
        "no table": (lambda content: content["splits"]["val"]["pool"].pop("writers"), both),
        "no source": (lambda content: content["splits"]["val"]["source"].pop("writers"), both),
    }
    for name, (change, message) in cases.items():
        with naming(name):
            folder = Path(shutil.copytree(built, tmp_path / "copy"))
            change_manifest(folder, change)
            with pytest.raises(DamageError, match="no build would have written this: ") as error:
                verify_dataset(folder)
            assert message in str(error.value)
            shutil.rmtree(folder)
