"""What all sections of a configuration have in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section: unknown keys are refused, and nothing changes once it is checked."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ContradictionError(ValueError):
    """Keys that are right by themselves and contradict each other.

    Parameters
    ----------
    message : str
        What is wrong.
    *key : str or int
        The one to point at, from the section that raises this.
    """

    def __init__(self, message: str, *key: str | int) -> None:
        super().__init__(message)
        self.key = key
