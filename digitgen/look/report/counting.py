"""Count a dataset, shard by shard, and test the claims of its recipe."""

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from digitgen.arrays import Integers
from digitgen.build.executor import Handle
from digitgen.build.identity import identity_in
from digitgen.build.recorded import lost_strings, recipe_of
from digitgen.build.shared import in_files, in_this_process
from digitgen.build.splits import load_splits
from digitgen.build.workers import cpu_count, workers
from digitgen.checks import AnyPath
from digitgen.compose.gaps import GapLaw
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.manifest import LOG_NAME, Manifest
from digitgen.dataset.stores import Store, store_of
from digitgen.errors import DigitgenError
from digitgen.format import CELL
from digitgen.glyphs.duplicates import count_shared, from_runs
from digitgen.look.report.claims import claims
from digitgen.look.report.hands import HandLaw
from digitgen.look.report.parameters import SampledParameter, sampled_parameters
from digitgen.look.report.statistics import SharedGlyphs, SplitStatistics, Statistics
from digitgen.look.report.strings import HASHES, Strings
from digitgen.look.report.tally import Bins, Tally, TallyTask, add, tally_shard
from digitgen.messages import Say
from digitgen.progress import progress_bar

_MOST_HASHES: Final = 1 << 27  # of strings, 1 GiB
_FEW: Final = 1 << 27  # bytes of a dataset, which one process counts sooner than two would have started
_MOST_LOG: Final = 1 << 20  # bytes of a build's log


def dataset_statistics(
    place: AnyPath | Store,
    manifest: Manifest,
    *,
    jobs: int | None = None,
    data_dir: Path | None = None,
    progress: bool = False,
    say: Say = lambda _: None,
) -> Statistics:
    """Count everything in a dataset, shard by shard.

    Parameters
    ----------
    place : str, path-like or Store
        The dataset folder, or its address in a store.
    manifest : Manifest
        Its manifest.
    jobs : int, optional
        Number of worker processes; one a processor by default, and one for small datasets.
    data_dir : Path, optional
        For gaps between ink: a folder to look in first for the files of published sources.
    progress : bool, default False
        Show a progress bar on stderr.
    say : callable, optional
        Takes a line of text for each thing that the user should know.

    Returns
    -------
    Statistics
        Counts, and tests of the recipe's claims.

    Raises
    ------
    DatasetError
        If its configuration is of another version.
    DamageError
        If a shard cannot be read.
    """
    store = store_of(place)
    lost = lost_strings(store, identity_in(manifest), data_dir)
    config = recipe_of(store, manifest, data_dir, read_strings=not lost)
    contents = {name: config.known_content(name) for name in manifest.splits}
    parameters = {
        name: sampled_parameters(config.augmentation(name), entry.spec) for name, entry in manifest.splits.items()
    }
    tallies: dict[str, Tally] = {name: {} for name in manifest.splits}
    hashes: dict[str, list[Integers]] = {}
    shards = sum(len(entry.shards) for entry in manifest.splits.values())
    jobs = min(jobs or (1 if manifest.bytes < _FEW else cpu_count()), shards)
    strings = {name: Strings.of(content) for name, content in contents.items() if content}
    with (
        TemporaryDirectory() as scratch,
        in_files(strings, Path(scratch)) if jobs > 1 else in_this_process(strings) as shared_strings,
        progress_bar(shown=progress, total=manifest.images, unit="images") as bar,
        workers(tally_shard, jobs) as run,
    ):
        for split, count, tally in run(_tasks(store, manifest, config, parameters, shared_strings)):
            found = tally.pop(HASHES, None)
            if found is not None and manifest.splits[split].count <= _MOST_HASHES:
                hashes.setdefault(split, []).append(found)
            add(tallies[split], tally)
            bar.update(count)
    for name, parts in hashes.items():
        tallies[name][HASHES] = np.concatenate(parts)
    notes = [f"What the strings claim is not tested: {lost}."] if lost else []
    laws = {name: _laws(config, name, tallies[name], data_dir, say, notes) for name in manifest.splits}
    splits = [
        SplitStatistics(
            name,
            entry,
            tallies[name],
            config.alphabet,
            contents[name],
            config.layout.spacing.low,
            laws[name],
            parameters[name],
            HandLaw.of(config, entry),
            list(claims(config, name, entry, tallies[name], laws[name], parameters[name])),
        )
        for name, entry in sorted(manifest.splits.items(), key=lambda item: _rank(config, item[0]))
    ]
    shared = list(_shared(config, splits))
    notes += [f"{' and '.join(each.splits)} have {each.glyphs:,} glyphs in common." for each in shared if each.unasked]
    return Statistics(store, manifest, config, _log(store), splits, shared, notes)


