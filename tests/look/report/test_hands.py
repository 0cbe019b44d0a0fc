"""The law of hands: counted and tested right, and images that do not follow it are found out."""

from dataclasses import replace

import numpy as np
import pytest

from digitgen import GlyphBank, build_dataset, load_config
from digitgen.compose.content.laws.digits import Digits
from digitgen.compose.hands import Hand, Hands, hand_share, writer_table
from digitgen.compose.layout import Layout
from digitgen.compose.plan import planner
from digitgen.compose.recipe import Labels, Recipe
from digitgen.compose.render import fill
from digitgen.dataset.manifest import read_manifest
from digitgen.look.report.counting import dataset_statistics
from digitgen.look.report.hands import HandLaw, expected_used, hand_tests
from digitgen.look.report.listing import listing
from digitgen.look.report.statistics import Statistics
from digitgen.look.report.tally import Bins, Tally, _hands
from tests.hands import IMAGES, LABELS, SOURCE, WRITERS, hand_bank, write_source

COUNT = 12_000
ONE = "all digits of an image are in one hand"
SHARE = "50.0 % of images are in one hand, besides those that are by chance"
WHO = "writers are uniform among those who have all digits"
WHO_MIXED = f"{WHO}, or as likely as they have glyphs where images are mixed"
WHICH = "glyphs are uniform among those of their writer and class"


def law_of(bank: GlyphBank, hand: Hand) -> HandLaw:
    """The law that a recipe claims."""
    _, glyphs = writer_table(bank)
    return HandLaw(hand_share(hand), glyphs, np.asarray((glyphs > 0).all(axis=1)))


def tally_of(bank: GlyphBank, hand: Hand, length: int = 4, seed: int = 1) -> Tally:
    """The counts in some images."""
    content = Digits((1, length))
    recipe = Recipe(bank, Layout(140, (0, 8)), content, labels=Labels(writers=True, parameters=False))
    recipe = replace(recipe, hands=Hands.of(bank, content.classes, hand_share(hand)))
    batch = recipe.empty_batch(COUNT)
    fill(recipe, planner(recipe, seed, "train"), 0, batch, labels_only=True)
    there = np.arange(length) < batch.lengths[:, None]
    ids = batch.glyph_ids[there]
    numbers = tuple(np.unique(hand_bank().writers).tolist())  # type: ignore[arg-type]
    return {
        "glyphs": np.bincount(ids, minlength=120),
        "glyph classes": np.bincount(ids, batch.labels[there], minlength=120).astype(np.int64),
        **_hands(batch.arrays(), there, Bins((0, 8), 10, 120, {}, numbers)),
    }


def found(law: HandLaw, tally: Tally) -> dict[str, float]:
    """The p-value of each claim."""
    tests = {test.claim: test.p for test in hand_tests(law, tally)}
    assert all(p is not None for p in tests.values())
    return {claim: p or 0.0 for claim, p in tests.items()}


@pytest.fixture(scope="module")
def bank() -> GlyphBank:
    return hand_bank()


def test_images_that_follow_the_law_pass(bank: GlyphBank) -> None:
    cases: list[tuple[Hand, list[str]]] = [("one", [ONE, WHO, WHICH]), (0.5, [SHARE, WHO_MIXED, WHICH])]
    for hand, claims in cases:
        values = found(law_of(bank, hand), tally_of(bank, hand))
        assert list(values) == claims
        assert min(values.values()) > 0.01, values


def test_p_values_of_images_that_follow_the_law_are_uniform(bank: GlyphBank) -> None:
    hands: list[Hand] = ["one", 0.5]
    for hand in hands:
        law = law_of(bank, hand)
        values = [found(law, tally_of(bank, hand, seed=seed)) for seed in range(25)]
        for claim in set(values[0]) - {ONE}:
            p = np.sort([each[claim] for each in values])
            assert np.abs(p - (np.arange(25) + 0.5) / 25).max() < 0.3, (claim, p)  # Kolmogorov: one in 100 is as far


def test_images_of_one_digit_say_nothing_about_one_hand(bank: GlyphBank) -> None:
    assert list(found(law_of(bank, "one"), tally_of(bank, "one", length=1))) == [WHO, WHICH]


