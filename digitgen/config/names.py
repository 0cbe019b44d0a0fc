"""Names and alphabets in a configuration."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StrictStr

from digitgen.alphabet import MAX_CLASSES, no_alphabet, no_characters
from digitgen.errors import ArgumentError
from digitgen.format import DATASET_NAME, SPLIT_NAME
from digitgen.messages import shown


def _name(pattern: str, marks: str) -> AfterValidator:
    """The rule of a name of a folder: it cannot leave the folder that it is in."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            what = f"at most 64 letters, digits, {marks}, starting with a letter or digit"
            raise ArgumentError(f"must be {what}; got {shown(value)}")
        return value

    return AfterValidator(check)


Name = Annotated[
    StrictStr, _name(DATASET_NAME, "'-', '_' and '.'"), Field(json_schema_extra={"pattern": f"^{DATASET_NAME}$"})
]
SplitName = Annotated[
    StrictStr, _name(SPLIT_NAME, "'-' and '_'"), Field(json_schema_extra={"pattern": f"^{SPLIT_NAME}$"})
]


def _text(problem_of: Callable[[object], str | None]) -> BeforeValidator:
    """The rule of a text; `problem_of` says what is wrong with one."""

    def check(value: Any) -> Any:
        if problem := problem_of(value):
            raise ArgumentError(problem)
        return value

    return BeforeValidator(check)


_LENGTHS = {"minLength": 1, "maxLength": MAX_CLASSES}
Characters = Annotated[str, _text(no_characters), Field(json_schema_extra=_LENGTHS)]
Alphabet = Annotated[str, _text(no_alphabet), Field(json_schema_extra=_LENGTHS)]
