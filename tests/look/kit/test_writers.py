"""Writers: read from a file, one for each glyph of a source."""

from pathlib import Path

import numpy as np
import pytest

from digitgen.errors import PredictionError
from digitgen.look.kit.writers import check_writers, read_writers
from tests.errors import message_of


def test_writers_are_integers_one_a_row(tmp_path: Path) -> None:
    path = tmp_path / "w.npy"
    np.save(path, np.array([5, 5, 7], np.int16))
    assert read_writers(path).tolist() == [5, 5, 7]
    for array in (np.zeros((2, 2), int), np.zeros(3), np.array(["a"])):
        np.save(path, array)
        with pytest.raises(PredictionError, match=r"w\.npy: expected the writer of each glyph, \(G,\) integers"):
            read_writers(path)
    with pytest.raises(PredictionError, match=r"none\.npy: cannot be read: No such file"):
        read_writers(tmp_path / "none.npy")
    np.save(path, np.array([5, 5], object))
    with pytest.raises(PredictionError, match=r"w\.npy: holds Python objects, .* np.save\(path, array.astype\(int\)\)"):
        read_writers(path)
    path.write_bytes(b"5\n5\n")
    with pytest.raises(PredictionError, match=r"w\.npy: not a whole \.npy file"):
        read_writers(path)


def test_writers_of_another_source_are_refused() -> None:
    for count in (50, 60_000):
        message = f"there are {count:,} writers, but 10,000 glyphs in mnist/test; give"
        assert message in message_of(check_writers, np.zeros(count, np.int64), "mnist/test", 10_000)
