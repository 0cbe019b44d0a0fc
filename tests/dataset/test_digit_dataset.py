"""Reading and verifying datasets."""

import json
import multiprocessing
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import h5py
import numpy as np
import pytest

import digitgen.dataset.open_shards
import digitgen.dataset.shard_reader
from digitgen import (
    ArgumentError,
    DamageError,
    DatasetError,
    DigitDataset,
    build_dataset,
    load_config,
    verify_dataset,
)
from digitgen.compose.batch import Batch
from digitgen.dataset.deflate import inflate
from digitgen.dataset.manifest import MANIFEST_NAME, fingerprint, manifest_bytes, read_manifest
from digitgen.dataset.shard_layout import read_layout
from digitgen.files import TEMPORARY_SUFFIX
from digitgen.format import Compression
from digitgen.glyphs.idx import encode_idx
from tests.conftest import coded_glyphs, write_coded_glyphs
from tests.errors import message_of, naming

COUNT = 2500  # three shards, the last one short
IMAGES = 64 * 28 * 100  # bytes of a chunk of them


def build_small(home: Path, compression: Compression) -> Path:
    """A small dataset, with its configuration and glyphs beside it."""
    write_coded_glyphs(home)
    (home / "config.yaml").write_text(
        f"""
name: small
image_width: 100
splits: {{train: {{count: {COUNT}, source: {{images: images.idx, labels: labels.idx}}}}}}
sequence: {{length: [1, 3]}}
spacing: {{range: [0, 8]}}
output: {{shard_size: 1024, compression: {compression}}}
"""
    )
    build_dataset(load_config(home / "config.yaml"), home / "out", jobs=1, fsync=False)
    return home / "out"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An uncompressed dataset, for tests to which compression makes no difference."""
    return build_small(tmp_path_factory.mktemp("plain"), "none")


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same dataset, compressed."""
    return build_small(tmp_path_factory.mktemp("packed"), "deflate")


@pytest.fixture(scope="module", params=get_args(Compression))
def folder(request: pytest.FixtureRequest, plain: Path, packed: Path) -> Path:
    """A dataset in either way of storage."""
    return plain if request.param == "none" else packed


@pytest.fixture(scope="module")
def everything(folder: Path) -> Batch:
    return DigitDataset(folder, "train")[:]


def test_a_slice_gives_a_batch_of_its_images(folder: Path, everything: Batch) -> None:
    dataset = DigitDataset(folder, "train")
    assert len(dataset) == len(everything) == COUNT
    assert everything.sample_ids.tolist() == list(range(COUNT))
    for part in (slice(1000, 1100), slice(None, None, -7), slice(5, 5), slice(2490, 9999)):
        for name, array in dataset[part].arrays().items():
            assert np.array_equal(array, everything.arrays()[name][part]), name


def test_single_arrays_are_read_without_the_others(folder: Path, everything: Batch) -> None:
    dataset = DigitDataset(folder, "train")
    for part in (slice(1000, 1100), slice(None), slice(5, 5), slice(2490, 9999), slice(None, None, -700)):
        found = dataset.arrays(["gaps", "labels"], part)
        assert list(found) == ["gaps", "labels"]
        for name, array in found.items():
            assert np.array_equal(array, everything.arrays()[name][part])
            assert array.dtype == everything.arrays()[name].dtype
    assert dataset.arrays([]) == {}
    with pytest.raises(ArgumentError, match="train has no array 'masks'; it has images, labels, lengths, boxes"):
        dataset.arrays(["masks"])


def test_a_list_of_indices_gives_images_in_its_order(folder: Path, everything: Batch) -> None:
    dataset = DigitDataset(folder, "train")
    for indices in ([2499, 0, 1024, 1023, 1024, -1], np.array([3, 2], np.uint8), [7], []):
        batch = dataset[indices]
        expected = np.array(indices, int) % COUNT
        assert batch.sample_ids.tolist() == expected.tolist()
        assert np.array_equal(batch.images, everything.images[expected])


