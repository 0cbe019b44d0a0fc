"""Datasets whose images are higher than digits: built, read, checked, looked at and exported like any others."""

import csv
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

from digitgen import DamageError, DigitDataset, build_dataset, export_dataset, load_config, stream
from digitgen.cli import main
from digitgen.dataset.describe import describe_dataset
from digitgen.dataset.manifest import read_manifest
from digitgen.glyphs.bank import GlyphBank
from digitgen.look.report.tally import _pixels
from tests.batches import assert_equal
from tests.conftest import coded_glyphs, write_coded_glyphs
from tests.reference import compose
from tests.strangers import change_manifest, copy_of

HEIGHT, WIDTH = 41, 101  # an image is no whole number of words of memory
SPLITS = {
    "plain": "{count: 60, source: &own {images: images.idx, labels: labels.idx}}",
    "moved": "{count: 50, source: *own, augment: {glyphs: [{step: rotate}], sequence: [{step: elastic}]}}",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recipe, and the dataset of it in `out`."""
    home = tmp_path_factory.mktemp("heights")
    write_coded_glyphs(home)
    splits = "\n".join(f"  {name}: {split}" for name, split in SPLITS.items())
    (home / "high.yaml").write_text(f"""
name: high
image_width: {WIDTH}
image_height: {HEIGHT}
vertical_align: random
splits:
{splits}
allow_shared_glyphs: true
sequence: {{length: [1, 3]}}
spacing: {{range: [-6, 8]}}
labels: {{masks: true, clean: true}}
output: {{compression: deflate}}
""")
    build_dataset(load_config(home / "high.yaml"), home / "out", jobs=1, fsync=False)
    return home


@pytest.fixture(scope="module")
def predictions(home: Path) -> Path:
    """A model that reads the first digit wrong in every second image of `plain`."""
    path = home / "model.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "prediction"])
        for row, text in enumerate(DigitDataset(home / "out", "plain")[:].texts):
            rows.writerow([row, text if row % 2 else str((int(text[0]) + 1) % 10) + text[1:]])
    return path


def test_a_dataset_of_any_height_is_whole_and_its_stream_is_the_same(home: Path) -> None:
    assert main(["verify", str(home / "out")]) == 0
    for split in SPLITS:
        built = DigitDataset(home / "out", split)[:]
        assert built.images.shape[1:] == (HEIGHT, WIDTH)
        assert_equal(next(stream(home / "high.yaml", split, batch_size=len(built))).arrays(), built.arrays())


def test_boxes_and_masks_are_those_of_each_digit_alone_at_its_height(home: Path) -> None:
    cells, _ = coded_glyphs()
    tops = set()
    for sample in DigitDataset(home / "out", "plain"):
        x, y, width, height = sample.boxes.astype(int).T
        assert set(width) == set(height) == {28}
        assert len(set(y)) == 1, "the digits of an image stand level"
        glyphs = [cells[row] for row in sample.glyph_ids]
        together = compose(glyphs, x.tolist(), WIDTH, "max", tops=y.tolist(), height=HEIGHT)
        np.testing.assert_array_equal(sample.image, together)
        alone = [
            compose([glyph], [left], WIDTH, "max", tops=[top], height=HEIGHT)
            for glyph, left, top in zip(glyphs, x, y, strict=True)
        ]
        mask = np.where(sample.image > 0, np.argmax(alone, axis=0) + 1, 0)
        np.testing.assert_array_equal(sample.mask, mask)
        tops.add(int(y[0]))
    assert tops == set(range(HEIGHT - 28 + 1))


def test_boxes_of_moved_ink_bound_their_masks_at_any_height(home: Path) -> None:
    for sample in DigitDataset(home / "out", "moved"):
        assert sample.mask is not None
        for number, box in enumerate(sample.boxes.astype(int).tolist(), 1):
            y, x = np.nonzero(sample.mask == number)
            assert box == [x.min(), y.min(), np.ptp(x) + 1, np.ptp(y) + 1]
    assert any(sample.boxes[0, 1] + sample.boxes[0, 3] > 28 for sample in DigitDataset(home / "out", "moved"))


def test_the_card_the_description_and_the_arrays_say_the_height(home: Path) -> None:
    assert f"{HEIGHT} px high" in (home / "out/README.md").read_text()
    assert f"{HEIGHT} px high" in describe_dataset(home / "out")["description"]
    with h5py.File(home / "out/plain/shard-00000.h5") as shard:
        for name in ("images", "masks", "clean"):
            assert shard[name].attrs["description"].decode().startswith(f"(N, {HEIGHT}, W)")


def test_the_figures_of_a_dataset_count_every_pixel_of_any_height(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = DigitDataset(home / "out", "moved")[:49].images
    assert images.size % 4
    found = _pixels(images)
    np.testing.assert_array_equal(found["intensity"], np.bincount(images.ravel(), minlength=256))
    np.testing.assert_array_equal(found["pixels"], images.sum(axis=0, dtype=np.int64))
    assert main(["inspect", str(home / "out"), "--jobs", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)


def test_pages_show_images_of_any_height(home: Path, predictions: Path, tmp_path: Path) -> None:
    for command in (
        ["preview", home / "out", "--boxes", "--masks", "--pairs", "--split", "plain"],
        ["preview", home / "high.yaml", "--boxes"],
        ["report", home / "out", "--jobs", "1"],
        ["mistakes", home / "out", predictions, "--split", "plain"],
    ):
        out = tmp_path / f"{command[0]}-{len(command)}"
        out = out.with_suffix(".png" if command[0] == "preview" else ".html")
        assert main([*map(str, command), "-o", str(out)]) == 0
        if command[0] == "report":
            assert f"{HEIGHT} x {WIDTH} px" in out.read_text()
        if command[0] == "preview":
            with Image.open(out) as sheet:
                assert sheet.height > 12 * HEIGHT


@pytest.mark.parametrize(("to", "library"), [("png", None), ("coco", None), ("parquet", "pyarrow"), ("lmdb", "lmdb")])
def test_exports_have_images_of_their_height(to: str, library: str | None, home: Path, tmp_path: Path) -> None:
    if library:
        pytest.importorskip(library)
    export_dataset(home / "out", to, tmp_path / "out", fsync=False)
    assert f"{HEIGHT} px high" in (tmp_path / "out/README.md").read_text()
    images = DigitDataset(home / "out", "plain")[:].images
    if to == "coco":
        entries = json.loads((tmp_path / "out/annotations/instances_plain.json").read_text())["images"]
        assert {(each["height"], each["width"]) for each in entries} == {(HEIGHT, WIDTH)}
        with Image.open(tmp_path / "out/images/plain" / entries[7]["file_name"]) as picture:
            np.testing.assert_array_equal(picture, images[7])


@pytest.mark.parametrize("height", [28, 40, "high", None])
def test_a_manifest_with_another_height_than_its_arrays_is_damage(height: object, home: Path, tmp_path: Path) -> None:
    folder = copy_of(home / "out", tmp_path)
    change_manifest(folder, lambda content: content["config"].update(image_height=height))
    with pytest.raises(DamageError, match=f"are {HEIGHT} px high, and config.image_height is") as found:
        read_manifest(folder)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("height", [27, 257])
def test_a_manifest_with_images_of_no_allowed_height_is_damage(height: int, home: Path, tmp_path: Path) -> None:
    def change(content: Any) -> None:
        content["config"]["image_height"] = height
        for split in content["splits"].values():
            for array in split["arrays"]:
                if array["name"] in ("images", "masks", "clean"):
                    array["shape"][0] = height

    folder = copy_of(home / "out", tmp_path)
    change_manifest(folder, change)
    with pytest.raises(DamageError, match="are not those that a shard can have"):
        read_manifest(folder)


def test_the_command_writes_images_of_any_height(tmp_path: Path, mnist: GlyphBank) -> None:
    assert len(mnist)
    shown = {}
    for align, rows in {"top": slice(0, 28), "center": slice(18, 46), "bottom": slice(36, 64)}.items():
        out = tmp_path / f"{align}.png"
        where = ["--image-height", "64", "--vertical-align", align, "-o", str(out)]
        assert main(["image", "350", "--seed", "1", *where]) == 0
        with Image.open(out) as picture:
            pixels = np.asarray(picture)
        assert pixels.shape[0] == 64
        shown[align] = pixels[rows]
        assert shown[align].sum(dtype=int) == pixels.sum(dtype=int)
    assert (shown["top"] == shown["center"]).all()
    assert (shown["top"] == shown["bottom"]).all()


def test_the_command_refuses_other_heights_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["image", "350", "--image-height", "27", "-o", str(tmp_path)]) == 2
    assert "image_height must be from 28 to 256 px; got 27" in capsys.readouterr().err
