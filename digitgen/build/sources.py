"""The source of a split: its glyphs in memory, and the manifest's entry of it."""

from collections.abc import Hashable
from pathlib import Path

from digitgen.build.kept import Kept
from digitgen.config.build_config import BuildConfig
from digitgen.config.splits import IdxPair
from digitgen.dataset.entries import PackageEntry, SourceEntry, WritersEntry
from digitgen.errors import ArgumentError, ConfigError, SourceError
from digitgen.files import stamp
from digitgen.glyphs.bank import GlyphBank
from digitgen.glyphs.digits import Digits, load_idx_pair
from digitgen.glyphs.fetch import load_digits
from digitgen.glyphs.writers import KnownWriters
from digitgen.messages import Say, shown


def source_key(config: BuildConfig, name: str) -> Hashable:
    """Name the source of a split with everything that its bank depends on, but a data folder.

    Files of the user's own are named with their times and sizes, so that a changed file is another source.

    Parameters
    ----------
    config : BuildConfig
        The configuration.
    name : str
        Name of the split.

    Returns
    -------
    hashable
        Equal if and only if `load_source` returns the same.
    """
    source = config.splits[name].source
    if not isinstance(source, IdxPair):
        return source, config.alphabet, config.stores_writers(name)
    files = [config.folder / each for each in (source.images, source.labels, source.writers) if each]
    stamps = tuple(map(stamp, files))
    return source, tuple(files), stamps, config.alphabet, config.stores_writers(name)


def keep_source(
    kept: Kept, config: BuildConfig, name: str, data_dir: Path | None, say: Say
) -> tuple[GlyphBank, SourceEntry]:
    """Load the source of a split as `load_source` does, or take it from what is kept.

    Parameters
    ----------
    kept : Kept
        Has what was loaded, and takes what is loaded now.
    config, name, data_dir, say
        As in `load_source`.

    Returns
    -------
    bank, entry
        As `load_source` returns them.
    """
    key = ("source", source_key(config, name))
    return kept.get(key, lambda: load_source(config, name, data_dir, say), lambda loaded: bank_size(loaded[0]))


def is_kept(kept: Kept, config: BuildConfig, name: str) -> bool:
    """Tell whether `keep_source` would load nothing.

    Parameters
    ----------
    kept, config, name
        As in `keep_source`.

    Returns
    -------
    bool
        Whether the source is there.
    """
    return ("source", source_key(config, name)) in kept


def bank_size(bank: GlyphBank) -> int:
    """Count the bytes of a bank, with the hashes that it keeps."""
    windows = bank.windows
    arrays = (windows.pixels, windows.corners, windows.ink, bank.rows, bank.writers)
    return 8 * len(bank) + sum(each.nbytes for each in arrays if each is not None)


def load_source(config: BuildConfig, name: str, data_dir: Path | None, say: Say) -> tuple[GlyphBank, SourceEntry]:
    """Load the source of a split, and describe it for the manifest.

    Parameters
    ----------
    config : BuildConfig
        The configuration.
    name : str
        Name of the split.
    data_dir, say
        As in `load_splits`.

    Returns
    -------
    bank : GlyphBank
        All glyphs of the source.
    entry : SourceEntry
        The manifest's entry of it.

    Raises
    ------
    ConfigError
        If it does not say who wrote the glyphs though that is needed.
    SourceError
        If the glyphs cannot be had.
    """
    split = config.splits[name]
    try:
        digits = _load_digits(config, name, data_dir, say)
    except ArgumentError as error:
        needed = "hand, labels.writers and writers of splits need it"
        raise ConfigError(f"splits.{name}: {error}; {needed}", "splits", name, "source") from None
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
