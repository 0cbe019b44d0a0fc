"""The dataset card: `README.md` of a dataset folder, for people and for dataset hubs."""

import json

from digitgen.dataset.manifest import Manifest
from digitgen.glyphs.mnist import MNIST_LICENCE


def dataset_card(name: str, manifest: Manifest, config_yaml: str) -> str:
    """Write the card of a dataset.

    Parameters
    ----------
    name : str
        Of the dataset.
    manifest : Manifest
        Complete but for the card's own hash.
    config_yaml : str
        The resolved configuration.

    Returns
    -------
    str
        Markdown, with front matter that dataset hubs read.
    """
    licences = {split.source.licence for split in manifest.splits.values()}
    data_files = "\n".join(
        f"  - split: {json.dumps(split)}\n    path: {json.dumps(f'{split}/*.h5')}" for split in manifest.splits
    )
    rows = "\n".join(
        f"| {split} | {entry.count:,} | {len(entry.shards)} | {sum(shard.bytes for shard in entry.shards):,} "
        f"| {entry.source.name} | {sum(entry.source.glyphs):,} |"
        for split, entry in manifest.splits.items()
    )
    described = {array.name: array.description for split in manifest.splits.values() for array in split.arrays}
    arrays = "\n".join(f"- `{name}`: {description}" for name, description in described.items())
    files = "\n".join(
        f"- `{file}`, sha256 of the uncompressed bytes `{sha256}`"
        for file, sha256 in sorted({pair for split in manifest.splits.values() for pair in split.source.files.items()})
    )
    return f"""---
pretty_name: {json.dumps(name)}
license: {"cc-by-sa-3.0" if licences == {MNIST_LICENCE} else "other"}
task_categories: [image-to-text]
tags: [handwriting, digits, synthetic, mnist]
configs:
- config_name: default
  data_files:
{data_files}
---
# {name}

{manifest.images:,} images of handwritten digit sequences, 28 px high, white on black, with exact labels.
Made with digitgen {manifest.tool["digitgen"]}; the recipe below makes them again bit for bit.

| split | images | files | bytes | glyphs from | glyphs |
|---|---|---|---|---|---|
{rows}

## Arrays

For N images of width W with up to L digits, every HDF5 file holds:

{arrays}

`digitgen verify` checks every file against `manifest.json`.{_lost(manifest)}

## Recipe

```yaml
{config_yaml}```

## Sources and licence

{files}

{_licence(licences)}
"""


def _lost(manifest: Manifest) -> str:
    if not manifest.lost_digits:
        return ""
    return f"\n{manifest.lost_digits:,} digits have no ink left inside their image; their boxes have no width."


def _licence(licences: set[str | None]) -> str:
    if licences == {MNIST_LICENCE}:
        return (
            "The glyphs are MNIST's (Yann LeCun, Corinna Cortes and Christopher J. C. Burges), under CC BY-SA 3.0; "
            "images made of them are under the same licence."
        )
    known = ", ".join(sorted(each for each in licences if each)) or "none known"
    return f"The glyphs come from files of the builder's own; see their licence (known here: {known})."
