"""The manifest of a dataset folder, `manifest.json`, written last.

A folder without a manifest is not a finished dataset. The manifest carries a checksum of its own, so
that damage to it is found like damage to a shard. The checksum has no key, and anybody can write one. The entries of a
manifest are used as names of files, as sizes and as indices. So a manifest that no build would have written is refused
when it is read.
"""

import json
import re
from typing import Any, Final, Self

import numpy as np
from blake3 import blake3
from pydantic import ValidationError, model_validator

from digitgen.alphabet import DIGITS, check_alphabet
from digitgen.arrays import Integers
from digitgen.checks import AnyPath
from digitgen.compose.batch import is_batch_spec
from digitgen.dataset.entries import Entry, PackageEntry, SplitEntry, SplitName
from digitgen.dataset.stores import Store, store_of
from digitgen.errors import DamageError, DatasetError
from digitgen.findings import findings
from digitgen.format import CELL, DATASET_NAME
from digitgen.glyphs.duplicates import first_shared, merged
from digitgen.messages import shown

MANIFEST_NAME: Final = "manifest.json"
LOG_NAME: Final = "build-log.json"
CROISSANT_NAME: Final = "croissant.json"
CONFIG_NAME: Final = "config.yaml"
CARD_NAME: Final = "README.md"
JOURNAL_NAME: Final = "journal.jsonl"
FORMAT: Final = 1
MAX_MANIFEST_BYTES: Final = 1 << 28
"""Most bytes of a manifest or a journal; those of 100,000 shards have 35 MB."""


class Manifest(Entry):
    """A finished dataset.

    Attributes
    ----------
    format : int
        Version of the format on disk.
    tool : dict of str to str
        Versions of digitgen and of the libraries that shape the bytes.
    steps : dict of str to PackageEntry
        The package of each augmentation step that is not digitgen's own.
    strings : dict of str to str
        The sha256 of each file that the law of the strings was read from, by the key that names it.
    config, fingerprint : dict, str
        The resolved configuration and the BLAKE3 hash of its JSON.
    seed : int
        Seed of the build.
    splits : dict of str to SplitEntry
        The splits by name.
    files : dict of str to str
        BLAKE3 hashes of the other files: configuration, dataset card and journal.
    images, bytes, lost_digits : int
        Totals.
    """

    format: int
    tool: dict[str, str]
    steps: dict[str, PackageEntry]
    strings: dict[str, str]
    config: dict[str, Any]
    fingerprint: str
    seed: int
    splits: dict[SplitName, SplitEntry]
    files: dict[str, str]
    images: int
    bytes: int
    lost_digits: int

    @property
    def name(self) -> str:
        """Name of the dataset, from its configuration."""
        return str(self.config["name"])

    @property
    def alphabet(self) -> str:
        """The character of each class, from its configuration."""
        return str(self.config.get("alphabet", DIGITS))

    @property
    def image_height(self) -> int:
        """Height of the images, px, from the configuration, with which their arrays agree."""
        return int(self.config.get("image_height", CELL))

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        """Refuse names that no dataset has, and totals that are not the sums of the shards'."""
        if not re.fullmatch(DATASET_NAME, str(self.config.get("name", ""))):
            raise ValueError("config.name is not the name of a dataset")
        if "digitgen" not in self.tool:
            raise ValueError("tool does not name the version of digitgen")
        if not self.splits or not set(self.files) <= {CONFIG_NAME, CARD_NAME, JOURNAL_NAME}:
            raise ValueError("there are no splits, or files that are none of a dataset")
        alphabet = check_alphabet("config.alphabet", self.config.get("alphabet", DIGITS))
        shards = [shard for split in self.splits.values() for shard in split.shards]
        for name, split in self.splits.items():
            if not is_batch_spec(split.spec, alphabet):
                raise ValueError(f"the arrays of {name} are not those that a shard can have")
            height = next(each.shape[0] for each in split.spec if each.name == "images")
            if height != (said := self.config.get("image_height", CELL)):
                raise ValueError(f"the images of {name} are {height} px high, and config.image_height is {shown(said)}")
            if len(split.source.glyphs) != len(alphabet):
                raise ValueError(f"{name} has glyphs of {len(split.source.glyphs)} classes, not {len(alphabet)}")
            if split.shards[0].split != name:
                raise ValueError(f"the shards of {name} are those of {split.shards[0].split}")
        for total in ("count", "bytes", "lost_digits"):
            name = "images" if total == "count" else total
            if getattr(self, name) != sum(getattr(shard, total) for shard in shards):
                raise ValueError(f"{name} is not the sum over the shards")
        if self.config.get("allow_shared_glyphs") is not True and (shared := first_shared(self._pools)):
            raise ValueError(
                f"{shared.one} and {shared.other} can use the same glyphs, {shared.glyphs:,} of them, which the "
                "configuration does not allow"
            )
        return self

    @property
    def _pools(self) -> dict[str, Integers]:
        """The numbers of the glyphs of each split, together with the splits that sample as it does, as ranges."""
        together: dict[str, list[Integers]] = {}
        for name, split in self.splits.items():
            together.setdefault(self.leader(name), []).append(split.pool_numbers)
        return {name: merged(np.concatenate(pools)) for name, pools in together.items()}

    def leader(self, split: str) -> str:
        """Find the split that another samples as, or itself."""
        leader = self.split_config(split).get("same_as")
        return leader if isinstance(leader, str) else split

    def split_config(self, split: str) -> dict[str, Any]:
        """Find the configuration of a split; anybody may have written it, and it is empty if it is none."""
        splits = self.config.get("splits")
        section = splits.get(split) if isinstance(splits, dict) else None
        return section if isinstance(section, dict) else {}