def test_images_that_mix_hands_are_no_images_in_one_hand(bank: GlyphBank) -> None:
    cases: list[tuple[Hand, Hand]] = [("one", "mixed"), ("one", 0.99), (0.5, "one"), (0.5, 0.55), (0.5, "mixed")]
    for claimed, built in cases:
        values = found(law_of(bank, claimed), tally_of(bank, built))
        assert values[ONE if claimed == "one" else SHARE] < 1e-3, (claimed, built)


def test_writers_who_come_too_often_are_found(bank: GlyphBank) -> None:
    some = bank.restricted(writers={"numbers": [5, 8]})
    assert found(law_of(bank, "one"), tally_of(some, "one"))[WHO] < 1e-9
    strangers = tally_of(bank, "one")
    strangers["first writers"][3, -1] += 1
    assert found(law_of(bank, "one"), strangers)[WHO] == 0
    incomplete = tally_of(bank, "one")
    incomplete["first writers"][9, 0] += 1  # by writer 2, who has 9s alone
    assert found(law_of(bank, "one"), incomplete)[WHO] == 0


def test_glyphs_that_come_too_often_are_found(bank: GlyphBank) -> None:
    tally = tally_of(bank, "one")
    twin = np.flatnonzero((WRITERS == 8) & (LABELS == 3))[:2]
    for name in ("glyphs", "glyph classes", "glyph writers"):
        moved = tally[name][twin[0]] // 2
        tally[name][twin] += [-moved, moved]
    assert found(law_of(bank, "one"), tally)[WHICH] < 1e-6
    two_writers = tally_of(bank, "one")
    two_writers["glyph writers"][twin[0]] += 1
    assert found(law_of(bank, "one"), two_writers)[WHICH] == 0
    all_by_one = GlyphBank.from_arrays(IMAGES, LABELS, writers=np.full(120, 5))
    assert found(law_of(bank, "one"), tally_of(all_by_one, "one"))[WHICH] == 0  # more glyphs than that writer has


def test_the_number_of_glyphs_that_occur_is_expected(bank: GlyphBank) -> None:
    tally = tally_of(bank, "one")
    in_one_hand = np.isin(WRITERS, [5, 8, 300])
    assert (tally["glyphs"] > 0).tolist() == in_one_hand.tolist()
    assert expected_used(law_of(bank, "one"), tally) == pytest.approx(in_one_hand.sum(), abs=0.01)


# A dataset


@pytest.fixture(scope="module")
def statistics(tmp_path_factory: pytest.TempPathFactory) -> Statistics:
    home = tmp_path_factory.mktemp("hands")
    write_source(home)
    (home / "config.yaml").write_text(
        f"""
name: hands
image_width: 140
splits:
  train: {{count: 9000, source: {SOURCE}, writers: {{numbers: [5, 8]}}}}
  test: {{count: 3000, source: {SOURCE}, writers: {{numbers: [2, 17, 300]}}}}
sequence: {{length: [1, 4]}}
spacing: {{range: [0, 8]}}
hand: one
"""
    )
    build_dataset(load_config(home / "config.yaml"), home / "out", jobs=1, fsync=False)
    return dataset_statistics(home / "out", read_manifest(home / "out"), jobs=1)


def test_a_report_tests_the_hands_of_each_split(statistics: Statistics) -> None:
    assert not statistics.suspicious
    for split in statistics.splits:
        claims = [test.claim for test in split.tests]
        assert [claim for claim in claims if claim in (ONE, WHO, WHICH)] == [ONE, WHO, WHICH]
        assert "glyphs are uniform within their class" not in claims
    train, test = statistics.splits
    assert train.glyphs_used == round(train.expected_glyphs_used) == np.isin(WRITERS, [5, 8]).sum()
    assert test.glyphs_used == (WRITERS == 300).sum()
    lines = "\n".join(listing(statistics))
    assert f"test      {ONE}: p = 1" in lines


def test_a_report_finds_a_recipe_that_says_another_hand(statistics: Statistics) -> None:
    manifest = statistics.manifest
    other = manifest.model_copy(update={"config": manifest.config | {"hand": 0.5}})
    assert {name for name, _ in dataset_statistics(statistics.store, other, jobs=1).suspicious} == {"train", "test"}
