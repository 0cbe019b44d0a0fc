"""The entries of a manifest: shards, sources, pools of glyphs, arrays and splits.

Anybody can write a manifest. Its entries are used as names of files, as sizes and as indices, so each refuses what no
build would have written.
"""

from dataclasses import asdict
from typing import Annotated, Final, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from digitgen.alphabet import MAX_CLASSES
from digitgen.arrays import Integers
from digitgen.augment.sampled import Sampled
from digitgen.compose.batch import ArraySpec, BatchSpec
from digitgen.format import (
    MAX_GLYPHS,
    MAX_IMAGES,
    MAX_SHARD_SIZE,
    MAX_WRITER,
    SPLIT_NAME,
    WRITERS,
    Stage,
    shard_file,
    shard_index,
)
from digitgen.glyphs.duplicates import from_runs, ranges_of

SplitName = Annotated[str, Field(pattern=f"^{SPLIT_NAME}$")]

_MAX_NUMBER: Final = 2**48  # of a glyph among those of all splits


class Entry(BaseModel):
    """Base of all entries: unknown keys are refused, and no value is converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ShardEntry(Entry):
    """One shard; `file` is relative to the dataset folder, `first` the index of its first image.

    `lost_digits` counts the digits that augmentation left without ink inside the image.
    """

    file: str
    split: SplitName
    first: Annotated[int, Field(ge=0, lt=MAX_IMAGES)]
    count: Annotated[int, Field(ge=1, le=MAX_SHARD_SIZE)]
    bytes: Annotated[int, Field(ge=1)]
    blake3: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    content: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    lost_digits: Annotated[int, Field(ge=0)]

    def model_post_init(self, _: object) -> None:
        """Share the set of the fields that were given, for all are: it is as large as everything else here."""
        object.__setattr__(self, "__pydantic_fields_set__", _SHARD_FIELDS)

    @model_validator(mode="after")
    def _is_in_its_folder(self) -> Self:
        """Refuse names that no shard of the split has."""
        if not self.file.startswith(f"{self.split}/") or shard_index(self.file[len(self.split) + 1 :]) is None:
            raise ValueError(f"{self.file!r} is not the name of a shard of {self.split}")
        return self


_SHARD_FIELDS: Final = set(ShardEntry.model_fields)


class PackageEntry(Entry):
    """A package other than digitgen, by name and version."""

    name: str
    version: str


class WritersEntry(Entry):
    """The files that say who wrote the glyphs of a source; licence and citation are null for the builder's own."""

    name: str
    licence: str | None
    citation: str | None


class SourceEntry(Entry):
    """The source of a split's glyphs.

    `files` has the sha256 of each file's uncompressed bytes, `glyphs` the number of glyphs of each class, `left_out`
    how many are not used because they have no ink or are of a character that is not in the alphabet. Licence and
    citation are null for files of the builder's own; `licence_id` is the licence's name on dataset hubs. `package`
    adds the source; null for digitgen's own. `writers` is null where nobody asked who wrote the glyphs.
    """

    name: str
    files: dict[str, str]
    licence: str | None
    licence_id: str
    citation: str | None
    package: PackageEntry | None
    glyphs: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1, max_length=MAX_CLASSES)]
    left_out: Annotated[int, Field(ge=0)] = 0
    writers: WritersEntry | None = None

    @model_validator(mode="after")
    def _fits_memory(self) -> Self:
        """Refuse more glyphs than a source can have."""
        if self.rows > MAX_GLYPHS:
            raise ValueError(f"{self.rows} glyphs are more than the {MAX_GLYPHS} that a source can have")
        return self

    @property
    def rows(self) -> int:
        """Number of rows of the source, those left out included; glyph_ids are less."""
        return sum(self.glyphs) + self.left_out


