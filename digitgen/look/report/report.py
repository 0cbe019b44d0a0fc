"""The report: one page about a dataset, for readers who must decide whether to trust it."""

from typing import Final

import numpy as np
from PIL import Image

from digitgen.compose.batch import Sample
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.entries import SourceEntry
from digitgen.look.kit.page import (
    Cell,
    Html,
    code,
    facts,
    folded,
    grid,
    headline,
    page,
    paragraph,
    picture,
    section,
    subsection,
    table,
)
from digitgen.look.kit.sheet import picture_of, render
from digitgen.look.kit.wording import FEW_CLASSES, about_alphabet, percent
from digitgen.look.report import charts
from digitgen.look.report.figures import p_text
from digitgen.look.report.listing import verdict
from digitgen.look.report.statistics import SplitStatistics, Statistics
from digitgen.messages import file_count
from digitgen.png import png_bytes

_SAMPLES: Final = 12
_NARROW, _WIDE = 340, 520  # px: what pictures side by side get at least
_FEW: Final = 4  # splits
_POSITIONS: Final = 20
_LOG: Final = ("started", "seconds", "images_per_second", "jobs", "processors", "platform", "python")


def report(found: Statistics) -> bytes:
    """Write the report of a dataset.

    Parameters
    ----------
    found : Statistics
        The counts in it.

    Returns
    -------
    bytes
        One HTML page that needs nothing else. The same dataset gives the same page.
    """
    manifest = found.manifest
    return page(
        found.config.name,
        headline(verdict(found), good=not found.suspicious),
        facts(
            [
                ("images", manifest.images),
                ("size", f"{found.config.image_height} x {found.config.image_width} px"),
                ("splits", _split_sizes(found)),
                ("bytes", manifest.bytes),
                ("seed", str(manifest.seed)),
                ("digits without ink", manifest.lost_digits),
            ]
        ),
        *(paragraph(note) for note in (*found.about_strings, *about_alphabet(manifest.alphabet), *found.notes)),
        *(_split(found, split) for split in found.splits),
        _tests(found),
        _sharing(found),
        section("Recipe", paragraph(f"Fingerprint {manifest.fingerprint}.", quiet=True), code(found.config.to_yaml())),
        _licence(found),
        _build(found),
    )


def _split_sizes(found: Statistics) -> str:
    """List the sizes of the splits, or say how many splits there are."""
    if len(found.splits) > _FEW:
        return str(len(found.splits))
    return ", ".join(f"{split.name}: {split.entry.count:,}" for split in found.splits)


def _split(found: Statistics, split: SplitStatistics) -> Html:
    """Show everything about one split."""
    plots = [charts.length_chart(split), charts.digit_chart(split)]
    if split.gap_counts.sum():
        plots.insert(1, charts.gap_chart(split))
    entry, files = split.entry, file_count(len(split.entry.shards))
    pool = f"{entry.pool.count:,} of the {sum(entry.source.glyphs):,} glyphs of {entry.source.name}"
    parts = [
        paragraph(f"{entry.count:,} images in {files}, made of {pool}."),
        subsection("Samples", _samples(found, split)),
        subsection("Content", grid([*plots, charts.glyph_chart(split)])),
        folded(*_positions(split)),
        subsection("Ink", grid([charts.ink_chart(split), charts.intensity_chart(split), charts.column_chart(split)])),
    ]
    if lost := int(split.tally["lost"].sum()):
        of_class = zip(split.alphabet, split.tally["lost"], strict=True)
        by_digit = ", ".join(f"{count:,} of {character}" for character, count in of_class if count)
        parts.append(paragraph(f"Augmentation left no ink inside the image of {lost:,} digits: {by_digit}."))
    if split.parameters:
        fixed = [f"{each.title} is {each.law.values[0]:g}" for each in split.parameters if len(each.law.values) == 1]
        sampled = [charts.parameter_chart(split, each) for each in split.parameters if len(each.law.values) != 1]
        said = [paragraph(f"Where the steps act, {', '.join(fixed)}.", quiet=True)] if fixed else []
        parts.append(subsection("Augmentation as sampled", grid(sampled), *said))
    return section(f"Split {split.name}", *parts)


