"""The search for what is wrong finds what was broken on purpose, and nothing where nothing was."""

import numpy as np

from digitgen.look.mistakes.alignment import Digits
from digitgen.look.mistakes.edit_graph import EXTRA, NOT_READ
from digitgen.look.mistakes.factor import Factor
from digitgen.look.mistakes.findings import Pattern
from digitgen.look.mistakes.patterns import find_patterns

COUNT = 6000


class Model:
    """Digits in sequences of three, each at a strength from 0 to 5, read without fault until something is broken."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.sequence = np.repeat(np.arange(COUNT // 3), 3)
        self.digit = self.rng.integers(0, 10, COUNT).astype(np.int8)
        self.strength = self.rng.integers(0, 6, COUNT)
        self.touched = self.rng.random(COUNT) < 0.3
        self.read = self.digit.copy()
        self.added = np.zeros(COUNT, bool)

    def misread(self, which: np.ndarray, share: float, into: int | None = None) -> "Model":
        """Read a share of some digits as another, or as any other."""
        chosen = which & (self.rng.random(COUNT) < share)
        other = (self.digit + self.rng.integers(1, 10, COUNT)) % 10 if into is None else np.full(COUNT, into)
        self.read[chosen] = other[chosen]
        return self

    def patterns(self) -> list[Pattern]:
        levels = tuple("012345")
        strength = Factor(
            "strength",
            levels,
            tuple(f"at {level}" for level in levels),
            self.strength.astype(np.int16),
            tuple(f"up to {level}" for level in levels),
            tuple(f"from {level}" for level in levels),
        )
        touched = Factor("touched", ("no", "yes"), ("without noise", "under noise"), self.touched.astype(np.int16))
        return find_patterns(self.digits(), [strength, touched])[0]

    def digits(self) -> Digits:
        """What became of the digits."""
        misread, added = np.flatnonzero(self.read != self.digit), np.flatnonzero(self.added)
        at = np.concatenate([misread, added])
        outcome = np.concatenate([self.read[misread], np.full(len(added), EXTRA)])
        order = np.argsort(at, kind="stable")
        return Digits(self.sequence, self.digit, at[order], outcome[order].astype(np.int64), np.ones(len(at)))

    def names(self) -> list[str]:
        return [pattern.name for pattern in self.patterns()]


def test_errors_by_chance_make_no_pattern() -> None:
    assert [Model(seed).misread(np.ones(COUNT, bool), 0.05).names() for seed in range(8)] == [[]] * 8


def test_no_errors_make_no_pattern() -> None:
    assert Model(1).names() == []


def test_a_digit_read_as_another_under_a_condition_is_named_with_it() -> None:
    model = Model(1).misread(np.ones(COUNT, bool), 0.02)
    model.misread((model.digit == 4) & model.touched, 0.8, 9)
    (found,) = model.patterns()
    assert found.name == "4 read as 9 under noise"
    inside = (model.digit == 4) & model.touched
    wrong = inside & (model.read == 9)
    assert found.digits == inside.sum()
    assert found.errors == wrong.sum()
    assert found.wrong.tolist() == np.flatnonzero(wrong).tolist()
    assert found.rate == wrong.sum() / inside.sum()
    assert found.share == wrong.sum() / (model.read != model.digit).sum()
    elsewhere = (model.digit == 4) & ~model.touched
    assert found.elsewhere == (model.read[elsewhere] == 9).sum() / elsewhere.sum()


def test_an_error_that_depends_on_nothing_is_named_without_a_condition() -> None:
    model = Model(2).misread(np.ones(COUNT, bool), 0.02)
    assert model.misread(model.digit == 4, 0.5, 9).names() == ["4 read as 9"]


def test_two_digits_taken_for_each_other_are_one_pattern() -> None:
    model = Model(3).misread(np.ones(COUNT, bool), 0.02)
    model.misread((model.digit == 4) & (model.strength >= 3), 0.5, 9)
    model.misread((model.digit == 9) & (model.strength >= 3), 0.5, 4)
    assert model.names() == ["4 and 9 mixed up from 3"]


def test_a_condition_may_be_a_level_or_all_levels_up_to_one() -> None:
    model = Model(4)
    assert model.misread(model.strength <= 1, 0.4).names() == ["Digits misread up to 1"]
    model = Model(4)
    assert model.misread(model.strength == 3, 0.4).names() == ["Digits misread at 3"]


def test_lost_and_added_digits_are_named() -> None:
    model = Model(5)
    model.read[model.touched & (model.rng.random(COUNT) < 0.5)] = NOT_READ
    assert model.names() == ["Digits not read at all under noise"]
    model = Model(5)
    model.read[(model.digit == 1) & (model.rng.random(COUNT) < 0.5)] = NOT_READ
    assert model.names() == ["1 not read at all"]
    model = Model(5)
    model.added = model.touched & (model.rng.random(COUNT) < 0.5)
    assert model.names() == ["A digit too many under noise"]


def test_several_faults_are_named_one_by_one_the_largest_first() -> None:
    model = Model(6).misread(np.ones(COUNT, bool), 0.02)
    model.misread((model.digit == 7) & (model.strength >= 4), 0.6, 1)
    model.misread((model.digit == 4) & model.touched, 0.9, 9)
    assert sorted(model.names()) == ["4 read as 9 under noise", "7 read as 1 from 4"]
    errors = [pattern.errors for pattern in model.patterns()]
    assert errors == sorted(errors, reverse=True)


def test_nine_errors_make_no_pattern() -> None:
    model = Model(7)
    model.read[np.flatnonzero((model.digit == 4) & model.touched)[:9]] = 9
    assert model.names() == []


def test_two_images_that_fail_as_a_whole_make_no_pattern() -> None:
    model = Model(8).misread(np.ones(COUNT, bool), 0.05)
    # Forty digits that go wrong, but in two images only: what they have in common need not be the cause.
    model.sequence = np.sort(np.concatenate([model.sequence[:-60], np.full(60, model.sequence[-60])]))
    model.strength[-60:] = 5
    model.digit[-60:] = 6
    model.read[-60:] = 5
    assert model.names() == []
