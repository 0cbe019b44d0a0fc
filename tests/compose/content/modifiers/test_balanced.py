"""Balance: digits, or pairs of them, come equally often, and strings are as likely as without."""

from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from digitgen.compose.content.law import ContentLaw
from digitgen.compose.content.laws.digits import Digits
from digitgen.compose.content.laws.strings import Strings
from digitgen.compose.content.modifiers.balanced import Balance, Balanced
from digitgen.compose.content.modifiers.unique import Unique
from digitgen.format import CHUNK
from digitgen.rng import Address
from tests.compose.content.examples import assert_knows_what_it_samples
from tests.errors import message_of
from tests.reference import assert_follows, uniform
from tests.strings import as_texts

LETTERS = "".join(map(chr, range(0x4E00, 0x4F00)))


def of_chunks(law: ContentLaw, chunks: int, seed: int = 3) -> list[str]:
    whole = Address(seed)
    return [
        text
        for chunk in range(chunks)
        for text in as_texts(law.sample_chunk(chunk, whole.at(chunk), whole), law.alphabet)
    ]


@pytest.mark.parametrize(
    ("length", "alphabet", "balance", "block"),
    [
        ((1, 1), "0123456789", "digits", 10),
        ((1, 5), "0123456789", "digits", 50),
        ((3, 4), "01", "digits", 4),
        ((5, 5), "012", "pairs", 9),
        ((1, 4), "0123", "pairs", 64),
        ((2, 4), "0123456789", "pairs", 300),
        ((2, 2), "7", "pairs", 1),
        ((3, 3), LETTERS[:30], "pairs", 900),
        ((1, 2), LETTERS, "digits", 512),
    ],
)
def test_all_comes_equally_often_at_each_position_in_every_block(
    length: tuple[int, int], alphabet: str, balance: Balance, block: int
) -> None:
    law = Balanced(Digits(length, alphabet=alphabet), balance)
    law.check_count(block)
    texts = of_chunks(law, 2)
    spans = [1] if balance == "digits" else [1, 2]
    lengths = range(length[0], length[1] + 1)
    for start in range(0, 2 * CHUNK - block + 1, block):
        groups = {n: [text for text in texts[start : start + block] if len(text) == n] for n in lengths}
        assert {len(group) for group in groups.values()} == {block // len(lengths)}
        for n, group in groups.items():
            for span, place in ((each, place) for each in spans for place in range(n + 1 - each)):
                found = Counter(text[place : place + span] for text in group)
                assert set(found) == {"".join(each) for each in product(alphabet, repeat=span)}
                assert len(set(found.values())) == 1


@pytest.mark.parametrize("balance", ["digits", "pairs"])
def test_lengths_and_digits_of_an_image_are_uniform_and_independent(balance: Balance) -> None:
    law = Balanced(Digits((3, 4), alphabet="012"), balance)
    texts = [as_texts(law.sample(np.random.default_rng(seed), 1))[0] for seed in range(1200)]
    assert_follows((len(text) for text in texts), uniform([3, 4]))
    beginnings = uniform("".join(each) for each in product("012", repeat=3))
    assert_follows((text[:3] for text in texts), beginnings)
    assert_follows((text[1:] for text in texts if len(text) == 4), beginnings)


def test_images_of_a_block_are_balanced_and_nothing_more() -> None:
    law = Balanced(Digits((2, 2), alphabet="01"))
    blocks = [tuple(as_texts(law.sample(np.random.default_rng(seed), 2))) for seed in range(400)]
    assert_follows(blocks, uniform([("00", "11"), ("11", "00"), ("01", "10"), ("10", "01")]))


@pytest.mark.parametrize("balance", ["digits", "pairs"])
def test_it_knows_what_it_samples(balance: Balance) -> None:
    assert_knows_what_it_samples(Balanced(Digits((1, 4)), balance))


@pytest.mark.parametrize("balance", ["digits", "pairs"])
def test_a_chunk_is_the_same_whatever_was_sampled_before(balance: Balance) -> None:
    law = Balanced(Digits((1, 3)), balance)
    assert of_chunks(law, 3)[2 * CHUNK :] == as_texts(law.sample_chunk(2, Address(8), Address(3)))
    assert of_chunks(law, 1) != of_chunks(law, 1, seed=4)


def test_other_counts_are_refused_with_the_nearest_that_work() -> None:
    digits, pairs = Balanced(Digits((2, 4)), "digits"), Balanced(Digits((2, 4)), "pairs")
    digits.check_count(990)
    assert message_of(digits.check_count, 1000) == (
        "must be a multiple of 30 images, so that digits come equally often; got 1,000; the nearest is 990 or 1,020"
    )
    assert message_of(pairs.check_count, 30) == (
        "must be a multiple of 300 images, so that pairs come equally often; got 30; the nearest is 300"
    )


def test_only_uniform_digits_that_are_independent_can_be_balanced(tmp_path: Path) -> None:
    (tmp_path / "strings.txt").write_text("12\n")
    for law in (Unique(Digits((4, 4))), Strings(tmp_path / "strings.txt")):
        assert message_of(Balanced, law) == (
            "balance: only uniform digits that say nothing about each other can be balanced, as a length alone has "
            f"them; these are {law.words}"
        )
    balanced = Balanced(Digits((4, 4)))
    assert message_of(Unique, balanced) == "unique: strings cannot be unique and balanced at once; leave one out"
    assert message_of(Balanced, Digits((4, 4)), "digit") == (
        "balance must be one of digits, pairs; got 'digit'; did you mean digits?"
    )
