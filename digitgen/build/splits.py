"""The splits of a build with their glyphs in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digitgen.alphabet import named
from digitgen.arrays import Integers
from digitgen.compose.hands import Hands, hand_share, writer_table
from digitgen.compose.recipe import Labels, Recipe
from digitgen.config.build_config import BuildConfig
from digitgen.config.splits import IdxPair
from digitgen.dataset.entries import PackageEntry, PoolEntry, SourceEntry, WritersEntry
from digitgen.errors import ArgumentError, ConfigError, SourceError
from digitgen.glyphs.bank import GlyphBank
from digitgen.glyphs.digits import Digits, load_idx_pair
from digitgen.glyphs.duplicates import first_shared, number_glyphs, ranges_of, to_runs
from digitgen.glyphs.fetch import load_digits
from digitgen.glyphs.writers import KnownWriters
from digitgen.messages import Say, shown


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
    config: BuildConfig, data_dir: Path | None, say: Say, only: Sequence[str] | None = None
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
    keys = {name: repr(config.splits[name].source) for name in only or config.splits}
    sources: dict[str, tuple[GlyphBank, SourceEntry]] = {}
    for name, key in keys.items():
        if key not in sources:
            sources[key] = _load_bank(config, name, data_dir, say)
    numbers = dict(zip(sources, map(to_runs, number_glyphs([bank for bank, _ in sources.values()])), strict=True))
    pools: dict[str, tuple[GlyphBank, PoolEntry]] = {}  # splits with equal pools share one
    splits = {}
    for name, key in keys.items():
        whole, source = sources[key]
        pool_key = f"{key} {config.pool(name)} {config.content(name).classes}"
        if pool_key not in pools:
            pools[pool_key] = _pool(config, name, whole, source)
        bank, pool = pools[pool_key]
        splits[name] = Split(_recipe(config, name, bank), source, pool, numbers[key])
    if not config.allow_shared_glyphs:
        _check_shared(config, splits)
    return splits


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
        raise ConfigError(f"splits.{name}: {error}") from error


def _pool(config: BuildConfig, name: str, whole: GlyphBank, source: SourceEntry) -> tuple[GlyphBank, PoolEntry]:
    """Restrict a source to the glyphs that a split may use and its strings can need, and describe them."""
    try:
        bank = whole.restricted(**config.pool(name))
    except ArgumentError as error:
        raise ConfigError(f"{error.within('splits', name)} ({source.name})") from error
    if missing := [place for place in config.content(name).classes if not bank.counts[place]]:
        there, what = source.glyphs[missing[0]], named(config.alphabet, missing[0])
        none = f"its pool has none of the {there:,} glyphs of {what} in {source.name}"
        raise ConfigError(
            f"splits.{name}: {none if there else f'{source.name} has no glyph of {what}'}, which strings may have; "
            f"take another {'pool' if there else 'source'}, or other strings"
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
            "allow_shared_glyphs: true"
        )


def _load_bank(config: BuildConfig, name: str, data_dir: Path | None, say: Say) -> tuple[GlyphBank, SourceEntry]:
    """Load the source of a split, and describe it for the manifest."""
    split = config.splits[name]
    try:
        digits = _load_digits(config, name, data_dir, say)
    except ArgumentError as error:
        needed = "hand, labels.writers and writers of splits need it"
        raise ConfigError(f"splits.{name}: {error}; {needed}") from None
    if not digits.rows.size:
        raise SourceError(f"{digits.name} has no glyph of any character of the alphabet {shown(config.alphabet)}")
    who = digits.writers
    bank = GlyphBank.from_arrays(
        digits.images,
        digits.labels,
        alphabet=config.alphabet,
        rows=digits.rows,
        skip_blank=isinstance(split.source, IdxPair) and split.source.skip_blank,
        writers=who.numbers if who else None,
    )
    roles = dict(zip(("images", "labels"), digits.files, strict=True)) | ({"writers": who.file} if who else {})
    source, package = digits.source, digits.package
    return bank, SourceEntry(
        name=digits.name,
        # By role, because two files in different folders may have one name.
        files={f"{role}/{file.name}": file.sha256 for role, file in roles.items()},
        licence=source.licence if source else None,
        licence_id=source.licence_id if source else "other",
        citation=source.citation if source else None,
        package=PackageEntry(name=package.name, version=package.version) if package else None,
        glyphs=bank.counts.tolist(),
        left_out=bank.source_rows - len(bank),
        writers=_writers_entry(who) if who else None,
    )


def _load_digits(config: BuildConfig, name: str, data_dir: Path | None, say: Say) -> Digits:
    """Load the glyphs and labels of a split, and their writers if they are stored."""
    own, with_writers = config.splits[name].source, config.stores_writers(name)
    if not isinstance(own, IdxPair):
        return load_digits(own, data_dir, alphabet=config.alphabet, writers=with_writers, say=say)
    if with_writers and own.writers is None:
        raise ArgumentError(f"{own.images} has no file that says who wrote it: name one with writers: beside images:")
    return load_idx_pair(
        config.folder / own.images,
        config.folder / own.labels,
        alphabet=config.alphabet,
        characters=own.characters,
        transpose=own.transpose,
        invert=own.invert,
        skip_blank=own.skip_blank,
        writers_path=config.folder / own.writers if own.writers and with_writers else None,
        say=say,
    )


def _writers_entry(who: KnownWriters) -> WritersEntry:
    """Describe where the writers of a source are from."""
    if who.source is None:
        return WritersEntry(name=who.file.name, licence=None, citation=None)
    return WritersEntry(name=who.source.title, licence=who.source.licence, citation=who.source.citation)
