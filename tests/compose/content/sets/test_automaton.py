"""Automata: conditions on strings, and the sets of strings that obey them."""

from collections.abc import Callable
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from digitgen.compose.content.sets.automaton import Automaton
from digitgen.compose.content.sets.machine import Machine
from digitgen.errors import ArgumentError
from tests.reference import assert_follows
from tests.strings import as_texts, table


def every(longest: int, classes: int) -> list[str]:
    """All strings of 1 to `longest` of the classes, in order."""
    digits = "0123456789"[:classes]
    return sorted("".join(text) for length in range(1, longest + 1) for text in product(digits, repeat=length))


def divisible(by: int, classes: int) -> Machine:
    """Numbers in base `classes` that are divisible."""
    after = [[(state * classes + digit) % by for digit in range(classes)] for state in range(by)]
    return Machine(np.array(after), np.arange(by) == 0)


NO_REPEAT = Machine(np.array([[1, 2, 3], [-1, 2, 3], [1, -1, 3], [1, 2, -1]]), np.full(4, True))  # no 00, 11 or 22
MACHINES: dict[str, tuple[list[Machine], Callable[[str], bool]]] = {
    "no class twice in a row": ([NO_REPEAT], lambda text: not any(c * 2 in text for c in "012")),
    "divisible by 7": ([divisible(7, 3)], lambda text: int(text, 3) % 7 == 0),
    "not divisible by 7": ([divisible(7, 3).complement], lambda text: int(text, 3) % 7 > 0),
    "divisible by 2 and by 5": ([divisible(2, 3), divisible(5, 3)], lambda text: int(text, 3) % 10 == 0),
    "a double, not divisible": (
        [divisible(4, 3).complement, NO_REPEAT.complement],
        lambda text: any(c * 2 in text for c in "012") and int(text, 3) % 4 > 0,
    ),
}


@pytest.fixture(params=MACHINES)
def case(request: pytest.FixtureRequest) -> tuple[list[Machine], list[str]]:
    """Machines, and the strings of up to 6 that all of them must accept."""
    machines, rule = MACHINES[request.param]
    return machines, [text for text in every(6, 3) if rule(text)]


def of(machines: list[Machine], longest: int = 6) -> Automaton:
    automaton: Automaton | None = Automaton.of_lengths(1, longest, 3)
    for machine in machines:
        automaton = automaton and automaton & machine
    assert automaton is not None
    return automaton


def test_a_machine_admits_what_it_describes(case: tuple[list[Machine], list[str]]) -> None:
    machines, strings = case
    admitted = np.all([machine.admits(table(every(6, 3))) for machine in machines], axis=0)
    assert [text for text, yes in zip(every(6, 3), admitted, strict=True) if yes] == strings


def test_ranks_count_the_strings_in_order(case: tuple[list[Machine], list[str]]) -> None:
    machines, strings = case
    automaton = of(machines)
    assert automaton.size == len(strings)
    assert as_texts(automaton.unrank(np.arange(automaton.size))) == strings
    ranks = dict(zip(strings, range(len(strings)), strict=True))
    assert automaton.ranks(table(every(7, 3))).tolist() == [ranks.get(text, -1) for text in every(7, 3)]
    assert automaton.admits(table(every(7, 3))).tolist() == [text in ranks for text in every(7, 3)]


def test_lengths_and_marginals_are_those_of_the_strings(case: tuple[list[Machine], list[str]]) -> None:
    machines, strings = case
    automaton, sizes = of(machines), [len(text) for text in strings]
    expected = {length: sizes.count(length) / len(strings) for length in sorted(set(sizes))}
    assert automaton.lengths == pytest.approx(expected)
    columns = [[text[k] for text in strings if len(text) > k] for k in range(6)]
    marginals = [[column.count(each) / len(column) for each in "012"] for column in columns]
    np.testing.assert_allclose(automaton.marginals, marginals)


def test_every_string_is_as_likely_as_the_others() -> None:
    automaton = of([divisible(7, 3)], 4)
    strings = [text for text in every(4, 3) if int(text, 3) % 7 == 0]
    law = dict.fromkeys(strings, Fraction(1, len(strings)))
    assert_follows(as_texts(automaton.sample(np.random.default_rng(1), 10_000)), law)


def test_there_is_no_automaton_of_no_strings() -> None:
    assert Automaton.of_lengths(2, 6, 3) & Machine(np.array([[0, -1, -1]]), np.array([False])) is None
    even = Automaton.of_lengths(1, 2, 3) & divisible(2, 3)
    assert even is not None
    assert even & divisible(2, 3).complement is None


@pytest.mark.parametrize("length", [17, 18, 19, 20, 60, 255])
def test_strings_are_counted_exactly_beyond_64_bits(length: int) -> None:
    automaton = Automaton.of_lengths(length, length, 10) & divisible(3, 10)
    assert automaton is not None
    assert automaton.size == (10**length + 2) // 3
    ranks = np.array([0, 1, automaton.size // 2, automaton.size - 1])
    strings = as_texts(automaton.unrank(ranks))
    assert strings == [f"{3 * int(rank):0{length}}" for rank in ranks.tolist()]
    assert automaton.ranks(table(strings)).tolist() == ranks.tolist()
    assert automaton.lengths == {length: 1.0}
    assert np.allclose(automaton.marginals, 0.1, rtol=0.1)


def test_the_last_of_256_classes_is_no_end() -> None:
    automaton = Automaton.of_lengths(1, 2, 256)
    lengths, digits = automaton.unrank(np.array([automaton.size - 1, automaton.size - 257]))
    assert (lengths.tolist(), digits.tolist()) == ([2, 1], [255, 255, 255])


def test_what_takes_too_many_moves_is_refused() -> None:
    message = "too many kinds of strings to count: they take 4,300,000 moves of an automaton, and 4,194,304 can be"
    with pytest.raises(ArgumentError, match=message):
        Automaton.of_lengths(255, 255, 250) & divisible(997, 250)
