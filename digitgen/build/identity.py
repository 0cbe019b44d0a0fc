"""The identity of a dataset: everything that decides one of its bytes."""

from dataclasses import dataclass
from typing import Any

import cv2
import h5py
import numpy as np

from digitgen.augment.catalogue import is_step, package_of_step
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.deflate import encoder
from digitgen.dataset.entries import PackageEntry, SourceEntry
from digitgen.dataset.manifest import Manifest
from digitgen.format import Compression
from digitgen.glyphs.sources import is_part
from digitgen.plugins import Package, not_installed
from digitgen.version import VERSION


@dataclass(frozen=True)
class Identity:
    """Everything that decides a byte of a dataset: two builds of one identity make the same files.

    Attributes
    ----------
    config : dict
        The resolved configuration, as JSON has it.
    sources : dict of str to dict
        For each split, the sha256 of each file that its glyphs come from.
    strings : dict of str to str
        The sha256 of each file that the law of the strings was read from, by the key that names it.
    tool : dict of str to str
        Versions of digitgen and of the libraries that shape the bytes.
    steps : dict of str to Package
        The package of each augmentation step that is not digitgen's own.
    source_packages : dict of str to Package
        The package of each source that is not digitgen's own: it says how to read the files.
    """

    config: dict[str, Any]
    sources: dict[str, dict[str, str]]
    strings: dict[str, str]
    tool: dict[str, str]
    steps: dict[str, Package]
    source_packages: dict[str, Package]

    def difference(self, other: "Identity") -> list[str]:
        """Say how `other` differs, a line for each fact."""
        ours, theirs = (_flat(each._facts()) for each in (self, other))
        return [
            f"{key}: {ours.get(key, 'absent')} -> {theirs.get(key, 'absent')}"
            for key in dict.fromkeys((*ours, *theirs))
            if ours.get(key) != theirs.get(key)
        ]

    def _facts(self) -> dict[str, Any]:
        """List the facts under the names that people read."""
        packages = {"step": self.steps, "source": self.source_packages}
        named = {
            f"package of {what}": {name: str(package) for name, package in each.items()}
            for what, each in packages.items()
        }
        files = {"source files": self.sources, "sequence files": self.strings}
        return {**self.config, **files, "version": self.tool, **named}


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flatten nested dictionaries into one with dotted keys."""
    flat: dict[str, Any] = {}
    for key, each in value.items():
        flat.update(_flat(each, f"{prefix}{key}.") if isinstance(each, dict) else {f"{prefix}{key}": each})
    return flat


def identity_of(config: BuildConfig, sources: dict[str, SourceEntry]) -> Identity:
    """Find the identity of the dataset that a configuration describes, as it would be built here.

    Parameters
    ----------
    config : BuildConfig
        The configuration.
    sources : dict of str to SourceEntry
        The source of each split.

    Returns
    -------
    Identity
        With the versions that are installed here.
    """
    packages = {name: package_of_step(name) for name in sorted(config.step_names)}
    steps = {name: package for name, package in packages.items() if package}
    strings = config.string_hashes
    return _identity(config.resolved(), sources, strings, tool_versions(config.output.compression), steps)


def identity_in(manifest: Manifest) -> Identity:
    """Find the identity of a finished dataset."""
    sources = {name: split.source for name, split in manifest.splits.items()}
    return _identity(manifest.config, sources, manifest.strings, manifest.tool, _packages(manifest.steps))


def _identity(
    config: dict[str, Any],
    sources: dict[str, SourceEntry],
    strings: dict[str, str],
    tool: dict[str, str],
    steps: dict[str, Package],
) -> Identity:
    """Put an identity together."""
    files = {name: source.files for name, source in sources.items()}
    packages = {source.name: source.package for source in sources.values() if source.package}
    return Identity(config, files, strings, tool, steps, _packages(packages))


def _packages(entries: dict[str, PackageEntry]) -> dict[str, Package]:
    """Turn the manifest's entries of packages into packages."""
    return {name: Package(entry.name, entry.version) for name, entry in entries.items()}


def check_packages(identity: Identity) -> None:
    """Refuse to make again a dataset that needs a package which is not installed.

    Raises
    ------
    PluginError
        If a source or a step is not there.
    """
    for name, package in identity.source_packages.items():
        if not is_part(name):
            raise not_installed(f"source {name!r}", package)
    for name, package in identity.steps.items():
        if not is_step(name):
            raise not_installed(f"step {name!r}", package)


def tool_versions(compression: Compression) -> dict[str, str]:
    """List the versions that could shape the bytes of a shard: of digitgen, of libraries, and the encoder."""
    return {
        "digitgen": VERSION,
        "h5py": h5py.__version__,
        "hdf5": h5py.version.hdf5_version,
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        **({"deflate": encoder()} if compression == "deflate" else {}),
    }
