"""The configuration of augmentation: a checked section for each step, made from what the step says of itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
    WrapValidator,
    create_model,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from digitgen.augment.catalogue import all_steps, find_step
from digitgen.augment.pipeline import Pipeline
from digitgen.augment.setting import Setting, Share
from digitgen.augment.step import SEVERITIES, Parameter, Step
from digitgen.config.numbers import both_ends, number, number_range
from digitgen.config.section import Section, section_of, word
from digitgen.config.spread import SpreadConfig, spread_field, spreadable
from digitgen.errors import ArgumentError, PluginError
from digitgen.findings import WrongKeyError
from digitgen.format import Stage
from digitgen.messages import shown

MAX_STEPS: Final = 32

_SHARING: Final = ("share", "spread")


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


class SharedStepConfig(StepConfig):
    """A step on glyphs, whose sample the digits of an image may share."""

    share: Annotated[
        Share,
        word(Share),
        Field(description="Whether each digit has values of its own, or the digits of an image share theirs."),
    ] = "digit"

    @property
    def own_spread(self) -> dict[str, float]:
        """The standard deviations that it has."""
        spread: SpreadConfig | None = getattr(self, "spread", None)
        return spread.model_dump(exclude_none=True) if spread else {}

    @property
    def setting(self) -> Setting:
        """The step with its settings, for the engine."""
        return replace(super().setting, share=self.share, spread=tuple(self.own_spread.items()))

    @model_validator(mode="after")
    def _shares(self) -> "SharedStepConfig":
        """Refuse a spread around what is not shared, or around what severity decides."""
        spread = self.own_spread
        if spread and self.share != "image":
            raise ArgumentError("is around what the digits of an image share; add share: image", "spread")
        parameters = find_step(self.step).parameters
        for name in spread if getattr(self, "severity", None) else ():
            if parameters[name].levels:
                raise ArgumentError("severity decides it, without a spread; leave one of the two out", "spread", name)
        return self


def _field(parameter: Parameter) -> tuple[Any, Any]:
    """The pydantic field of a parameter."""
    description = f"{parameter.meaning[0].upper()}{parameter.meaning[1:]}."
    if parameter.fixed:
        kind = number(*parameter.bounds, integer=parameter.integer)
        return kind, Field(parameter.default[0], description=description)
    kind = number_range(*parameter.bounds, integer=parameter.integer)
    return kind, Field(parameter.default, description=description)


@cache
def step_section(name: str, stage: Stage) -> type[StepConfig]:
    """Make the section of a step on a stage, when it is first asked for.

    Parameters
    ----------
    name : str
        The step.
    stage : {"glyphs", "sequence"}
        The list that it stands in.

    Returns
    -------
    type of StepConfig
        The section; on glyphs with `share` and `spread` where the step can have them.
    """
    step = find_step(name)
    fields: dict[str, Any] = {"step": (Literal[name], Field(description=step.description))}
    if step.has_severities:
        severity = number_range(1, SEVERITIES, integer=True)
        description = "Published severity, 1 to 5, or a range of them, in place of the parameters that it decides."
        fields["severity"] = (severity | None, Field(None, description=description))
    fields |= {each: _field(parameter) for each, parameter in step.parameters.items()}
    shared = stage == "glyphs" and _can_be_shared(step)
    if shared and spreadable(step):
        fields["spread"] = spread_field(step)
    title = "".join(word.capitalize() for word in name.split("_"))
    return create_model(
        f"{title}{'Glyph' if stage == 'glyphs' else ''}Step",
        __base__=SharedStepConfig if shared else StepConfig,
        __doc__=step.description,
        **fields,
    )


def _can_be_shared(step: Step) -> bool:
    """Whether no parameter of a step has the name of a key that says so."""
    return not step.parameters.keys() & set(_SHARING)


def _section_for(value: Mapping[Any, Any], stage: Stage) -> type[StepConfig]:
    """Choose the section of the step that an item of a list names."""
    if "step" not in value:
        raise ArgumentError("is missing", "step")
    try:
        step = find_step(value["step"])
        section = step_section(step.name, stage)
    except (ArgumentError, PluginError) as error:  # there is none, or the package that adds it does not work
        raise ArgumentError(str(error), "step") from None
    _check_sharing(value, step, stage)
    return section


def _check_sharing(value: Mapping[Any, Any], step: Step, stage: Stage) -> None:
    """Refuse to share where nothing can be shared, in more words than that the key is unknown."""
    for key in value.keys() & set(_SHARING):
        if key in step.parameters:
            if isinstance(value[key], str):
                what = f"is a parameter of {step.name} and takes numbers, so digits cannot share what it samples"
                raise ArgumentError(f"{what}; got {shown(value[key])}", key)
        elif stage != "glyphs":
            raise WrongKeyError("is for steps on augment.glyphs, which digits may share", key)
        elif not _can_be_shared(step):
            raise WrongKeyError(f"digits cannot share what {step.name} samples: share is a parameter of it", key)
        elif key == "spread" and not spreadable(step):
            raise WrongKeyError(f"{step.name} has no parameter that could have one", key)


@dataclass(frozen=True)
class _AnyStep:
    """Describes a step in the JSON Schema by the sections of all steps, which are made for it.

    The name of the step decides which section holds: as a `oneOf` of all, editors would offer the parameters of every
    step, and a misspelt name would be wrong in as many ways as there are steps.
    """

    stage: Stage

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        sections: Any = Union[tuple(step_section(name, self.stage) for name in all_steps())]  # noqa: UP007
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


def _chosen(stage: Stage) -> WrapValidator:
    """The rule of an item of a stage's list."""
    return section_of(lambda value: _section_for(value, stage), "{step: rotate}")


_LIST: Final = (Field(max_length=MAX_STEPS), BeforeValidator(_list_of_steps))
_AnyConfig = SerializeAsAny[StepConfig]
GlyphSteps = Annotated[tuple[Annotated[_AnyConfig, _chosen("glyphs"), _AnyStep("glyphs")], ...], *_LIST]
SequenceSteps = Annotated[tuple[Annotated[_AnyConfig, _chosen("sequence"), _AnyStep("sequence")], ...], *_LIST]


class AugmentConfig(Section):
    """Steps that change glyphs, and then the images composed of them."""

    glyphs: GlyphSteps = ()
    """Steps on each glyph, in order, before the image is composed."""
    sequence: SequenceSteps = ()
    """Steps on the image, in order."""

    @property
    def pipelines(self) -> tuple[Pipeline, Pipeline]:
        """The steps on glyphs, and those on images."""
        return tuple(each.setting for each in self.glyphs), tuple(each.setting for each in self.sequence)
