"""One cause is one finding, whatever names it goes by; two causes are two."""

import math
from dataclasses import replace

import numpy as np
import pytest

from digitgen.look.mistakes.alignment import Digits
from digitgen.look.mistakes.effects import Effect, find_effects
from digitgen.look.mistakes.factor import Factor, numbers
from digitgen.look.mistakes.findings import Pattern
from digitgen.look.mistakes.groups import stratified_excess
from digitgen.look.mistakes.patterns import find_patterns

COUNT = 9000
SEQUENCE = np.repeat(np.arange(COUNT // 3), 3)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def yes_or_no(name: str, flags: np.ndarray, *, family: str = "") -> Factor:
    """A factor of two levels."""
    return Factor(name, ("no", "yes"), (f"without {name}", f"under {name}"), flags.astype(np.int16), family=family)


def misread(chances: np.ndarray, seed: int = 2) -> Digits:
    """Digits that are read as any other with these chances."""
    random = rng(seed)
    digit = random.integers(0, 10, COUNT).astype(np.int8)
    at = np.flatnonzero(random.random(COUNT) < chances)
    outcome = (digit[at] + random.integers(1, 10, len(at))) % 10
    return Digits(SEQUENCE, digit, at, outcome, np.ones(len(at)))


def found(chances: np.ndarray, *factors: Factor) -> tuple[list[Pattern], list[Effect]]:
    """The patterns and effects of digits that are misread with these chances."""
    digits = misread(chances)
    return find_patterns(digits, factors)[0], find_effects(factors, digits)[0]


def test_one_cause_with_two_names_is_one_finding_that_has_both() -> None:
    narrow = rng().random(COUNT) < 0.3
    close = yes_or_no("closeness", narrow ^ (rng(5).random(COUNT) < 0.01))
    (pattern,), (effect,) = found(np.where(narrow, 0.3, 0.02), yes_or_no("narrowness", narrow), close)
    assert pattern.name == "Digits misread under narrowness"
    assert pattern.also == ("under closeness",)
    assert (effect.factor, effect.also) == ("narrowness", ["closeness: yes"])


def test_what_only_comes_along_with_a_cause_is_no_finding() -> None:
    narrow = rng().random(COUNT) < 0.3
    long = narrow ^ (rng(5).random(COUNT) < 0.3)  # often at once, but of no harm by itself
    (pattern,), (effect,) = found(np.where(narrow, 0.3, 0.02), yes_or_no("length", long), yes_or_no("narrow", narrow))
    assert (pattern.name, pattern.also) == ("Digits misread under narrow", ())
    assert (effect.factor, effect.also) == ("narrow", ["length: yes"])


def test_two_independent_causes_are_two_findings() -> None:
    one, other = rng().random(COUNT) < 0.3, rng(5).random(COUNT) < 0.2
    chances = np.where(one, 0.3, 0.02) + np.where(other, 0.2, 0)
    patterns, effects = found(chances, yes_or_no("blur", one), yes_or_no("noise", other))
    assert [pattern.name for pattern in patterns] == ["Digits misread under blur", "Digits misread under noise"]
    assert [(effect.factor, effect.also) for effect in effects] == [("blur", []), ("noise", [])]


def test_two_causes_that_often_come_together_are_two_findings() -> None:
    one = rng().random(COUNT) < 0.3
    other = one ^ (rng(5).random(COUNT) < 0.3)
    chances = np.where(one, 0.25, 0.02) + np.where(other, 0.25, 0)
    _, effects = found(chances, yes_or_no("blur", one), yes_or_no("noise", other))
    assert {effect.factor for effect in effects} == {"blur", "noise"}


def test_a_cause_that_does_more_harm_the_stronger_it_is_is_one_finding() -> None:
    strength = rng().integers(0, 6, COUNT)
    chances = np.array([0.02, 0.02, 0.02, 0.02, 0.2, 0.7])[strength]
    (pattern,), (effect,) = found(chances, numbers("blur", "blur", strength.astype(float)))
    assert pattern.name == "Digits misread where blur is at least 4"
    assert (effect.factor, effect.level) == ("blur", "5")


def test_a_condition_that_makes_no_difference_beyond_doubt_is_not_named() -> None:
    digit = misread(np.zeros(COUNT)).digit
    usual = rng().random(COUNT) > 0.015  # without it, none of 27 such digits errs; that may be chance
    (pattern,), _ = found(np.where(digit < 2, 0.25 * usual, 0.01), yes_or_no("light", usual))
    assert pattern.name == "0 and 1 misread"


def test_measures_of_one_thing_are_one_finding() -> None:
    gap = rng().integers(-6, 7, COUNT)
    chances = np.where(gap < -3, 0.8, np.where(gap < 0, 0.25, 0.02))
    overlap = yes_or_no("overlap", gap < 0, family="spacing")
    width = numbers("gap", "the gap", gap.astype(float) // 2, "px")
    (pattern,), (effect,) = found(chances, overlap, replace(width, family="spacing"))
    assert pattern.name == "Digits misread under overlap, most where the gap is at most -2 px"
    assert pattern.also == ("where the gap is at most -1 px",)
    assert (effect.factor, effect.also) == ("gap, px", ["overlap: yes"])


def test_neighbouring_levels_of_one_factor_are_a_range() -> None:
    place = np.tile([1, 2, 3], COUNT // 3)
    chances = np.where(place == 2, 0.5, np.where(place == 3, 0.2, 0.01))
    (pattern,), _ = found(chances, numbers("place", "the place", place.astype(float)))
    assert pattern.name == "Digits misread where the place is at least 2"


# Parameters of a step that touches few images


def step(share: float) -> tuple[Factor, Factor, np.ndarray]:
    """Whether a step touched a digit, its strength, and the same as numbers, NaN where it did not."""
    touched = np.repeat(rng(7).random(COUNT // 3) < share, 3)
    strength = np.where(touched, np.repeat(rng(8).uniform(0, 1, COUNT // 3), 3), np.nan)
    whether = yes_or_no("warp", touched, family="warp")
    parameter = numbers("warp.angle", "warp.angle", strength)
    return whether, replace(parameter, family="warp", touched=whether), strength


def test_a_step_is_blamed_and_not_its_parameter_if_all_that_it_touched_errs() -> None:
    for share in (0.02, 0.1, 0.5):
        whether, angle, strength = step(share)
        patterns, effects = found(np.where(np.isnan(strength), 0.02, 0.4), whether, angle)
        assert [pattern.name for pattern in patterns] == ["Digits misread under warp"], share
        assert [effect.factor for effect in effects] == ["warp"], share


def test_a_parameter_is_blamed_if_it_makes_a_difference_among_what_its_step_touched() -> None:
    whether, angle, strength = step(0.2)
    (pattern,), effects = found(np.where(np.nan_to_num(strength) > 0.7, 0.6, 0.02), angle, whether)
    assert pattern.name == "Digits misread where warp.angle is at least 0.67"
    assert [(effect.factor, effect.also) for effect in effects] == [("warp.angle", ["warp: yes"])]


# The comparison that it rests on


def test_the_excess_in_strata_equals_a_loop() -> None:
    random = rng(9)
    stratum, inside, values = random.integers(0, 4, COUNT), random.random(COUNT) < 0.3, random.random(COUNT)
    stratum[inside] = np.minimum(stratum[inside], 2)  # one stratum lies all outside
    stratum[:30], inside[:30] = 4, True  # and one all inside
    excess, each = 0.0, np.zeros(COUNT)
    for k in range(3):
        here, others = (stratum == k) & inside, (stratum == k) & ~inside
        excess += values[here].sum() - here.sum() * values[others].mean()
        each[here] = values[here] - values[here].mean()
        each[others] = -here.sum() / others.sum() * (values[others] - values[others].mean())
    error = math.sqrt(sum(each[start : start + 3].sum() ** 2 for start in range(0, COUNT, 3)))
    assert stratified_excess(SEQUENCE, stratum, inside, values) == pytest.approx((excess, error))
