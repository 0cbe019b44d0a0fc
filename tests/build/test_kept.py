"""What is kept from one configuration to the next."""

import pytest

from digitgen.build.kept import Kept


def get(kept: Kept, key: str, made: list[str], size: int = 10) -> str:
    def make() -> str:
        made.append(key)
        return key.upper()

    return kept.get(key, make, lambda _: size)


def test_a_thing_is_made_once() -> None:
    kept, made = Kept(), list[str]()
    assert [get(kept, "a", made) for _ in range(3)] == ["A", "A", "A"]
    assert made == ["a"]
    assert "a" in kept
    assert kept.nbytes == 10


def test_what_was_longest_not_asked_for_is_forgotten_first() -> None:
    kept, made = Kept(most=20), list[str]()
    for turn in ("ab", "a", "c", "d"):
        with kept.turn():
            for key in turn:
                get(kept, key, made)
    assert [key for key in "abcd" if key in kept] == ["c", "d"]
    assert kept.nbytes == 20


def test_what_the_last_turn_asked_for_is_kept_however_large() -> None:
    kept, made = Kept(most=20), list[str]()
    for _ in range(3):
        with kept.turn():
            for key in "abcde":
                get(kept, key, made)
    assert made == list("abcde")


def test_nothing_is_kept_of_what_cannot_be_made() -> None:
    kept = Kept()
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 // 0, lambda _: 1)
    assert "a" not in kept
    assert kept.get("a", lambda: 5, lambda _: 1) == 5
