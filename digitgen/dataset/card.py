"""The dataset card: `README.md` of a dataset folder, for people and for dataset hubs."""

import json
import re

from digitgen.alphabet import noun
from digitgen.dataset.entries import SourceEntry, SplitEntry
from digitgen.dataset.hub import HubConfiguration, hub_configurations, hub_split
from digitgen.dataset.manifest import Manifest
from digitgen.messages import one_line


def dataset_card(name: str, manifest: Manifest, config_yaml: str) -> str:
    """Write the card of a dataset.

    Parameters
    ----------
    name : str
        Name of the dataset.
    manifest : Manifest
        The manifest, complete but for the card's own hash.
    config_yaml : str
        The resolved configuration.

    Returns
    -------
    str
        Markdown, with front matter that dataset hubs read.
    """
    what, height = noun(manifest.alphabet), manifest.image_height
    configurations = hub_configurations(manifest.splits)
    rows = "\n".join(
        f"| {split} | {entry.count:,} | {len(entry.shards)} | {sum(shard.bytes for shard in entry.shards):,} "
        f"| {_cell(entry.source.name)} | {_pool(entry)} |"
        for split, entry in manifest.splits.items()
    )
    described = {array.name: array.description for split in manifest.splits.values() for array in split.arrays}
    arrays = "\n".join(f"- `{name}`: {description}" for name, description in described.items())
    return f"""---
{front_matter(name, manifest)}
configs:
{_configurations(configurations)}
---
# {name}

{manifest.images:,} images of handwritten {what} sequences, {height} px high, white on black, with exact labels.
Made with digitgen {manifest.tool["digitgen"]}; the recipe below makes them again bit for bit.

| split | images | files | bytes | glyphs from | glyphs |
|---|---|---|---|---|---|
{rows}
{_shared(manifest)}
## Arrays

For N images of width W with up to L digits, HDF5 files hold these arrays, those of `augment/` in splits with the step:

{arrays}

Label k is the character at place k of this alphabet, counted from 0: {marked_alphabet(manifest.alphabet)}

## Load

The `datasets` library reads the folder, here or on a hub:

```python
from datasets import load_dataset

{_loading(configurations)}
```

`digitgen.DigitDataset` reads it without copying it, and without padding.
`digitgen verify` checks every file against `manifest.json`.{_lost(manifest)}

## Recipe

```yaml
{config_yaml}```

## Sources and licence

{source_list(manifest)}
"""


def front_matter(name: str, manifest: Manifest) -> str:
    """Write what hubs are told of a dataset, but for its files.

    Parameters
    ----------
    name : str
        Name of the dataset.
    manifest : Manifest
        Its manifest.

    Returns
    -------
    str
        Lines of YAML with name, licence and tags.
    """
    sources = [split.source for split in manifest.splits.values()]
    tags = ["handwriting", f"{noun(manifest.alphabet)}s", "synthetic", *_tags(sources)]
    return f"""pretty_name: {json.dumps(name)}
license: {one_line(_hub_licence(sources))}
task_categories: [image-to-text]
tags: [{", ".join(map(one_line, tags))}]"""


def _cell(name: str) -> str:
    """Make a name that somebody else chose, such as that of a file, fit for a line of Markdown."""
    return re.sub(r"([\\`*|<>\[\]])", r"\\\1", one_line(name))


def _pool(entry: SplitEntry) -> str:
    """Say how many glyphs a split may use, and of how many if not of all."""
    some, every = entry.pool.count, sum(entry.source.glyphs)
    return f"{some:,}" if some == every else f"{some:,} of {every:,}"


def _code(name: str) -> str:
    """Put a name between marks of code, where no other character has a meaning."""
    return f"`{one_line(name).replace('`', chr(39))}`"


def marked_alphabet(alphabet: str) -> str:
    """Put an alphabet between marks of code, which are longer ones if it has such a mark itself."""
    return f"`` {alphabet} ``" if "`" in alphabet else f"`{alphabet}`"


