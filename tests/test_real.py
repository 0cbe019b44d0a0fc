"""The benchmark of readers of real crops: what it shows them, what it counts, and the whole on a small scale."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.real import ablation, suite
from benchmarks.real.ablation import ingredients, without
from benchmarks.real.crops import RealCrops, prepare, read_crops
from benchmarks.real.suite import Result
from digitgen import generate_batch, load_config
from digitgen.augment.steps import AUGMENTATIONS
from digitgen.errors import ArgumentError, DatasetError

CONFIGS = Path(__file__).parent.parent / "configs"
STRINGS = [[1, 7, 4], [0, 3], [9, 9, 2, 5]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three strings, dark on light, 56 px high; the digits of the second one touch."""
    place = tmp_path_factory.mktemp("crops")
    images, annotations = [], []
    for number, (digits, gap) in enumerate(zip(STRINGS, (6, -6, 6), strict=True)):
        batch = generate_batch([digits], (gap, gap), 150, unit="ink", rng=number)
        large = 255 - np.repeat(np.repeat(batch.images[0], 2, axis=0), 2, axis=1)
        name = f"crop-{number}.png"
        cv2.imwrite(str(place / name), large)
        images.append({"id": number, "file_name": name, "width": 300, "height": 56})
        for digit, box in zip(digits, batch.boxes[0].tolist(), strict=False):
            annotations.append({"image_id": number, "category_id": digit, "bbox": [2 * each for each in box]})
    categories = [{"id": digit, "name": str(digit)} for digit in range(10)]
    annotations = annotations[::-1]  # in whatever order
    content = {"images": images, "categories": categories, "annotations": annotations}
    (place / "annotations.json").write_text(json.dumps(content), encoding="utf-8")
    return place


def test_a_string_is_the_categories_of_its_boxes_from_left_to_right(folder: Path) -> None:
    crops = read_crops(folder, (28, 168))
    assert crops.texts == ["174", "03", "9925"]
    assert crops.images.shape == (3, 28, 168)
    assert crops.touching.tolist() == [False, True, False]


def test_a_folder_without_boxes_is_refused(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "crop.png"), np.arange(1600, dtype=np.uint8).reshape(40, 40))
    with pytest.raises(DatasetError, match="expected images and a COCO file with the boxes of their digits"):
        read_crops(tmp_path, (28, 168))


def test_a_crop_becomes_light_on_black_as_high_as_the_image_and_padded_on_the_right() -> None:
    crop = np.full((56, 100), 200, np.uint8)
    crop[20:40, 30:40] = 40
    shown = prepare(crop, (28, 90), dark=True)
    assert shown.shape == (28, 90)
    assert shown[10:20, 15:20].min() == 255
    assert shown[:, 50:].max() == 0 and shown[:9].max() == 0
    np.testing.assert_array_equal(prepare(255 - crop, (28, 90), dark=False), shown)


def test_a_crop_that_would_be_too_wide_is_made_smaller_and_stands_in_the_middle() -> None:
    crop = np.zeros((56, 400), np.uint8)
    crop[:, ::2] = 255
    shown = prepare(crop, (28, 100), dark=False)
    assert shown[7:21].min() > 0 and shown[:7].max() == 0 and shown[21:].max() == 0


def test_strings_are_counted_in_all_by_touching_and_by_length() -> None:
    crops = RealCrops(
        np.zeros((4, 28, 90), np.uint8), ["12", "345", "00", "7777"], np.array([True, False, False, True])
    )
    assert suite.scores(["12", "35", "00", "9"], crops) == {
        "all": 50.0,
        "touching": 50.0,
        "apart": 50.0,
        "length 2": 100.0,
        "length 3": 0.0,
        "length 4": 0.0,
        "distance": round((1 / 3 + 1) / 4, 4),
    }


def test_a_table_has_a_line_for_each_recipe_with_mean_and_range_over_the_seeds() -> None:
    results = [
        Result("some", 1, 2, 2.1, 1000, {"all": 60.0, "distance": 0.1}),
        Result("some", 2, 2, 2.3, 1200, {"all": 64.0, "distance": 0.12}),
        Result("without paper", 1, 2, 2.0, 900, {"all": 30.0, "distance": 0.4}),
    ]
    assert suite.table(results).splitlines() == [
        "| trained on | images | minutes | all | distance |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| some | 1,100 | 2.2 | 62.0 (60.0 to 64.0) | 0.110 (0.100 to 0.120) |",
        "| without paper | 900 | 2.0 | 30.0 | 0.400 |",
    ]


def test_each_ingredient_of_the_recipe_for_cheques_can_be_left_out_and_what_is_left_is_a_configuration() -> None:
    config = load_config(CONFIGS / "cheque-amounts.yaml")
    content = config.resolved()
    for name in ingredients(content):
        changed = without(content, name)
        assert changed != content
        config.check(changed, config.folder)
    with pytest.raises(ArgumentError, match="without papr"):
        without(content, "without papr")


def test_the_recipe_for_cheques_has_every_ingredient_and_steps_of_ingredients_exist() -> None:
    assert {*ingredients(load_config(CONFIGS / "cheque-amounts.yaml").resolved())} == {*ablation._CHANGES}
    assert {step for steps in ablation._STEPS.values() for step in steps} <= AUGMENTATIONS.keys()


@pytest.mark.parametrize(("file", "recipes", "minutes"), [("measured", 1, 5.0), ("ablation", 13, 3.0)])
def test_the_page_shows_what_was_measured(file: str, recipes: int, minutes: float) -> None:
    measured = json.loads((CONFIGS.parent / f"benchmarks/real/{file}.json").read_text(encoding="utf-8"))
    results = [Result(**each) for each in measured]
    assert results[0].recipe == "cheque-amounts" and {each.asked for each in results} == {minutes}
    assert len({each.recipe for each in results}) == recipes
    assert [each.seed for each in results] == ([*range(1, len(results) + 1)] if recipes == 1 else [1] * recipes)
    assert suite.table(results) in (CONFIGS.parent / "docs/real-writing.md").read_text(encoding="utf-8")


@pytest.mark.training
def test_a_reader_is_trained_and_reads_and_what_a_file_has_is_not_measured_again(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    for _ in range(2):
        assert suite.run(folder, CONFIGS / "quickstart.yaml", minutes=0.02, file=file) == []
    (kept,) = json.loads(file.read_text(encoding="utf-8"))
    assert kept["recipe"] == "quickstart" and kept["images"] >= 64 and 0 <= kept["figures"]["all"] <= 100
