"""The card of an export: `README.md`, for people and for dataset hubs. Name, sources and licence go with the images."""

import json

from digitgen.alphabet import noun
from digitgen.dataset.card import front_matter, marked_alphabet, source_list
from digitgen.export.exporter import Exporter
from digitgen.messages import one_line


def export_card(exporter: Exporter) -> str:
    """Write the card of an export.

    Parameters
    ----------
    exporter : Exporter
        The writer of its format.

    Returns
    -------
    str
        Markdown, with front matter that dataset hubs read.
    """
    plan = exporter.plan
    manifest = plan.manifest.model_copy(update={"splits": {name: plan.manifest.splits[name] for name in plan.splits}})
    what, total = noun(plan.alphabet), sum(map(plan.count, plan.splits))
    rows = "\n".join(f"| {name} | {plan.count(name):,} |" for name in plan.splits)
    columns = "\n".join(f"- `{one_line(column.name)}`: {one_line(column.description)}" for column in plan.all_columns)
    front = "\n".join(filter(None, [front_matter(manifest.name, manifest), exporter.front_matter]))
    return f"""---
{front}
---
# {manifest.name}

{total:,} images of handwritten {what} sequences, {manifest.image_height} px high, white on black, with exact labels.
Made with digitgen {one_line(manifest.tool["digitgen"])} from the recipe below, and exported from its dataset.

| split | images |
|---|---|
{rows}

## Files

{exporter.layout}

## Columns

{columns}

Class k is the character at place k of this alphabet, counted from 0: {marked_alphabet(plan.alphabet)}

## Load

```python
{exporter.loading}
```

## Recipe

JSON, which `digitgen build` reads as it reads YAML. Its fingerprint is `{manifest.fingerprint}`.

```json
{json.dumps(manifest.config, indent=1)}
```

## Sources and licence

{source_list(manifest)}
"""
