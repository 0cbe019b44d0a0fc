"""The statistics of a dataset: counts in all its images, beside the claims of its recipe."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from digitgen.arrays import Floats, Integers
from digitgen.build.executor import Handle
from digitgen.build.identity import identity_in
from digitgen.build.shared import in_files, in_this_process
from digitgen.build.splits import load_splits, lost_strings, recipe_of
from digitgen.build.workers import cpu_count, workers
from digitgen.checks import AnyPath
from digitgen.compose.content.law import ContentLaw
from digitgen.compose.content.wording import describe_splits
from digitgen.compose.gaps import GapLaw
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.entries import SplitEntry
from digitgen.dataset.manifest import LOG_NAME, Manifest
from digitgen.dataset.stores import Store, store_of
from digitgen.errors import DigitgenError
from digitgen.format import CELL
from digitgen.glyphs.duplicates import count_shared, from_runs
from digitgen.look.report.chi_square import ChiSquareTest
from digitgen.look.report.claims import claims, expected_digits, expected_lengths
from digitgen.look.report.hands import HandLaw, expected_used
from digitgen.look.report.parameters import SampledParameter, sampled_parameters
from digitgen.look.report.strings import HASHES, Strings
from digitgen.look.report.tally import Bins, Tally, TallyTask, add, tally_shard
from digitgen.messages import Say

_MOST_HASHES: Final = 1 << 27  # of strings, 1 GiB
_FEW: Final = 1 << 27  # bytes of a dataset, which one process counts sooner than two would have started
_SUSPICIOUS: Final = 0.001
_MOST_LOG: Final = 1 << 20  # bytes of a build's log


@dataclass(frozen=True, eq=False)
class SplitStatistics:
    """The counts in one split.

    Attributes
    ----------
    name : str
        Name of the split.
    entry : SplitEntry
        The manifest's entry of it.
    tally : dict of str to ndarray
        The counts, as in `tally_shard`.
    alphabet : str
        The character of each class.
    content : ContentLaw or None
        The law of its strings; None if it came from a file that is not at hand.
    smallest_gap : int
        The smallest gap that is allowed, px: the first that is counted.
    laws : dict of int to GapLaw
        For each length, the law of its gaps; none where it depends on digits that are not at hand.
    parameters : list of SampledParameter
        The parameters that augmentation sampled.
    hands : HandLaw or None
        The law of the hands; None if writers are not stored.
    tests : list of ChiSquareTest
        The tests of the recipe's claims.
    """

    name: str
    entry: SplitEntry
    tally: Tally
    alphabet: str
    content: ContentLaw | None
    smallest_gap: int
    laws: dict[int, GapLaw]
    parameters: list[SampledParameter]
    hands: HandLaw | None
    tests: list[ChiSquareTest]

    @property
    def expected_lengths(self) -> Floats | None:
        """(L + 1,): the number of images that should have each length, if that is known."""
        return expected_lengths(self.content, self.tally) if self.content else None

    @property
    def expected_digits(self) -> Floats | None:
        """(L, K): the number of digits at each position that should be of each class, if that is known."""
        return expected_digits(self.content, self.tally) if self.content else None

    @property
    def gap_counts(self) -> Integers:
        """(gaps,): the number of times that each gap occurs, from the smallest to the largest that is allowed."""
        counts: Integers = self.tally["gaps"].sum(axis=(0, 1))
        return counts

    @property
    def expected_gaps(self) -> Floats | None:
        """(gaps,): the number of times that each gap should occur, for these lengths."""
        if not self.laws:
            return None
        lengths = self.tally["lengths"]
        expected: Floats = np.sum([lengths[n] * law.count * law.marginal() for n, law in self.laws.items()], axis=0)
        return expected

    @property
    def glyphs_used(self) -> int:
        """The number of glyphs that occur."""
        return int(np.count_nonzero(self.tally["glyphs"]))

    @property
    def expected_glyphs_used(self) -> float:
        """The number that should occur, as often as classes (and their writers, if they are known) did occur."""
        if self.hands:
            return expected_used(self.hands, self.tally)
        pools, uses = np.array(self.entry.pool.glyphs, float), self.tally["digits"].sum(axis=0)
        return float(sum(pool * (1 - (1 - 1 / pool) ** count) for pool, count in zip(pools, uses, strict=True) if pool))


@dataclass(frozen=True)
class SharedGlyphs:
    """The glyphs that two splits have in common.

    Attributes
    ----------
    splits : (str, str)
        Their names.
    glyphs : int
        Number of glyphs that occur in both.
    because : str
        The reason why there are some, or none.
    unasked : bool
        Whether there are some though neither split samples as the other.
    """

    splits: tuple[str, str]
    glyphs: int
    because: str
    unasked: bool


@dataclass(frozen=True, eq=False)
class Statistics:
    """The counts in a dataset.

    Attributes
    ----------
    store : Store
        The place of the dataset.
    manifest : Manifest
        Its manifest.
    config : BuildConfig
        Its recipe.
    log : dict
        Facts about the run that built it.
    splits : list of SplitStatistics
        The largest first, and those that sample as another after it.
    shared : list of SharedGlyphs
        For each two splits.
    notes : list of str
        Notes for the reader: facts that are not known, and glyphs that splits share.
    """

    store: Store
    manifest: Manifest
    config: BuildConfig
    log: dict[str, Any]
    splits: list[SplitStatistics]
    shared: list[SharedGlyphs]
    notes: list[str]

    @property
    def suspicious(self) -> list[tuple[str, ChiSquareTest]]:
        """The tests that chance would fail less than once in a thousand datasets, all tests taken together."""
        tests = [(split.name, test) for split in self.splits for test in split.tests if test.p is not None]
        return [(name, test) for name, test in tests if test.p is not None and test.p * len(tests) < _SUSPICIOUS]

    @property
    def tested(self) -> int:
        """The number of tests."""
        return sum(test.p is not None for split in self.splits for test in split.tests)

    @property
    def about_strings(self) -> list[str]:
        """A sentence on each law of strings that is known."""
        laws = describe_splits({split.name: split.content for split in self.splits if split.content})
        return [f"In {f'the strings of {names}' if names else 'its strings'}, {law}." for _, names, law in laws]


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
        tqdm(total=manifest.images, unit=" images", unit_scale=True, disable=not progress) as bar,
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
            config.spacing.range[0],
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
    for name, entry in manifest.splits.items():
        edges = {each.array: each.edges for each in parameters[name]}
        writers = tuple(entry.pool.writer_numbers)
        bins = Bins(config.spacing.range, len(config.alphabet), entry.source.rows, edges, writers)
        for shard in entry.shards:
            yield TallyTask(store, shard, entry.spec, entry.source, bins, strings.get(name))


def _laws(
    config: BuildConfig, split: str, tally: Tally, data_dir: Path | None, say: Say, notes: list[str]
) -> dict[int, GapLaw]:
    """Find the law of the gaps for each length. Between ink, it depends on the widest ink in the bank."""
    content = config.known_content(split)
    lengths = list(content.lengths) if content else np.flatnonzero(tally["lengths"]).tolist()
    longest = max(lengths)
    layout, ink_width = config.layout, CELL
    if layout.unit == "ink" and layout.width_for(longest, layout.spacing_range[1], CELL) > layout.image_width:
        try:
            ink_width = load_splits(config, data_dir, say, [split])[split].recipe.bank.ink_width
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
