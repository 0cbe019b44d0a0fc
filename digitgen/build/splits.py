"""The splits of a build with their glyphs in memory."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from digitgen.alphabet import named
from digitgen.arrays import Integers
from digitgen.build.kept import Kept
from digitgen.build.sources import bank_size, keep_source, source_key
from digitgen.compose.hands import Hands, hand_share, writer_table
from digitgen.compose.recipe import Labels, Recipe
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.entries import PoolEntry, SourceEntry
from digitgen.errors import ArgumentError, ConfigError
from digitgen.glyphs.bank import GlyphBank
from digitgen.glyphs.duplicates import first_shared, number_glyphs, ranges_of, to_runs
from digitgen.messages import Say

_RUN_BYTES: Final = 150  # of a list of two integers


@dataclass(frozen=True)
class Split:
    """A split with its glyphs in memory.

    Attributes
    ----------
    recipe : Recipe
        The recipe of its images, with the glyphs that it may use.
    source : SourceEntry
        The manifest's entry of its source.
    pool : PoolEntry
        The manifest's entry of the glyphs that it may use.
    glyph_numbers : list of [int, int]
        The numbers of all glyphs of its source, as the manifest has them.
    """

    recipe: Recipe
    source: SourceEntry
    pool: PoolEntry
    glyph_numbers: list[list[int]]


def load_splits(
    config: BuildConfig,
    data_dir: Path | None,
    say: Say,
    only: Sequence[str] | None = None,
    kept: Kept | None = None,
) -> dict[str, Split]:
    """Load each source once, and check that the recipes work with the glyphs and share none unasked.

    Parameters
    ----------
    config : BuildConfig
        The configuration.
    data_dir : Path or None
        A folder to look in first for the files of published sources.
    say : callable
        Takes a line of text for each thing that the user should know.
    only : sequence of str, optional
        Names of the splits to load; all by default.
    kept : Kept, optional
        Has what was loaded for other configurations with the same `data_dir`, and takes what is loaded now.

    Returns
    -------
    dict of str to Split
        The splits by name.

    Raises
    ------
    ConfigError
        If a recipe cannot work with the glyphs that it may use, or two splits share glyphs unasked.
    SourceError
        If the glyphs cannot be had.
    """
    kept = kept or Kept()
    with kept.turn():
        return _load_splits(config, data_dir, say, only, kept)


def _load_splits(
    config: BuildConfig, data_dir: Path | None, say: Say, only: Sequence[str] | None, kept: Kept
) -> dict[str, Split]:
    """Load splits in one turn of what is kept."""
    keys = {name: source_key(config, name) for name in only or config.splits}
    named = {key: name for name, key in reversed(keys.items())}
    sources = {key: keep_source(kept, config, named[key], data_dir, say) for key in dict.fromkeys(keys.values())}
    numbers = kept.get(
        ("numbers", *sources), lambda: _numbers(sources), lambda runs: sum(map(_runs_size, runs.values()))
    )
    splits = {}
    for name, key in keys.items():
        whole, source = sources[key]
        pool_key = ("pool", key, repr(config.pool(name)), tuple(config.content(name).classes))
        # Splits with equal pools share one.
        bank, pool = kept.get(
            pool_key,
            partial(_pool, config, name, whole, source),
            lambda pool: bank_size(pool[0]) + _runs_size(pool[1].rows),
        )
        splits[name] = Split(_recipe(config, name, bank), source, pool, numbers[key])
    if not config.allow_shared_glyphs:
        _check_shared(config, splits)
    return splits


Sources = dict[Hashable, tuple[GlyphBank, SourceEntry]]


def _numbers(sources: Sources) -> dict[Hashable, list[list[int]]]:
    """Number the glyphs of all sources."""
    runs = map(to_runs, number_glyphs([bank for bank, _ in sources.values()]))
    return dict(zip(sources, runs, strict=True))


def _runs_size(runs: Sequence[Sequence[int]]) -> int:
    """About the bytes of runs, as Python keeps lists of lists."""
    return _RUN_BYTES * len(runs)


def _recipe(config: BuildConfig, name: str, bank: GlyphBank) -> Recipe:
    """Make the recipe of a split."""
    try:
        return Recipe(
            bank,
            config.layout,
            config.content(name),
            config.spacing.overlap,
            config.augmentation(name),
            Labels(**config.labels.model_dump(exclude={"ctc_steps"}) | {"writers": bank.writers is not None}),
            Hands.of(bank, config.content(name).classes, hand_share(config.hand)),
        )
    except ArgumentError as error:
        # Where the whole is meant, the longest string does not fit.
        raise ConfigError(f"splits.{name}: {error}", *(error.key or ("image_width",))) from error


def _pool(config: BuildConfig, name: str, whole: GlyphBank, source: SourceEntry) -> tuple[GlyphBank, PoolEntry]:
    """Restrict a source to the glyphs that a split may use and its strings can need, and describe them."""
    try:
        bank = whole.restricted(**config.pool(name))
    except ArgumentError as error:
        found = error.within("splits", name)
        raise ConfigError(f"{found} ({source.name})", *found.key) from error
    if missing := [place for place in config.content(name).classes if not bank.counts[place]]:
        there, what = source.glyphs[missing[0]], named(config.alphabet, missing[0])
        none = f"its pool has none of the {there:,} glyphs of {what} in {source.name}"
        raise ConfigError(
            f"splits.{name}: {none if there else f'{source.name} has no glyph of {what}'}, which strings may have; "
            f"take another {'pool' if there else 'source'}, or other strings",
            *("splits", name, "source"),
        )
    bank = bank.restricted(classes=config.content(name).classes)
    writers = None
    if bank.writers is not None:
        numbers, glyphs = writer_table(bank)
        writers = np.column_stack([numbers, glyphs]).tolist()
    return bank, PoolEntry(glyphs=bank.counts.tolist(), rows=to_runs(np.sort(bank.rows)), writers=writers)


def _check_shared(config: BuildConfig, splits: dict[str, Split]) -> None:
    """Refuse splits that can use the same glyph, unless one follows the other."""
    pools: dict[str, Integers] = {}
    for name, split in splits.items():
        pools.setdefault(config.address_name(name), ranges_of(split.pool.rows, split.glyph_numbers))
    if shared := first_shared(pools):
        raise ConfigError(
            f"splits: {shared.one} and {shared.other} can use the same glyphs, {shared.glyphs:,} of them; give them "
            "pools that do not overlap, such as pool: [0, 0.9] and pool: [0.9, 1], or other rows or writers, or set "
            "allow_shared_glyphs: true",
            "splits",
        )
