"""Turn batches into tensors of PyTorch, and bring them from a worker to the training process at little cost.

PyTorch is imported here: the extra `torch` installs it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.compose.batch import Batch, Sample
from digitgen.errors import ArgumentError
from digitgen.extras import installed
from digitgen.messages import shown, with_type
from digitgen.training.stack import stack

with installed("torch"):
    import torch
    from torch.utils.data import get_worker_info

_SMALL: Final = 1 << 16  # bytes of an array that goes through a pipe faster than a file descriptor does

Tensors = dict[str, torch.Tensor]


def collate(batch: Batch | Mapping[str, NDArray[Any]] | Sequence[Sample]) -> Tensors:
    """Turn a batch into tensors, as in ``DataLoader(dataset, 256, shuffle=True, num_workers=2, collate_fn=collate)``.

    The tensors share their memory with the arrays; nothing is copied. From a worker to the training process images go
    through shared memory, and the small arrays beside them together through the pipe, which takes a third of the time
    that a piece of shared memory for each would take.

    Parameters
    ----------
    batch : Batch, dict of str to ndarray, or sequence of Sample
        A batch as `DigitDataset.__getitems__` reads it, its arrays, or samples that were read one by one.

    Returns
    -------
    dict of str to torch.Tensor
        The arrays of a batch, under the names of ``Batch.arrays``: ``images`` (N, H, W) uint8, ``labels`` (N, L) int8,
        ``lengths`` (N,) uint8 and so on.

    Raises
    ------
    ArgumentError
        If it is anything else.
    """
    if isinstance(batch, Mapping):
        arrays = dict(batch)
    elif isinstance(batch, Batch):
        arrays = batch.arrays()
    elif isinstance(batch, list | tuple):
        if any(isinstance(each, Mapping | Batch) for each in batch):
            raise ArgumentError("collate got a list of batches, not of samples; give the DataLoader batch_size=None")
        arrays = stack(batch).arrays()
    else:
        raise ArgumentError(f"collate takes a Batch, its arrays, or a list of Samples; got {with_type(batch)}")
    if wrong := [name for name, array in arrays.items() if not isinstance(array, np.ndarray)]:
        raise ArgumentError(f"collate takes arrays of numpy; got {with_type(arrays[wrong[0]])} as {shown(wrong[0])}")
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    return _Tensors(tensors) if get_worker_info() else tensors


class _Tensors(Tensors):
    """Tensors by name in a worker; in the training process they are a plain dict."""

    def __reduce__(self) -> tuple[Any, ...]:
        small = {name: tensor.numpy() for name, tensor in self.items() if tensor.nbytes <= _SMALL}
        large = {name: tensor for name, tensor in self.items() if name not in small}
        return _arrived, (list(self), small, large)


def _arrived(names: list[str], small: dict[str, NDArray[Any]], large: Tensors) -> Tensors:
    """Put tensors together again, in their order."""
    return {name: large[name] if name in large else torch.from_numpy(np.asarray(small[name])) for name in names}
