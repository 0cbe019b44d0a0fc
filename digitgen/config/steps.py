"""The configuration of augmentation: a checked section for each step, made from what the step says of itself."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Union

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    StrictFloat,
    TypeAdapter,
    create_model,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from digitgen.augment.catalogue import all_steps, find_step
from digitgen.augment.pipeline import Pipeline
from digitgen.augment.setting import Setting
from digitgen.augment.step import SEVERITIES, Parameter
from digitgen.config.numbers import both_ends, number, number_range
from digitgen.config.section import Section, section_of
from digitgen.errors import ArgumentError, PluginError
from digitgen.messages import shown

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
        """The step with its settings, for the engine."""
        severity = getattr(self, "severity", None)
        ranges = tuple((name, both_ends(getattr(self, name))) for name in find_step(self.step).parameters)
        return Setting(self.step, self.p, ranges, severity)

    @model_validator(mode="after")
    def _agrees(self) -> "StepConfig":
        """Refuse values that exclude each other."""
        parameters = find_step(self.step).parameters
        for name in ("severity", *parameters):
            value = getattr(self, name, None)
            if isinstance(value, tuple) and value[0] > value[1]:
                raise ArgumentError(f"the least, {value[0]:g}, is larger than the most, {value[1]:g}", name)
        if getattr(self, "severity", None):
            for name in self.model_fields_set & parameters.keys():
                if parameters[name].levels:
                    raise ArgumentError("severity decides it; leave one of the two out", name)
        return self

    @model_serializer(mode="wrap")
    def _resolved(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out values that are not in force, so that the result can be read again."""
        content: dict[str, Any] = {"step": self.step, **serialize(self)}
        parameters = find_step(self.step).parameters
        if content.get("severity") is None:
            return content
        return {name: value for name, value in content.items() if name not in parameters or not parameters[name].levels}


def _field(parameter: Parameter) -> tuple[Any, Any]:
    """The pydantic field of a parameter."""
    description = f"{parameter.meaning[0].upper()}{parameter.meaning[1:]}."
    if parameter.fixed:
        kind = number(*parameter.bounds, integer=parameter.integer)
        return kind, Field(parameter.default[0], description=description)
    kind = number_range(*parameter.bounds, integer=parameter.integer)
    return kind, Field(parameter.default, description=description)


@cache
def step_section(name: str) -> type[StepConfig]:
    """Make the section of a step, when it is first asked for."""
    step = find_step(name)
    fields: dict[str, Any] = {"step": (Literal[name], Field(description=step.description))}
    if step.has_severities:
        severity = number_range(1, SEVERITIES, integer=True)
        description = "Published severity, 1 to 5, or a range of them, in place of the parameters that it decides."
        fields["severity"] = (severity | None, Field(None, description=description))
    fields |= {each: _field(parameter) for each, parameter in step.parameters.items()}
    title = "".join(word.capitalize() for word in name.split("_"))
    return create_model(f"{title}Step", __base__=StepConfig, __doc__=step.description, **fields)


def _section_for(value: Mapping[Any, Any]) -> type[StepConfig]:
    """Choose the section of the step that an item of a list names."""
    if "step" not in value:
        raise ArgumentError("is missing", "step")
    try:
        return step_section(find_step(value["step"]).name)
    except (ArgumentError, PluginError) as error:  # there is none, or the package that adds it does not work
        raise ArgumentError(str(error), "step") from None


class _AnyStep:
    """Describes a step in the JSON Schema by the sections of all steps, which are made for it.

    The name of the step decides which section holds: as a `oneOf` of all, editors would offer the parameters of every
    step, and a misspelt name would be wrong in as many ways as there are steps.
    """

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        sections: Any = Union[tuple(map(step_section, all_steps()))]  # noqa: UP007
        any_step: TypeAdapter[Any] = TypeAdapter(Annotated[sections, Field(discriminator="step")])
        described = handler(any_step.core_schema)["discriminator"]["mapping"]
        return {
            "type": "object",
            "required": ["step"],
            "properties": {"step": {"description": "Name of the step.", "enum": list(described)}},
            "allOf": [
                {
                    "if": {"type": "object", "required": ["step"], "properties": {"step": {"const": name}}},
                    "then": {"$ref": section},
                }
                for name, section in described.items()
            ],
        }


def _list_of_steps(value: Any) -> tuple[Any, ...]:
    """Refuse a value that is no list of steps, or too long a one."""
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
        raise ArgumentError(f"must be a list of steps, such as [{{step: rotate}}]; got {shown(value)}")
    if len(value) > MAX_STEPS:
        raise ArgumentError(f"must be a list of at most {MAX_STEPS} steps; got {shown(value)}")
    return tuple(value)


Steps = Annotated[
    tuple[Annotated[SerializeAsAny[StepConfig], section_of(_section_for, "{step: rotate}"), _AnyStep()], ...],
    Field(max_length=MAX_STEPS),
    BeforeValidator(_list_of_steps),
]


class AugmentConfig(Section):
    """Steps that change glyphs, and then the images composed of them."""

    glyphs: Steps = ()
    """Steps on each glyph, in order, before the image is composed."""
    sequence: Steps = ()
    """Steps on the image, in order."""

    @property
    def pipelines(self) -> tuple[Pipeline, Pipeline]:
        """The steps on glyphs, and those on images."""
        return tuple(each.setting for each in self.glyphs), tuple(each.setting for each in self.sequence)
