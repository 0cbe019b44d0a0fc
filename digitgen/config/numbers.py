"""Numbers in a configuration, and ranges of them for which one number may stand."""

from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    StrictFloat,
    StrictInt,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)

from digitgen.errors import ArgumentError
from digitgen.findings import findings
from digitgen.messages import shown


def number(low: float, high: float, *, integer: bool) -> Any:
    """Make the type of a number in bounds.

    Parameters
    ----------
    low, high : float
        Least and greatest value.
    integer : bool
        Whether only integers are allowed.

    Returns
    -------
    type
        For a field of a section.
    """
    if integer:
        return Annotated[StrictInt, Field(ge=low, le=high)]
    return Annotated[StrictFloat, Field(ge=low, le=high, allow_inf_nan=False)]


def number_range(low: float, high: float, *, integer: bool) -> Any:
    """Make the type of a range of numbers in bounds; one number stands for a range of one.

    Parameters
    ----------
    low, high : float
        Least and greatest value.
    integer : bool
        Whether only integers are allowed.

    Returns
    -------
    type
        For a field of a section; its values are pairs.
    """
    each = number(low, high, integer=integer)
    schema = {"type": "integer" if integer else "number", "minimum": low, "maximum": high}
    pair = {"type": "array", "items": schema, "minItems": 2, "maxItems": 2}
    if integer:
        two = two_of("an integer or a list of two integers, such as [1, 5]")
    else:
        two = two_of("a number or a list of two numbers, such as [0, 0.5]")
    return Annotated[tuple[each, each], two, WrapValidator(_one_for_both), WithJsonSchema({"oneOf": [schema, pair]})]  # type: ignore[valid-type]


def two_of(what: str) -> BeforeValidator:
    """Make the rule of a range: it must be a list of two; `what` says it in words."""

    def check(value: Any) -> Any:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise ArgumentError(f"must be {what}; got {shown(value)}")
        return value

    return BeforeValidator(check)


def both_ends(value: Any) -> Any:
    """Let one number stand for a range of one."""
    return (value, value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _one_for_both(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """Check one number as a range of one; errors are about the number, and not about an end."""
    ends = both_ends(value)
    try:
        return handler(ends)
    except ValidationError as error:
        if ends is value:
            raise
        raise ArgumentError(findings(error)[0].message) from None
