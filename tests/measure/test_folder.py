"""Folders of strangers: read however they are laid out, bounded, and what is damaged in them named."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitgen.errors import DatasetError
from digitgen.measure.crops import GIVEN, PIECES
from digitgen.measure.folder import read_folder
from digitgen.measure.measure import measure
from tests.measure.strings import bars, coco, save

FIRST = [("3", (10, 10, 20, 40)), ("5", (40, 15, 10, 40))]
SECOND = [("7", (10, 10, 20, 40)), ("0", (30, 10, 20, 40)), ("0", (60, 10, 20, 40))]
STRINGS = {"a.png": FIRST, "b.png": SECOND}


def draw(folder: Path, prefix: str = "") -> Path:
    for name, digits in STRINGS.items():
        save(folder, prefix + name, bars([box for _, box in digits]))
    return folder


@pytest.mark.parametrize(
    ("images", "file"),
    [
        ("", "annotations.json"),
        ("images/", "annotations.json"),
        ("train/", "train/_annotations.coco.json"),
        ("images/train/", "annotations/instances_train.json"),
    ],
)
def test_boxes_are_found_however_coco_is_laid_out(tmp_path: Path, images: str, file: str) -> None:
    draw(tmp_path, images)
    coco(tmp_path / file, STRINGS)
    found = measure(read_folder(tmp_path))
    assert found.collection.boxes == GIVEN
    assert found.tables.texts == ["35", "700"]
    assert found.figures["touching"].value == pytest.approx(1 / 3)
    assert found.figures["content.00"].value == 0.5
    assert not found.collection.problems


@pytest.mark.parametrize(
    "table",
    ["a.png,35\nb.png,700\n", "file\ttext\na.png\t35\nb.png\t7.00\n", "id;label;path\n1;35;a.png\n2;700;b.png\n"],
)
def test_transcriptions_tell_how_many_neighbours_touch(tmp_path: Path, table: str) -> None:
    draw(tmp_path)
    (tmp_path / "texts.csv").write_text(table)
    found = measure(read_folder(tmp_path))
    assert found.collection.boxes == PIECES
    assert found.tables.texts == ["35", "700"]
    assert found.figures["touching"].value == pytest.approx(1 / 3)


def test_images_alone_give_what_needs_neither_boxes_nor_texts(tmp_path: Path) -> None:
    found = measure(read_folder(draw(tmp_path)))
    assert found.figures["touching"].value is None
    assert found.figures["content.length"].value is None
    assert found.figures["tones.paper.mean"].value == 200
    assert found.figures["tones.ink.mean"].value == 40


def test_colour_transparency_and_16_bits_are_read_as_grey(tmp_path: Path) -> None:
    image = bars([box for _, box in FIRST], ink=0, paper=255)
    Image.fromarray(image).convert("RGB").save(tmp_path / "a.jpg", quality=95)
    clear = np.zeros((*image.shape, 4), np.uint8)
    clear[..., 3] = 255 - image
    Image.fromarray(clear).save(tmp_path / "b.png")
    Image.fromarray(image.astype(np.uint16) * 257).save(tmp_path / "c.png")
    found = measure(read_folder(tmp_path))
    assert found.tables.string("dark").tolist() == [1, 1, 1]
    np.testing.assert_allclose(found.tables.string("paper"), 255, atol=2)


def test_damaged_images_are_counted_and_named_and_the_others_measured(tmp_path: Path) -> None:
    draw(tmp_path)
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "torn.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.jpg").write_text("no image")
    save(tmp_path, "tiny.png", np.zeros((3, 3), np.uint8))
    Image.new("1", (5000, 5000)).save(tmp_path / "huge.png")
    save(tmp_path, "blank.png", np.full((40, 80), 255, np.uint8))
    found = measure(read_folder(tmp_path))
    assert found.strings == 2
    assert sorted(found.collection.problems["damaged"]) == ["text.jpg", "torn.png"]
    assert sorted(found.collection.problems["of a size that no crop has"]) == ["huge.png", "tiny.png"]
    assert found.collection.problems["without ink"] == ["blank.png"]


def test_no_link_is_followed_and_no_pipe_is_waited_for(tmp_path: Path) -> None:
    outside = draw(tmp_path / "outside")
    folder = draw(tmp_path / "inside")
    (folder / "link.png").symlink_to(outside / "a.png")
    (folder / "more").symlink_to(outside)
    os.mkfifo(folder / "pipe.png")
    os.mkfifo(folder / "pipe.json")
    assert read_folder(folder).count == 2


def test_a_name_in_a_coco_file_leads_nowhere_outside_the_folder(tmp_path: Path) -> None:
    draw(tmp_path / "outside")
    folder = draw(tmp_path / "inside")
    coco(folder / "boxes.json", {"../outside/a.png": FIRST, "/etc/passwd": FIRST, "b.png": SECOND, "c.png": FIRST})
    found = measure(read_folder(folder))
    # What stands before the name is passed over: it is the image of that name in the folder.
    assert found.tables.texts == ["35", "700"]
    assert found.collection.problems["named by a COCO file, but not there"] == ["/etc/passwd", "c.png"]


def test_boxes_outside_their_image_are_passed_over_and_other_categories_counted(tmp_path: Path) -> None:
    save(tmp_path, "a.png", bars([box for _, box in FIRST]))
    coco(tmp_path / "a.json", {"a.png": [*FIRST, ("9", (500, 10, 20, 40))]})
    content = json.loads((tmp_path / "a.json").read_text())
    content["categories"].append({"id": 77, "name": "comma"})
    content["annotations"].append({"image_id": 0, "category_id": 77, "bbox": [34, 40, 3, 9]})
    (tmp_path / "a.json").write_text(json.dumps(content))
    found = measure(read_folder(tmp_path))
    assert found.tables.texts == ["35"]
    assert found.collection.problems["with boxes outside the image, which are passed over"] == ["a.png"]
    assert found.collection.problems["of other categories, whose boxes are passed over"] == ["comma"]


def test_boxes_of_an_image_that_has_more_than_a_string_can_are_passed_over_and_told(tmp_path: Path) -> None:
    draw(tmp_path)
    coco(tmp_path / "boxes.json", {"a.png": FIRST * 128, "b.png": SECOND})
    found = measure(read_folder(tmp_path))
    assert found.tables.texts == ["700"]
    assert found.collection.problems["with more than 255 boxes, which are passed over"] == ["a.png"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ({"images": [{"id": 1}]}, "an image needs an id and a file_name"),
        ({"images": [{"id": [], "file_name": "a.png"}]}, "expected an entry with id"),
        ({"images": [{"id": 1, "file_name": "a.png"}] * 2}, "two images have the id 1"),
        ({"annotations": [{"image_id": 9, "category_id": 0, "bbox": [1, 1, 1, 1]}]}, "an image that there is not: 9"),
        (
            {
                "images": [{"id": 1, "file_name": "a.png"}],
                "categories": [{"id": 0, "name": "1"}],
                "annotations": [{"image_id": 1, "category_id": 0, "bbox": [1, 2, float("nan"), 3]}],
            },
            "bbox must be x, y, width and height",
        ),
    ],
)
def test_a_coco_file_that_is_wrong_is_named(tmp_path: Path, content: object, message: str) -> None:
    draw(tmp_path)
    whole: dict[str, object] = {"images": [], "annotations": [], "categories": []}
    text = json.dumps(whole | content) if isinstance(content, dict) else str(content)
    (tmp_path / "boxes.json").write_text(text)
    with pytest.raises(DatasetError, match=rf"boxes\.json: .*{message}"):
        read_folder(tmp_path)


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(DatasetError, match="has no images"):
        read_folder(tmp_path)


def test_boxes_of_one_size_bound_cells(tmp_path: Path) -> None:
    save(tmp_path, "a.png", bars([box for _, box in FIRST]))
    coco(tmp_path / "a.json", {"a.png": [("3", (6, 6, 28, 50)), ("5", (34, 6, 28, 50)), ("1", (62, 6, 28, 50))]})
    found = measure(read_folder(tmp_path))
    assert found.figures["gap.p50"].value is not None
    assert any("bound cells" in note for note in found.collection.notes)
