"""The shipped configurations build, and what their comments say is true."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from digitgen import Batch, DigitDataset, build_dataset, generate_batch, load_config, stream, verify_dataset
from digitgen.compose.content.laws.pattern import Pattern
from digitgen.compose.content.sequences import pad
from digitgen.config.build_config import BuildConfig
from digitgen.glyphs.fetch import load_digits
from digitgen.measure.measure import measure as measured
from digitgen.measure.open import open_collection
from tests.hands import skip_without_writers

CONFIGS = Path(__file__).parents[2] / "configs"
NAMES = sorted(path.stem for path in CONFIGS.glob("*.yaml"))
COUNT = 1000

Built = Callable[[str], Path]


def config_of(name: str, *overrides: str) -> BuildConfig:
    return load_config(CONFIGS / f"{name}.yaml", overrides)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """Build a shipped configuration with few images, once; digits are read from their files once for all."""
    home = tmp_path_factory.mktemp("built")

    def folder(name: str) -> Path:
        config = config_of(name)
        if any(map(config.needs_writers, config.splits)):
            skip_without_writers()
        if not (home / name).exists():
            counts = {split: COUNT if split == "train" else 100 for split in config.splits}
            small = config_of(name, *(f"splits.{split}.count={count}" for split, count in counts.items()))
            build_dataset(small, home / name, jobs=1, fsync=False)
        return home / name

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digitgen.build.sources.load_digits", cache(load_digits))
        yield folder


def texts_of(built: Built, name: str, split: str = "train") -> list[str]:
    return images_of(built, name, split).texts


def images_of(built: Built, name: str, split: str = "train") -> Batch:
    return DigitDataset(built(name), split)[:]


def share(found: list[bool]) -> float:
    return sum(found) / len(found)


def sampled(name: str, count: int) -> np.ndarray:
    """(count, longest) classes of strings, padded with -1."""
    lengths, flat = config_of(name).content("train").sample(np.random.default_rng(1), count)
    table = np.full((count, int(lengths.max())), -1)
    pad(flat, lengths, table, -1)
    return table


def texts_of_all(name: str, *overrides: str) -> list[str]:
    """All strings of a law that has few, in their order."""
    table = config_of(name, *overrides).content("train").listed(100_000)
    assert table is not None
    return ["".join(map(str, row)) for rows in table.blocks.values() for row in rows.tolist()]


def still_strings(name: str, count: int = 300) -> float:
    """The share of strings that are some of the law if one digit is read as another, whichever."""
    law, table = config_of(name).content("train"), sampled(name, count)
    admitted = []
    for position in range(table.shape[1]):
        there = table[table[:, position] >= 0]
        for more in range(1, 10):
            wrong = there.copy()
            wrong[:, position] = (wrong[:, position] + more) % 10
            admitted.append(law.admits(wrong))
    return float(np.concatenate(admitted).mean())


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_configuration_builds_a_dataset_that_is_whole(built: Built, name: str) -> None:
    assert verify_dataset(built(name)).ok


def text_of(name: str) -> str:
    return (CONFIGS / f"{name}.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_it_begins_with_a_comment_that_shows_the_command_of_its_own_if_any(name: str) -> None:
    assert text_of(name).startswith("# ")
    assert {*re.findall(r"digitgen build (configs/\S+)", text_of(name))} <= {f"configs/{name}.yaml"}


def test_the_page_about_configurations_lists_them_all() -> None:
    page = (CONFIGS.parent / "docs/configuration.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `configs/(.+)\.yaml` \|", page, re.MULTILINE)) == NAMES


@pytest.mark.parametrize("name", [name for name in NAMES if "validation" in config_of(name).splits])
def test_readers_are_compared_on_glyphs_that_they_have_not_seen(built: Built, name: str) -> None:
    train, validation = ({*images_of(built, name, split).glyph_ids.ravel()} for split in ("train", "validation"))
    assert train & validation <= {-1}
    tests = config_of(name).splits.keys() - {"train", "validation"}
    assert {config_of(name).splits[each].source for each in tests} == {"mnist/test"}


def test_widths_just_fit_where_they_are_said_to() -> None:
    for name in (
        "phone-numbers",
        "postcodes",
        "meter-readings",
        "card-numbers",
        "one-hand",
        "dates",
        "compositional",
    ):
        config = config_of(name)
        longest, largest = config.content("train").longest, config.spacing.law.high
        assert config.image_width == 28 * longest + largest * (longest - 1), name


def test_phone_numbers_are_those_of_the_plan(built: Built) -> None:
    texts = texts_of(built, "phone-numbers")
    areas = {a + b + c for a in "23456789" for b in "012345678" for c in "0123456789" if b + c != "11"}
    for text in texts:
        assert len(text) in (7, 10)
        assert len(text) == 7 or text[:3] in areas
        assert text[-7] in "23456789"
        assert text[-6:-4] != "11"
    assert abs(share([len(text) == 10 for text in texts]) - 4 / 5) < 0.04
    pattern = config_of("phone-numbers").model_dump()["sequence"]["pattern"]
    assert Pattern(pattern).lengths[7] == pytest.approx(1 / 713)


def test_most_phone_numbers_with_a_wrong_digit_are_phone_numbers() -> None:
    assert abs(still_strings("phone-numbers") - 0.94) < 0.005


def test_postcodes_have_five_or_nine_digits_and_one_in_ten_begins_with_a_zero(built: Built) -> None:
    texts = texts_of(built, "postcodes")
    assert {len(text) for text in texts} == {5, 9}
    assert all(5 <= int(text[:3]) <= 999 for text in texts)
    assert abs(share([len(text) == 5 for text in texts]) - 3 / 4) < 0.04
    assert abs(share([text[0] == "0" for text in texts]) - 1 / 10) < 0.03


def test_meter_readings_have_five_digits_in_boxes_and_one_in_ten_begins_with_a_zero(built: Built) -> None:
    images = images_of(built, "meter-readings")
    assert {len(text) for text in images.texts} == {5}
    assert abs(share([text[0] == "0" for text in images.texts]) - 1 / 10) < 0.03
    assert {28 + gap for gap in images.gaps.ravel().tolist()} == {33, 34, 35}


def test_amounts_are_from_500_to_300000_and_begin_and_end_as_it_says(built: Built) -> None:
    texts = texts_of(built, "cheque-amounts")
    assert all(500 <= int(text) <= 300000 and text[0] != "0" for text in texts)
    law = config_of("cheque-amounts").content("train")
    assert law.marginals[0][1] == pytest.approx(1 / 3, abs=0.01)
    assert abs(share([text.startswith("1") for text in texts]) - 1 / 3) < 0.04
    assert abs(share([text.endswith("00") for text in texts]) - 1 / 5) < 0.04
    below, above = (share([low <= int(text) < 10 * low for text in texts]) for low in (500, 5000))
    assert abs(below - above) < 0.05


def test_three_in_ten_neighbours_on_cheques_touch_as_they_do_where_people_write(built: Built) -> None:
    collection = open_collection(built("cheque-amounts"))
    assert measured(collection, most=250).figures["touching"].value == pytest.approx(0.3, abs=0.03)


def test_field_crops_are_dark_on_light_and_32_px_high(built: Built) -> None:
    images = images_of(built, "field-crops").images
    assert images.shape[1] == 32
    assert (np.median(images, axis=(1, 2)) > 127).mean() > 0.99


def test_dates_are_days_of_the_calendar_most_of_them_with_their_century(built: Built) -> None:
    texts = texts_of(built, "dates")
    for text in texts:
        day = datetime.strptime(text, "%d%m%Y" if len(text) == 8 else "%d%m%y")
        assert len(text) == 6 or 1930 <= day.year <= 2029
    assert abs(share([len(text) == 8 for text in texts]) - 3 / 4) < 0.04
    leap_days = texts_of_all("dates", "sequence.format=DDMMYYYY")
    assert [text for text in leap_days if text.startswith("2902")] == [f"2902{year}" for year in range(1932, 2029, 4)]


def test_half_of_all_dates_with_a_wrong_digit_are_none() -> None:
    assert abs(still_strings("dates") - 0.5) < 0.05


def test_card_numbers_are_those_of_the_networks_and_unique(built: Built) -> None:
    texts = texts_of(built, "card-numbers")
    assert len(set(texts)) == COUNT
    network = [
        "visa"
        if text[0] == "4"
        else "mastercard"
        if 51 <= int(text[:2]) <= 55 or 2221 <= int(text[:4]) <= 2720
        else "amex"
        if text[:2] in ("34", "37")
        else text
        for text in texts
    ]
    assert {each: network.count(each) for each in {*network}} == {"visa": 500, "mastercard": 400, "amex": 100}
    assert {(len(text), each == "amex") for text, each in zip(texts, network, strict=True)} == {(15, True), (16, False)}
    for text in texts:
        doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(text))]
        assert sum(each // 10 + each % 10 for each in doubled) % 10 == 0


def test_no_card_number_with_a_wrong_digit_passes() -> None:
    assert still_strings("card-numbers") == 0


def test_some_pairs_come_in_one_split_alone_and_all_else_is_as_likely_there(built: Built) -> None:
    config = config_of("compositional")
    pairs = [f"{k}{(k + 3) % 10}" for k in range(10)]
    for split in ("train", "validation", "known", "new"):
        for text in texts_of(built, "compositional", split):
            assert any(pair in text for pair in pairs) == (split == "new"), (split, text)
        law = config.content(split)
        assert law.lengths == pytest.approx({2: 1 / 4, 3: 1 / 4, 4: 1 / 4, 5: 1 / 4})
        assert law.marginals == pytest.approx(1 / 10)
    known, new = ({*images_of(built, "compositional", split).glyph_ids.ravel()} for split in ("known", "new"))
    assert known & new == {-1}


def test_a_string_in_one_hand_is_about_as_bold_and_as_slanted_throughout(built: Built) -> None:
    images = images_of(built, "one-hand")
    assert images.writers is not None
    assert all(len({*row} - {-1}) == 1 for row in images.writers.tolist())
    assert [count for _, _, count in verify_dataset(built("one-hand")).shared_writers] == [0, 0, 0]
    mixed = generate_batch([[*map(int, text)] for text in images.texts], (-6, 0), 140, rng=1)
    for measure in (boldness, slant):
        assert alike(images, measure) == pytest.approx(0.5, abs=0.1)
        assert abs(alike(mixed, measure)) < 0.15


def test_the_recipe_for_robustness_has_no_step_of_its_test() -> None:
    def steps(name: str, split: str) -> set[str]:
        augmentation = config_of(name).augmentation(split)
        return {each.step.name for each in (*augmentation.glyphs, *augmentation.sequence)}

    corruptions = {split: steps("mnist-c-sequences", split) for split in config_of("mnist-c-sequences").splits}
    assert corruptions == {split: {split} - {"clean"} for split in corruptions}
    assert len(corruptions) == 16
    assert not steps("robust", "train") & corruptions.keys()
    assert not steps("robust", "test")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("quickstart", 0), ("augmented", 1 / 5), ("touching", 2 / 5), ("overlapping", 3 / 5)],
)
def test_neighbours_touch_as_often_as_it_says(name: str, expected: float) -> None:
    images = next(stream(config_of(name, "labels.masks=true"), "train", batch_size=500))
    assert touching(images) == pytest.approx(expected, abs=0.04)


def touching(images: Batch) -> float:
    """The share of neighbouring digits of which a pixel of one lies beside a pixel of the other, corners included."""
    assert images.masks is not None
    masks = np.pad(images.masks, ((0, 0), (1, 1), (1, 1)))
    found = np.zeros((len(images), int(masks.max()) + 1), bool)
    for down, right in product((-1, 0, 1), repeat=2):
        beside = np.roll(masks, (down, right), (1, 2))
        for first in range(1, found.shape[1]):
            found[:, first] |= ((masks == first) & (beside == first + 1)).any(axis=(1, 2))
    return float(found.sum() / (images.lengths.astype(int) - 1).sum())


def boldness(digit: np.ndarray) -> float:
    """The ink of an image of one digit."""
    return float(digit.sum())


def slant(digit: np.ndarray) -> float:
    """How far the strokes of a digit lean to the right, in columns a row: its skew, from the moments of its ink."""
    rows, columns = np.indices(digit.shape)
    rows, columns = (each - np.average(each, weights=digit) for each in (rows, columns))
    return -float((digit * rows * columns).sum() / (digit * rows * rows).sum())


def alike(images: Batch, measure: Callable[[np.ndarray], float]) -> float:
    """The correlation of a measure of the first digit with that of the second, each less the mean of its class."""
    rows = np.flatnonzero(images.lengths >= 2)
    values = np.empty((2, len(rows)))
    for place in range(2):
        lefts, widths = images.boxes[rows, place, 0].astype(int), images.boxes[rows, place, 2].astype(int)
        values[place] = [measure(images.images[k, :, x : x + w]) for k, x, w in zip(rows, lefts, widths, strict=True)]
        for digit in range(10):
            these = images.labels[rows, place] == digit
            values[place, these] -= values[place, these].mean()
    return float(np.corrcoef(values[0], values[1])[0, 1])
