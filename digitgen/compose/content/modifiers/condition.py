"""Conditions on strings: which of them are singled out, to be left out or to be the only ones."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, ClassVar, Final

import numpy as np

from digitgen.checks import check_path, plain
from digitgen.compose.content.law import Key
from digitgen.compose.content.lines import read_strings
from digitgen.compose.content.sets.automaton import Automaton
from digitgen.compose.content.sets.component import Component
from digitgen.compose.content.sets.machine import Machine
from digitgen.compose.content.sets.table import Table
from digitgen.compose.content.sets.union import Union
from digitgen.compose.content.sets.weighted import Weighted
from digitgen.compose.content.sets.without import Without
from digitgen.errors import ArgumentError
from digitgen.format import MAX_LENGTH
from digitgen.messages import one_line, shown

_SHOWN: Final = 5  # n-grams in words
_MAX_CHARACTERS: Final = 20_000  # of all n-grams together


@dataclass(frozen=True)
class Condition:
    """Some of all strings: those of a file, those that contain an n-gram, or those that match a pattern.

    Attributes
    ----------
    strings : Path, optional
        A file with a string on each line.
    ngrams : sequence of str, optional
        Neighbouring characters, such as "12". A string that contains any of them is singled out.
    pattern : str, optional
        A regular expression. A string that matches it as a whole is singled out.

    Raises
    ------
    ArgumentError
        If not just one of them is given.
    """

    just_one: ClassVar = True

    strings: Annotated[
        Path | None,
        Key("A file with a string on each line; relative to the configuration file."),
    ] = None
    ngrams: Annotated[
        tuple[str, ...] | None,
        Key('Neighbouring characters, such as ["12", "37"]; strings that contain any of them are meant.'),
    ] = None
    pattern: Annotated[
        str | None, Key("A regular expression over the alphabet; strings that match it as a whole are meant.")
    ] = None

    def __post_init__(self) -> None:
        names = [field.name for field in fields(self)]
        given = [name for name in names if getattr(self, name) is not None]
        if len(given) != 1:
            raise ArgumentError(f"must have just one of the keys {', '.join(names)}; got {', '.join(given) or 'none'}")
        if self.strings is not None:
            object.__setattr__(self, "strings", check_path("strings", self.strings))
        if self.ngrams is not None:
            ngrams = plain(self.ngrams)
            if isinstance(ngrams, str) or not isinstance(ngrams, list | tuple) or not ngrams:
                raise ArgumentError(f'must be a list of strings, such as ["12", "37"]; got {shown(ngrams)}', "ngrams")
            object.__setattr__(self, "ngrams", tuple(ngrams))

    @property
    def words(self) -> str:
        """The strings that are meant, in words."""
        if self.strings is not None:
            return f"the strings of {one_line(self.strings.name)}"
        if self.pattern is not None:
            return f"strings that match {shown(self.pattern)}"
        first = [one_line(ngram) for ngram in (self.ngrams or ())[:_SHOWN]]
        more = len(self.ngrams or ()) - len(first)
        rest = [f"one of {more} others" if more > 1 else "another"] if more else []
        *all_but_one, last = [*first, *rest]
        return f"strings that contain {', '.join(all_but_one)}{' or ' * bool(all_but_one)}{last}"

    def over(self, alphabet: str) -> "Language":
        """Find the strings that are meant.

        Parameters
        ----------
        alphabet : str
            The character of each class.

        Returns
        -------
        Language
            The strings.

        Raises
        ------
        ArgumentError
            If a file cannot be read, a pattern is none, or anything has a character that the alphabet lacks.
        """
        try:
            if self.strings is not None:
                file = read_strings(self.strings, alphabet)
                return Language(table=replace(file.table, weights=None), sha256=file.sha256)
            if self.ngrams is not None:
                return Language(machine=_containing(self.ngrams, alphabet))
            return Language(machine=_matching(str(self.pattern), alphabet))
        except ArgumentError as error:
            raise error.within(
                next(field.name for field in fields(self) if getattr(self, field.name) is not None)
            ) from None


@dataclass(frozen=True, eq=False)
class Language:
    """A set of strings, which may be infinite.

    Attributes
    ----------
    machine : Machine or None
        What accepts them; or
    table : Table or None
        a list of them.
    sha256 : str or None
        The hash of the file that they were read from.
    """

    machine: Machine | None = None
    table: Table | None = None
    sha256: str | None = None

    def restrict(self, part: Component, inside: bool) -> Component | None:
        """Find the strings of a set that are in the language.

        Parameters
        ----------
        part : Component
            The set.
        inside : bool
            Whether to find those inside, or those that are not.

        Returns
        -------
        Component or None
            The strings, as likely as they are in the set; None if there are none.
        """
        if isinstance(part, Union):
            parts = [left for each in part.parts if (left := self.restrict(each, inside))]
            return Union(parts) if len(parts) > 1 else next(iter(parts), None)
        if isinstance(part, Weighted):
            strings = self.restrict(part.strings, inside)
            return strings and Weighted.of(strings, part.shares)
        if isinstance(part, Table):
            return _some(part, (self.machine or self.table), inside)
        if self.machine is not None:
            if isinstance(part, Without):
                strings = self.restrict(part.strings, inside)
                return strings and Language(table=part.missing).restrict(strings, inside=False)
            assert isinstance(part, Automaton)
            return part & (self.machine if inside else self.machine.complement)
        assert self.table is not None
        there = _some(self.table, part, inside=True)
        if inside or there is None:
            return there if inside else part
        strings = part
        if isinstance(part, Without):
            strings, there = part.strings, _union(part.missing, there)
        assert isinstance(strings, Automaton)
        return Without(strings, there) if there.size < strings.size else None


def _some(table: Table, by: Machine | Component | None, inside: bool) -> Table | None:
    """The strings of a table that are, or are not, admitted; None if there are none."""
    assert by is not None
    kept = np.concatenate([by.admits(rows) == inside for rows in table.blocks.values()])
    return table.restricted(kept) if kept.any() else None


def _union(one: Table, other: Table) -> Table:
    """The strings of two tables."""
    lengths = [np.repeat(list(each.counts), list(each.counts.values())) for each in (one, other)]
    return Table.of(np.concatenate(lengths), np.concatenate([one.flat, other.flat]), one.classes)


def _matching(pattern: str, alphabet: str) -> Machine:
    """The automaton of the strings that match a pattern; those that no image can have may be wrong."""
    from digitgen.compose.content.sets import glushkov, regular

    return glushkov.machine_of(regular.parse(pattern, alphabet), len(alphabet), MAX_LENGTH)


def _containing(ngrams: tuple[str, ...], alphabet: str) -> Machine:
    """The automaton of the strings that contain an n-gram.

    A state is the longest end of what was read that is the beginning of an n-gram; the last is behind an n-gram
    (Aho and Corasick 1975).
    """
    for place, ngram in enumerate(ngrams):
        if not isinstance(ngram, str) or not 1 <= len(ngram) <= MAX_LENGTH or set(ngram) - set(alphabet):
            what = f"a string of 1 to {MAX_LENGTH} characters of the alphabet {shown(alphabet)}"
            raise ArgumentError(f"must be {what}; got {shown(ngram)}", place)
    if (total := sum(map(len, ngrams))) > _MAX_CHARACTERS:
        raise ArgumentError(f"must have at most {_MAX_CHARACTERS:,} characters together; got {total:,}")
    found, sizes = set(ngrams), sorted(set(map(len, ngrams)))
    beginnings = {ngram[:size]: None for ngram in sorted(ngrams) for size in range(len(ngram))}
    states = {text: number for number, text in enumerate(beginnings)}
    last = len(states)
    rows = []
    for text in states:
        row = []
        for character in alphabet:
            read = text + character
            if any(read[-size:] in found for size in sizes):
                row.append(last)
            else:
                row.append(next(states[read[k:]] for k in range(len(read) + 1) if read[k:] in states))
        rows.append(row)
    rows.append([last] * len(alphabet))
    return Machine(np.array(rows), np.arange(last + 1) == last)
