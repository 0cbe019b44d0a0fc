"""Verify a dataset folder: every byte against its manifest, and images against their recipe."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitgen.build.recorded import recipe_of
from digitgen.build.splits import load_splits
from digitgen.checks import AnyPath, check_flag, check_integer, check_path, check_say
from digitgen.compose.plan import planner
from digitgen.compose.render import fill
from digitgen.dataset.check import check_files, check_listed, check_shard, foreign_files
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.manifest import MANIFEST_NAME, Manifest, read_manifest
from digitgen.dataset.stores import Store, store_of
from digitgen.errors import ArgumentError, DatasetError
from digitgen.glyphs.pools import check_writers
from digitgen.messages import Say, shown
from digitgen.progress import progress_bar
from digitgen.rng import RngLike, as_generator


@dataclass
class Verification:
    """The findings of `digitgen.verify_dataset`.

    Attributes
    ----------
    files, images : int
        Number of files and of images that were checked.
    regenerated : int
        Number of images that were made again and compared.
    damaged : dict of str to str
        For each file that is damaged, missing or foreign, what is wrong with it.
    harmless : list of str
        Files and folders among the shards that systems, file managers and git leave; nothing is wrong with them.
    shared_writers : list of (str, str, int)
        For each two splits whose writers are stored and numbered alike, their names, and how many writers have digits
        in both. Splits that sample as another are left out. If the writers that they ask for exclude each other, one in
        both is damage.
    """

    files: int = 0
    images: int = 0
    regenerated: int = 0
    damaged: dict[str, str] = field(default_factory=dict)
    harmless: list[str] = field(default_factory=list)
    shared_writers: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.damaged


def verify_dataset(
    path: AnyPath,
    *,
    quick: bool = False,
    regenerate: int = 0,
    data_dir: AnyPath | None = None,
    rng: RngLike = None,
    progress: bool = False,
    say: Say = lambda _: None,
) -> Verification:
    """Check every file of a dataset against its manifest.

    Parameters
    ----------
    path : str or path-like
        The dataset folder, or its address in a store. What is in a store is read from there, and not from the cache.
    quick : bool, default False
        Compare only the manifest, the files beside the shards, and the names and sizes of the shards.
    regenerate : int, default 0
        Number of images, chosen at random, to make again from configuration, seed and index, and to compare
        with what is stored, labels included.
    data_dir : str or path-like, optional
        For `regenerate`: a folder to look in first for the files of published sources, and the one that paths of the
        builder's own files start from (the current directory by default).
    rng : int, numpy.random.Generator or None
        Chooses the images for `regenerate`.
    progress : bool, default False
        Show a progress bar on stderr.
    say : callable, optional
        Takes a line of text for each thing that the user should know.

    Returns
    -------
    Verification
        Counts, and the damaged files.

    Raises
    ------
    ArgumentError
        If an argument is of the wrong type, or `regenerate` is negative or more than there are images.
    DatasetError
        If there is no such folder, or for `regenerate` the digits are not those it was made from, or its
        configuration is of another version.
    DamageError
        If the manifest itself is absent or damaged.

    Examples
    --------
    >>> found = verify_dataset("data/quickstart")
    >>> found.ok, found.images
    (True, 22000)
    """
    store, generator, say = store_of(path).fresh(), as_generator(rng), check_say(say)
    sources = None if data_dir is None else check_path("data_dir", data_dir)
    progress, regenerate = check_flag("progress", progress), check_integer("regenerate", regenerate)
    quick = check_flag("quick", quick)
    manifest = read_manifest(store)
    if not 0 <= regenerate <= manifest.images:
        raise ArgumentError(f"regenerate must be from 0 to the {manifest.images} images; got {shown(regenerate)}")
    found = Verification(files=len(manifest.files), damaged=check_files(store, manifest))
    writers: dict[str, set[int]] = {name: set() for name, split in manifest.splits.items() if split.source.writers}
    with progress_bar(shown=progress, total=manifest.images, unit="images") as bar:
        for name, split in manifest.splits.items():
            troubles: Iterable[str | None]
            if quick:
                troubles = map(partial(check_listed, store, there=store.list(name)), split.shards)
            else:
                troubles = store.in_lanes(
                    partial(check_shard, store, split=split, seen=writers.get(name)), split.shards
                )
            for shard, trouble in zip(split.shards, troubles, strict=True):
                if trouble:
                    found.damaged[shard.file] = trouble
                found.files += 1
                found.images += shard.count
                bar.update(shard.count)
    foreign, found.harmless = foreign_files(store, manifest)
    found.damaged.update(foreign)
    if not quick:
        _compare_writers(manifest, writers, found)
    if regenerate:
        _regenerate(store, manifest, regenerate, generator, sources, say, found)
    return found


def _compare_writers(manifest: Manifest, writers: dict[str, set[int]], found: Verification) -> None:
    """Count the writers whose digits are in two splits, by what was read in their shards."""
    for one, other in combinations(writers, 2):
        sources = [manifest.splits[name].source.writers for name in (one, other)]
        if sources[0] != sources[1] or manifest.leader(one) == manifest.leader(other):
            continue
        shared = len(writers[one] & writers[other])
        found.shared_writers.append((one, other, shared))
        if shared and _exclude_each_other(*(manifest.split_config(name).get("writers") for name in (one, other))):
            found.damaged[MANIFEST_NAME] = (
                f"{one} and {other} exclude each other's writers, and have {shared:,} of them"
            )


def _exclude_each_other(one: object, other: object) -> bool:
    """Whether two choices of writers have nobody in common."""
    try:
        first, second = check_writers(one), check_writers(other)
    except ArgumentError:  # none, or written by anybody
        return False
    if isinstance(first[0], float) and isinstance(second[0], float):
        return first[1] <= second[0] or second[1] <= first[0]
    return isinstance(first[0], int) and isinstance(second[0], int) and not {*first} & {*second}


def _regenerate(
    store: Store,
    manifest: Manifest,
    count: int,
    rng: np.random.Generator,
    data_dir: Path | None,
    say: Say,
    found: Verification,
) -> None:
    """Make images again and note those that differ; damaged shards are passed over."""
    config = recipe_of(store, manifest, data_dir)
    splits = load_splits(config, data_dir, say)
    ends = np.cumsum([entry.count for entry in manifest.splits.values()])
    chosen = np.sort(rng.choice(manifest.images, count, replace=False))
    for (name, entry), end in zip(manifest.splits.items(), ends, strict=True):
        if splits[name].source.files != entry.source.files:
            raise DatasetError(f"{store}: the digits that are here are not those that {name} was made from")
        if splits[name].pool != entry.pool:
            found.damaged[MANIFEST_NAME] = f"the pool of {name} is not the one that its configuration asks for"
        recipe = splits[name].recipe
        dataset = DigitDataset(store, name, manifest=manifest)
        plan_of = planner(recipe, manifest.seed, config.address_name(name))
        made = recipe.empty_batch(1)
        first = end - entry.count
        for index in (chosen[(chosen >= first) & (chosen < end)] - first).tolist():
            shard = dataset.shard_of(index)
            if shard.file in found.damaged:
                continue
            fill(recipe, plan_of, index, made)
            stored = dataset[[index]].arrays()
            wrong = [array for array, values in made.arrays().items() if not _same(values, stored[array])]
            found.regenerated += 1
            if wrong:
                found.damaged[shard.file] = f"image {index} is not what its recipe makes ({', '.join(wrong)} differ)"
        dataset.close()


def _same(made: NDArray[Any], stored: NDArray[Any]) -> bool:
    """Whether two arrays are bit for bit the same; NaN, where a step touched nothing, equals NaN."""
    return made.tobytes() == stored.tobytes()
