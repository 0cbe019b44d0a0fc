"""Images of digits become like MNIST's, whatever their size, type and polarity."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from digitgen import ArgumentError, GlyphBank, cells_from, stream, write_idx_pair
from digitgen.glyphs.digits import load_idx_pair
from tests.conftest import coded_glyphs
from tests.errors import message_of, naming


def ink_sides(cells: np.ndarray) -> np.ndarray:
    """(G,): the longer side of the ink of each cell, px."""
    sides = []
    for cell in cells:
        rows, columns = np.nonzero(cell)
        sides.append(max(np.ptp(rows), np.ptp(columns)) + 1)
    return np.array(sides)


def centres(cells: np.ndarray) -> np.ndarray:
    """(2, G): row and column of the centre of mass of each cell."""
    places, mass = np.arange(28), cells.sum(axis=(1, 2), dtype=float)
    return np.stack([cells.sum(axis=axis) @ places / mass for axis in (2, 1)])


def cropped(image: np.ndarray) -> np.ndarray:
    """An image without what is around its ink."""
    rows, columns = np.nonzero(image)
    return image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def enlarged(image: np.ndarray, factor: float) -> np.ndarray:
    """An image with more pixels."""
    height, width = (round(factor * side) for side in image.shape)
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC))


def distance(cells: np.ndarray, others: np.ndarray) -> float:
    """Mean difference of levels, from 0 to 1."""
    return float(np.abs(cells.astype(float) - others).mean() / 255)


@pytest.fixture(scope="module")
def originals(mnist: GlyphBank) -> np.ndarray:
    """Three hundred real digits, thirty of each class."""
    return mnist.cells((mnist.starts[:-1, None] + np.arange(30)).reshape(-1))


def test_digits_of_mnist_are_already_prepared(originals: np.ndarray) -> None:
    assert (ink_sides(originals) == 20).all()
    assert (np.abs(centres(originals) - 14) <= 0.5).all()
    assert distance(cells_from(originals), originals) < 0.001
    assert distance(cells_from([*map(cropped, originals)]), originals) < 0.005


SCANS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], float]] = {
    "enlarged": (lambda image: enlarged(cropped(image), 3.3), 0.025),
    "twice as large, in a corner": (lambda image: np.pad(enlarged(cropped(image), 2), ((0, 30), (70, 0))), 0.025),
    "dark on light": (lambda image: 255 - enlarged(image, 2.5), 0.035),
    "black and white, as NIST had them": (lambda image: enlarged(cropped(image), 5) > 127, 0.025),
    "pale on grey paper": (lambda image: 160 - enlarged(image, 4) // 4, 0.035),
}


@pytest.mark.parametrize("name", SCANS)
def test_digits_of_mnist_come_back_from_other_pictures_of_them(originals: np.ndarray, name: str) -> None:
    scan, most = SCANS[name]
    cells = cells_from([scan(image) for image in originals])
    assert cells.shape == originals.shape
    assert cells.dtype == np.uint8
    assert (cells.max(axis=(1, 2)) == 255).all()
    assert np.mean(ink_sides(cells) == 20) > 0.99
    assert ink_sides(cells).max() == 20
    assert (np.abs(centres(cells) - 14) <= 0.5).all()
    assert distance(cells, originals) < most
    assert most < 0.6 * distance(np.roll(originals, 1, axis=2), originals)  # what a shift by one pixel makes


def test_noise_and_compression_of_the_ground_are_left_out(originals: np.ndarray) -> None:
    rng = np.random.default_rng(5)
    scans = [230 - 0.7 * enlarged(image, 4) for image in originals[::5]]

    def compressed(scan: np.ndarray) -> np.ndarray:
        file = BytesIO()
        Image.fromarray(scan.astype(np.uint8)).save(file, "JPEG", quality=60)
        return np.asarray(Image.open(file))

    for name, others in {
        "noise": [scan + rng.normal(0, 8, scan.shape) for scan in scans],
        "JPEG": [compressed(scan) for scan in scans],
    }.items():
        with naming(name):
            cells = cells_from(others)
            assert distance(cells, originals[::5]) < 0.04
            assert abs(np.mean(cells == 0) - np.mean(originals[::5] == 0)) < 0.05


def test_type_and_range_of_levels_make_no_difference(originals: np.ndarray) -> None:
    images = originals[::10]
    expected = cells_from(images)
    for name, others in {
        "floats to 1": images / 255,
        "float16 to 16": (images / 255 * 16).astype(np.float16),
        "16 bits": images.astype(np.uint16) * 257,
        "below zero": images.astype(np.int16) - 300,
        "a list": [*images],
        "lists": images[:3].tolist(),
        "one by one": (image for image in images),
        "pictures": [Image.fromarray(image) for image in images],
        "a channel at the end": images[..., None],
        "a channel in front": images[:, None],
        "not in one piece": np.asfortranarray(images),
    }.items():
        with naming(name):
            cells = cells_from(others)
            assert np.abs(cells.astype(int) - expected[: len(cells)]).max() <= (name == "float16 to 16")
    black = [enlarged(image, 3) > 127 for image in images]
    assert np.array_equal(cells_from(black), cells_from([255 * image.astype(np.uint8) for image in black]))


@settings(max_examples=60, deadline=None)
@given(
    sides=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    margins=st.tuples(*[st.integers(1, 12)] * 4),
    seed=st.integers(0, 2**32 - 1),
)
def test_only_the_ink_counts(sides: tuple[int, int], margins: tuple[int, int, int, int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    ink = rng.integers(150, 256, sides) * (rng.random(sides) < 0.8)
    ink[0, :] = ink[-1, :] = ink[:, 0] = ink[:, -1] = 255
    image = np.pad(ink, (margins[:2], margins[2:])).astype(np.uint8)
    cell = cells_from([image], invert=False)
    assert np.array_equal(cell, cells_from([np.pad(ink, 1)], invert=False)), "the margins counted"
    assert np.array_equal(cell, cells_from([255 - image], invert=True)), "the polarity counted"
    assert np.array_equal(cell.transpose(0, 2, 1), cells_from([image.T], invert=False)), "the axes counted"
    assert ink_sides(cell) == 20
    assert cell.max() == 255
    assert (np.abs(centres(cell) - 14) <= 0.5).all()


def test_a_lopsided_digit_stays_whole_at_the_edge() -> None:
    image = np.zeros((200, 200), np.uint8)
    image[:20, :50] = image[:, :2] = 255  # nearly all of it at the top, a thin stroke going down
    cell = cells_from([np.pad(image, 5)], invert=False)[0]
    rows, columns = np.nonzero(cell)
    assert [int(each) for each in (rows.min(), np.ptp(rows) + 1, np.ptp(columns) + 1)] == [8, 20, 5]
    assert centres(cell[None])[0] < 13.5


def test_polarity_is_that_of_most_images(originals: np.ndarray) -> None:
    wide = np.pad(np.full((60, 8), 255, np.uint8), 1)[1:-1]  # a 1 that leaves little ground along the edges
    images = [*originals[::10], wide]
    told = cells_from(images, invert=False)
    assert np.array_equal(cells_from(images), told)
    assert np.array_equal(cells_from([255 - image for image in images]), told)


def test_two_polarities_are_refused_unless_one_is_told(originals: np.ndarray) -> None:
    images = [*originals[:6], *(255 - originals[6:10])]
    assert message_of(cells_from, images) == (
        "4 of 10 images look dark on light, such as image 6, the others light on dark, such as image 0; "
        "prepare each kind by itself, with invert=True or invert=False"
    )
    assert len(cells_from(images, invert=False)) == 10


def test_images_without_ink_are_refused_by_their_places(originals: np.ndarray) -> None:
    blank = np.zeros((40, 30), np.uint8)
    images = [*originals[:4], blank, *originals[4:8], blank + 255]
    message = "2 of 10 images (4, 9) have a single level; leave out what shows no digit"
    assert message_of(cells_from, images) == message
    assert message_of(cells_from, np.zeros((9, 28, 28))).startswith("9 of 9 images (0, 1, 2, 3, 4, ...) have a single")
    rng = np.random.default_rng(1)
    paper = [rng.normal(200, 10, (side, side)) for side in (20, 28, 100, 400)]
    message = "4 of 5 images (1, 2, 3, 4) show nothing that stands out from the ground; leave them out"
    assert message_of(cells_from, [originals[0], *paper], invert=False) == message


def test_what_is_no_image_of_a_digit_is_refused() -> None:
    image = np.eye(5)
    for images, message in (
        (image, "image 0 must be (H, W) grey levels; got (5,) float64; images are (G, H, W)"),
        (np.zeros((3, 64)), "image 0 must be (H, W) grey levels; got (64,) float64; images are (G, H, W)"),
        (np.zeros((2, 5, 5, 3)), "image 0 must be (H, W) grey levels; got (5, 5, 3) float64; make it grey first"),
        ([image, np.zeros((0, 5))], "image 1 must be (H, W) grey levels; got (0, 5) float64"),
        ([image, image * 1j], "image 1 must be (H, W) grey levels; got (5, 5) complex128"),
        ([image, None], "image 1 must be (H, W) grey levels; got () object"),
        ([image, "5.png"], "image 1 must be (H, W) grey levels; got () <U5"),
        ([image, image / [1, 1, 1, 1, np.nan]], "image 1 has levels that are no finite numbers"),
        ([image, image * 1e39], "image 1 has levels that are no finite numbers"),
        ([], "images is empty; give at least one image"),
        (np.zeros((0, 5, 5)), "images is empty; give at least one image"),
        ("my-images", "images must be an array (G, H, W) or a list of images (H, W); got 'my-images' (str)"),
        (5, "images must be an array (G, H, W) or a list of images (H, W); got 5 (int)"),
    ):
        with naming(message):
            assert message_of(cells_from, images) == message
    with pytest.raises(ArgumentError, match=re.escape("image 1 must be an array (H, W): ")):
        cells_from([image, [[1], [2, 3]]])
    assert message_of(cells_from, [image], invert="dark") == "invert must be True or False; got 'dark' (str)"


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_prepared_digits_are_the_source_of_a_configuration(tmp_path: Path, suffix: str) -> None:
    images, labels = coded_glyphs()
    paths = tmp_path / f"images{suffix}", tmp_path / f"labels{suffix}"
    cells = cells_from([np.kron(image, np.ones((3, 3), int)) for image in images])
    write_idx_pair(*paths, cells, labels.tolist())
    read = load_idx_pair(*paths)
    assert np.array_equal(read.images, cells)
    assert np.array_equal(read.labels, labels)
    source = {"images": paths[0].name, "labels": paths[1].name}
    (tmp_path / "mine.yaml").write_text(
        "name: mine\nimage_width: 28\nsequence: {length: 1}\nspacing: {range: [0, 0]}\n"
        f"splits: {{train: {{count: 9, source: {source}}}}}\n"
    )
    batch = next(stream(tmp_path / "mine.yaml", batch_size=8))
    for image, digit in zip(batch.images, batch.labels[:, 0], strict=True):
        assert (image == cells[labels == digit]).all(axis=(1, 2)).any()


def test_a_pair_that_does_not_fit_is_refused_and_leaves_files_as_they_were(tmp_path: Path) -> None:
    images, labels = coded_glyphs()
    paths = tmp_path / "images", tmp_path / "labels"
    write_idx_pair(*paths, images, labels)
    before = [path.read_bytes() for path in paths]
    got = "images must be (G, 28, 28) uint8; got {}; cells_from prepares others"
    for wrong, message in (
        ((images / 255, labels), got.format("(30, 28, 28) float64")),
        ((images[:, :8, :8], labels), got.format("(30, 8, 8) uint8")),
        ((images[:0], labels[:0]), got.format("(0, 28, 28) uint8")),
        ((images, labels[:-1]), "labels must be integers, one for each of 30 images; got (29,) uint8"),
        ((images, labels / 1), "labels must be integers, one for each of 30 images; got (30,) float64"),
        ((images, labels - np.int64(1)), "labels must be from 0 to 255; got -1 to 8"),
        ((images, labels.astype(int) * 30), "labels must be from 0 to 255; got 0 to 270"),
    ):
        with naming(message):
            assert message_of(write_idx_pair, *paths, *wrong) == message
    assert [path.read_bytes() for path in paths] == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images", "labels"]
