"""The configuration of a spread: how far digits stray from the parameters that they share."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, create_model

from digitgen.augment.step import Step
from digitgen.config.numbers import number
from digitgen.config.section import Section
from digitgen.errors import ArgumentError
from digitgen.findings import WrongKeyError
from digitgen.messages import shown


class SpreadConfig(Section):
    """Standard deviations of digits around what they share; each step has a section of its own kind."""

    model_config = ConfigDict(use_attribute_docstrings=False)  # of classes that have no source


def spreadable(step: Step) -> dict[str, float]:
    """Find the parameters of a step that can have a spread, and its greatest standard deviation for each."""
    return {
        name: parameter.bounds[1] - parameter.bounds[0]
        for name, parameter in step.parameters.items()
        if not parameter.fixed
    }


def spread_field(step: Step) -> tuple[Any, Any]:
    """Make the field for the spread of a step's parameters.

    Parameters
    ----------
    step : Step
        The step, which has a parameter that can have a spread.

    Returns
    -------
    type, pydantic.fields.FieldInfo
        For `pydantic.create_model`. Values are sections of the parameters; where there is only one, a number stands
        for its section.
    """
    most = spreadable(step)

    def as_section(value: Any) -> Any:
        """Let a number stand for the only parameter, and refuse those that have no range."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            if len(most) > 1:
                example = ", ".join(f"{name}: {value}" for name in most)
                raise ArgumentError(f"must say for which parameters, such as {{{example}}}; got {shown(value)}")
            return dict.fromkeys(most, value)
        if not isinstance(value, Mapping):
            example = ", ".join(f"{name}: {high / 10:g}" for name, high in most.items())
            one = "a number or " * (len(most) == 1)
            raise ArgumentError(f"must be {one}a section of numbers, such as {{{example}}}; got {shown(value)}")
        for name in value:
            if name in step.parameters and name not in most:
                raise WrongKeyError("is one number for all images, so it has no spread", name)
        return value

    fields: dict[str, Any] = {name: (number(0, high, integer=False) | None, None) for name, high in most.items()}
    section: Any = create_model("Spread", __base__=SpreadConfig, **fields)
    numbers: dict[str, Any] = {name: {"type": "number", "minimum": 0, "maximum": high} for name, high in most.items()}
    described: dict[str, Any] = {"type": "object", "properties": numbers, "additionalProperties": False}
    if len(most) == 1:
        described = {"oneOf": [*numbers.values(), described]}
    description = "Standard deviation of each digit around the value that its image shares, in the parameter's unit."
    kind = Annotated[section, BeforeValidator(as_section), WithJsonSchema(described)]
    return kind | None, Field(None, description=description)
