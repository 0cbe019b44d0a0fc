"""The statistics of a dataset as JSON and as text."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from digitgen.look.kit.page import number
from digitgen.look.kit.wording import FEW_CLASSES, about_alphabet, percent
from digitgen.look.report.figures import ink_figures, intensity_figures, p_text, touched_share
from digitgen.look.report.statistics import SplitStatistics, Statistics
from digitgen.messages import file_count

_GAPS: Final = 24


def verdict(found: Statistics) -> str:
    """Say in one sentence whether the dataset is what its recipe claims."""
    wrong = found.suspicious
    if not found.tested:
        return "There are too few images to test what the recipe claims."
    if not wrong:
        return f"All {found.tested} tests agree with what the recipe claims."
    worst = min(wrong, key=lambda each: each[1].p or 0.0)
    return (
        f"{len(wrong)} of {found.tested} tests contradict what the recipe claims, above all in {worst[0]}: "
        f"{worst[1].claim} ({p_text(worst[1])})."
    )


def listing(found: Statistics) -> Iterator[str]:
    """Yield the figures as lines of text."""
    manifest = found.manifest
    yield f"{found.store}: {manifest.images:,} images, {manifest.bytes:,} bytes, seed {manifest.seed}"
    yield f"  {verdict(found)}"
    for note in (*found.about_strings, *about_alphabet(manifest.alphabet), *found.notes):
        yield f"  {note}"
    for split in found.splits:
        yield from _split_lines(split)
    for each in found.shared:
        yield f"{' and '.join(each.splits)}: {each.glyphs:,} glyphs in common; {each.because}"


def _some(texts: list[str], most: int) -> str:
    """List the first ones, and dots if there are more."""
    return "  ".join(texts[:most]) + ("  ..." if len(texts) > most else "")


def _split_lines(split: SplitStatistics) -> Iterator[str]:
    """Yield the figures of a split."""
    tally, entry = split.tally, split.entry
    lengths, digits = tally["lengths"], tally["digits"].sum(axis=0)
    files = file_count(len(entry.shards))
    yield f"{split.name}: {entry.count:,} images in {files}, glyphs from {entry.source.name}"
    yield "  lengths   " + "  ".join(f"{n}: {count:,}" for n, count in enumerate(lengths) if count)
    counted = [f"{character}: {count:,}" for character, count in zip(split.alphabet, digits, strict=True)]
    yield "  digits    " + _some(counted, FEW_CLASSES)
    gaps = split.gap_counts
    if gaps.sum():
        shown = [f"{split.smallest_gap + k}: {count:,}" for k, count in enumerate(gaps) if count]
        yield "  gaps      " + _some(shown, _GAPS)
    yield (
        f"  glyphs    {split.glyphs_used:,} of {entry.pool.count:,} occur "
        f"(expected {split.expected_glyphs_used:,.0f}), the most used {tally['glyphs'].max():,} times"
    )
    ink, light = ink_figures(tally["ink"]), intensity_figures(tally["intensity"])
    yield f"  ink       mean {light['mean']:.3f}; images from {ink['1%']:.3f} to {ink['99%']:.3f} (98 % of them)"
    yield f"  pixels    {percent(light['black'])} black, {percent(light['white'])} white"
    if lost := int(tally["lost"].sum()):
        yield f"  lost      {lost:,} digits have no ink inside their image"
    for each in split.parameters:
        counts = tally[each.array][:-1]
        middles = (
            np.array(each.law.values) if each.law.values else (np.array(each.law.edges[:-1]) + each.law.edges[1:]) / 2
        )
        mean = float((counts * middles).sum() / max(counts.sum(), 1))
        said = f"touched {percent(touched_share(tally[each.array]))}, mean {number(mean)}; {each.sampled.meaning}"
        yield f"  {each.title}: {said}"
    for test in split.tests:
        yield f"  test      {test.claim}: {p_text(test)}"
