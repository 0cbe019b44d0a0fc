"""Write the files that follow the shards: log, configuration, dataset card, and the manifest last."""

import json
import os
import platform
import socket
from dataclasses import asdict
from datetime import datetime
from typing import Any

from blake3 import blake3

from digitgen.build.identity import Identity
from digitgen.build.journal import journal_bytes
from digitgen.build.places import Place
from digitgen.build.splits import Split
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.card import dataset_card
from digitgen.dataset.entries import ArrayEntry, PackageEntry, ShardEntry, SplitEntry
from digitgen.dataset.manifest import (
    CARD_NAME,
    CONFIG_NAME,
    FORMAT,
    JOURNAL_NAME,
    LOG_NAME,
    MANIFEST_NAME,
    Manifest,
    fingerprint,
    manifest_bytes,
)


def write_rest(
    out: Place,
    config: BuildConfig,
    identity: Identity,
    splits: dict[str, Split],
    entries: list[ShardEntry],
    *,
    fsync: bool = True,
) -> Manifest:
    """Write the files that describe the shards; the manifest last.

    Parameters
    ----------
    out : Place
        The place of the dataset, with all its shards.
    config : BuildConfig
        The configuration that was built.
    identity : Identity
        The identity of the build.
    splits : dict of str to Split
        The splits by name.
    entries : list of ShardEntry
        The shards in order.
    fsync : bool, default True
        Have the files on the disk before they get their names.

    Returns
    -------
    Manifest
        As written.
    """
    config_yaml = config.to_yaml()
    manifest = Manifest(
        format=FORMAT,
        tool=identity.tool,
        steps={name: PackageEntry(**asdict(package)) for name, package in identity.steps.items()},
        strings=identity.strings,
        config=identity.config,
        fingerprint=fingerprint(identity.config),
        seed=config.seed,
        splits={
            name: SplitEntry(
                count=config.splits[name].count,
                arrays=[ArrayEntry.of(each) for each in split.recipe.spec],
                source=split.source,
                pool=split.pool,
                glyph_numbers=split.glyph_numbers,
                shards=[entry for entry in entries if entry.split == name],
            )
            for name, split in splits.items()
        },
        files={},
        images=sum(entry.count for entry in entries),
        bytes=sum(entry.bytes for entry in entries),
        lost_digits=sum(entry.lost_digits for entry in entries),
    )
    files = {
        CONFIG_NAME: config_yaml.encode(),
        CARD_NAME: dataset_card(config.name, manifest, config_yaml).encode(),
        JOURNAL_NAME: journal_bytes(identity, entries),
    }
    for name, data in files.items():
        out.write(name, data, fsync=fsync)
    manifest = manifest.model_copy(update={"files": {name: blake3(data).hexdigest() for name, data in files.items()}})
    out.write(MANIFEST_NAME, manifest_bytes(manifest), fsync=fsync)
    out.finish(fsync=fsync)
    return manifest


def write_log(out: Place, started: datetime, seconds: float, images: int, jobs: int) -> None:
    """Write the facts that change from run to run, and so have no place in the manifest.

    Parameters
    ----------
    out : Place
        The place of the dataset.
    started : datetime
        Time at which the first shard was begun.
    seconds : float
        Duration of this run.
    images : int
        Number of images that it made.
    jobs : int
        Number of worker processes.
    """
    log: dict[str, Any] = {
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "images_per_second": round(images / seconds) if seconds else 0,
        "jobs": jobs,
        "processors": os.cpu_count(),
        "host": socket.gethostname(),
        "platform": platform.platform(),
        "python": platform.python_version(),
    }
    out.write(LOG_NAME, (json.dumps(log, indent=1) + "\n").encode(), fsync=False)
