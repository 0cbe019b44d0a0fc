"""Names that are fixed on disk."""

import pytest

from digitgen.format import shard_file, shard_index


@pytest.mark.parametrize(
    ("index", "file"),
    [(0, "train/shard-00000.h5"), (73, "train/shard-00073.h5"), (1_234_567, "train/shard-1234567.h5")],
)
def test_a_shard_is_known_by_the_name_that_it_was_given(index: int, file: str) -> None:
    assert shard_file("train", index) == file
    assert shard_index(file.removeprefix("train/")) == index


@pytest.mark.parametrize(
    "name", ["shard-1.h5", "shard-00001.h5.tmp", ".shard-00001.h5", "my-shard-00001.h5", "shard-0000x.h5", "notes.txt"]
)
def test_other_names_are_no_shards(name: str) -> None:
    assert shard_index(name) is None
