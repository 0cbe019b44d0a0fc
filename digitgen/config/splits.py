"""The configuration of a split: how many images, from which glyphs, and what is its own in it."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, StrictStr, WithJsonSchema, WrapValidator

from digitgen.config.names import Characters, SplitName
from digitgen.config.section import Section
from digitgen.config.sequence import SplitSequence
from digitgen.config.steps import AugmentConfig
from digitgen.format import MAX_GLYPHS, MAX_IMAGES, MAX_WRITER
from digitgen.glyphs.pools import check_row_range, check_share
from digitgen.glyphs.sources import find_part, part_names

POOL_KEYS: Final = ("pool", "rows", "writers")
"""The keys of a split that say which glyphs of its source it may use."""


FilePath = Annotated[StrictStr, Field(json_schema_extra={"format": "path"})]


class IdxPair(Section):
    """Digits of your own, as a pair of IDX files, gzipped or not."""

    FILES: ClassVar = ("images", "labels", "writers")
    """The keys that name files."""

    images: FilePath
    """Path of images of 28x28, 0 background to 255 ink; relative to the configuration file."""
    labels: FilePath
    """Path of the labels, 0 to 9 or places in the alphabet; relative to the configuration file."""
    characters: Characters | None = None
    """The character that each label stands for, if that is not its place in the alphabet. Several labels may stand for
    one character; glyphs of characters that are not in the alphabet are left out."""
    transpose: StrictBool = False
    """Whether the images are stored with rows and columns exchanged, as EMNIST's are."""
    invert: StrictBool = False
    """Whether the images are stored with dark ink on a light ground."""
    skip_blank: StrictBool = False
    """Whether to leave out glyphs without ink; without it they are an error."""
    writers: FilePath | None = None
    """Path of the writers of the images: a number each, or the 8 columns of QMNIST's labels; relative to the
    configuration file. Needed for images in one hand, and for splits by writer."""


def _list_parts(schema: dict[str, Any]) -> None:
    """List in the JSON Schema the sources that exist when it is made."""
    schema["enum"] = part_names()


SourceName = Annotated[str, Field(json_schema_extra=_list_parts)]


def _source(value: Any, _: object) -> Any:
    """Check a source as the kind that it seems to be, so that messages are about that kind alone."""
    if isinstance(value, Mapping | IdxPair):
        return IdxPair.model_validate(value)
    find_part(value)
    return value


def _pair(kind: str, **bounds: float) -> dict[str, Any]:
    """The JSON Schema of a list of two numbers."""
    return {"type": "array", "items": {"type": kind, "minimum": 0, **bounds}, "minItems": 2, "maxItems": 2}


Share = Annotated[
    tuple[float, float],
    BeforeValidator(check_share),
    WithJsonSchema({"oneOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": 1}, _pair("number", maximum=1)]}),
]
RowRange = Annotated[
    tuple[int, int], BeforeValidator(check_row_range), WithJsonSchema(_pair("integer", maximum=MAX_GLYPHS))
]


def knows_writers(source: str | IdxPair) -> bool:
    """Tell whether a source says who wrote its glyphs."""
    if isinstance(source, IdxPair):
        return source.writers is not None
    found, part = find_part(source)
    return found.source.writers is not None and part in found.source.writers.parts


class WriterNumbers(Section):
    """Some writers."""

    numbers: Annotated[list[Annotated[StrictInt, Field(ge=0, le=MAX_WRITER)]], Field(min_length=1)]
    """Their numbers."""


def _writers(value: Any, _: object) -> Any:
    """Check writers as the kind that they seem to be, so that messages are about that kind alone."""
    return WriterNumbers.model_validate(value) if isinstance(value, Mapping | WriterNumbers) else check_share(value)


class SplitConfig(Section):
    """One split of the dataset."""

    count: Annotated[StrictInt, Field(ge=1, le=MAX_IMAGES)]
    """Number of images."""
    source: Annotated[SourceName | IdxPair, WrapValidator(_source)]
    """Source of the glyphs: a part of a published source, such as mnist/train, or a pair of IDX files."""
    pool: Share | None = None
    """Share of the source's glyphs of each class that this split may use, from and up to but not including, such as
    [0.9, 1]; one number stands for the share from 0 to it. Shares that do not overlap have no glyph in common."""
    rows: RowRange | None = None
    """Rows of the source that this split may use, from and up to but not including."""
    writers: Annotated[Share | WriterNumbers, WrapValidator(_writers)] | None = None
    """Share of the source's writers whose glyphs this split may use, such as [0, 0.9], or some: {numbers: [3, 17]}."""
    same_as: SplitName | None = None
    """Another split, whose sequences, glyphs and gaps this one shares, so that the two differ in augmentation alone."""
    sequence: SplitSequence | None = None
    """Another law of the strings for this split; or conditions and other keys beside it, that change the law for all
    splits."""
    augment: AugmentConfig | None = None
    """Steps for this split's images, in place of those for all splits."""
