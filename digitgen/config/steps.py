"""The configuration of augmentation: a checked section for each step, made from what the step says of itself."""

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Union

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StrictFloat,
    StrictInt,
    WithJsonSchema,
    create_model,
    model_serializer,
    model_validator,
)

from digitgen.augment.pipeline import Pipeline, Setting
from digitgen.augment.step import SEVERITIES, Parameter, Step
from digitgen.augment.steps import AUGMENTATIONS
from digitgen.config.section import ContradictionError, Section

MAX_STEPS: Final = 32


class StepConfig(Section):
    """An augmentation step; each step has a section of its own kind, with its parameters."""

    # To look for docstrings in classes that have no source took most of a second.
    model_config = ConfigDict(use_attribute_docstrings=False)

    if TYPE_CHECKING:
        step: str
    p: Annotated[StrictFloat, Field(ge=0, le=1, description="Share of images (or glyphs) that the step touches.")] = 1.0

    @property
    def setting(self) -> Setting:
        """What the engine needs."""
        severity = getattr(self, "severity", None)
        ranges = tuple((name, both_ends(getattr(self, name))) for name in AUGMENTATIONS[self.step].parameters)
        return Setting(self.step, self.p, ranges, severity)

    @model_validator(mode="after")
    def _agrees(self) -> "StepConfig":
        parameters = AUGMENTATIONS[self.step].parameters
        for name in ("severity", *parameters):
            value = getattr(self, name, None)
            if isinstance(value, tuple) and value[0] > value[1]:
                raise ContradictionError(f"the least {name}, {value[0]:g}, is larger than the most, {value[1]:g}", name)
        if getattr(self, "severity", None):
            for name in self.model_fields_set & parameters.keys():
                if parameters[name].levels:
                    raise ContradictionError(f"severity decides {name}; leave one of the two out", name)
        return self

    @model_serializer(mode="wrap")
    def _resolved(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not in force, so that what is written can be read again."""
        content: dict[str, Any] = {"step": self.step, **serialize(self)}
        parameters = AUGMENTATIONS[self.step].parameters
        if content.get("severity") is None:
            return content
        return {name: value for name, value in content.items() if name not in parameters or not parameters[name].levels}


def both_ends(value: Any) -> Any:
    """Let one number stand for a range of one."""
    return (value, value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _number(low: float, high: float, integer: bool) -> Any:
    """One number."""
    if integer:
        return Annotated[StrictInt, Field(ge=low, le=high)]
    return Annotated[StrictFloat, Field(ge=low, le=high, allow_inf_nan=False)]


def _range(low: float, high: float, integer: bool) -> Any:
    """A range of numbers, or one number."""
    number = _number(low, high, integer)
    schema = {"type": "integer" if integer else "number", "minimum": low, "maximum": high}
    pair = {"type": "array", "items": schema, "minItems": 2, "maxItems": 2}
    in_schema = WithJsonSchema({"oneOf": [schema, pair]})
    return Annotated[tuple[number, number], BeforeValidator(both_ends), in_schema]  # type: ignore[valid-type]


def _field(parameter: Parameter) -> tuple[Any, Any]:
    """The pydantic field of a parameter."""
    description = f"{parameter.meaning[0].upper()}{parameter.meaning[1:]}."
    if parameter.fixed:
        kind = _number(*parameter.bounds, parameter.integer)
        return kind, Field(parameter.default[0], description=description)
    return _range(*parameter.bounds, parameter.integer), Field(parameter.default, description=description)


def _section(name: str, step: Step) -> type[StepConfig]:
    """The section of a step."""
    fields: dict[str, Any] = {"step": (Literal[name], Field(description=step.description))}
    if step.has_severities:
        severity = _range(1, SEVERITIES, True)
        description = "Published severity, 1 to 5, or a range of them, in place of the parameters that it decides."
        fields["severity"] = (severity | None, Field(None, description=description))
    fields |= {each: _field(parameter) for each, parameter in step.parameters.items()}
    title = "".join(word.capitalize() for word in name.split("_"))
    return create_model(f"{title}Step", __base__=StepConfig, __doc__=step.description, **fields)


SECTIONS: Final = {name: _section(name, step) for name, step in AUGMENTATIONS.items()}

if TYPE_CHECKING:
    AnyStep = StepConfig
else:
    AnyStep = Annotated[Union[tuple(SECTIONS.values())], Field(discriminator="step")]  # noqa: UP007


class AugmentConfig(Section):
    """What happens to glyphs, and then to the images composed of them."""

    glyphs: Annotated[tuple[AnyStep, ...], Field(max_length=MAX_STEPS)] = ()
    """Steps on each glyph, in order, before the image is composed."""
    sequence: Annotated[tuple[AnyStep, ...], Field(max_length=MAX_STEPS)] = ()
    """Steps on the image, in order."""

    @property
    def pipelines(self) -> tuple[Pipeline, Pipeline]:
        """The steps on glyphs, and those on images."""
        return tuple(each.setting for each in self.glyphs), tuple(each.setting for each in self.sequence)