def canonical_json(value: Any) -> bytes:
    """Write JSON with sorted keys and one form for every value, for hashing."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def fingerprint(value: Any) -> str:
    """Hash a value's canonical JSON: its BLAKE3 hash in hexadecimal."""
    return blake3(canonical_json(value)).hexdigest()


def manifest_bytes(manifest: Manifest) -> bytes:
    """Write all of the file `manifest.json`, the manifest's checksum added."""
    content = manifest.model_dump(mode="json")
    content["checksum"] = fingerprint(content)
    return f"{json.dumps(content, sort_keys=True, indent=1)}\n".encode()


def read_manifest(place: AnyPath | Store) -> Manifest:
    """Read and check the manifest of a dataset.

    Parameters
    ----------
    place : str, path-like or Store
        The dataset folder, or its address in a store.

    Returns
    -------
    Manifest
        The manifest.

    Raises
    ------
    DatasetError
        If there is no such folder, or the manifest is of another format.
    DamageError
        If the manifest is absent, torn or damaged, or contradicts itself.
    """
    store = store_of(place)
    path = store.at(MANIFEST_NAME)
    store.check_there()
    for left in reversed(range(store.tries)):
        try:
            content = _whole(path, store.read(MANIFEST_NAME, MAX_MANIFEST_BYTES))
            break
        except FileNotFoundError:
            raise DamageError(f"{store}: not a finished dataset: {MANIFEST_NAME} is absent") from None
        except OSError as error:
            raise DatasetError(f"{path}: cannot be read: {error.strerror}") from error
        except DamageError:  # perhaps on its way
            if not left:
                raise
    if content.get("format") != FORMAT:
        raise DatasetError(f"{path}: format {content.get('format')}; this version of digitgen reads format {FORMAT}")
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        raise DamageError(f"{path}: no build would have written this: {findings(error)[0]}") from None


def _whole(path: str, data: bytes) -> dict[str, Any]:
    """Parse a manifest, and compare it with its checksum."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DamageError(f"{path}: damaged: not JSON ({error})") from None
    if not isinstance(content, dict) or content.pop("checksum", None) != fingerprint(content):
        raise DamageError(f"{path}: damaged: its contents do not match its checksum")
    return content
