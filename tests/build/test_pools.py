"""Splits use the glyphs of their pools and no others, and share none unless they are allowed to."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import h5py
import numpy as np
import pytest
from pydantic import ValidationError

from digitgen import (
    ConfigError,
    DamageError,
    DigitDataset,
    GlyphBank,
    build_dataset,
    generate_batch,
    load_config,
    stream,
    verify_dataset,
)
from digitgen.build import sources
from digitgen.build.kept import Kept
from digitgen.build.splits import load_splits
from digitgen.cli import main
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.manifest import Manifest, read_manifest
from digitgen.format import MAX_GLYPHS
from digitgen.glyphs.duplicates import from_runs
from digitgen.glyphs.idx import encode_idx
from tests.errors import message_of, naming
from tests.strangers import change_manifest, change_shard

CONFIG = """
name: pools
seed: 5
image_width: 130
splits:
  train: {count: 1500, source: SOURCE, pool: 0.5}
  val: {count: 300, source: SOURCE, pool: [0.5, 1], rows: [0, 100]}
  noisy: {count: 300, source: SOURCE, pool: [0.5, 1], rows: [0, 100], same_as: val}
  test: {count: 300, source: SOURCE, pool: [0.5, 1], rows: [100, 200]}
sequence: {length: [1, 4]}
spacing: {range: [0, 10]}
""".replace("SOURCE", "{images: images.idx, labels: labels.idx}")
IMAGES = np.random.default_rng(1).integers(1, 256, (200, 28, 28)).astype(np.uint8)
LABELS = (np.arange(200) % 10).astype(np.uint8)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration, and twenty glyphs of each class."""
    home = tmp_path_factory.mktemp("home")
    (home / "images.idx").write_bytes(encode_idx(IMAGES))
    (home / "labels.idx").write_bytes(encode_idx(LABELS))
    (home / "config.yaml").write_text(CONFIG)
    return home


def config_of(home: Path, *overrides: str) -> BuildConfig:
    return load_config(home / "config.yaml", overrides)


