"""Read a dataset folder."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, overload

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers
from digitgen.checks import AnyPath, check_flag, check_integer, check_word, check_words
from digitgen.compose.batch import Batch, Sample
from digitgen.dataset.open_shards import OpenShards
from digitgen.errors import ArgumentError, DamageError, DatasetError
from digitgen.messages import has_no, shown
from digitgen.rows import Rows, SomeRows, check_rows

if TYPE_CHECKING:
    from digitgen.dataset.chunk_cache import ChunkCache
    from digitgen.dataset.entries import ShardEntry
    from digitgen.dataset.manifest import Manifest
    from digitgen.dataset.shard_reader import Known, ShardReader
    from digitgen.dataset.stores import Store

CACHE_BYTES: Final = 1 << 28
"""Bytes of inflated chunks that a process keeps of a dataset, unless it asks for another number."""
_ALL: Final = slice(None)


class DigitDataset:
    """One split of a dataset folder, as a sequence of samples.

    Files are opened when first needed, and some of them stay open. Threads may share a dataset. It can be pickled and
    inherited by worker processes; each then opens files of its own. So it serves ``torch.utils.data.DataLoader``, which
    reads a batch at once, and grain, as a source with random access.

    Parameters
    ----------
    path : str or path-like
        The dataset folder, or its address in a store, such as ``s3://bucket/prefix``. Shards from there are kept in
        the user's cache folder, at most DIGITGEN_CACHE_GB gigabytes of them, and compared with their hashes when they
        arrive.
    split : str
        Name of the split.
    check_hashes : bool, default False
        Compare the hashes of each file with the manifest when it is opened. Its size, its structure and its labels
        are checked always.
    manifest : Manifest, optional
        The manifest of the folder, if it has been read already.
    cache_bytes : int, default 268435456
        Compressed shards are inflated 64 images at a time, and what was inflated last is kept, up to so many bytes in
        each process that reads. Uncompressed shards need none of it.

    Raises
    ------
    ArgumentError
        If an argument is of another type.
    DatasetError
        If there is no such folder or split.
    DamageError
        If the folder is not a finished dataset.

    Examples
    --------
    >>> train = DigitDataset("data/quickstart", "train")
    >>> train[0].text, train[0].image.shape
    ('8', (28, 168))
    >>> train[[5, 3, 8]].images.shape
    (3, 28, 168)
    """

    def __init__(
        self,
        path: "AnyPath | Store",
        split: str,
        *,
        check_hashes: bool = False,
        manifest: "Manifest | None" = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        from digitgen.dataset.manifest import Manifest, read_manifest  # loads pydantic
        from digitgen.dataset.stores import store_of

        self._store = store_of(path)
        split = check_word("split", split)
        if not isinstance(manifest, Manifest | None):
            raise ArgumentError(f"manifest must be that of the folder, or None; got {shown(manifest)}")
        self.manifest: Manifest = manifest or read_manifest(self._store)
        if split not in self.manifest.splits:
            raise DatasetError(f"{self._store}: {has_no('split', split, self.manifest.splits)}")
        self.split = split
        self._check_hashes = check_flag("check_hashes", check_hashes)
        self._entry = self.manifest.splits[split]
        self._spec = self._entry.spec
        self._firsts = np.array([shard.first for shard in self._entry.shards])
        self.cache_bytes = check_integer("cache_bytes", cache_bytes, least=0)
        self._shards = OpenShards(self.cache_bytes)

    @property
    def alphabet(self) -> str:
        """The character of each class."""
        return self.manifest.alphabet

    def __len__(self) -> int:
        return self._entry.count

    def __repr__(self) -> str:
        return f"DigitDataset({str(self._store)!r}, {self.split!r})"

    def _repr_html_(self) -> str:
        """Show in a notebook what the split has, and the first dozen images if the files are on this machine."""
        from digitgen.dataset.show import dataset_html  # loads Pillow

        return dataset_html(self, self._store)

    @overload
    def __getitem__(self, index: int | np.integer[Any]) -> Sample: ...
    @overload
    def __getitem__(self, index: SomeRows) -> Batch: ...
    def __getitem__(self, index: Rows) -> Sample | Batch:
        """Read one sample by its index, or a batch by a slice, or by a list or array of indices in any order.

        Raises
        ------
        IndexError
            If an index is out of range.
        ArgumentError
            If it is no index.
        DamageError
            If a shard is absent or not the one that the manifest describes.
        """
        rows = check_rows(index, len(self))
        return self._read(np.array([rows]))[0] if isinstance(rows, int) else self._read(rows)

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        """Read a batch by a list of indices; loaders of torch ask for their batches in this way."""
        return self[indices]

    def arrays(self, names: Sequence[str], index: SomeRows = _ALL) -> dict[str, NDArray[Any]]:
        """Read some of the arrays of some images: labels without the images, for example.

        Parameters
        ----------
        names : sequence of str
            Arrays as the manifest names them, such as ``"labels"`` or ``"augment/sequence_0_rotate_angle"``.
        index : slice, list or ndarray
            The images; all by default.

        Returns
        -------
        dict of str to ndarray
            (n, ...) for each name, for n images.

        Raises
        ------
        IndexError
            If an index is out of range.
        ArgumentError
            If there is no such array, or an argument is of another type.
        DamageError
            If a shard is absent or not the one that the manifest describes.

        Examples
        --------
        >>> train = DigitDataset("data/quickstart", "train")
        >>> train.arrays(["labels", "lengths"], slice(0, 1000))["labels"].shape
        (1000, 5)
        """
        spec = {each.name: each for each in self._spec}
        names = check_words("names", names)
        for name in names:
            if name not in spec:
                raise ArgumentError(f"{self.split} {has_no('array', name, spec)}")
        indices = check_rows(index, len(self))
        if isinstance(indices, int):
            raise ArgumentError(f"arrays are of several images, by a slice or a list of integers; got {shown(index)}")
        out = {name: np.empty((len(indices), *spec[name].shape), spec[name].dtype) for name in names}
        self._read_into(out, indices)
        return out

    def other_split(self, split: str) -> "DigitDataset":
        """Open another split of the same dataset, in the same way.

        Raises
        ------
        DatasetError
            If there is no such split.
        """
        return DigitDataset(
            self._store,
            split,
            check_hashes=self._check_hashes,
            manifest=self.manifest,
            cache_bytes=self.cache_bytes,
        )

    def shard_of(self, index: int) -> "ShardEntry":
        """Find the manifest's entry of the shard that holds an image, 0 <= `index` < len."""
        return self._entry.shards[int(np.searchsorted(self._firsts, index, side="right")) - 1]

    def __iter__(self) -> Iterator[Sample]:
        """Yield the samples in order; a hundred are read at a time."""
        for start in range(0, len(self), 100):
            batch = self[start : start + 100]
            for row in range(len(batch)):
                yield batch[row]

    def close(self) -> None:
        """Close all files; they are opened again when needed."""
        self._shards.close()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_shards"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._shards = OpenShards(self.cache_bytes)

    def _read(self, indices: Integers) -> Batch:
        """Read rows shard by shard, and put them into the order asked for."""
        out = Batch.empty(len(indices), self._spec, self.alphabet)
        self._read_into(out.arrays(), indices)
        return out

    def _read_into(self, out: dict[str, NDArray[Any]], indices: Integers) -> None:
        """Read rows of some arrays shard by shard, each to where it was asked for."""
        from digitgen.dataset.shard_reader import items_of  # loads h5py

        items = items_of(out)
        shards = np.searchsorted(self._firsts, indices, side="right") - 1
        if not len(shards) or (shards == shards[0]).all():
            for number in shards[:1].tolist():
                self._shard(number).fill(items, indices - self._firsts[number])
            return
        order = shards.argsort(kind="stable")
        shards, rows = shards[order], (indices - self._firsts[shards])[order]
        starts = np.flatnonzero(shards[1:] != shards[:-1]) + 1
        for start, end in pairwise([0, *starts.tolist(), len(shards)]):
            self._shard(int(shards[start])).fill(items, rows[start:end], order[start:end])

    def _shard(self, number: int) -> "ShardReader":
        """Find a shard, open."""
        return self._shards.get(number, self._opened)

    def _opened(self, number: int, cache: "ChunkCache", known: "Known | None") -> "ShardReader":
        """Open a shard; what this machine keeps of it may be damaged, and is then fetched again."""
        entry = self._entry.shards[number]
        try:
            return self._opened_as_found(entry, cache, known)
        except DamageError:
            if not self._store.drop_damaged(entry.blake3):
                raise
        return self._opened_as_found(entry, cache, None)

    def _opened_as_found(self, entry: "ShardEntry", cache: "ChunkCache", known: "Known | None") -> "ShardReader":
        """Open a shard as it is found."""
        from digitgen.dataset.check import check_shard  # loads h5py
        from digitgen.dataset.shard_reader import ShardReader

        if self._check_hashes and (trouble := check_shard(self._store, entry, self._entry)):
            raise DamageError(f"{self._store.at(entry.file)}: the shard is damaged: {trouble}")
        return ShardReader(self._store, entry, self._spec, self._entry.source, cache=cache, known=known)
