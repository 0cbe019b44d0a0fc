"""For tests of training: a small dataset, compressed."""

from pathlib import Path

import pytest

from digitgen import DigitDataset
from tests.training.datasets import make_dataset


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("train"))


@pytest.fixture
def dataset(folder: Path) -> DigitDataset:
    return DigitDataset(folder, "train")
