"""The configuration of the line that digits stand on."""

from typing import Annotated

from pydantic import Field, StrictFloat, model_validator

from digitgen.compose.baseline import MOST_CURVE, MOST_JITTER, MOST_SLOPE, Baseline
from digitgen.config.numbers import number_range
from digitgen.config.section import Section


class BaselineConfig(Section):
    """The line that the ink of digits stands on."""

    jitter: Annotated[StrictFloat, Field(ge=0, le=MOST_JITTER)] = 0.0
    """Standard deviation of the distance of a digit's bottom from the line, in heights of its ink."""
    slope: number_range(-MOST_SLOPE, MOST_SLOPE, integer=False) = (0.0, 0.0)  # type: ignore[valid-type]
    """Slope of the line, px up for each px to the right: one number or a range, one for each string, uniform."""
    curve: number_range(-MOST_CURVE, MOST_CURVE, integer=False) = (0.0, 0.0)  # type: ignore[valid-type]
    """Height of the middle of the line above its ends, in lengths of the string: one number or a range, one for each
    string, uniform."""

    @property
    def law(self) -> Baseline:
        """The law of the line."""
        return Baseline(self.jitter, self.slope, self.curve)

    @model_validator(mode="after")
    def _is_a_law(self) -> "BaselineConfig":
        """Refuse ranges that are the wrong way round."""
        _ = self.law
        return self
