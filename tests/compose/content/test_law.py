"""The table of laws, and what holds for all of them."""

import pickle
from dataclasses import fields
from typing import get_args, get_type_hints

import numpy as np
import pytest

from digitgen.compose.content import LAWS
from digitgen.compose.content.law import ContentLaw, Key
from digitgen.rng import STREAMS, chunk_address, split_address
from tests.compose.content.examples import KEYS, as_table, assert_follow, assert_knows_what_it_samples, examples

EXAMPLES = pytest.mark.parametrize("law", examples(), ids=str)
_FEW = 1000


def strings_of(law: ContentLaw, chunk: int) -> tuple[list[int], bytes]:
    """The strings of a chunk of a split of some seed."""
    own, whole = (address.at(STREAMS["content"]) for address in (chunk_address(5, "a", chunk), split_address(5, "a")))
    lengths, digits = law.sample_chunk(chunk, own, whole)
    return lengths.tolist(), digits.tobytes()


def test_there_are_examples_of_all_laws() -> None:
    assert KEYS.keys() == LAWS.keys()


@pytest.mark.parametrize(("key", "law"), LAWS.items())
def test_a_law_is_named_by_one_of_its_fields_and_describes_them_all(key: str, law: type[ContentLaw]) -> None:
    keys = get_type_hints(law, include_extras=True)
    described = {field.name: get_args(keys[field.name])[1] for field in fields(law) if field.name != "alphabet"}
    assert key in described
    assert all(isinstance(each, Key) and each.description for each in described.values())


@EXAMPLES
def test_a_law_knows_what_it_samples(law: ContentLaw) -> None:
    assert_knows_what_it_samples(law)


@EXAMPLES
def test_where_there_are_few_strings_each_comes_as_often_as_the_law_says(law: ContentLaw) -> None:
    listed = law.listed(_FEW)
    if listed is None:
        assert law.size is None or law.size > _FEW
        return
    assert law.size in (None, listed.size)
    weights = np.ones(listed.size) if listed.weights is None else listed.weights
    ranks = listed.ranks(as_table(*law.sample(np.random.default_rng(2), 100 * _FEW)))
    assert_follow(np.bincount(ranks, minlength=listed.size), weights)
    assert law.listed(listed.size - 1) is None


@EXAMPLES
def test_a_law_admits_the_strings_that_it_can_sample_and_no_others(law: ContentLaw) -> None:
    rng = np.random.default_rng(3)
    classes, longest = len(law.alphabet), law.longest + 1
    tried = rng.integers(0, classes, (2000, longest))
    tried[np.arange(longest) >= rng.integers(1, longest + 1, (2000, 1))] = -1
    sampled = as_table(*law.sample(rng, 2000))
    assert law.admits(sampled).all()
    sampled[np.arange(len(sampled)), rng.integers(0, sampled.shape[1], len(sampled))] = classes
    assert not law.admits(sampled).any()
    if listed := law.listed(_FEW):
        assert law.admits(tried).tolist() == listed.admits(tried).tolist()


@EXAMPLES
def test_a_string_depends_on_its_place_and_not_on_what_else_is_sampled(law: ContentLaw) -> None:
    in_order = [strings_of(law, chunk) for chunk in range(4)]
    elsewhere = pickle.loads(pickle.dumps(law))
    assert {chunk: strings_of(elsewhere, chunk) for chunk in (3, 0, 2)} == {k: in_order[k] for k in (3, 0, 2)}
    assert len({text for _, text in in_order}) == 4
