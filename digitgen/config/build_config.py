"""The checked configuration of a dataset to build."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PrivateAttr, StrictBool, StrictInt, WithJsonSchema, model_validator

from digitgen.alphabet import DIGITS
from digitgen.augment.limits import caution
from digitgen.compose.content.law import ContentLaw
from digitgen.compose.hands import Hand, hand_share
from digitgen.compose.layout import Align, Layout, VerticalAlign
from digitgen.compose.recipe import Augmentation
from digitgen.compose.sheet import sheet_of
from digitgen.config.baseline import BaselineConfig
from digitgen.config.caution import Caution
from digitgen.config.names import Alphabet, Name, SplitName
from digitgen.config.section import Section, word
from digitgen.config.sequence import AnySequence, Laws, Sections, files_of
from digitgen.config.spacing import SpacingConfig
from digitgen.config.splits import POOL_KEYS, SplitConfig, knows_writers
from digitgen.config.steps import AugmentConfig
from digitgen.config.stored import LabelsConfig, OutputConfig, check_ctc_steps
from digitgen.config.yamltree import write_yaml
from digitgen.errors import ArgumentError
from digitgen.format import CELL, MAX_HEIGHT, MAX_WIDTH


def _hand(value: Any) -> Any:
    """The rule of a hand; a whole number stands for a share."""
    share = hand_share(value)
    return value if isinstance(value, str) else share


AnyHand = Annotated[
    Hand,
    BeforeValidator(_hand),
    WithJsonSchema({"oneOf": [{"enum": ["mixed", "one"]}, {"type": "number", "minimum": 0, "maximum": 1}]}),
]


class BuildConfig(Section):
    """A dataset to build."""

    name: Name
    """Name of the dataset, and of its folder unless --out names another."""
    seed: Annotated[StrictInt, Field(ge=0, lt=2**63)] = 0
    """Seed of all randomness: the same seed gives the same dataset, bit for bit."""
    image_width: Annotated[StrictInt, Field(ge=1, le=MAX_WIDTH)]
    """Width of every image, px."""
    image_height: Annotated[StrictInt, Field(ge=CELL, le=MAX_HEIGHT)] = CELL
    """Height of every image, px. The cells of digits are 28 px high in any case."""
    alphabet: Alphabet = DIGITS
    """The character of each class: class 0 is the first one. Sources give glyphs of these, and strings consist of them;
    distinct printable characters, up to 256."""
    splits: Annotated[
        dict[SplitName, SplitConfig], Field(min_length=1, json_schema_extra={"additionalProperties": False})
    ]
    """The splits by name."""
    allow_shared_glyphs: StrictBool = False
    """Whether two splits may use the same glyphs; without it they are an error, but for splits with same_as."""
    sequence: AnySequence
    """The law of the strings: one key names it, and others set it."""
    spacing: SpacingConfig
    align: Annotated[Align, word(Align)] = "center"
    """Place of the digits in the leftover width; if that is odd, center puts the odd pixel on the right."""
    vertical_align: Annotated[VerticalAlign, word(VerticalAlign)] = "center"
    """Place of the digits' cells, or of their ink on a baseline, in the leftover height; if that is odd, center puts
    the odd pixel below."""
    baseline: BaselineConfig | None = None
    """The line that the ink of digits stands on; without it, the cells of digits stand level."""
    hand: AnyHand = "mixed"
    """The writers of an image: anybody for each digit (mixed), one for all digits (one), or the latter in this share
    of the images."""
    augment: AugmentConfig = AugmentConfig()
    """Steps that change glyphs and images."""
    labels: LabelsConfig = LabelsConfig()
    output: OutputConfig = OutputConfig()

    _folder: Path = PrivateAttr(default=Path())
    _strings_read: bool = PrivateAttr(default=True)
    _laws: Laws = PrivateAttr(default_factory=Laws)

    @property
    def folder(self) -> Path:
        """The folder that relative paths in the configuration start from."""
        return self._folder

    @classmethod
    def check(cls, content: Any, folder: Path, *, read_strings: bool = True, laws: Laws | None = None) -> "BuildConfig":
        """Check the content of a file or a manifest.

        Parameters
        ----------
        content : Any
            Sections as dicts, lists, and scalars.
        folder : Path
            The folder that relative paths start from.
        read_strings : bool, default True
            Read the file that strings come from, if they do. Without it, nothing that depends on them is checked.
        laws : Laws, optional
            Has laws that were made for other configurations, and takes those that are made for this one.

        Returns
        -------
        BuildConfig
            The configuration, with defaults for what is left out.

        Raises
        ------
        pydantic.ValidationError
            If anything in it is wrong.
        """
        return cls.model_validate(content, context=(folder, read_strings, laws or Laws()))

    def model_post_init(self, context: Any) -> None:
        """Keep what `check` is given."""
        if context:
            self._folder, self._strings_read, self._laws = context

    def content(self, split: str) -> ContentLaw:
        """Find the law of the strings of a split."""
        return self._made_law(split)[0]

    def known_content(self, split: str) -> ContentLaw | None:
        """Find the law of the strings of a split; None if it comes from a file that was not to be read."""
        return self.content(split) if self._strings_read or not files_of(self._sections(split)) else None

    def _made_law(self, split: str) -> tuple[ContentLaw, dict[str, str]]:
        """The law of a split, and the hashes of its files; splits that say the same share it."""
        return self._laws.law(self._sections(split), self.folder, self.alphabet)

    def _sections(self, split: str) -> Sections:
        """The sections that make the law of a split, by the ways to them."""
        common: Sections = {("sequence",): self.sequence}
        own = self.splits[split].sequence
        if own is None:
            return common
        return {**({} if own.kind else common), ("splits", split, "sequence"): own}

    @property
    def string_files(self) -> dict[str, Path]:
        """The files that strings are read from, by the keys that name them in the configuration."""
        return {key: path for split in self.splits for key, path in files_of(self._sections(split)).items()}

    @property
    def string_hashes(self) -> dict[str, str]:
        """The SHA-256 hash of each file that strings are read from, by the key that names it."""
        return {key: sha256 for split in self.splits for key, sha256 in self._made_law(split)[1].items()}

    def pool(self, split: str) -> dict[str, Any]:
        """Find the keys of a split that say which glyphs it may use: those that are there, with their values."""
        given = {key: getattr(self.splits[split], key) for key in POOL_KEYS}
        return {
            key: value.model_dump() if isinstance(value, Section) else value
            for key, value in given.items()
            if value is not None
        }

    @property
    def layout(self) -> Layout:
        """The rules by which digits are placed."""
        baseline = self.baseline.law if self.baseline else None
        spacing, size = self.spacing, (self.image_height, self.vertical_align)
        return Layout(self.image_width, spacing.law, spacing.fit, spacing.unit, self.align, *size, baseline)

    def sheet(self, split: str) -> Layout:
        """The rules by which the digits of a split are placed on what they are composed on, as `Recipe.sheet`."""
        content = self.known_content(split)
        if content is None or self.augmentation(split).crop is None:
            return self.layout
        return sheet_of(self.layout, content.longest)

    def needs_writers(self, split: str) -> bool:
        """Tell whether a split cannot be built unless it is known who wrote the glyphs of its source."""
        source = self.splits[split].source
        by_writer = any(each.writers is not None for each in self.splits.values() if each.source == source)
        return by_writer or self.labels.writers or hand_share(self.hand) > 0

    def stores_writers(self, split: str) -> bool:
        """Tell whether a split stores writers: if it needs them, or another split does and they are known."""
        if self.needs_writers(split):
            return True
        by_writer = any(each.writers is not None for each in self.splits.values())  # then one at least needs them
        return by_writer and knows_writers(self.splits[split].source)

    def augmentation(self, split: str) -> Augmentation:
        """Find the steps that change the images of a split."""
        return Augmentation(*(self.splits[split].augment or self.augment).pipelines)

    def address_name(self, split: str) -> str:
        """Find the name that addresses a split's random numbers: its own, or that of the split it follows."""
        return self.splits[split].same_as or split

    @model_validator(mode="after")
    def _fits(self) -> "BuildConfig":
        """Refuse values that exclude each other."""
        if len({name.casefold() for name in self.splits}) < len(self.splits):
            raise ArgumentError("two names differ in case only, which not all systems tell apart", "splits")
        if len({name.replace("-", "_") for name in self.splits}) < len(self.splits):
            raise ArgumentError("two names differ in '-' and '_' only, which dataset hubs do not tell apart", "splits")
        if "all" in self.splits:
            raise ArgumentError("no split may be named all, which is dataset hubs' word for all of them", "splits")
        self._check_same_as()
        self._check_content()
        for key, augment in self._augmentations():
            try:
                augment.check(self.image_width)
            except ArgumentError as error:
                raise error.within(*key) from None
        return self

    def _check_content(self) -> None:
        """Refuse strings that do not fit the image, and splits for which their law cannot hold."""
        laws = {name: law for name in self.splits if (law := self.known_content(name))}
        # Unless steps move it, ink is known only once the glyphs are.
        known = [name for name in laws if self.spacing.unit == "cell" or self._measures_shown(name)]
        needed = {(self.sheet(name), length) for name in known for length in laws[name].lengths}
        for sheet, length in sorted(needed, key=lambda each: -each[1]):
            sheet.gap_law(length, CELL)
        for name, law in laws.items():
            try:
                law.check_count(self.splits[name].count)
            except ArgumentError as error:
                raise error.within("splits", name, "count") from None
        if self.labels.ctc_steps is not None:
            check_ctc_steps(self.labels.ctc_steps, laws)

    def _check_same_as(self) -> None:
        """Refuse splits that follow another and could not have the same sequences."""
        for name, split in self.splits.items():
            if split.same_as is None:
                continue
            where = ("splits", name, "same_as")
            if split.same_as not in self.splits or self.splits[split.same_as].same_as is not None:
                raise ArgumentError(f"must name another split, one without same_as; got {split.same_as!r}", *where)
            if self.splits[split.same_as].source != split.source:
                raise ArgumentError(f"{split.same_as} has another source, so its glyphs cannot be the same", *where)
            for key in (*POOL_KEYS, "sequence"):
                if getattr(self.splits[split.same_as], key) != getattr(split, key):
                    raise ArgumentError(f"{split.same_as} has another {key}; say the same {key} in both", *where)
            crops = [self.augmentation(each).crop is not None for each in (name, split.same_as)]
            if crops[0] != crops[1]:
                self._check_same_gaps(
                    name, split.same_as, f"has {'a' if crops[1] else 'no'} crop, with which all gaps fit"
                )
            elif not crops[0] and self._measures_shown(name) != self._measures_shown(split.same_as):
                because = "has other steps on glyphs, whose ink may be wider, so that fewer gaps fit"
                self._check_same_gaps(name, split.same_as, because)

    def _measures_shown(self, split: str) -> bool:
        """Whether digits of a split are placed by their ink as steps on glyphs have left it."""
        return self.layout.measures_ink and self.augmentation(split).moves_glyphs

    def _check_same_gaps(self, name: str, other: str, because: str) -> None:
        """Refuse a split that could not have the gaps of another, unless all gaps fit in both."""
        law, layout = self.known_content(name), self.layout
        needed = layout.width_for(law.longest, layout.spacing.high, CELL) if law else 0
        if needed > layout.image_width:
            raise ArgumentError(
                f"{other} {because}; for the same gaps in both, image_width must be at least {needed}; "
                f"got {layout.image_width}",
                "splits",
                name,
                "same_as",
            )

    def _augmentations(self) -> Iterator[tuple[tuple[str, ...], Augmentation]]:
        """Each augmentation that the configuration has, and its key."""
        yield ("augment",), Augmentation(*self.augment.pipelines)
        for name, split in self.splits.items():
            if split.augment:
                yield ("splits", name, "augment"), Augmentation(*split.augment.pipelines)

    @property
    def step_names(self) -> set[str]:
        """The names of all augmentation steps that it has."""
        return {
            setting.name for _, augment in self._augmentations() for setting in (*augment.glyphs, *augment.sequence)
        }

    def cautions(self) -> list[Caution]:
        """List the steps that could change what an image says, and a baseline without room."""
        found = list(self._without_room())
        for key, augment in self._augmentations():
            sheets = [self.sheet(name) for name in self.splits if self.augmentation(name) == augment] or [self.layout]
            for stage, pipeline in augment.stages.items():
                for position, setting in enumerate(pipeline):
                    cropped = stage == "sequence" and augment.crop is not None and position < augment.crop
                    layout = sheets[0] if cropped else self.layout
                    size = layout.image_width, layout.image_height
                    if problem := caution(setting, stage, *size, layout.vertical_align):
                        found.append(Caution((*key, stage, position), problem))
        return found

    def _without_room(self) -> Iterator[Caution]:
        """Say if digits may be kept from their places on the baseline."""
        told = set()
        for name in self.splits:
            law, layout = self.known_content(name), self.sheet(name)
            needed = layout.height_for(law.longest if law else 1, CELL, CELL)
            if law and needed > layout.image_height and (law.longest, layout) not in told:
                told.add((law.longest, layout))
                what = "images" if self.augmentation(name).crop is None else "the sheets that crop cuts"
                yield Caution(
                    ("baseline",),
                    f"up to {law.longest} digits on their line can take {needed} px, and {what} are "
                    f"{layout.image_height} px high; digits that would stick out are pushed back inside",
                )

    def resolved(self) -> dict[str, Any]:
        """Write the configuration as JSON has it, with every default."""
        return self.model_dump(mode="json", exclude_none=True)

    def to_yaml(self) -> str:
        """Write the configuration as YAML, with every default."""
        return write_yaml(self.resolved())