def _configurations(configurations: list[HubConfiguration]) -> str:
    """Write what hubs are told of configurations, their files and, where splits differ, their columns."""
    lines = []
    for each in configurations:
        lines += [f"- config_name: {json.dumps(each.name)}", "  data_files:"]
        for split in each.splits:
            lines += [f"  - split: {json.dumps(hub_split(split))}", f"    path: {json.dumps(f'{split}/*.h5')}"]
        if each.features:
            lines += ["  features:", *(f"  - {json.dumps(feature)}" for feature in each.features)]
    return "\n".join(lines)


def _loading(configurations: list[HubConfiguration]) -> str:
    """Write the call that loads each configuration."""
    return "\n".join(map(_call, configurations))


def _call(configuration: HubConfiguration) -> str:
    """Write the call that loads a configuration, and what it loads."""
    name = f', "{configuration.name}"' if configuration.extra else ""
    added = f"; also {', '.join(configuration.extra)}" if configuration.extra else ""
    return f'load_dataset("PATH/TO/THIS/FOLDER"{name})  # {", ".join(map(hub_split, configuration.splits))}{added}'


def _shared(manifest: Manifest) -> str:
    """Say whether splits can have glyphs in common, if there are several."""
    followers: dict[str, list[str]] = {}
    for split in manifest.splits:
        followers.setdefault(manifest.leader(split), []).append(split)
    lines = [
        f"The splits {', '.join(splits)} have the same sequences, of the same glyphs."
        for splits in followers.values()
        if len(splits) > 1
    ]
    if manifest.config.get("allow_shared_glyphs") is True:
        lines.append("Splits may have glyphs in common.")
    elif len(followers) > 1:
        lines.append(f"No glyph is in two {'other ' * bool(lines)}splits; glyphs are compared by their pixels.")
    return "".join(f"\n{line}" for line in lines) + "\n" * bool(lines)


def _lost(manifest: Manifest) -> str:
    """Say how many digits have lost all their ink, if any have."""
    if not manifest.lost_digits:
        return ""
    return f"\n{manifest.lost_digits:,} digits have no ink left inside their image; their boxes have no width."


def _hub_licence(sources: list[SourceEntry]) -> str:
    """Name the one licence of all sources for hubs; several are "other" to them."""
    ids = {source.licence_id for source in sources}
    return ids.pop() if len(ids) == 1 else "other"


def _tags(sources: list[SourceEntry]) -> list[str]:
    """List the names of the published sources, by which people look for datasets."""
    return sorted({source.name.partition("/")[0] for source in sources if source.citation})


def source_list(manifest: Manifest) -> str:
    """List the sources, with their makers and terms of use; then the files."""
    names: dict[str, dict[str, None]] = {}
    for split in manifest.splits.values():
        names.setdefault(_terms(split.source), {})[split.source.name] = None
    files = sorted({pair for split in manifest.splits.values() for pair in split.source.files.items()})
    return "\n".join(
        [
            *(f"- {', '.join(map(_cell, each))}: {terms}" for terms, each in names.items()),
            *_writers([split.source for split in manifest.splits.values()]),
            "\nThe licence of the glyphs holds for images made of them.\n",
            *(f"- {_code(file)}, sha256 of the uncompressed bytes `{sha256}`" for file, sha256 in files),
        ]
    )


def _terms(source: SourceEntry) -> str:
    """Name the maker of a source and its terms of use."""
    if source.citation is None:
        return "files of the builder's own; their licence is not known here."
    package = f" Added by the package {source.package.name} {source.package.version}." if source.package else ""
    return one_line(f"{source.citation}. Licence: {source.licence}.{package}")


def _writers(sources: list[SourceEntry]) -> list[str]:
    """List the files that say who wrote the glyphs, with their makers and terms of use."""
    lines: dict[str, None] = {}
    for source in sources:
        if (known := source.writers) and known.citation:
            lines[f"- the writers of the glyphs: {one_line(known.citation)}. Licence: {known.licence}."] = None
        elif known:
            lines[f"- the writers of the glyphs: {_code(known.name)}, a file of the builder's own."] = None
    return list(lines)