def test_a_sample_is_without_padding(folder: Path, everything: Batch) -> None:
    dataset = DigitDataset(folder, "train")
    indices: list[int | np.int64] = [0, 1500, -1, np.int64(3)]
    for index in indices:
        sample = dataset[index]
        length = len(sample.digits)
        assert length == everything.lengths[index] == len(sample.boxes) == len(sample.gaps) + 1
        assert (sample.digits >= 0).all()
        assert (sample.gaps >= 0).all()
        assert sample.text == "".join(str(digit) for digit in sample.digits)
        assert sample.image.shape == (28, 100)


def test_iteration_gives_every_sample_in_order(folder: Path) -> None:
    assert [sample.index for sample in DigitDataset(folder, "train")] == list(range(COUNT))


def test_an_index_out_of_range_is_an_index_error(plain: Path) -> None:
    wrong: list[Any] = [COUNT, -COUNT - 1, [0, COUNT]]
    for index in wrong:
        with naming(index), pytest.raises(IndexError, match=f"out of range for {COUNT} images"):
            DigitDataset(plain, "train")[index]


def test_what_is_no_index_is_refused(plain: Path) -> None:
    wrong: list[Any] = [True, 1.5, "1", [1.5], [[1]], None]
    for index in wrong:
        with naming(index), pytest.raises(ArgumentError, match="an integer, a slice or a list"):
            DigitDataset(plain, "train")[index]


def test_no_more_files_are_open_than_the_limit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digitgen.dataset.open_shards, "MAX_OPEN", 2)
    dataset = DigitDataset(folder, "train")
    assert len(dataset._shards) == 0
    dataset[:]
    assert len(dataset._shards) == 2
    dataset.close()
    assert len(dataset._shards) == 0
    assert dataset[2400].index == 2400


def read_in_child(dataset: DigitDataset, queue: Any) -> None:
    queue.put(dataset[[5, 2000]].images.tobytes())


def close_in_child(dataset: DigitDataset, queue: Any) -> None:
    dataset.close()
    read_in_child(dataset, queue)


def assert_read_by_a_child(folder: Path, method: str, work: Callable[..., None] = read_in_child) -> None:
    """A process that is started while a file is open, and a thread has the locks, reads what this one reads."""
    dataset = DigitDataset(folder, "train")
    _ = dataset[0]
    context: Any = multiprocessing.get_context(method)
    queue = context.Queue()
    child = context.Process(target=work, args=(dataset, queue), daemon=True)
    own = dataset._shards._own()
    with own.lock, own.cache._lock:
        child.start()
    assert queue.get(timeout=60) == dataset[[5, 2000]].images.tobytes()
    child.join()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_forked_process_opens_its_own_files(folder: Path) -> None:
    assert_read_by_a_child(folder, "fork")


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_forked_process_may_close_what_it_inherits(plain: Path) -> None:
    assert_read_by_a_child(plain, "fork", close_in_child)


def test_another_split_is_opened_as_this_one_was(plain: Path) -> None:
    other = DigitDataset(plain, "train", check_hashes=True, cache_bytes=12345).other_split("train")
    assert (other.cache_bytes, other._check_hashes) == (12345, True)


def test_a_spawned_process_opens_its_own_files(plain: Path) -> None:
    assert_read_by_a_child(plain, "spawn")


def test_a_dataset_can_be_pickled(folder: Path) -> None:
    dataset = DigitDataset(folder, "train")
    _ = dataset[0]
    assert pickle.loads(pickle.dumps(dataset))[3].index == 3


