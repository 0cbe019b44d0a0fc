"""What decides every byte of a dataset."""

from dataclasses import dataclass
from typing import Any

import cv2
import h5py
import numpy as np

from digitgen.dataset.deflate import encoder
from digitgen.format import Compression
from digitgen.version import VERSION


@dataclass(frozen=True)
class Identity:
    """What decides every byte of a dataset: two builds of one identity make the same files.

    Attributes
    ----------
    config : dict
        The resolved configuration, as JSON has it.
    sources : dict of str to dict
        For each split, the sha256 of each file that its glyphs come from.
    tool : dict of str to str
        Versions of digitgen and of the libraries that shape the bytes.
    """

    config: dict[str, Any]
    sources: dict[str, dict[str, str]]
    tool: dict[str, str]

    def difference(self, other: "Identity") -> list[str]:
        """Say in a line each what `other` has otherwise."""
        ours, theirs = (
            _flat({**each.config, "source files": each.sources, "version": each.tool}) for each in (self, other)
        )
        return [
            f"{key}: {ours.get(key, 'absent')} -> {theirs.get(key, 'absent')}"
            for key in dict.fromkeys((*ours, *theirs))
            if ours.get(key) != theirs.get(key)
        ]


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested dictionaries as one, with dotted keys."""
    flat: dict[str, Any] = {}
    for key, each in value.items():
        flat.update(_flat(each, f"{prefix}{key}.") if isinstance(each, dict) else {f"{prefix}{key}": each})
    return flat


def tool_versions(compression: Compression) -> dict[str, str]:
    """What could shape the bytes of a shard: versions of digitgen and of libraries, and what compresses."""
    return {
        "digitgen": VERSION,
        "h5py": h5py.__version__,
        "hdf5": h5py.version.hdf5_version,
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        **({"deflate": encoder()} if compression == "deflate" else {}),
    }
