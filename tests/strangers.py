"""Datasets as a stranger might send them: any change, and hashes that agree with it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
from blake3 import blake3

from digitgen import build_dataset, load_config
from digitgen.dataset.manifest import fingerprint
from tests.conftest import write_coded_glyphs

SHARD = "train/shard-00000.h5"


def make_dataset(home: Path, compression: str = "none") -> Path:
    """A small dataset of two splits, with masks and what augmentation sampled."""
    write_coded_glyphs(home)
    source = "{images: images.idx, labels: labels.idx}"
    (home / "config.yaml").write_text(
        f"""
name: small
image_width: 100
splits: {{train: {{count: 300, source: {source}}}, test: {{count: 40, source: {source}}}}}
allow_shared_glyphs: true
sequence: {{length: [1, 3]}}
spacing: {{range: [0, 8]}}
augment: {{glyphs: [{{step: slant}}], sequence: [{{step: gaussian_noise}}]}}
labels: {{masks: true}}
output: {{compression: {compression}}}
"""
    )
    build_dataset(load_config(home / "config.yaml"), home / "out", jobs=1, fsync=False)
    return home / "out"


def copy_of(folder: Path, home: Path) -> Path:
    """A copy of a dataset, to be changed."""
    return Path(shutil.copytree(folder, home / "copy", symlinks=True))


def change_manifest(folder: Path, change: Callable[[Any], None]) -> None:
    """Change what the manifest says, with a checksum that is right."""
    path = folder / "manifest.json"
    content = json.loads(path.read_bytes())
    content.pop("checksum", None)
    change(content)
    content["checksum"] = fingerprint(content)
    path.write_text(json.dumps(content))


def change_shard(folder: Path, change: Callable[[h5py.File], None]) -> None:
    """Change a shard by HDF5, with size and hashes in the manifest that are right."""
    with h5py.File(folder / SHARD, "r+") as file:
        change(file)
    sign_shard(folder)


def sign_shard(folder: Path) -> None:
    """Have the manifest give the size and the hash that a shard has."""
    data = (folder / SHARD).read_bytes()

    def sign(content: Any) -> None:
        shard = content["splits"]["train"]["shards"][0]
        content["bytes"] += len(data) - shard["bytes"]
        shard.update(bytes=len(data), blake3=blake3(data).hexdigest())

    change_manifest(folder, sign)
