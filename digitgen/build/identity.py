"""What decides every byte of a dataset."""

from dataclasses import dataclass
from typing import Any

import cv2
import h5py
import numpy as np

from digitgen.augment.catalogue import is_step, package_of_step
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.deflate import encoder
from digitgen.format import Compression
from digitgen.plugins import Package, not_installed
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
    steps : dict of str to Package
        The package of each augmentation step that is not digitgen's own.
    """

    config: dict[str, Any]
    sources: dict[str, dict[str, str]]
    tool: dict[str, str]
    steps: dict[str, Package]

    def difference(self, other: "Identity") -> list[str]:
        """Say in a line each what `other` has otherwise."""
        ours, theirs = (_flat(each._facts()) for each in (self, other))
        return [
            f"{key}: {ours.get(key, 'absent')} -> {theirs.get(key, 'absent')}"
            for key in dict.fromkeys((*ours, *theirs))
            if ours.get(key) != theirs.get(key)
        ]

    def _facts(self) -> dict[str, Any]:
        """All that decides, under the names that people read."""
        packages = {name: str(package) for name, package in self.steps.items()}
        return {**self.config, "source files": self.sources, "version": self.tool, "package of step": packages}


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested dictionaries as one, with dotted keys."""
    flat: dict[str, Any] = {}
    for key, each in value.items():
        flat.update(_flat(each, f"{prefix}{key}.") if isinstance(each, dict) else {f"{prefix}{key}": each})
    return flat


def identity_of(config: BuildConfig, sources: dict[str, dict[str, str]]) -> Identity:
    """What decides the bytes of the dataset that a configuration describes, as it would be built here.

    Parameters
    ----------
    config : BuildConfig
        What is to be built.
    sources : dict of str to dict
        As in `Identity`.
    """
    packages = {name: package_of_step(name) for name in sorted(config.step_names)}
    return Identity(
        config.resolved(),
        sources,
        tool_versions(config.output.compression),
        {name: package for name, package in packages.items() if package},
    )


def check_packages(steps: dict[str, Package]) -> None:
    """Refuse a dataset whose steps are not all there.

    Parameters
    ----------
    steps : dict of str to Package
        As in `Identity`.

    Raises
    ------
    PluginError
        If the package of one is not installed.
    """
    for name, package in steps.items():
        if not is_step(name):
            raise not_installed(f"step {name!r}", package)


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