def copy(folder: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    for path in folder.rglob("*"):
        if path.is_file():
            target = tmp_path / path.relative_to(folder)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(path.read_bytes())
    return tmp_path


def test_a_whole_dataset_is_verified(folder: Path) -> None:
    found = verify_dataset(folder)
    assert found.ok
    assert (found.files, found.images) == (6, COUNT)


def test_verification_names_every_damaged_file(folder: Path, tmp_path: Path) -> None:
    home = copy(folder, tmp_path)
    with (home / "train/shard-00001.h5").open("r+b") as file:
        file.seek(5000)
        file.write(b"!")
    (home / "train/shard-00002.h5").unlink()
    (home / "config.yaml").write_text("")
    (home / "README.md").unlink()
    found = verify_dataset(home)
    assert set(found.damaged) == {"config.yaml", "README.md", "train/shard-00001.h5", "train/shard-00002.h5"}


def test_a_shard_of_the_wrong_size_is_refused_when_it_is_read(folder: Path, tmp_path: Path) -> None:
    home = copy(folder, tmp_path)
    path = home / "train/shard-00000.h5"
    path.write_bytes(path.read_bytes()[:-10])
    dataset = DigitDataset(home, "train")
    with pytest.raises(DamageError, match=r"shard-00000\.h5: the shard has \d+ bytes, the manifest says \d+"):
        dataset[0]
    assert dataset[2000].index == 2000
    path.unlink()
    with pytest.raises(DamageError, match="the shard is missing"):
        dataset[0]


def test_a_folder_without_a_whole_manifest_is_no_dataset(plain: Path, tmp_path: Path) -> None:
    home = copy(plain, tmp_path)
    whole = (home / "manifest.json").read_text()
    for name, text, message in (
        ("torn", whole[: len(whole) // 2], "not JSON"),
        ("deep", "[" * 100_000, "not JSON"),
        ("another JSON", "[]", "checksum"),
        ("changed", whole.replace('"count": 1024', '"count": 1025', 1), "checksum"),
        ("empty", "", "not JSON"),
        ("absent", None, "manifest.json is absent"),
    ):
        (home / "manifest.json").unlink() if text is None else (home / "manifest.json").write_text(text)
        with naming(name):
            assert message in message_of(DigitDataset, home, "train")
            assert message in message_of(verify_dataset, home)


def test_a_manifest_of_another_format_is_refused(plain: Path, tmp_path: Path) -> None:
    home = copy(plain, tmp_path)
    content = json.loads((home / "manifest.json").read_text())
    content["format"] = 99
    del content["checksum"]
    content["checksum"] = fingerprint(content)
    (home / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(DatasetError, match="format 99; this version of digitgen reads format 1"):
        DigitDataset(home, "train")


def test_an_absent_folder_or_split_is_refused(plain: Path) -> None:
    with pytest.raises(DatasetError, match="no such dataset folder"):
        DigitDataset(plain / "nothing", "train")
    with pytest.raises(DatasetError, match="no split 'test'; it has train"):
        DigitDataset(plain, "test")


def test_hashes_are_checked_on_opening_if_asked(folder: Path, tmp_path: Path) -> None:
    home = copy(folder, tmp_path)
    path = home / "train/shard-00001.h5"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    dataset = DigitDataset(home, "train", check_hashes=True)
    assert dataset[0].index == 0
    with pytest.raises(DamageError, match=r"shard-00001\.h5: the shard is damaged"):
        dataset[1024]


def test_verification_names_foreign_files_and_leftovers(plain: Path, tmp_path: Path) -> None:
    home = copy(plain, tmp_path)
    foreign = ["train/shard-99999.h5", "train/sub/notes.txt", f".0123{TEMPORARY_SUFFIX}", f"train/.9{TEMPORARY_SUFFIX}"]
    (home / "train/sub").mkdir()
    for name in foreign:
        (home / name).write_text("")
    (home / "my-notes.txt").write_text("what lies beside the splits is the user's own business")
    found = verify_dataset(home)
    assert set(found.damaged) == set(foreign)


def test_verification_names_what_systems_leave_among_shards_without_calling_it_damage(
    plain: Path, tmp_path: Path
) -> None:
    home = copy(plain, tmp_path)
    left = [".DS_Store", "._shard-00000.h5", "THUMBS.DB", "desktop.ini", ".nfs0000000001", ".directory", ".gitkeep"]
    for name in (*left, ".fuse_hidden01"):
        (home / "train" / name).write_text("x")
    for folder in ("@eaDir", "lost+found", ".Trash-1000"):
        (home / "train" / folder / "below").mkdir(parents=True)
        (home / "train" / folder / "below/shard-00007.h5").write_text("x")
    (home / "train/DS_Store").write_text("x")
    found = verify_dataset(home)
    assert list(found.damaged) == ["train/DS_Store"]
    names = [*left, ".fuse_hidden01", "@eaDir", "lost+found", ".Trash-1000"]
    assert found.harmless == sorted(f"train/{name}" for name in names)


def test_images_made_again_equal_the_stored_ones(folder: Path) -> None:
    found = verify_dataset(folder, regenerate=300, data_dir=folder.parent, rng=1)
    assert found.ok
    assert found.regenerated == 300
    with pytest.raises(ArgumentError, match="regenerate must be from 0 to the 2500 images; got 2501"):
        verify_dataset(folder, regenerate=2501)


def test_images_that_the_recipe_does_not_make_are_found(plain: Path, tmp_path: Path) -> None:
    home = copy(plain, tmp_path)
    manifest = read_manifest(home)
    (home / MANIFEST_NAME).write_bytes(manifest_bytes(manifest.model_copy(update={"seed": manifest.seed + 1})))
    found = verify_dataset(home, regenerate=20, data_dir=plain.parent, rng=1)
    assert found.damaged
    assert "is not what its recipe makes (images" in next(iter(found.damaged.values()))


def test_images_are_not_made_again_from_other_digits(plain: Path, tmp_path: Path) -> None:
    images, labels = coded_glyphs()
    (tmp_path / "images.idx").write_bytes(encode_idx(images[:, ::-1]))
    (tmp_path / "labels.idx").write_bytes(encode_idx(labels))
    with pytest.raises(DatasetError, match="not those that train was made from"):
        verify_dataset(plain, regenerate=1, data_dir=tmp_path)


@pytest.mark.parametrize("compression", ["none", "deflate"])
def test_images_of_one_digit_have_an_empty_table_of_gaps(plain: Path, tmp_path: Path, compression: str) -> None:
    overrides = ["sequence.length=1", "splits.train.count=1100", f"output.compression={compression}"]
    build_dataset(load_config(plain.parent / "config.yaml", overrides), tmp_path / "out", jobs=1, fsync=False)
    dataset = DigitDataset(tmp_path / "out", "train")
    assert dataset[1000:1050].gaps.shape == (50, 0)
    assert dataset[list(range(100))].gaps.shape == (100, 0)
    assert len(list(dataset)) == 1100


def test_threads_may_share_a_dataset(folder: Path, everything: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digitgen.dataset.open_shards, "MAX_OPEN", 1)
    dataset = DigitDataset(folder, "train", cache_bytes=2 * IMAGES)

    def read(seed: int) -> bool:
        indices = np.random.default_rng(seed).integers(COUNT, size=3)
        return np.array_equal(dataset[indices].images, everything.images[indices])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(150)))


def test_a_thread_that_opens_a_shard_holds_up_only_those_that_want_it_too(
    plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = DigitDataset(plain, "train")
    _ = dataset[0]
    began, go_on, opened = threading.Event(), threading.Event(), []

    def slowly(*arguments: Any) -> Any:
        opened.append(1)
        began.set()
        assert go_on.wait(60)
        return read_layout(*arguments)

    monkeypatch.setattr(digitgen.dataset.shard_reader, "read_layout", slowly)
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(lambda: dataset[2000].index) for _ in range(2)]
        assert began.wait(60)
        assert pool.submit(lambda: dataset[3].index).result(60) == 3
        assert not any(each.done() for each in waiting)
        go_on.set()
        assert [each.result(60) for each in waiting] == [2000, 2000]
    assert len(opened) == 1


def test_the_shard_that_was_read_last_stays_open(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digitgen.dataset.open_shards, "MAX_OPEN", 2)
    dataset = DigitDataset(plain, "train")
    for index in (0, 1024, 0, 2048):
        _ = dataset[index]
    assert list(dataset._shards._own().readers) == [0, 2]


def test_a_damaged_shard_of_the_right_size_is_refused_when_it_is_read(folder: Path, tmp_path: Path) -> None:
    home = copy(folder, tmp_path)
    path = home / "train/shard-00000.h5"
    data = bytearray(path.read_bytes())
    data[96:1500] = bytes(1404)  # the tables of HDF5
    path.write_bytes(data)
    with pytest.raises(DamageError, match=r"shard-00000\.h5: the shard"):
        _ = DigitDataset(home, "train")[0]


def inflations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Notes the size of each chunk that is inflated from now on."""
    sizes: list[int] = []

    def noting(data: bytes | memoryview, size: int) -> bytes:
        sizes.append(size)
        return inflate(data, size)

    monkeypatch.setattr(digitgen.dataset.shard_reader, "inflate", noting)
    return sizes


def test_a_chunk_is_inflated_once_while_the_cache_has_room(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, sizes = DigitDataset(packed, "train"), inflations(monkeypatch)
    rng = np.random.default_rng(0)
    for _ in range(20):
        _ = dataset[rng.integers(COUNT, size=100)]
    assert sizes.count(IMAGES) == 40  # as many as there are, sixteen in a full shard


def test_all_shards_share_one_cache_of_bounded_size(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = 5 * IMAGES
    dataset, sizes = DigitDataset(packed, "train", cache_bytes=limit), inflations(monkeypatch)
    for index in range(0, COUNT, 64):
        _ = dataset[index]
        assert dataset._shards._own().cache.nbytes <= limit
    sizes.clear()
    _ = dataset[[2499, 2435, 2371]]
    assert IMAGES not in sizes
    _ = dataset[[3, 1]]
    assert sizes.count(IMAGES) == 1


def test_images_are_right_where_the_cache_holds_nothing(packed: Path, plain: Path) -> None:
    rows = np.random.default_rng(0).integers(COUNT, size=200)
    found = DigitDataset(packed, "train", cache_bytes=0)[rows]
    for name, array in DigitDataset(plain, "train")[rows].arrays().items():
        assert np.array_equal(array, found.arrays()[name]), name


def test_the_size_of_a_cache_is_not_negative(plain: Path) -> None:
    with pytest.raises(ArgumentError, match="cache_bytes must be 0 or more; got -1"):
        DigitDataset(plain, "train", cache_bytes=-1)


def test_a_batch_is_read_at_once_for_the_loaders_of_torch(folder: Path, everything: Batch) -> None:
    batch = DigitDataset(folder, "train").__getitems__([2499, 0, 1024])
    assert isinstance(batch, Batch)
    assert batch.sample_ids.tolist() == [2499, 0, 1024]
    assert np.array_equal(batch.images, everything.images[[2499, 0, 1024]])


def test_a_dataset_says_what_it_is(plain: Path) -> None:
    assert repr(DigitDataset(plain, "train")) == f"DigitDataset({str(plain)!r}, 'train')"


def test_a_shard_that_is_opened_again_is_not_looked_at_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digitgen.dataset.open_shards, "MAX_OPEN", 1)
    looks: list[int] = []

    def noting(*arguments: Any) -> Any:
        looks.append(1)
        return read_layout(*arguments)

    monkeypatch.setattr(digitgen.dataset.shard_reader, "read_layout", noting)
    dataset = DigitDataset(folder, "train")
    for index in (0, 2000, 0, 2000, 2400, 0):
        assert dataset[index].index == index
    assert len(looks) == 3


def test_a_shard_that_was_written_to_since_is_looked_at_again(plain: Path, tmp_path: Path) -> None:
    home = copy(plain, tmp_path)
    dataset = DigitDataset(home, "train")
    path = home / "train/shard-00000.h5"
    assert dataset[5].index == 5
    dataset.close()
    with h5py.File(path, "r+") as file:
        file["lengths"][0] = 200
    with pytest.raises(DamageError, match="lengths that are not from 1 to 3"):
        _ = dataset[5]


def test_a_damaged_chunk_is_damage_each_time_that_it_is_read(packed: Path, tmp_path: Path) -> None:
    home = copy(packed, tmp_path)
    path = home / "train/shard-00000.h5"
    with h5py.File(path) as file:
        chunk = file["images"].id.get_chunk_info(3)
    with path.open("r+b") as raw:
        raw.seek(chunk.byte_offset + chunk.size // 2)
        raw.write(bytes(20))
    dataset = DigitDataset(home, "train")
    for _ in range(2):
        with pytest.raises(DamageError, match=r"shard-00000\.h5: the shard is damaged: a chunk"):
            _ = dataset[[10, 200]]
    assert dataset[[10, 300]].sample_ids.tolist() == [10, 300]


def test_a_batch_by_a_list_refuses_what_a_single_index_refuses(plain: Path) -> None:
    dataset = DigitDataset(plain, "train")
    with pytest.raises(IndexError, match="out of range"):
        _ = dataset[[0, 2**70]]
    with pytest.raises(ArgumentError, match="an integer, a slice or a list"):
        _ = dataset[[0, True]]
