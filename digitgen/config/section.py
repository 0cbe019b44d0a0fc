"""The base of all sections of a configuration, and rules that raise messages of our own."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    WrapValidator,
    model_validator,
)

from digitgen.checks import unknown_word
from digitgen.errors import ArgumentError
from digitgen.findings import WrongKeyError, findings, refused
from digitgen.messages import did_you_mean, shown


class Section(BaseModel):
    """A section: unknown keys are refused, and nothing changes once it is checked."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @model_validator(mode="wrap")
    @classmethod
    def _check_keys(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Refuse a value that is no section; report its unknown keys together with all other errors in it."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise _no_section(value)
        keys = cls.model_fields
        found = [WrongKeyError(f"unknown key{did_you_mean(str(key), keys)}", key) for key in value if key not in keys]
        try:
            section = handler({key: each for key, each in value.items() if key in keys})
        except ValidationError as error:
            raise refused([*findings(error), *found]) from None
        if found:
            raise refused(found)
        return section


def word(kind: Any) -> BeforeValidator:
    """Make the rule of a `Literal`: one of its words; errors say which may be meant."""

    def check(value: Any) -> Any:
        if problem := unknown_word(value, get_args(kind)):
            raise ArgumentError(problem)
        return value

    return BeforeValidator(check)


def section_of(choose: Callable[[Mapping[Any, Any]], type[Section]], example: str = "") -> WrapValidator:
    """Make the rule of a union of sections.

    Parameters
    ----------
    choose : callable
        Takes the keys and values, and returns the section's type, or raises `ArgumentError`.
    example : str, optional
        An example of a section, for errors.

    Returns
    -------
    pydantic.WrapValidator
        Checks a value as a section of the chosen type.
    """

    def check(value: Any, _: object) -> Section:
        if isinstance(value, Section):
            return value
        if not isinstance(value, Mapping):
            raise _no_section(value, example)
        return choose(value).model_validate(value)

    return WrapValidator(check)


def just_one_of(keys: Iterable[str]) -> dict[str, Any]:
    """Say in a JSON Schema that a section must have just one of some keys."""
    return {"oneOf": [{"required": [key]} for key in keys]}


def _no_section(value: object, example: str = "") -> ArgumentError:
    """Refuse a value where a section is wanted, perhaps with an example of one."""
    return ArgumentError(
        f"must be a section of keys and values{f', such as {example}' * bool(example)}; got {shown(value)}"
    )
