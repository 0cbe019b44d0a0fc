"""What pydantic finds wrong is said in our words, each finding once and with its key."""

import pickle
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from digitgen.errors import ArgumentError
from digitgen.findings import WrongKeyError, findings, refused


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ArgumentError("must be odd", "inside")
    return value


class Thing(BaseModel):
    """With a rule of each kind."""

    model_config = ConfigDict(extra="forbid", strict=True)

    count: int = 1
    odd: Annotated[int, AfterValidator(_odd)] = 1
    named: dict[Annotated[str, Field(max_length=3)], int] = {}


class Box(BaseModel):
    """Things in a list."""

    things: list[Thing]


def found(model: type[BaseModel], content: Any) -> list[ArgumentError]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(content)
    return findings(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param({}, ["things: is missing"], id="missing"),
        pytest.param(
            {"things": [{}, {"count": "5"}]}, ["things.1.count: input should be a valid integer; got '5'"], id="type"
        ),
        pytest.param({"things": [{"odd": 2}]}, ["things.0.odd.inside: must be odd"], id="a rule of our own"),
        pytest.param({"things": [{"cuont": 5}]}, ["things.0.cuont: unknown key"], id="unknown key"),
        pytest.param(
            {"things": [{"count": 1.5, "odd": 4}]},
            ["things.0.count: input should be a valid integer; got 1.5", "things.0.odd.inside: must be odd"],
            id="two",
        ),
    ],
)
def test_a_finding_says_where_and_what(content: Any, said: list[str]) -> None:
    assert [str(each) for each in found(Box, content)] == said


def test_a_value_is_shown_on_one_short_line() -> None:
    (each,) = found(Thing, {"count": "a\nb" * 1000})
    assert str(each).startswith(r"count: input should be a valid integer; got 'a\nba\nb")
    assert "\n" not in str(each)
    assert len(str(each)) < 120


def test_the_key_of_a_dictionary_is_told_from_what_stands_under_it() -> None:
    key, value = found(Thing, {"named": {"long name": 1}}), found(Thing, {"named": {"a": "b"}})
    assert [(each.key, isinstance(each, WrongKeyError)) for each in key] == [(("named", "long name"), True)]
    assert [(each.key, isinstance(each, WrongKeyError)) for each in value] == [(("named", "a"), False)]


def test_several_findings_of_one_rule_are_all_told_and_none_twice() -> None:
    def rule(_: int) -> int:
        raise refused([ArgumentError("is odd", "a"), WrongKeyError("unknown key", "b"), ArgumentError("is odd", "a")])

    class Strict(BaseModel):
        value: Annotated[int, AfterValidator(rule)]

    said = found(Strict, {"value": 1})
    assert [str(each) for each in said] == ["value.a: is odd", "value.b: unknown key"]
    assert [type(each) for each in said] == [ArgumentError, WrongKeyError]


def test_an_error_keeps_its_key_from_process_to_process() -> None:
    error = pickle.loads(pickle.dumps(ArgumentError("is too long", "steps", 3).within("augment")))
    assert (str(error), error.key) == ("augment.steps.3: is too long", ("augment", "steps", 3))