def _samples(found: Statistics, split: SplitStatistics) -> Html:
    """Show images from all over a split, with boxes; and with masks and clean images, if it has them."""
    count = split.entry.count
    indices = np.unique(np.linspace(0, count - 1, min(_SAMPLES, count)).astype(np.int64))
    dataset = DigitDataset(found.store, split.name, manifest=found.manifest)
    batch = dataset[indices]
    dataset.close()
    rendered = [(each, render(picture_of(each, boxes=True, masks=True, pairs=True), 2)) for each in batch]
    least = min(max(rendered[0][1].width, _NARROW), _WIDE)
    what = ["The boxes of the digits"]
    if batch.masks is not None:
        what.append("the ink of each, coloured by their masks")
    if batch.clean is not None:
        what.append("at the left, the image before augmentation")
    return Html(paragraph(f"{'; '.join(what)}.", quiet=True) + grid((_sample(*each) for each in rendered), least=least))


def _sample(sample: Sample, rendered: Image.Image) -> Html:
    """Show one image with its digits."""
    return picture(
        png_bytes(rendered.quantize(64, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)),
        alt=f"the handwritten digits {' '.join(sample.text)}",
        caption=f"{sample.text}, image {sample.index:,}",
        width=rendered.width,
    )


def _positions(split: SplitStatistics) -> tuple[str, Html]:
    """List the shares of digits at each position, counted and claimed; of many classes the least likely ones."""
    found, law, alphabet = split.tally["digits"], split.expected_digits, split.alphabet
    title, classes = "Digits by position", np.arange(len(alphabet))
    if law is not None and len(classes) > FEW_CLASSES:
        off = ((found - law) ** 2 / np.maximum(law, 1)).sum(axis=0)
        classes = np.sort(np.argsort(-off, kind="stable")[:FEW_CLASSES])
        title += f": the {len(classes)} of {len(alphabet)} that are furthest from the claim"
    rows: list[list[Cell]] = []
    for place, counts in enumerate(found[:_POSITIONS]):
        total = max(int(counts.sum()), 1)
        rows.append([f"position {place + 1}", int(counts.sum()), *(percent(float(k)) for k in counts[classes] / total)])
        if law is not None:
            rows.append(["claimed", "", *(percent(float(k)) for k in law[place][classes] / total)])
    return title, table(["", "digits", *(alphabet[k] for k in classes)], rows)


def _tests(found: Statistics) -> Html:
    """List all tests of the recipe's claims."""
    rows: list[list[Cell]] = [
        [split.name, test.claim, p_text(test), float(test.statistic), test.freedom]
        for split in found.splits
        for test in split.tests
    ]
    return section(
        "Tests",
        paragraph(
            "Each claim of the recipe is tested by chi-square on everything in the dataset. A p-value says how often "
            "chance alone gives counts that are so far off; among many tests, small ones are to be expected. The page "
            "raises an alarm where all of them together would give one so small less than once in a thousand datasets. "
            "What the recipe rules out has p = 1 if it never occurs, and p = 0 if it does."
        ),
        table(["split", "claim", "", "chi-square", "freedom"], rows),
    )


def _sharing(found: Statistics) -> Html:
    """Say whether splits have glyphs in common."""
    if not found.shared:
        return section("Splits", paragraph("There is one split."))
    rows: list[list[Cell]] = [[" and ".join(each.splits), each.glyphs, each.because] for each in found.shared]
    shown = table(["splits", "glyphs in common", "how that is known"], rows)
    return section("Splits", shown if len(found.splits) <= _FEW else folded(f"{len(rows)} pairs of splits", shown))


def _licence(found: Statistics) -> Html:
    """List the sources of the digits, and the terms of their use."""
    rows: list[list[Cell]] = [
        [split.name, split.entry.source.name, _licence_of(split.entry.source, file) or "not known", file, sha256]
        for split in found.splits
        for file, sha256 in sorted(split.entry.source.files.items())
    ]
    return section("Sources and licence", table(["split", "source", "licence", "file", "sha256, uncompressed"], rows))


def _licence_of(source: SourceEntry, file: str) -> str | None:
    """Name the licence of a file of a source; that of the writers has its own."""
    return source.writers.licence if source.writers and file.startswith("writers/") else source.licence


def _build(found: Statistics) -> Html:
    """List the versions, and the facts about the run."""
    versions = [(f"{name} version", version) for name, version in found.manifest.tool.items()]
    run = [(name.replace("_", " "), found.log[name]) for name in _LOG if name in found.log]
    return section(
        "Build", facts([*versions, *((name, value) for name, value in run if isinstance(value, str | int | float))])
    )
