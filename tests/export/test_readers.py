"""Other people's libraries read exports back, with every label and pixel. Needs the extra `export`."""

import json
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from digitgen import DigitDataset, export_dataset
from tests.export.conftest import assert_same, known

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("default")]


def splits_of(folder: Path) -> dict[str, str]:
    """The splits of a dataset by the names that hubs give them."""
    return {name.replace("-", "_"): name for name in json.loads((folder / "manifest.json").read_text())["splits"]}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """`load_dataset` without a network and with a cache of its own."""
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    datasets = pytest.importorskip("datasets")
    return lambda *arguments, **more: datasets.load_dataset(*arguments, **more, cache_dir=str(tmp_path / "cache"))


def test_datasets_loads_parquet_with_images_decoded(dataset: Path, tmp_path: Path, load: Any) -> None:
    export_dataset(dataset, "parquet", tmp_path / "out")
    loaded = load(str(tmp_path / "out"))
    assert set(loaded) == set(splits_of(dataset))
    for name, split in splits_of(dataset).items():
        assert_same(list(loaded[name]), dataset, split)
    features = loaded["train"].features
    assert "".join(features["labels"].feature.names) == DigitDataset(dataset, "train").alphabet
    assert type(features["image"]).__name__ == "Image"
    assert features["boxes"].feature.feature.dtype == "float32"


def test_datasets_loads_single_parquet_files(everything: Path, tmp_path: Path, load: Any) -> None:
    export_dataset(everything, "parquet", tmp_path / "out", splits=["train"])
    loaded = load("parquet", data_files=f"{tmp_path}/out/data/train-*.parquet", split="train")
    assert_same(list(loaded), everything, "train")


def test_pandas_polars_and_duckdb_read_a_table_of_labels(dataset: Path, tmp_path: Path) -> None:
    pandas, polars, duckdb = map(pytest.importorskip, ("pandas", "polars", "duckdb"))
    export_dataset(dataset, "parquet", tmp_path / "out", images=False)
    for split in splits_of(dataset).values():
        files = f"{tmp_path}/out/data/{split}-?????-of-?????.parquet"
        assert_same(polars.read_parquet(files).to_dicts(), dataset, split, images=False)
        found = duckdb.sql(f"select * from '{files}' order by index").to_arrow_table().to_pylist()
        assert_same(found, dataset, split, images=False)
        paths = sorted((tmp_path / "out/data").glob(f"{split}-?????-of-?????.parquet"))
        table = pandas.concat(pandas.read_parquet(path) for path in paths)
        mine = DigitDataset(dataset, split)[:]
        assert table["text"].tolist() == mine.texts
        assert [len(row) for row in table["boxes"]] == mine.lengths.tolist()
        assert table["index"].tolist() == mine.sample_ids.tolist()


