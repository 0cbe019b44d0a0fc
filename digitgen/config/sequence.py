"""The configuration of the strings: a checked section for each law, made from what the law says of itself."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal, Union, get_args, get_origin, get_type_hints

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

from digitgen.compose.content import LAWS, MODIFIERS
from digitgen.compose.content.law import ContentLaw, Key
from digitgen.config.numbers import number, number_range
from digitgen.config.section import Section, section_of, word
from digitgen.errors import ArgumentError
from digitgen.messages import closest, shown


class SequenceConfig(Section):
    """The law of the strings; each law has a section of its own kind, with its fields and all modifiers as keys."""

    model_config = ConfigDict(use_attribute_docstrings=False)  # of classes that have no source

    kind: ClassVar[type[ContentLaw]]

    @property
    def files(self) -> dict[str, Path]:
        """The files that the law is read from, by the keys that name them."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in values.items() if isinstance(value, Path)}

    def law(self, folder: Path, alphabet: str) -> ContentLaw:
        """Make the law, with its modifiers.

        Parameters
        ----------
        folder : Path
            The folder that relative paths start from.
        alphabet : str
            The character of each class.

        Returns
        -------
        ContentLaw
            The law of strings of these characters.

        Raises
        ------
        ArgumentError
            If there can be no such law.
        """
        values = {name: _based(getattr(self, name), folder) for name in type(self).model_fields}
        modifiers = {key: values.pop(key) for key in MODIFIERS}
        law = self.kind(**values, alphabet=alphabet)
        for key, value in modifiers.items():
            if value is not None and value is not False:
                law = MODIFIERS[key](law, **{key: value})
        return law


def _based(value: Any, folder: Path) -> Any:
    """A value of a section; relative paths start from `folder`."""
    return folder / value if isinstance(value, Path) else value


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
    if get_origin(kind) is Literal:
        return Annotated[kind, word(kind)]
    return _STRICT.get(kind, kind)


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


def _keys(law: type[ContentLaw]) -> dict[str, tuple[Any, FieldInfo]]:
    """The type and the facts of each key of a law or a modifier, as pydantic wants them."""
    hints = get_type_hints(law, include_extras=True)
    keys = {}
    for field in fields(law):
        kind, *facts = get_args(hints[field.name]) if get_origin(hints[field.name]) is Annotated else (None,)
        for key in facts:
            default = ... if field.default is MISSING else field.default
            keys[field.name] = (_type(kind, key), Field(default, description=key.description))
    return keys


def _section(law: type[ContentLaw]) -> type[SequenceConfig]:
    """The section of a law."""
    keys: dict[str, Any] = dict(_keys(law))
    for name, modifier in MODIFIERS.items():
        kind, field = _keys(modifier)[name]
        keys[name] = (kind | None, Field(None, description=field.description))
    summary = (law.__doc__ or "").partition("\n")[0]
    section = create_model(f"{law.__name__}Config", __base__=SequenceConfig, __doc__=summary, **keys)
    section.kind = law
    return section


SECTIONS: Final = {key: _section(law) for key, law in LAWS.items()}


def _law_section(value: Mapping[Any, Any]) -> type[SequenceConfig]:
    """The section of the law that a key names, or seems to have been meant to name."""
    named = [key for key in SECTIONS if key in value]
    named = named or [near for word in value if (near := closest(str(word), SECTIONS))]
    if len(named) != 1:
        keys = f"just one of the keys {', '.join(SECTIONS)}" if len(SECTIONS) > 1 else f"the key {next(iter(SECTIONS))}"
        raise ArgumentError(f"must have {keys}; got {shown(value)}")
    return SECTIONS[named[0]]


if TYPE_CHECKING:
    AnySequence = SequenceConfig
else:
    AnySequence = Annotated[Union[tuple(SECTIONS.values())], section_of(_law_section)]  # noqa: UP007
