"""The configuration of the strings: a checked section for each law, made from what the law says of itself."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Final,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    TypeAdapter,
    WithJsonSchema,
    create_model,
)
from pydantic.fields import FieldInfo

from digitgen.compose.content.catalogue import LAWS, MODIFIERS
from digitgen.compose.content.law import ContentLaw, Key
from digitgen.config.numbers import number, number_range
from digitgen.config.section import Section, just_one_of, section_of, word
from digitgen.errors import ArgumentError
from digitgen.messages import closest, shown

T = TypeVar("T")


class SequenceConfig(Section):
    """The law of the strings; each law has a section of its own kind, with its fields and all modifiers as keys."""

    model_config = ConfigDict(use_attribute_docstrings=False)  # of classes that have no source

    kind: ClassVar[type[ContentLaw] | None]
    """The law; None in a section of modifiers alone."""


Sections = Mapping[tuple[str, ...], SequenceConfig]
"""Sections that make a law together, by the ways to them."""


class _PartConfig(Section):
    """A value of a law that has keys and values of its own."""

    model_config = ConfigDict(use_attribute_docstrings=False)

    kind: ClassVar[type]


class _OneKeyConfig(_PartConfig):
    """A value that just one of its keys makes."""

    model_config = ConfigDict(json_schema_extra=lambda schema: schema.update(just_one_of(schema["properties"])))


def files_of(sections: Sections) -> dict[str, Path]:
    """Find the files that a law is read from, by the keys that name them; ``sequence.`` is left out."""
    found: dict[str, Path] = {}
    for way, section in sections.items():
        for name in type(section).model_fields:
            value = getattr(section, name)
            if isinstance(value, _PartConfig):
                found |= {_key(way, name, part): each for part, each in value if isinstance(each, Path)}
            elif isinstance(value, Path):
                found[_key(way, name)] = value
    return found


def _key(*way: tuple[str, ...] | str) -> str:
    """The key of a file: a way in one word, without the first step into the section for all splits."""
    steps = [step for each in way for step in ([each] if isinstance(each, str) else each)]
    return ".".join(steps).removeprefix("sequence.")


Law = tuple[ContentLaw, dict[str, str]]


class Laws:
    """Laws that were made; sections that say the same share one.

    Parameters
    ----------
    most : int, optional
        Number of laws to keep, the last ones; all by default.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._made: list[tuple[tuple[Sections, Path, str], Law]] = []

    def __eq__(self, other: object) -> bool:
        """All are equal: a configuration is no other for what has been made of it."""
        return isinstance(other, Laws)

    __hash__ = None  # type: ignore[assignment]

    def law(self, sections: Sections, folder: Path, alphabet: str) -> Law:
        """Get a law, with its modifiers, made now if it is not there.

        Parameters
        ----------
        sections : mapping of keys to SequenceConfig
            The section that names the law, and perhaps one with more modifiers, with the ways to them. Conditions of
            both hold; of other modifiers, those of the last section do.
        folder : Path
            The folder that relative paths start from.
        alphabet : str
            The character of each class.

        Returns
        -------
        law : ContentLaw
            The law of strings of these characters.
        files : dict of str to str
            The SHA-256 hash of each file that it was read from, by the key that names it, as in `files_of`.

        Raises
        ------
        ArgumentError
            If there can be no such law.
        """
        wanted = (sections, folder, alphabet)
        law = next((law for known, law in self._made if known == wanted), None) or _make_law(*wanted)
        self._made = [(wanted, law), *(each for each in self._made if each[0] != wanted)][: self._most]
        return law


def _make_law(sections: Sections, folder: Path, alphabet: str) -> Law:
    """Make a law, with its modifiers."""
    values = {way: _values(way, section, folder) for way, section in sections.items()}
    (way, section), *_ = sections.items()
    assert section.kind is not None
    of_law = {key: value for key, value in values[way].items() if key not in MODIFIERS}
    law = _made(way, section.kind, **of_law, alphabet=alphabet)
    files = {_key(way, name): sha256 for name, sha256 in law.files.items()}
    for key, modifier in MODIFIERS.items():
        given = [(way, each[key]) for way, each in values.items() if each[key] is not None]
        for way, value in given if modifier.adds_up else given[-1:]:
            if value is not False:
                law = _made(way, modifier, law, **{key: value})
                files |= {_key(way, name): sha256 for name, sha256 in law.files.items()}
    return law, files


def _made(way: tuple[str, ...], kind: type[T], *law: ContentLaw, **values: Any) -> T:
    """Make a law, or a part of one; errors have the way to its section."""
    try:
        return kind(*law, **values)
    except ArgumentError as error:
        raise error.within(*way) from None


def _values(way: tuple[str, ...], section: Section, folder: Path) -> dict[str, Any]:
    """The values that a law takes for those of a section; relative paths start from `folder`."""
    values = {}
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, _PartConfig):
            value = _made((*way, name), value.kind, **_values((*way, name), value, folder))
        values[name] = folder / value if isinstance(value, Path) else value
    return values


def _path(value: Any) -> Any:
    """The rule of a path."""
    if not isinstance(value, str | Path):
        raise ArgumentError(f"must be the path of a file; got {shown(value)}")
    return value


def _list(value: Any) -> Any:
    """The rule of a list."""
    if not isinstance(value, list | tuple):
        raise ArgumentError(f"must be a list; got {shown(value)}")
    return value