def test_webdataset_reads_its_shards(dataset: Path, tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset")
    export_dataset(dataset, "webdataset", tmp_path / "out")
    for split in splits_of(dataset).values():
        files = [str(path) for path in sorted((tmp_path / "out").glob(f"{split}-??????.tar"))]
        rows = []
        for sample in webdataset.WebDataset(files, shardshuffle=False).decode("l8"):
            assert sample["txt"] == sample["json"]["text"]
            assert int(sample["__key__"]) == sample["json"]["index"]
            images = {name.removesuffix(".png"): value for name, value in sample.items() if name.endswith("png")}
            rows.append({("image" if name == "png" else name): each for name, each in images.items()} | sample["json"])
        assert_same(rows, dataset, split)


def test_datasets_loads_webdataset_shards(dataset: Path, tmp_path: Path, load: Any) -> None:
    export_dataset(dataset, "webdataset", tmp_path / "out")
    loaded = load(str(tmp_path / "out"))
    for name, split in splits_of(dataset).items():
        rows = []
        for sample in loaded[name]:
            images = {name.removesuffix(".png"): each for name, each in sample.items() if name.endswith("png")}
            rows.append({("image" if name == "png" else name): each for name, each in images.items()} | sample["json"])
        assert_same(rows, dataset, split)


def test_datasets_loads_a_folder_of_png_files(dataset: Path, tmp_path: Path, load: Any) -> None:
    export_dataset(dataset, "png", tmp_path / "out")
    for name, split in splits_of(dataset).items():
        loaded = load(str(tmp_path / "out"), name, split=name)
        assert_same([{column: known(value) for column, value in row.items()} for row in loaded], dataset, split)


def test_pandas_reads_the_labels_of_png_files(dataset: Path, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    export_dataset(dataset, "png", tmp_path / "out")
    for split in splits_of(dataset).values():
        table = pandas.read_csv(tmp_path / f"out/{split}/labels.csv", dtype=str, keep_default_na=False)
        assert table["text"].tolist() == DigitDataset(dataset, split)[:].texts
        assert all((tmp_path / "out" / split / file).is_file() for file in table["file_name"])


def test_text_recognisers_read_the_lmdb(dataset: Path, tmp_path: Path) -> None:
    lmdb = pytest.importorskip("lmdb")
    export_dataset(dataset, "lmdb", tmp_path / "out")
    for split in splits_of(dataset).values():
        batch = DigitDataset(dataset, split)[:]
        options = {"readonly": True, "lock": False, "readahead": False, "meminit": False}  # as PARSeq opens it
        opened = lmdb.open(str(tmp_path / "out" / split), max_readers=1, create=False, **options)
        with opened as environment, environment.begin() as transaction:
            assert int(transaction.get(b"num-samples")) == len(batch)
            for number, (text, image) in enumerate(zip(batch.texts, batch.images, strict=True), 1):
                assert transaction.get(f"label-{number:09d}".encode()).decode() == text
                found = Image.open(BytesIO(transaction.get(f"image-{number:09d}".encode()))).convert("L")
                np.testing.assert_array_equal(np.asarray(found), image)
            assert transaction.stat()["entries"] == 2 * len(batch) + 1
    assert {path.name for path in (tmp_path / "out").rglob("*") if path.is_file()} == {
        ".digitgen-export.jsonl",
        "README.md",
        "data.mdb",
    }


def test_pycocotools_reads_boxes_and_masks(dataset: Path, tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    export_dataset(dataset, "coco", tmp_path / "out")
    for split in splits_of(dataset).values():
        data = DigitDataset(dataset, split)
        found = coco.COCO(str(tmp_path / f"out/annotations/instances_{split}.json"))
        assert "".join(found.cats[k]["name"] for k in sorted(found.cats)) == data.alphabet
        assert found.getImgIds() == list(range(len(data)))
        rows = []
        for sample in data:
            entry = dict(found.imgs[sample.index])
            image = np.asarray(Image.open(tmp_path / "out/images" / split / entry.pop("file_name")))
            assert (entry.pop("height"), entry.pop("width"), entry.pop("id")) == (*image.shape, sample.index)
            digits = found.loadAnns(found.getAnnIds(imgIds=[sample.index]))
            boxes = [[0.0] * 4 for _ in sample.digits]
            for digit in digits:
                boxes[digit["place"]] = digit["bbox"]
                assert digit["category_id"] - 1 == sample.digits[digit["place"]]
                if sample.mask is not None:
                    np.testing.assert_array_equal(found.annToMask(digit), sample.mask == digit["place"] + 1)
                    assert digit["area"] == np.count_nonzero(sample.mask == digit["place"] + 1)
            assert len(digits) == sum(box[2] > 0 for box in sample.boxes)
            seen = {name: getattr(sample, name) for name in ("mask", "clean") if getattr(sample, name) is not None}
            rows.append({**entry, "image": image, "boxes": boxes, **seen})
        assert_same(rows, dataset, split)


def test_streaming_reads_mds(dataset: Path, tmp_path: Path) -> None:
    try:
        streaming = import_module("streaming")
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"mosaicml-streaming does not load here: {error}")
    export_dataset(dataset, "mds", tmp_path / "out")
    for split in splits_of(dataset).values():
        found = streaming.StreamingDataset(local=str(tmp_path / "out" / split), batch_size=1, shuffle=False)
        assert len(found) == len(DigitDataset(dataset, split))
        rows = [{name: plain(value) for name, value in found[index].items()} for index in range(len(found))]
        assert_same(rows, dataset, split)


def plain(value: Any) -> Any:
    """A value that MDS gives, as lists and numbers; None for NaN."""
    if isinstance(value, Image.Image):
        return np.asarray(value)
    return known(value.tolist() if isinstance(value, np.ndarray | np.generic) else value)
