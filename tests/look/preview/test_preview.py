"""Previews: which images they show, and that a configuration shows what its build would make."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitgen.build.build import build_dataset
from digitgen.compose import render
from digitgen.compose.batch import Batch
from digitgen.compose.plain import compose_plain
from digitgen.config.load import load_config
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.manifest import read_manifest
from digitgen.errors import ArgumentError, DatasetError
from digitgen.glyphs.idx import encode_idx
from digitgen.look.kit.sheet import Group
from digitgen.look.preview import preview as module
from digitgen.look.preview.preview import Choice, preview
from digitgen.look.preview.view import View, views_of_config, views_of_dataset, with_writers
from tests.conftest import CODED_CONFIG, coded_glyphs, write_coded_glyphs
from tests.hands import SOURCE, write_source
from tests.letters import HEX, LONG, letter_config


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("preview")
    write_coded_glyphs(home)
    (home / "config.yaml").write_text(CODED_CONFIG)
    build_dataset(load_config(home / "config.yaml"), home / "out", jobs=1, fsync=False)
    return home


def built(home: Path, splits: list[str], **options: Any) -> list[View]:
    """Views of the dataset."""
    return views_of_dataset(home / "out", read_manifest(home / "out"), splits, **options)


@pytest.fixture(params=["dataset", "config"])
def views(request: pytest.FixtureRequest, home: Path) -> list[View]:
    if request.param == "dataset":
        return built(home, ["train", "noisy"], data_dir=home)
    return views_of_config(load_config(home / "config.yaml"), ["train", "noisy"])


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> list[Group]:
    """The groups of the sheets that a test draws."""
    seen: list[Group] = []
    monkeypatch.setattr(module, "sheet", lambda groups, **_: seen.extend(groups))
    return seen


def notes(group: Group) -> list[str]:
    return [picture.note for picture in group.pictures]


def indices(group: Group) -> list[int]:
    return [int(note.rpartition("#")[2]) for note in notes(group)]


def test_a_configuration_shows_the_images_of_its_build(home: Path) -> None:
    imagined = views_of_config(load_config(home / "config.yaml"), ["train", "noisy"])
    there = built(home, ["train", "noisy"])
    chosen = np.array([290, 3, 3, 150])
    for one, other in zip(imagined, there, strict=True):
        ours, theirs = one.images(chosen).arrays(), other.images(chosen).arrays()
        assert all(np.array_equal(ours[name], theirs[name], equal_nan=True) for name in ours)
        assert set(one.fields) == set(other.fields)
        for rows in (slice(0, 5), slice(100, 300)):
            for name in ("labels", "gaps", "boxes", "sample_ids"):
                assert np.array_equal(one.arrays([name], rows)[name], other.arrays([name], rows)[name])
    assert imagined[0].arrays(["sample_ids"], slice(1000, 2100))["sample_ids"].tolist() == list(range(1000, 2100))


def test_fields_hold_what_the_labels_say(views: list[View], home: Path) -> None:
    view = views[1]
    batch = DigitDataset(home / "out", "noisy")[:]
    needed = sorted({array for field in view.fields.values() for array in field.arrays})
    arrays = view.arrays(needed, slice(0, 300))
    read = {name: field.read({array: arrays[array] for array in field.arrays}) for name, field in view.fields.items()}
    for row, sample in enumerate(batch):
        assert read["text"][row] == sample.text
        assert read["length"][row] == len(sample.text)
        assert read["index"][row] == row
        assert read["lost"][row] == (sample.boxes[:, 2] == 0).sum()
        gaps = [np.nan] if len(sample.text) == 1 else sample.gaps
        assert np.array_equal([read["gap_min"][row], read["gap_max"][row]], [min(gaps), max(gaps)], equal_nan=True)
        assert read["overlap"][row] == max(0, -min(gaps) if len(sample.text) > 1 else 0)
        angles = sample.parameters["glyphs_0_rotate_angle"]
        assert read["rotate"][row] == (~np.isnan(angles)).any()
        if read["rotate"][row]:
            assert read["rotate.angle"][row] == np.nanmax(angles)
        severity = sample.parameters["sequence_0_shot_noise_severity"]
        assert np.array_equal(read["severity"][row], severity, equal_nan=True)
        assert read["shot_noise"][row] == ~np.isnan(severity)
        assert read["translate"][row]


def test_the_first_images_are_shown_unless_told_otherwise(views: list[View], groups: list[Group]) -> None:
    preview(views[:1], Choice(count=7))
    assert [indices(group) for group in groups] == [list(range(7))]
    assert notes(groups[0])[0] == "#0"
    groups.clear()
    preview(views, Choice(count=3))
    assert notes(groups[0]) == ["train #0", "train #1", "train #2"]


def test_a_seed_chooses_images_at_random_and_always_the_same(views: list[View], groups: list[Group]) -> None:
    for seed in (4, 4, 5):
        preview(views[:1], Choice(count=30, seed=seed))
    first, again, other = (indices(group) for group in groups)
    assert first == again != other
    assert len(set(first)) == 30
    assert max(first) > 1000
    groups.clear()
    preview(views[:1], Choice(count=30, seed=4, where="length == 2"))
    assert max(indices(groups[0])) > 1000


def test_a_condition_is_searched_in_the_whole_split(views: list[View], groups: list[Group]) -> None:
    preview(views[:1], Choice(where="index >= 2498 and length > 0", count=5))
    assert indices(groups[0]) == [2498, 2499]
    with pytest.raises(ArgumentError, match="there is no image that meets --where 'length == 5' in train"):
        preview(views[:1], Choice(where="length == 5"))


def test_a_field_of_one_split_alone_may_be_asked_of_all(views: list[View], groups: list[Group]) -> None:
    preview(views, Choice(where="severity > 3", count=5))
    assert all(note.startswith("noisy") for note in notes(groups[0]))
    with pytest.raises(ArgumentError, match="severity is not known"):
        preview(views[:1], Choice(where="severity > 3"))


def test_images_are_shown_by_their_index_in_the_order_asked_for(views: list[View], groups: list[Group]) -> None:
    preview(views[:1], Choice(index=(2400, 3, 1024)))
    assert indices(groups[0]) == [2400, 3, 1024]
    with pytest.raises(ArgumentError, match="--index 2500 is out of range: train has 2,500 images"):
        preview(views[:1], Choice(index=(3, 2500)))


def test_images_stand_in_groups(views: list[View], groups: list[Group]) -> None:
    expected = {
        "length": ["length 1", "length 2", "length 3", "length 4"],
        "severity": ["no severity", *(f"severity {level}" for level in range(1, 6))],
        "split": ["train", "noisy"],
        "step": ["touched by no step", "touched by rotate", "touched by shot_noise", "touched by translate"],
        "shot_noise": ["no shot_noise", "not shot_noise", "shot_noise"],
        "overlap": ["overlap 0", "overlap 1", "overlap 2", "overlap 3"],
        "source": [views[0].source],  # sources of one's own are named by their files
    }
    shown = {}
    for by in expected:
        preview(views, Choice(by=by, count=3))
        shown[by] = groups.copy()
        groups.clear()
    assert {by: [group.title for group in found] for by, found in shown.items()} == expected
    assert {len(group.pictures) for found in shown.values() for group in found} == {3}
    for group in shown["length"]:
        assert {len(picture.caption) for picture in group.pictures} == {int(group.title[-1])}


def test_a_field_of_many_values_is_grouped_into_five_ranges(views: list[View], groups: list[Group]) -> None:
    preview(views[1:], Choice(by="translate.x"))
    assert len(groups) == 5
    assert groups[0].title.startswith("translate.x -")
    with pytest.raises(ArgumentError, match=r"--by text makes \d+ groups, and at most 40 are shown"):
        preview(views, Choice(by="text"))
    with pytest.raises(ArgumentError, match=r"--by sevrity: sevrity is not known; did you mean severity\?"):
        preview(views, Choice(by="sevrity"))


def test_the_hand_of_an_image_is_that_of_its_first_digit(views: list[View], groups: list[Group], home: Path) -> None:
    writers = np.arange(30) % 15 * 1_000_003
    view = with_writers(views[0], writers)
    preview([view], Choice(by="hand", count=4))
    assert [group.title for group in groups] == [f"hand {hand}" for hand in writers[:15]]
    first = DigitDataset(home / "out", "train").arrays(["glyph_ids"])["glyph_ids"][:, 0]
    for group, hand in zip(groups, writers, strict=False):
        assert indices(group) == np.flatnonzero(writers[first] == hand)[:4].tolist()
    groups.clear()
    preview([view], Choice(where="hand == 2000006", count=6))
    assert indices(groups[0]) == np.flatnonzero(writers[first] == 2000006)[:6].tolist()


def test_hands_are_refused_without_writers(views: list[View]) -> None:
    for choice in (Choice(by="hand"), Choice(where="hand == 17")):
        message = (
            r"no writers are stored with the images; build them with labels\.writers=true, or give --writers a \.npy"
        )
        with pytest.raises(ArgumentError, match=message):
            preview(views, choice)


def test_stored_writers_are_hands_to_group_and_to_ask_for(tmp_path: Path, groups: list[Group]) -> None:
    write_source(tmp_path)
    text = CODED_CONFIG.replace("{images: images.idx, labels: labels.idx}", SOURCE)
    (tmp_path / "config.yaml").write_text(f"{text}hand: 0.5\n")
    config = load_config(tmp_path / "config.yaml")
    build_dataset(config, tmp_path / "out", jobs=1, fsync=False)
    writers = DigitDataset(tmp_path / "out", "train").arrays(["writers"])["writers"][:, 0]
    seen = []
    for views in (views_of_config(config, ["train"]), built(tmp_path, ["train"])):
        preview(views, Choice(by="hand", count=4))
        assert [group.title for group in groups] == [f"hand {hand}" for hand in (2, 5, 8, 17, 300)]
        for group, hand in zip(groups, (2, 5, 8, 17, 300), strict=True):
            assert indices(group) == np.flatnonzero(writers == hand)[:4].tolist()
        groups.clear()
        preview(views, Choice(where="hand == 17", count=6))
        seen.append(indices(groups[0]))
        groups.clear()
    assert seen[0] == seen[1] == np.flatnonzero(writers == 17)[:6].tolist()


def test_a_split_has_hands_if_another_split_is_made_of_some_writers(tmp_path: Path, groups: list[Group]) -> None:
    write_source(tmp_path)
    text = CODED_CONFIG.replace("{images: images.idx, labels: labels.idx}", SOURCE)
    (tmp_path / "config.yaml").write_text(text.replace("    count: 300\n", "    count: 300\n    writers: 1\n"))
    preview(views_of_config(load_config(tmp_path / "config.yaml"), ["train"]), Choice(by="hand"))
    assert len(groups) == 5


def test_too_many_hands_are_refused(views: list[View], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_GROUPS", 29)
    view = with_writers(views[0], np.arange(30))
    with pytest.raises(ArgumentError, match="--by hand makes 30 groups, and at most 29 are shown; choose some with"):
        preview([view], Choice(by="hand"))


def test_missing_masks_and_clean_images_are_made_again(home: Path) -> None:
    (view,) = built(home, ["noisy"], masks=True, clean=True, data_dir=home)
    batch = view.images(np.array([7, 5]))
    assert batch.masks is not None
    assert batch.clean is not None
    plain = load_config(home / "config.yaml")
    (unaugmented,) = views_of_config(plain, ["noisy"], clean=True)
    assert np.array_equal(batch.clean, unaugmented.images(np.array([7, 5])).clean)  # type: ignore[arg-type]
    assert (batch.masks.max(axis=(1, 2)) <= batch.lengths).all()


def test_missing_masks_are_not_made_from_other_digits(home: Path, tmp_path: Path) -> None:
    images, labels = coded_glyphs()
    (tmp_path / "images.idx").write_bytes(encode_idx(images[:, ::-1]))
    (tmp_path / "labels.idx").write_bytes(encode_idx(labels))
    (view,) = built(home, ["noisy"], masks=True, data_dir=tmp_path)
    with pytest.raises(DatasetError, match="has no masks, and they cannot be made again"):
        view.images(np.array([7]))


def test_clean_images_are_shown_without_any_augmentation(home: Path) -> None:
    config = load_config(home / "config.yaml", ["labels.clean=true"])
    (view,) = views_of_config(config, ["train"], clean=True)
    batch = view.images(np.array([3, 1500]))
    assert np.array_equal(batch.clean, batch.images)  # type: ignore[arg-type]


def test_conditions_are_searched_without_rendering(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []

    def counted(recipe: Any, plan: Any, out: Batch) -> Any:
        drawn.append(len(out))
        return compose_plain(recipe, plan, out)

    monkeypatch.setattr(render, "compose_plain", counted)
    preview(views_of_config(load_config(home / "config.yaml"), ["train"]), Choice(where="length == 4", count=6))
    assert sum(drawn) == 6


def test_the_title_of_a_sheet_says_what_it_shows(home: Path) -> None:
    seen: dict[str, str] = {}
    (view,) = built(home, ["train"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "sheet", lambda _, **options: seen.update(options))
        preview([view], Choice(where="length == 4", count=6), title="small")
    assert seen["title"] == "small"
    assert seen["subtitle"] == "6 of 2,500 images of train, where length == 4"


def test_a_preview_of_a_hundred_images_takes_under_two_seconds(home: Path) -> None:
    start = time.process_time()  # a busy machine is no reason to fail
    page = preview(built(home, ["train"]), Choice(count=100), boxes=True)
    assert time.process_time() - start < 2
    assert page.size[0] > 500


@pytest.mark.parametrize("alphabet", [HEX, LONG], ids=["16", "200"])
def test_images_of_other_characters_are_found_by_their_text_and_named_by_it(
    tmp_path: Path, groups: list[Group], alphabet: str
) -> None:
    config = letter_config(tmp_path, alphabet, 400)
    build_dataset(config, tmp_path / "out", jobs=1, fsync=False)
    texts = DigitDataset(tmp_path / "out", "train")[:].texts
    wanted = next(text for text in texts if len(text) == 2)
    views = [
        *views_of_config(config, ["train"]),
        *views_of_dataset(tmp_path / "out", read_manifest(tmp_path / "out"), ["train"]),
    ]
    for view in views:
        groups.clear()
        preview([view], Choice(where=f"{wanted!r} in text", count=400))
        assert indices(groups[0]) == [index for index, text in enumerate(texts) if wanted in text]
        places = " ".join(str(alphabet.index(each)) for each in texts[indices(groups[0])[0]])
        # the font has no characters beyond ASCII
        assert groups[0].pictures[0].caption == (texts[indices(groups[0])[0]] if alphabet == HEX else places)
