"""Other people's libraries read exports back, with every label and pixel. Needs the extra `export`."""

import json
from pathlib import Path
from typing import Any

import pytest

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
    for name, split in splits_of(dataset).items():
        files = f"{tmp_path}/out/data/{name}-*.parquet"
        assert_same(polars.read_parquet(files).to_dicts(), dataset, split, images=False)
        found = duckdb.sql(f"select * from '{files}' order by index").to_arrow_table().to_pylist()
        assert_same(found, dataset, split, images=False)
        tables = [pandas.read_parquet(path) for path in sorted((tmp_path / "out/data").glob(f"{name}-*.parquet"))]
        table = pandas.concat(tables)
        mine = DigitDataset(dataset, split)[:]
        assert table["text"].tolist() == mine.texts
        assert [len(row) for row in table["boxes"]] == mine.lengths.tolist()
        assert table["index"].tolist() == mine.sample_ids.tolist()


def test_webdataset_reads_its_shards(dataset: Path, tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset")
    export_dataset(dataset, "webdataset", tmp_path / "out")
    for split in splits_of(dataset).values():
        files = [str(path) for path in sorted((tmp_path / "out").glob(f"{split}-*.tar"))]
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
