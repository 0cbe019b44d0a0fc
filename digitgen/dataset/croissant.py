"""The Croissant description of a dataset, version 1.1: JSON-LD that dataset searches and loaders of others read.

References
----------
The Croissant Format Specification 1.1, MLCommons 2025: the classes and properties, and in its appendix 1 the context.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from digitgen.alphabet import noun
from digitgen.dataset.entries import ArrayEntry, SourceEntry, SplitEntry
from digitgen.dataset.manifest import CARD_NAME, CONFIG_NAME, JOURNAL_NAME, MANIFEST_NAME, Manifest
from digitgen.messages import one_line

CONFORMS_TO: Final = "http://mlcommons.org/croissant/1.1"
_CROISSANT: Final = (
    *("annotation", "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "excludes", "extract"),
    *("field", "fileProperty", "fileObject", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath"),
    *("key", "md5", "parentField", "path", "recordSet", "references", "regex", "readLines", "repeated", "replace"),
    *("samplingRate", "sdVersion", "separator", "source", "subField", "transform", "unArchive", "value"),
)
"""Terms of Croissant; all others are of schema.org."""
_CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "wd": "http://www.wikidata.org/entity/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{term: f"cr:{term}" for term in _CROISSANT},
}
_MEDIA_TYPES: Final = {
    MANIFEST_NAME: "application/json",
    CONFIG_NAME: "application/yaml",
    CARD_NAME: "text/markdown",
    JOURNAL_NAME: "application/jsonlines",
}
HDF5: Final = "application/x-hdf5"
_MEANINGS: Final = {"images": ["sc:ImageObject"], "clean": ["sc:ImageObject"], "labels": ["cr:Label"]} | {
    "masks": ["cr:SegmentationMask", "sc:ImageObject"],
    "boxes": ["cr:BoundingBox"],
}
_USES: Final = {"train": "cr:TrainingSplit", "val": "cr:ValidationSplit", "test": "cr:TestSplit"}
# No split is called so: names of splits have no slash.
_SPLITS: Final = "enumerations/splits"
_CLASSES: Final = "enumerations/classes"
_CARDINALITY: Final = "wd:Q4049983"


@dataclass(frozen=True)
class DescribedFile:
    """A file of a dataset folder.

    Attributes
    ----------
    name : str
        Its path inside the folder.
    bytes : int
        Its size.
    sha256 : str
        The SHA-256 hash of its bytes, in hexadecimal.
    """

    name: str
    bytes: int
    sha256: str


def croissant(
    manifest: Manifest,
    files: Iterable[DescribedFile],
    *,
    url: str | None = None,
    creator: str | None = None,
    published: date | None = None,
) -> dict[str, Any]:
    """Describe a dataset in the format Croissant 1.1.

    Parameters
    ----------
    manifest : Manifest
        Its manifest.
    files : iterable of DescribedFile
        Its files.
    url : str, optional
        The web page of the dataset; Croissant wants one, and does not say what a dataset without a page should have.
    creator : str, optional
        Name of the person or organization that publishes it, as for `url`.
    published : date, optional
        The day on which it is published, as for `url`.

    Returns
    -------
    dict
        JSON-LD: the files with their hashes, the shards of each split as a set of files and its arrays as the fields of
        a record, and the splits and the alphabet as enumerations.
    """
    what = noun(manifest.alphabet)
    sources = [split.source for split in manifest.splits.values()]
    facts = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": manifest.name,
        "description": f"{manifest.images:,} images of handwritten {what} sequences, {manifest.image_height} px high, "
        "white on black, with exact labels.",
        "license": list(dict.fromkeys(map(_licence, sources))),
        "url": url,
        "creator": creator and {"@type": "sc:Organization", "name": creator},
        "datePublished": published and published.isoformat(),
        "version": manifest.tool["digitgen"],
        "keywords": ["handwriting", f"{what}s", "synthetic"],
        "citeAs": "; ".join(dict.fromkeys(one_line(source.citation) for source in sources if source.citation)) or None,
        "prov:wasGeneratedBy": {"@type": "prov:Activity", "prov:label": f"digitgen {manifest.tool['digitgen']}"},
        "distribution": [
            *map(_file_object, files),
            *(_file_set(name, split) for name, split in manifest.splits.items()),
        ],
        "recordSet": [
            _enumerated_splits(manifest.splits),
            _enumerated_classes(manifest.alphabet),
            *(_records(name, split) for name, split in manifest.splits.items()),
        ],
    }
    return {key: value for key, value in facts.items() if value is not None}


def _licence(source: SourceEntry) -> str:
    """The address of a licence that has a known one, or its name."""
    if known := re.fullmatch(r"cc-(by[a-z-]*)-([0-9.]+)", source.licence_id):
        return f"https://creativecommons.org/licenses/{known[1]}/{known[2]}/"
    return one_line(source.licence or "not known")


def _file_object(file: DescribedFile) -> dict[str, Any]:
    """Describe a file."""
    return {
        "@type": "cr:FileObject",
        "@id": file.name,
        "name": file.name.rpartition("/")[2],
        "contentUrl": file.name,
        "contentSize": f"{file.bytes} B",
        "encodingFormat": _MEDIA_TYPES.get(file.name, HDF5),
        "sha256": file.sha256,
    }


def _file_set(name: str, split: SplitEntry) -> dict[str, Any]:
    """Describe the shards of a split as a set of files."""
    return {
        "@type": "cr:FileSet",
        "@id": _shards(name),
        "name": f"shards of {name}",
        "description": f"{len(split.shards):,} HDF5 files; images follow each other from file to file.",
        "encodingFormat": HDF5,
        "includes": f"{name}/*.h5",
    }


def _shards(split: str) -> str:
    """The name under which the shards of a split are described."""
    return f"{split}/shards"


def _records(name: str, split: SplitEntry) -> dict[str, Any]:
    """Describe the images of a split: a record each, with a field for each array."""
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": "An image and its labels: of each HDF5 dataset of that name one entry of the first axis.",
        "key": {"@id": f"{name}/sample_ids"},
        "annotation": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/count",
                "name": "number of images",
                "dataType": ["sc:Integer", _CARDINALITY],
                "value": split.count,
            }
        ],
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/split",
                "name": "split",
                "dataType": "sc:Text",
                "value": name,
                "references": {"field": {"@id": f"{_SPLITS}/name"}},
            },
            *(_field(name, array) for array in split.arrays),
        ],
    }


def _field(split: str, array: ArrayEntry) -> dict[str, Any]:
    """Describe an array as a field of the records of a split."""
    kind = np.dtype(array.dtype)
    precise = kind.name.replace("int", "Int").replace("u", "U").replace("float", "Float")
    source = {"fileSet": {"@id": _shards(split)}, "extract": {"column": array.name}}
    shape = {"isArray": True, "arrayShape": ",".join(map(str, array.shape))} if array.shape else {}
    return {
        "@type": "cr:Field",
        "@id": f"{split}/{array.name}",
        "name": array.name,
        "description": one_line(array.description),
        "dataType": ["sc:Float" if kind.kind == "f" else "sc:Integer", f"cr:{precise}", *_MEANINGS.get(array.name, ())],
        "source": source | ({"format": "XYWH"} if array.name == "boxes" else {}),
        **shape,
    }


def _enumerated_splits(splits: Iterable[str]) -> dict[str, Any]:
    """List the splits; with what each is for, if the names of all say so."""
    uses = {split: next((use for word, use in _USES.items() if split.startswith(word)), None) for split in splits}
    rows: list[Mapping[str, Any]] = [{"name": split, "url": use} for split, use in uses.items()]
    if None in uses.values():
        rows = [{"name": split} for split in uses]
    return _enumeration(_SPLITS, "cr:Split", {"name": "sc:Text", "url": "sc:URL"}, rows)


def _enumerated_classes(alphabet: str) -> dict[str, Any]:
    """List the classes: the labels, and the character of each."""
    rows = [{"label": label, "name": character} for label, character in enumerate(alphabet)]
    return _enumeration(_CLASSES, "sc:Enumeration", {"label": "sc:Integer", "name": "sc:Text"}, rows)


def _enumeration(name: str, kind: str, types: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Describe a table that is part of the description; of the fields, those that it has."""
    fields = [field for field in types if field in rows[0]]
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name.rpartition("/")[2],
        "dataType": kind,
        "key": {"@id": f"{name}/{fields[0]}"},
        "field": [
            {"@type": "cr:Field", "@id": f"{name}/{field}", "name": field, "dataType": types[field]} for field in fields
        ],
        "data": [{f"{name}/{field}": row[field] for field in fields} for row in rows],
    }
