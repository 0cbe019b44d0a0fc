"""The dataset card: who made the digits, and on what terms the images may be used."""

from typing import Any

import pytest

from digitgen.dataset.card import dataset_card
from digitgen.dataset.entries import PackageEntry, PoolEntry, SourceEntry, SplitEntry
from digitgen.dataset.manifest import Manifest
from digitgen.glyphs.mnist import MNIST

MNIST_TRAIN: dict[str, Any] = {
    "name": "mnist/train",
    "files": {"images/a": "1" * 64, "labels/b": "2" * 64},
    "licence": MNIST.licence,
    "licence_id": MNIST.licence_id,
    "citation": MNIST.citation,
    "package": None,
    "glyphs": [1] * 10,
}
MNIST_TEST = MNIST_TRAIN | {"name": "mnist/test", "files": {"images/c": "3" * 64}}
KANNADA = MNIST_TRAIN | {
    "name": "kannada/train",
    "files": {"images/d": "4" * 64},
    "licence": "CC BY 4.0",
    "licence_id": "cc-by-4.0",
    "citation": "A. Nobody, Digits of Kannada, 2026",
    "package": PackageEntry(name="digitgen-kannada", version="1.2"),
}
OWN = MNIST_TRAIN | {
    "name": "mine+labels",
    "files": {"images/mine": "5" * 64},
    "licence": None,
    "licence_id": "other",
    "citation": None,
}
POOL = PoolEntry(glyphs=[1] * 10, rows=[[0, 10]])


def card(*sources: dict[str, Any], config: Any = None) -> str:
    """The card of a dataset with one split for each source, of which nothing else is there."""
    splits = {
        f"split{k}": SplitEntry.model_construct(count=1, arrays=[], source=SourceEntry(**each), pool=POOL, shards=[])
        for k, each in enumerate(sources)
    }
    manifest = Manifest.model_construct(
        tool={"digitgen": "1"}, config=config or {}, splits=splits, images=1, lost_digits=0
    )
    return dataset_card("set", manifest, "name: set\n")


@pytest.mark.parametrize(
    ("sources", "licence", "tags"),
    [
        pytest.param([MNIST_TRAIN, MNIST_TEST], "cc-by-sa-3.0", ", mnist", id="MNIST"),
        pytest.param([KANNADA], "cc-by-4.0", ", kannada", id="another"),
        pytest.param([MNIST_TRAIN, KANNADA], "other", ", kannada, mnist", id="two licences"),
        pytest.param([OWN], "other", "", id="own files"),
        pytest.param([MNIST_TEST, OWN], "other", ", mnist", id="own files beside"),
    ],
)
def test_hubs_are_told_the_licence_that_all_sources_have_or_other(
    sources: list[dict[str, Any]], licence: str, tags: str
) -> None:
    front = card(*sources).split("---\n")[1].splitlines()
    assert f"license: {licence}" in front
    assert f"tags: [handwriting, digits, synthetic{tags}]" in front


def said_of_sources(text: str) -> list[str]:
    """The list of sources on a card."""
    return text.partition("## Sources and licence\n\n")[2].partition("\n\n")[0].splitlines()


def test_a_mixed_set_names_every_source_with_its_citation_and_licence_once() -> None:
    text = card(MNIST_TRAIN, KANNADA, OWN, MNIST_TEST, MNIST_TRAIN)
    assert said_of_sources(text) == [
        f"- mnist/train, mnist/test: {MNIST.citation}. Licence: CC BY-SA 3.0.",
        "- kannada/train: A. Nobody, Digits of Kannada, 2026. Licence: CC BY 4.0. "
        "Added by the package digitgen-kannada 1.2.",
        "- mine+labels: files of the builder's own; their licence is not known here.",
    ]
    for file, sha256 in (MNIST_TRAIN["files"] | KANNADA["files"] | OWN["files"] | MNIST_TEST["files"]).items():
        assert text.count(f"- `{file}`, sha256 of the uncompressed bytes `{sha256}`\n") == 1


def test_words_of_a_package_stay_on_their_line() -> None:
    assert said_of_sources(card(KANNADA | {"citation": "A\n# B"})) == [
        r"- kannada/train: A\n# B. Licence: CC BY 4.0. Added by the package digitgen-kannada 1.2."
    ]


def test_mnist_is_cited_with_its_makers_and_paper() -> None:
    for word in ("Yann LeCun", "Corinna Cortes", "Christopher J. C. Burges", "1998", "doi:10.1109/5.726791"):
        assert word in MNIST.citation


def test_the_names_of_files_cannot_become_markdown() -> None:
    odd = OWN | {"name": "a|b\n# mine <x>", "files": {"images/`a`\n": "0" * 64}}
    text = card(odd)
    assert "| a\\|b\\\\n# mine \\<x\\> |" in text
    assert "- `images/'a'\\n`, sha256" in text


def test_a_card_says_how_many_glyphs_a_split_may_use_and_whether_splits_share_any() -> None:
    some = MNIST_TRAIN | {"glyphs": [2000] * 10}
    assert "| mnist/train | 10 of 20,000 |\n| split1 |" in card(some, MNIST_TEST)
    assert "| mnist/train | 10 |\n\n## Arrays" in card(MNIST_TRAIN)
    apart, same = (
        "No glyph is in two splits; glyphs are compared by their pixels.",
        {"splits": {"split1": {"same_as": "split0"}}},
    )
    assert f" 10 |\n\n{apart}\n\n## Arrays" in card(MNIST_TRAIN, MNIST_TEST)
    follows = "The splits split0, split1 have the same sequences, of the same glyphs."
    assert f"\n\n{follows}\n\n## Arrays" in card(MNIST_TRAIN, MNIST_TRAIN, config=same)
    other = apart.replace("two", "two other")
    assert f"\n\n{follows}\n{other}\n\n## Arrays" in card(MNIST_TRAIN, MNIST_TRAIN, MNIST_TEST, config=same)
    shared = card(MNIST_TRAIN, MNIST_TRAIN, config={"allow_shared_glyphs": True})
    assert "\n\nSplits may have glyphs in common.\n\n## Arrays" in shared