class PoolEntry(Entry):
    """The glyphs that a split may use: those that its configuration allows, of the classes that its strings can have.

    `glyphs` has their number of each class, `rows` their rows of the source as runs ``[first, count]``, ascending.
    `writers` has for each writer a number, ascending, and how many of the glyphs of each class are by that writer; null
    where nobody asked who wrote them.
    """

    glyphs: list[Annotated[int, Field(ge=0)]]
    rows: list[list[int]]
    writers: list[list[Annotated[int, Field(ge=0)]]] | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        """Refuse runs that overlap or turn back, and counts that are not of them."""
        end = 0
        for run in self.rows:
            if len(run) != 2 or run[0] < end or not 1 <= run[1] <= MAX_GLYPHS:
                raise ValueError("the rows are not runs [first, count] that ascend")
            end = sum(run)
        if not 1 <= sum(run[1] for run in self.rows) == sum(self.glyphs):
            raise ValueError("the rows are not as many as there are glyphs of all classes")
        if self.writers is not None:
            numbers = [row[0] for row in self.writers if len(row) == 1 + len(self.glyphs) and row[0] <= MAX_WRITER]
            if len(numbers) < len(self.writers) or numbers != sorted({*numbers}):
                raise ValueError("the writers are not rows of a number, ascending, and a count for each class")
            if self.glyphs != [sum(column) for column in zip(*self.writers, strict=True)][1:]:
                raise ValueError("the writers have not as many glyphs as there are")
        return self

    @property
    def writer_numbers(self) -> list[int]:
        """The numbers of the writers, ascending; none where nobody asked who wrote the glyphs."""
        return [row[0] for row in self.writers or ()]

    @property
    def end(self) -> int:
        """The row behind the last."""
        return sum(self.rows[-1])

    @property
    def count(self) -> int:
        """Number of glyphs."""
        return sum(self.glyphs)

    def mask(self, rows: int) -> NDArray[np.bool_]:
        """(rows,): whether each row of the source is in the pool."""
        mask = np.zeros(rows, bool)
        mask[from_runs(self.rows)] = True
        return mask


class SampledEntry(Entry):
    """The parameter that an array holds, as `Sampled` has it."""

    stage: Stage
    position: int
    step: str
    parameter: str
    description: str
    unit: str


class ArrayEntry(Entry):
    """One array of every shard of a split, as `ArraySpec` has it.

    `shape` is that of one item; `sampled` is null for arrays that hold no parameter of augmentation.
    """

    name: str
    dtype: str
    shape: list[int]
    description: str
    sampled: SampledEntry | None

    @classmethod
    def of(cls, spec: ArraySpec) -> "ArrayEntry":
        """Make the entry of an array."""
        sampled = SampledEntry(**asdict(spec.sampled)) if spec.sampled else None
        return cls(
            name=spec.name, dtype=spec.dtype, shape=list(spec.shape), description=spec.description, sampled=sampled
        )

    @property
    def spec(self) -> ArraySpec:
        """The array as batches have it."""
        sampled = Sampled(**self.sampled.model_dump()) if self.sampled else None
        return ArraySpec(self.name, self.dtype, tuple(self.shape), self.description, sampled)


class SplitEntry(Entry):
    """One split: its size, the arrays of its shards, its glyphs and its shards.

    `pool` has the glyphs of the source that it may use.

    `glyph_numbers` has a number for each glyph of the source, by row, as runs ``[first, count]`` of numbers that count
    up. In one dataset two glyphs, of one source or of two, have equal numbers if their pixels are equal, and only then.
    """

    count: Annotated[int, Field(ge=1, le=MAX_IMAGES)]
    arrays: list[ArrayEntry]
    source: SourceEntry
    pool: PoolEntry
    glyph_numbers: list[list[int]]
    shards: list[ShardEntry]

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        """Refuse shards and numbers of glyphs that contradict each other."""
        first = 0
        for index, shard in enumerate(self.shards):
            if (shard.first, shard.file) != (first, shard_file(self.shards[0].split, index)):
                raise ValueError(f"{shard.file} is not the shard that begins with image {first}")
            first += shard.count
        if first != self.count:
            raise ValueError(f"the count is {self.count}, and the shards have {first} images")
        runs = self.glyph_numbers
        if not all(len(run) == 2 and 0 <= run[0] <= _MAX_NUMBER and run[1] >= 1 for run in runs) or (
            sum(run[1] for run in runs) != self.source.rows
        ):
            raise ValueError("glyph_numbers do not number the glyphs of the source")
        pool, whole = self.pool, self.source
        if (
            pool.end > whole.rows
            or len(pool.glyphs) != len(whole.glyphs)
            or any(some > every for some, every in zip(pool.glyphs, whole.glyphs, strict=True))
        ):
            raise ValueError("the pool has other glyphs than the source")
        if not (any(each.name == WRITERS for each in self.arrays) == (pool.writers is not None) == bool(whole.writers)):
            raise ValueError("it is said of the glyphs who wrote them, or stored with the images, but not both")
        return self

    @property
    def pool_numbers(self) -> Integers:
        """(R, 2) int64: the numbers of the glyphs that it may use, as ranges, ascending and disjoint."""
        return ranges_of(self.pool.rows, self.glyph_numbers)

    @property
    def spec(self) -> BatchSpec:
        """The arrays as batches have them."""
        return tuple(each.spec for each in self.arrays)