@pytest.fixture(scope="module")
def built(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built") / "out"
    build_dataset(config_of(home), out, jobs=1, fsync=False)
    return out


def used(folder: Path, split: str) -> set[int]:
    """The rows of the source that occur in a split."""
    ids = DigitDataset(folder, split)[:].glyph_ids
    return set(ids[ids >= 0].tolist())


def pool(manifest: Manifest, split: str) -> set[int]:
    return set(from_runs(manifest.splits[split].pool.rows).tolist())


def test_each_split_uses_all_glyphs_of_its_pool_and_no_other(built: Path, home: Path) -> None:
    manifest, bank = read_manifest(built), GlyphBank.from_arrays(IMAGES, LABELS)
    for name in ("train", "val", "noisy", "test"):
        expected = bank.restricted(**config_of(home).pool(name))
        assert used(built, name) == pool(manifest, name) == set(expected.rows.tolist())
        assert manifest.splits[name].pool.glyphs == expected.counts.tolist()
        assert manifest.splits[name].source.glyphs == [20] * 10
    assert pool(manifest, "val") == pool(manifest, "noisy")
    assert sorted(row for name in ("train", "val", "test") for row in pool(manifest, name)) == list(range(200))


def test_an_image_of_a_pool_has_the_pixels_of_the_source_at_its_boxes(built: Path) -> None:
    for sample in DigitDataset(built, "val")[:50]:
        for digit, row, (x, y, width, height) in zip(
            sample.digits, sample.glyph_ids, sample.boxes.astype(int), strict=True
        ):
            assert LABELS[row] == digit
            assert np.array_equal(sample.image[y : y + height, x : x + width], IMAGES[row])


def test_other_splits_change_neither_the_pool_nor_the_images(built: Path, home: Path, tmp_path: Path) -> None:
    build_dataset(config_of(home, "splits.val.rows=[0, 90]", "splits.noisy.rows=[0, 90]"), tmp_path / "b", jobs=1)
    alone = "splits={test: {count: 300, source: {images: images.idx, labels: labels.idx}, pool: [0.5, 1], "
    build_dataset(config_of(home, alone + "rows: [100, 200]}}"), tmp_path / "c", jobs=1, fsync=False)
    shard = "test/shard-00000.h5"
    assert (
        (built / shard).read_bytes() == (tmp_path / "b" / shard).read_bytes() == (tmp_path / "c" / shard).read_bytes()
    )
    assert read_manifest(built).splits["test"] == read_manifest(tmp_path / "c").splits["test"]
    assert read_manifest(built).splits["val"] != read_manifest(tmp_path / "b").splits["val"]


def test_several_processes_build_the_same(built: Path, home: Path, tmp_path: Path) -> None:
    config = config_of(home, "output.shard_size=1024")
    one, two = (build_dataset(config, tmp_path / str(jobs), jobs=jobs, fsync=False) for jobs in (1, 2))
    assert one == two
    assert one.splits["test"] == read_manifest(built).splits["test"]


def test_a_stream_of_a_split_with_a_pool_gives_the_images_of_the_build(built: Path, home: Path) -> None:
    batch = next(stream(config_of(home), "test", batch_size=300))
    for name, array in DigitDataset(built, "test")[:].arrays().items():
        assert np.array_equal(array, batch.arrays()[name]), name


def test_a_batch_is_refused_of_a_bank_that_lacks_a_class() -> None:
    bank = GlyphBank.from_arrays(IMAGES, LABELS).restricted(classes=[0, 1, 2, 4])
    assert message_of(generate_batch, [[3]], (0, 10), 140, glyphs=bank) == (
        "the glyph bank has no glyph of the digit 3, which is asked for"
    )


SOURCE = "source: {images: images.idx, labels: labels.idx}"


def in_both(one: dict[str, Any], other: dict[str, Any]) -> int:
    """The number of glyphs that two pools share."""
    bank = GlyphBank.from_arrays(IMAGES, LABELS)
    return len(np.intersect1d(bank.restricted(**one).rows, bank.restricted(**other).rows))


def test_splits_that_can_use_the_same_glyph_are_refused_and_nothing_is_written(home: Path, tmp_path: Path) -> None:
    high = {"pool": (0.5, 1)}
    cases: list[tuple[list[str], str, int]] = [
        ([f"splits={{one: {{count: 5, {SOURCE}}}, two: {{count: 5, {SOURCE}}}}}"], "one and two", 200),
        (["splits.train.pool=0.55"], "train and (val|test)", in_both({"pool": 0.55}, high | {"rows": (0, 100)})),
        ([f"splits.extra={{count: 5, {SOURCE}, pool: 0.2}}"], "train and extra", 40),
        (
            ["splits.test.rows=[50, 200]"],
            "val and test",
            in_both(high | {"rows": (0, 100)}, high | {"rows": (50, 200)}),
        ),
        (["splits.val.pool=1", "splits.noisy.pool=1"], "train and val", in_both({"pool": 0.5}, {"rows": (0, 100)})),
    ]
    for overrides, names, glyphs in cases:
        with naming(overrides):
            config = config_of(home, *overrides)
            with pytest.raises(
                ConfigError, match=f"^splits: {names} can use the same glyphs, .* of them; give them pools"
            ):
                build_dataset(config, tmp_path / "out", jobs=1)
            if "|" not in names:
                assert f" glyphs, {glyphs:,} of them; " in message_of(build_dataset, config, tmp_path / "out", jobs=1)
            assert not (tmp_path / "out").exists()
            allowed = config_of(home, *overrides, "allow_shared_glyphs=true")
            build_dataset(allowed, tmp_path / "out", jobs=1, fsync=False)
            assert verify_dataset(tmp_path / "out").ok
            shutil.rmtree(tmp_path / "out")


def test_glyphs_of_another_file_are_compared_by_their_pixels(home: Path, tmp_path: Path) -> None:
    for path in home.glob("*.idx"):
        shutil.copy(path, tmp_path)
    (tmp_path / "part.idx").write_bytes(encode_idx(IMAGES[20:40]))
    (tmp_path / "labels-of-part.idx").write_bytes(encode_idx(LABELS[20:40]))
    (tmp_path / "config.yaml").write_text(CONFIG)
    part = "splits.test={count: 5, source: {images: part.idx, labels: labels-of-part.idx}}"
    assert message_of(
        build_dataset, config_of(tmp_path, part, "splits.train.rows=[40, 200]"), tmp_path / "out"
    ).startswith("splits: val and test can use the same glyphs, ")
    apart = ["splits.train.rows=[40, 200]", "splits.val.rows=[40, 200]", "splits.noisy.rows=[40, 200]"]
    build_dataset(config_of(tmp_path, part, *apart), tmp_path / "out", jobs=1, fsync=False)


def test_pools_without_glyphs_that_the_strings_need_are_refused_and_nothing_is_written(
    home: Path, tmp_path: Path
) -> None:
    source = "(images.idx+labels.idx)"
    cases = {
        "splits.test.rows=[195, 200]": "splits.test: its pool has none of the 20 glyphs of the digit 0 in "
        "images.idx+labels.idx, which strings may have; take another pool, or other strings",
        "splits.test.pool=[0.01, 0.02]": f"splits.test: the pool is empty: it has none of the 200 glyphs {source}",
        "splits.test.rows=[100, 201]": f"splits.test.rows: the source has 200 rows; got [100, 201] {source}",
    }
    for override, message in cases.items():
        config = config_of(home, override)
        assert message_of(build_dataset, config, tmp_path / "out", jobs=1) == message
        assert not (tmp_path / "out").exists()


def test_splits_that_follow_another_have_its_pool(home: Path) -> None:
    for override, key in {"pool=[0.6, 1]": "pool", "rows=[0, 99]": "rows"}.items():
        said = message_of(config_of, home, f"splits.noisy.{override}")
        assert said.endswith(f"splits.noisy.same_as: val has another {key}; say the same {key} in both")


def test_only_glyphs_of_digits_that_strings_can_have_count(home: Path, tmp_path: Path) -> None:
    for path in home.glob("*.idx"):
        shutil.copy(path, tmp_path)
    others = np.concatenate([IMAGES[:9, ::-1], IMAGES[9:10]])
    (tmp_path / "other.idx").write_bytes(encode_idx(others))
    (tmp_path / "labels-of-other.idx").write_bytes(encode_idx(LABELS[:10]))
    (tmp_path / "strings.txt").write_text("350\n1\n")
    (tmp_path / "config.yaml").write_text(CONFIG)
    other = "splits.test={count: 50, source: {images: other.idx, labels: labels-of-other.idx}}"
    config = config_of(tmp_path, other)
    assert " glyphs, 1 of them; " in message_of(build_dataset, config, tmp_path / "out", jobs=1)
    config = config_of(tmp_path, other, "sequence={strings: strings.txt}")
    manifest = build_dataset(config, tmp_path / "out", jobs=1, fsync=False)
    assert verify_dataset(tmp_path / "out").ok
    assert manifest.splits["test"].pool.glyphs == [1, 1, 0, 1, 0, 1, 0, 0, 0, 0]
    assert manifest.splits["train"].pool.glyphs == [10, 10, 0, 10, 0, 10, 0, 0, 0, 0]


def test_a_shipped_dataset_of_three_splits_shares_no_glyph() -> None:
    config = load_config(Path(__file__).parents[2] / "configs/mnist-sequences-1m.yaml")
    pools = {name: split.pool for name, split in load_splits(config, None, print).items()}
    assert {name: each.count for name, each in pools.items()} == {"train": 57_004, "validation": 2996, "test": 10_000}
    both = np.concatenate([from_runs(pools[name].rows) for name in ("train", "validation")])
    assert np.array_equal(np.sort(both), np.arange(60_000))


# What is kept from one configuration to the next


def test_what_was_loaded_for_another_configuration_is_not_loaded_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = Mock(side_effect=sources.load_source)
    monkeypatch.setattr(sources, "load_source", load)
    kept = Kept()
    for width in (130, 140):
        load_splits(config_of(home, f"image_width={width}"), None, print, kept=kept)
    load.assert_called_once()
    again = load_splits(config_of(home, "splits.test.pool=[0.6, 1]"), None, print, kept=kept)
    load.assert_called_once()
    alone = load_splits(config_of(home, "splits.test.pool=[0.6, 1]"), None, print)
    assert {name: split.pool for name, split in again.items()} == {name: split.pool for name, split in alone.items()}


def test_a_file_that_has_changed_is_loaded_again(home: Path, tmp_path: Path) -> None:
    own, kept = Path(shutil.copytree(home, tmp_path / "own")), Kept()
    before = load_splits(config_of(own), None, print, kept=kept)
    (own / "images.idx").write_bytes(encode_idx(IMAGES[::-1]))
    os.utime(own / "images.idx", ns=(1, 1))
    after = load_splits(config_of(own), None, print, kept=kept)
    assert before["train"].source.files != after["train"].source.files


def test_errors_about_glyphs_say_which_key_to_change(home: Path) -> None:
    keys = {
        ("splits.test.pool=[0.4, 1]",): ("splits",),
        ("splits.val.rows=[0, 9]", "splits.noisy.rows=[0, 9]"): ("splits", "val", "source"),
        ("splits.test.pool=[0.001, 0.002]",): ("splits", "test"),
        ("hand=one",): ("splits", "train", "source"),
        ("spacing.unit=ink", "image_width=90"): ("image_width",),
    }
    for overrides, key in keys.items():
        with pytest.raises(ConfigError) as caught:
            load_splits(config_of(home, *overrides), None, print)
        assert caught.value.key == key, overrides


# What verify proves of a folder that anybody may have made


def test_verify_finds_a_glyph_that_is_not_in_the_pool_of_its_split(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(built, tmp_path / "copy"))
    foreign = max(used(built, "val"))
    damage = "it has glyphs that are not in the pool of train: row {} is one"

    def change(file: h5py.File) -> None:
        ids = file["glyph_ids"][...]
        ids[7, 0] = foreign
        file["glyph_ids"][...] = ids

    change_shard(folder, change)
    found = verify_dataset(folder)
    assert found.damaged == {"train/shard-00000.h5": damage.format(foreign)}
    assert main(["verify", str(folder)]) == 3
    assert damage.format(foreign) in capsys.readouterr().out


def test_images_made_again_show_a_pool_that_is_not_the_one_asked_for(built: Path, home: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(built, tmp_path / "copy"))
    change_manifest(folder, lambda content: content["config"]["splits"]["test"].update(pool=[0.6, 1]))
    found = verify_dataset(folder, regenerate=1, data_dir=home, rng=1)
    assert found.damaged["manifest.json"] == "the pool of test is not the one that its configuration asks for"
    assert verify_dataset(built, regenerate=20, data_dir=home, rng=1).ok


Change = Callable[[Any], Any]


def test_a_manifest_whose_pools_contradict_is_refused(built: Path, tmp_path: Path) -> None:
    runs = "splits.test.pool: the rows are not runs [first, count] that ascend"
    other = "splits.test: the pool has other glyphs than the source"
    count = "splits.test.pool: the rows are not as many as there are glyphs of all classes"
    test = len(pool(read_manifest(built), "test"))

    def rows(*runs: list[int]) -> Change:
        def change(content: Any) -> None:
            content["splits"]["test"]["pool"]["rows"] = list(runs)

        return change

    def as_train(content: Any) -> None:
        content["splits"]["test"]["pool"] = content["splits"]["train"]["pool"]

    def same_numbers(content: Any) -> None:
        content["splits"]["test"]["glyph_numbers"] = [[0, 1]] * 200

    def classes(*glyphs: int) -> Change:
        return lambda content: content["splits"]["test"]["pool"].update(glyphs=list(glyphs))

    cases: dict[str, tuple[Change, str]] = {
        "the pool of another": (as_train, "test and train can use the same glyphs, 100 of them, which the"),
        "numbers that are those of others": (same_numbers, "can use the same glyphs, 1 of them, which the"),
        "rows backwards": (rows([50, test - 1], [3, 1]), runs),
        "rows twice": (rows([5, test - 1], [6, 1]), runs),
        "rows without a count": (rows([5, 0], [6, test]), runs),
        "three numbers": (rows([5, test, 1]), runs),
        "negative rows": (rows([-1, test]), runs),
        "too many for any source": (rows([0, 2**40]), runs),
        "a row of no source": (rows([10**30, test]), other),
        "rows behind the source": (rows([180, test]), other),
        "no rows": (rows(), count),
        "fewer rows": (rows([0, 3]), count),
        "more of a class than there are": (classes(test, *[0] * 9), other),
        "too few classes": (classes(*[20] * 2, test - 40), other),
        "classes with less than none": (classes(-1, test + 1), "splits.test.pool.glyphs.0: "),
        "no pool": (lambda content: content["splits"]["test"].pop("pool"), "splits.test.pool: is missing"),
        "one that may not be shared": (
            lambda content: content["config"]["splits"]["noisy"].pop("same_as"),
            "noisy and val can use the same glyphs, ",
        ),
    }
    for name, (change, message) in cases.items():
        with naming(name):
            folder = Path(shutil.copytree(built, tmp_path / "copy"))
            change_manifest(folder, change)
            with pytest.raises(DamageError, match="no build would have written this: ") as error:
                verify_dataset(folder)
            assert message in str(error.value)
            shutil.rmtree(folder)
    for change in (as_train, same_numbers):  # a configuration may allow it
        folder = Path(shutil.copytree(built, tmp_path / "copy"))
        change_manifest(folder, lambda content: content["config"].update(allow_shared_glyphs=True))
        change_manifest(folder, change)
        assert read_manifest(folder).config["allow_shared_glyphs"] is True
        shutil.rmtree(folder)


def test_a_manifest_of_many_large_pools_is_checked_in_no_time(built: Path) -> None:
    content = read_manifest(built).model_dump()
    test = content["splits"]["test"]
    rows, most = 300, MAX_GLYPHS
    test["source"]["glyphs"] = test["pool"]["glyphs"] = [most - 9, *[1] * 9]
    test["pool"]["rows"] = [[0, most]]
    content["splits"] = {}
    for k in range(rows):
        shards = [each | {"split": f"s{k}", "file": f"s{k}/{each['file'][5:]}"} for each in test["shards"]]
        content["splits"][f"s{k}"] = test | {"shards": shards, "glyph_numbers": [[k * most, most]]}
    for total in ("images", "bytes", "lost_digits"):
        content[total] = rows * sum(each["count" if total == "images" else total] for each in test["shards"])
    assert len(Manifest.model_validate(content).splits) == rows
    content["splits"]["s50"] |= {"glyph_numbers": [[7 * most + 5, most]]}
    with pytest.raises(ValidationError, match=f"s7 and s50 can use the same glyphs, {most - 5:,} of them"):
        Manifest.model_validate(content)
