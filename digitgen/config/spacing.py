"""The configuration of the gaps between neighbours."""

from functools import lru_cache
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    WithJsonSchema,
    model_validator,
)

from digitgen.compose.canvas import Overlap
from digitgen.compose.layout import Fit, Unit
from digitgen.compose.spacing import LEAST_GAP, MOST_QUANTILES, Spacing
from digitgen.config.numbers import two_of
from digitgen.config.section import Section, just_one_of, word
from digitgen.errors import ArgumentError
from digitgen.format import MAX_WIDTH

_Gap = Annotated[StrictInt, Field(ge=LEAST_GAP, le=MAX_WIDTH)]


def _quantiles(value: Any) -> Any:
    """The rule of quantiles: probabilities are keys, and so text."""
    try:
        law = Spacing(quantiles=value)
    except ArgumentError as error:
        raise ArgumentError(error.message, *error.key[1:]) from None
    return {str(probability): px for probability, px in law.points}


@lru_cache(maxsize=64)
def _known_law(
    ends: tuple[int, int] | None, quantiles: tuple[tuple[str, float], ...] | None, touching: float | None
) -> Spacing:
    """The law of a single gap, which a configuration asks for again and again."""
    return Spacing(ends, quantiles, touching)  # type: ignore[arg-type]  # probabilities may be text


AnyQuantiles = Annotated[
    dict[str, StrictInt | StrictFloat],
    BeforeValidator(_quantiles),
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"title": "probability", "pattern": r"^(0|1|0?\.[0-9]+|[01]\.0*)$"},
            "additionalProperties": {"title": "px", "type": "number", "minimum": LEAST_GAP, "maximum": MAX_WIDTH},
            "maxProperties": MOST_QUANTILES,
        }
    ),
]


class SpacingConfig(Section):
    """The gaps between neighbouring digits."""

    model_config = ConfigDict(json_schema_extra=just_one_of(("range", "quantiles")))

    range: Annotated[tuple[_Gap, _Gap], two_of("a list of two integers, such as [0, 5]")] | None = None
    """Smallest and largest gap in px, uniform, both ends included. Negative gaps overlap."""
    quantiles: AnyQuantiles | None = None
    """In place of a range: px by probability, such as {0: -5, 0.5: 2, 1: 12}. Between them the law goes on linearly;
    gaps are rounded to whole px."""
    touching: Annotated[StrictFloat, Field(ge=0, le=1)] | None = None
    """Share of gaps of 0 px or less; the others are above. Without it, the law decides."""
    fit: Annotated[Fit, word(Fit)] = "conditional"
    """If the largest gaps do not fit: sample among those that do (conditional), or refuse (strict)."""
    unit: Annotated[Unit, word(Unit)] = "cell"
    """Whether gaps lie between the 28 px cells, between the inked columns, or between strokes, in the row in which two
    digits come nearest."""
    overlap: Annotated[Overlap, word(Overlap)] = "max"
    """Value of a pixel where digits overlap: their maximum, or their sum, clipped at 255."""

    @property
    def law(self) -> Spacing:
        """The law of a single gap."""
        quantiles = None if self.quantiles is None else tuple(self.quantiles.items())
        return _known_law(self.range, quantiles, self.touching)

    @model_validator(mode="after")
    def _is_a_law(self) -> "SpacingConfig":
        """Refuse values that make no law together."""
        if self.range is not None and self.range[0] > self.range[1]:
            raise ArgumentError("the minimum, {}, is larger than the maximum, {}".format(*self.range), "range")
        _ = self.law
        return self
