"""Checks and counts before a build writes anything."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from digitgen.alphabet import text_of
from digitgen.build.shards import ShardTask
from digitgen.build.splits import Split, load_splits
from digitgen.compose.content.wording import describe, describe_splits
from digitgen.compose.plan import strings_of_chunk
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.shard_writer import arrays_size, contiguous_size
from digitgen.messages import Say

_SHOWN: Final = 5  # strings


@dataclass(frozen=True)
class SplitForecast:
    """A forecast of one split of a build.

    Attributes
    ----------
    name : str
        Name of the split.
    count, shards : int
        Number of images, and of files.
    bytes : int
        Size of all shards; where they are compressed, of their arrays before that.
    sequence : str
        The law of its strings in words.
    strings : list of str
        The strings of its first images.
    gaps : str
        The law of its gaps in words that follow "gaps", without their range.
    acceptance : dict of int to float
        For each length whose gap law is conditioned on fitting: the share of gap vectors that fit.
    unconditional_width : int
        The smallest image width at which no length is conditioned, px.
    source : str
        Name of the source of its glyphs.
    glyphs, source_glyphs : int
        Number of glyphs that it may use, and that the source has.
    """

    name: str
    count: int
    shards: int
    bytes: int
    sequence: str
    strings: list[str]
    gaps: str
    acceptance: dict[int, float]
    unconditional_width: int
    source: str
    glyphs: int
    source_glyphs: int


def forecast_build(
    config: BuildConfig, *, data_dir: Path | None = None, say: Say = lambda _: None
) -> list[SplitForecast]:
    """Forecast the result of `build_dataset`, having checked everything that can be checked beforehand.

    Parameters
    ----------
    config : BuildConfig
        The configuration, from `load_config`.
    data_dir : Path, optional
        A folder to look in first for the files of published sources.
    say : callable, optional
        Takes a line of text for each thing that the user should know.

    Returns
    -------
    list of SplitForecast
        One for each split.

    Raises
    ------
    ConfigError
        If the configuration cannot work with the glyphs that it names.
    SourceError
        If the glyphs cannot be had.
    """
    splits = load_splits(config, data_dir, say)
    return [forecast_split(config, name, split) for name, split in splits.items()]


def describe_laws(plans: list[SplitForecast]) -> list[str]:
    """Say of each split whose gap law is conditioned on fitting that it is; splits that agree share a line."""
    lines = []
    for plan in plans:
        if plan.acceptance:
            shares = ", ".join(
                f"{min(share, 0.999):.3g} for {length} digits" for length, share in plan.acceptance.items()
            )
            lines.append(
                f"spacing: not all gaps fit the image, so gaps {plan.gaps} among those that do (share that fits: "
                f"{shares}); with image_width={plan.unconditional_width} all fit"
            )
    return list(dict.fromkeys(lines))


def describe_spacing(plans: list[SplitForecast]) -> list[str]:
    """Say what `describe_laws` says, or that all gaps fit."""
    return describe_laws(plans) or [f"spacing: all gaps fit the image; gaps {plans[0].gaps}"]


def forecast_split(config: BuildConfig, name: str, split: Split) -> SplitForecast:
    """Forecast one split.

    Parameters
    ----------
    config : BuildConfig
        The configuration.
    name : str
        Name of the split.
    split : Split
        The split with its glyphs.

    Returns
    -------
    SplitForecast
        Its size, its gap laws and its glyphs.
    """
    recipe = split.recipe
    laws = {length: recipe.sheet.gap_law(length, recipe.widest_ink) for length in recipe.content.lengths}
    count, size = config.splits[name].count, config.output.shard_size
    full, rest = divmod(count, size)
    size_of = contiguous_size if config.output.compression == "none" else arrays_size
    return SplitForecast(
        name=name,
        count=count,
        shards=full + (rest > 0),
        bytes=full * size_of(size if full else 0, recipe.spec) + size_of(rest, recipe.spec),
        sequence=describe(recipe.content),
        strings=_first_strings(config, name),
        gaps=recipe.layout.spacing.kind,
        acceptance={length: law.acceptance for length, law in laws.items() if law.conditioned},
        unconditional_width=recipe.sheet.width_for(
            recipe.content.longest, recipe.sheet.spacing.high, recipe.widest_ink
        ),
        source=split.source.name,
        glyphs=split.pool.count,
        source_glyphs=sum(split.source.glyphs),
    )


def describe_content(config: BuildConfig, plans: list[SplitForecast]) -> Iterator[str]:
    """Say what the strings of a build are, with some of the first split.

    Parameters
    ----------
    config : BuildConfig
        The configuration.
    plans : list of SplitForecast
        The forecast of each split.

    Yields
    ------
    str
        A line for each law, with the first strings of a split that it holds for.
    """
    strings = {plan.name: plan.strings for plan in plans}
    for (first, *_), names, law in describe_splits({name: config.content(name) for name in strings}):
        yield f"sequence{f' of {names}' * bool(names)}: {law}; {first} begins with {', '.join(strings[first])}"


def _first_strings(config: BuildConfig, split: str) -> list[str]:
    """The strings of the first images of a split."""
    content = config.content(split)
    lengths, digits = strings_of_chunk(content, config.seed, config.address_name(split), 0)
    first = lengths[: min(_SHOWN, config.splits[split].count)]
    return [text_of(content.alphabet, each.tolist()) for each in np.split(digits, np.cumsum(first))[: len(first)]]


def shard_tasks(config: BuildConfig, split: str) -> Iterator[ShardTask]:
    """Cut a split into shards.

    Parameters
    ----------
    config : BuildConfig
        The configuration.
    split : str
        Name of the split.

    Yields
    ------
    ShardTask
        A shard, in order.
    """
    total, size = config.splits[split].count, config.output.shard_size
    for index, first in enumerate(range(0, total, size)):
        yield ShardTask(split, index, first, min(size, total - first))
