"""The zlib streams of compressed shards: right, and the same in every process."""

import platform
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from digitgen.compose.batch import Batch
from digitgen.compose.content.laws.digits import Digits
from digitgen.dataset import deflate as module
from digitgen.dataset.deflate import Encoder, deflate, encoder
from tests.batches import batches_of
from tests.reference import many_examples

ENCODERS: list[Encoder] = ["isa-l", "zlib"]


def test_this_machine_uses_its_encoder() -> None:
    # If a new version of isa-l fails here, its bytes differ: say so in the changelog, and pin the new answer.
    assert encoder() == ("isa-l" if platform.machine() in ("x86_64", "AMD64") else "zlib")


@pytest.mark.parametrize("name", ENCODERS)
@given(array=arrays.arrays(np.uint8, st.integers(1, 40), elements=st.sampled_from([0, 0, 0, 1, 255])))
@many_examples
def test_any_small_array_is_restored(array: np.ndarray, name: Encoder) -> None:
    compress = module._isal if name == "isa-l" else module._zlib
    assert zlib.decompress(compress(array.data)) == array.tobytes()


def test_arrays_of_any_type_and_shape_are_restored() -> None:
    for array in (np.arange(60, dtype="<i4").reshape(3, 4, 5), np.zeros((64, 28, 168), np.uint8), np.ones(3, "<f4")):
        assert zlib.decompress(deflate(array)) == array.tobytes()


def test_the_standard_library_compresses_without_isal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "isal_zlib", None)
    assert encoder.__wrapped__() == "zlib"


def test_an_isal_with_other_bytes_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ISAL_ANSWER", "0")
    assert encoder.__wrapped__() == "zlib"


@pytest.mark.usefixtures("mnist")
def test_every_process_compresses_to_the_same_bytes(tmp_path: Path) -> None:
    # Without the flush after the first bytes, about one of these chunks in a thousand differs.
    code = """
import hashlib, sys, zlib
import numpy as np
from digitgen.dataset.deflate import deflate
images = np.load(sys.argv[1], mmap_mode="r")
print(hashlib.sha256(b"".join(deflate(images[i : i + 64]) for i in range(0, len(images), 16))).hexdigest())
"""
    batch: Batch = next(batches_of((0, 10), 330, content=Digits((1, 10)), batch_size=8192, seed=5))
    np.save(tmp_path / "images.npy", batch.images)
    command = [sys.executable, "-c", code, str(tmp_path / "images.npy")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(6)]
    found = {process.communicate(timeout=120)[0] for process in running}
    assert len(found) == 1 and found != {b""}