_STRICT: Final[dict[Any, Any]] = {
    bool: StrictBool,
    int: StrictInt,
    float: StrictFloat,
    str: StrictStr,
    Path: Annotated[Path, BeforeValidator(_path)],
}


def _strict(kind: Any) -> Any:
    """A type to which no value of another is converted."""
    if get_origin(kind) is tuple:
        return Annotated[get_origin(kind)[tuple(map(_strict, get_args(kind)))], BeforeValidator(_list)]
    if isinstance(kind, type) and is_dataclass(kind):
        return part_section(kind)
    if get_origin(kind) is Literal:
        return Annotated[kind, word(kind)]
    return _STRICT.get(kind, kind)


@cache
def part_section(kind: type) -> type[_PartConfig]:
    """The section of a value that has keys of its own."""
    keys: dict[str, Any] = dict(_keys(kind))
    base = _OneKeyConfig if getattr(kind, "just_one", False) else _PartConfig
    part = create_model(f"{kind.__name__}Config", __base__=base, __doc__=_summary(kind), **keys)
    part.kind = kind
    return part


def _type(kind: Any, key: Key) -> Any:
    """Make the type by which pydantic checks a field of a law."""
    if key.schema:
        return _checked_by_law(kind, key)
    if type(None) in get_args(kind):
        return _type(next(each for each in get_args(kind) if each is not type(None)), key) | None
    if key.bounds is None:
        return _strict(kind)
    if get_origin(kind) is tuple:
        return number_range(*key.bounds, integer=get_args(kind)[0] is int)
    return number(*key.bounds, integer=kind is int)


def _checked_by_law(kind: Any, key: Key) -> Any:
    """Make the type of a value that the law checks, or only where it is a section in place of a number or a range."""
    if not key.bounds:
        return Annotated[Any, WithJsonSchema(dict(key.schema or {}))]
    other: TypeAdapter[Any] = TypeAdapter(_type(get_args(kind)[0], Key(key.description, key.bounds)))

    def check(value: Any) -> Any:
        return value if isinstance(value, Mapping) else other.validate_python(value)

    schema = other.json_schema()
    return Annotated[
        Any, BeforeValidator(check), WithJsonSchema({"oneOf": [*schema.get("oneOf", [schema]), key.schema]})
    ]


def _keys(law: type) -> dict[str, tuple[Any, FieldInfo]]:
    """The type and the facts of each key of a law, a modifier or a part of one, as pydantic wants them."""
    hints = get_type_hints(law, include_extras=True)
    keys = {}
    for field in fields(law):
        kind, *facts = get_args(hints[field.name]) if get_origin(hints[field.name]) is Annotated else (None,)
        for key in facts:
            default = ... if field.default is MISSING else field.default
            keys[field.name] = (_type(kind, key), Field(default, description=key.description))
    return keys


def _section(name: str, summary: str, law: type[ContentLaw] | None) -> type[SequenceConfig]:
    """The section of a law; of none, it has modifiers alone."""
    keys: dict[str, Any] = dict(_keys(law)) if law else {}
    for key, modifier in MODIFIERS.items():
        kind, field = _keys(modifier)[key]
        keys[key] = (kind | None, Field(None, description=field.description))
    section = create_model(f"{name}Config", __base__=SequenceConfig, __doc__=summary, **keys)
    section.kind = law
    return section


def _summary(kind: type) -> str:
    """The first line about a law, or a part of one."""
    return (kind.__doc__ or "").partition("\n")[0]


SECTIONS: Final = {key: _section(law.__name__, _summary(law), law) for key, law in LAWS.items()}

ModifiersConfig: Final = _section("Modifiers", "What changes the law of the strings that holds for all splits.", None)


def _path_keys(kind: type) -> Iterator[str]:
    """The keys of a law, a modifier or a part of one that name files."""
    for name, hint in get_type_hints(kind, include_extras=True).items():
        if get_origin(hint) is Annotated:
            types = get_args(hint)[0], *get_args(get_args(hint)[0])
            yield from [name] * (Path in types)
            for part in types:
                if isinstance(part, type) and is_dataclass(part):
                    yield from _path_keys(part)


PATH_KEYS: Final = frozenset(key for kind in (*LAWS.values(), *MODIFIERS.values()) for key in _path_keys(kind))
"""The keys of sections that name files."""


def _law_section(value: Mapping[Any, Any]) -> type[SequenceConfig]:
    """The section of the law that a key names, or seems to have been meant to name."""
    named = [key for key in SECTIONS if key in value]
    named = named or [near for word in value if (near := closest(str(word), SECTIONS))]
    if len(named) != 1:
        keys = f"just one of the keys {', '.join(SECTIONS)}" if len(SECTIONS) > 1 else f"the key {next(iter(SECTIONS))}"
        raise ArgumentError(f"must have {keys}; got {shown(value)}")
    return SECTIONS[named[0]]


def _split_section(value: Mapping[Any, Any]) -> type[SequenceConfig]:
    """The section of a split: that of a law, or of modifiers alone."""
    return _law_section(value) if any(key in value for key in SECTIONS) else ModifiersConfig


if TYPE_CHECKING:
    AnySequence = SequenceConfig
    SplitSequence = SequenceConfig
else:
    AnySequence = Annotated[Union[tuple(SECTIONS.values())], section_of(_law_section)]  # noqa: UP007
    SplitSequence = Annotated[
        Union[(*SECTIONS.values(), ModifiersConfig)],
        section_of(_split_section),
    ]