def _rank(config: BuildConfig, split: str) -> tuple[int, bool]:
    """Give the key that splits are sorted by."""
    return -config.splits[split].count, config.splits[split].same_as is not None


def _tasks(
    store: Store,
    manifest: Manifest,
    config: BuildConfig,
    parameters: dict[str, list[SampledParameter]],
    strings: dict[str, Handle[Strings]],
) -> Iterator[TallyTask]:
    """List the shards to count in."""
    gaps = config.layout.spacing.low, config.layout.spacing.high
    for name, entry in manifest.splits.items():
        edges = {each.array: each.law.edges for each in parameters[name]}
        shared = frozenset(each.array for each in parameters[name] if each.shared)
        writers = tuple(entry.pool.writer_numbers)
        bins = Bins(gaps, len(config.alphabet), entry.source.rows, edges, writers, shared)
        for shard in entry.shards:
            yield TallyTask(store, shard, entry.spec, entry.source, bins, strings.get(name))


def _laws(
    config: BuildConfig, split: str, tally: Tally, data_dir: Path | None, say: Say, notes: list[str]
) -> dict[int, GapLaw]:
    """Find the law of the gaps for each length. Between ink as the bank has it, it depends on the bank's widest."""
    content = config.known_content(split)
    lengths = list(content.lengths) if content else np.flatnonzero(tally["lengths"]).tolist()
    longest = max(lengths)
    layout, ink_width = config.sheet(split), CELL
    by_glyphs = layout.unit != "cell" and not config.augmentation(split).moves_glyphs
    if by_glyphs and layout.width_for(longest, layout.spacing.high, CELL) > layout.image_width:
        try:
            ink_width = load_splits(config, data_dir, say, [split])[split].recipe.widest_ink
        except DigitgenError as error:
            notes.append(f"{split}: the law of the gaps depends on the digits, which cannot be read: {error}")
            return {}
    return {length: layout.gap_law(length, ink_width) for length in lengths}


def _shared(config: BuildConfig, splits: list[SplitStatistics]) -> Iterator[SharedGlyphs]:
    """Compare the glyphs of splits, by their pixels, from whichever files they come."""
    used = {each.name: np.unique(from_runs(each.entry.glyph_numbers)[each.tally["glyphs"] > 0]) for each in splits}
    pools = {each.name: each.entry.pool_numbers for each in splits}
    for one, other in combinations(splits, 2):
        both = len(np.intersect1d(used[one.name], used[other.name], assume_unique=True))
        allowed = count_shared(pools[one.name], pools[other.name])
        follows = config.address_name(one.name) == config.address_name(other.name)
        sources = sorted({one.entry.source.name, other.entry.source.name})
        if follows:
            because = "one samples as the other, as asked"
        elif not allowed:
            because = "disjoint by construction: no glyph that one may use has the pixels of one that the other may use"
        else:
            equal = f"glyphs from {sources[0]} and from {sources[-1]} have equal pixels"
            why = f"both have glyphs from {sources[0]}" if len(sources) == 1 else equal
            because = f"allow_shared_glyphs: both may use the same {allowed:,}; {why}"
        yield SharedGlyphs((one.name, other.name), both, because, unasked=both > 0 and not follows)


def _log(store: Store) -> dict[str, Any]:
    """Read the log of the run that built a dataset; empty, if the log is gone."""
    with suppress(OSError, ValueError, RecursionError):
        content = json.loads(store.read(LOG_NAME, _MOST_LOG))
        if isinstance(content, dict):
            return content
    return {}
