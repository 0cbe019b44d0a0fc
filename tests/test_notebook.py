"""What samples, batches and datasets show of themselves in a notebook, and the bars of long work there."""

import base64
import io
import re
import sys
from html import unescape
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tqdm import tqdm
from tqdm.auto import tqdm as notebook_bar

import digitgen
from digitgen import Batch, DigitDataset, GlyphBank, Labels, augmentation, build_dataset, generate_batch
from digitgen.arrays import Pixels
from digitgen.notebook import MAX_PICTURES, picture_count
from digitgen.progress import progress_bar
from tests.letters import letter_config

TAGS = {*"div strong figure figcaption img span table thead tbody tr th td".split()}  # noqa: SIM905
MASKED = Labels(masks=True, clean=True)


def pictures(html: str) -> list[Pixels]:
    """The pictures in HTML, as arrays."""
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    return [np.array(Image.open(io.BytesIO(base64.b64decode(each)))) for each in found]


def text(html: str) -> str:
    """The text of HTML, with a space for each tag."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


def shown(value: Any) -> str:
    """What a notebook shows of an object."""
    return str(value._repr_html_())


@pytest.fixture(scope="module")
def batch(bank: GlyphBank) -> Batch:
    """Forty images."""
    return generate_batch([[3, 5, 0], [1, 7]] * 20, (2, 8), 120, glyphs=bank, rng=1, labels=MASKED)


def test_a_batch_shows_its_first_dozen_images_with_their_text(batch: Batch) -> None:
    html = shown(batch)
    np.testing.assert_array_equal(pictures(html), batch.images[:12])
    said = text(html)
    assert "Batch of 40 images, 28 x 120 px" in said
    assert "the first 12 of 40" in said
    assert said.count(" 350 ") == 6
    assert "#11" in said
    assert "#12" not in said
    for row in ("images uint8 40 x 28 x 120", "gaps int16 40 x 2", "masks uint8"):
        assert row in said


def test_a_small_batch_shows_all_of_it(batch: Batch) -> None:
    assert len(pictures(shown(batch[:2]))) == 2
    assert "the first" not in text(shown(batch[:2]))
    assert "Batch of 0 images" in text(shown(batch[:0]))


def test_a_large_batch_shows_in_as_little_as_a_small_one(batch: Batch) -> None:
    many = batch[np.arange(10_000) % 40]
    assert len(shown(many)) < len(shown(batch)) + 100


def test_wide_images_are_shown_in_smaller_number() -> None:
    assert picture_count(40, 168, 28) == MAX_PICTURES
    assert picture_count(40, 4_000, 28) == 2
    assert picture_count(40, 32_767, 28) == 1
    assert picture_count(0, 168, 28) == 0


def test_a_sample_shows_its_images_and_what_is_known_of_each_digit(bank: GlyphBank) -> None:
    augment = augmentation(sequence=[{"step": "gamma"}], glyphs=[{"step": "rotate"}])
    sample = generate_batch([[3, 5, 0]], (2, 8), 120, glyphs=bank, rng=1, labels=MASKED, augment=augment)[0]
    html = shown(sample)
    image, clean, mask = pictures(html)
    np.testing.assert_array_equal(image, sample.image)
    np.testing.assert_array_equal(clean, sample.clean)
    assert sorted(np.unique(mask)) == [0, 85, 170, 255]
    said = text(html)
    assert "Sample 0: 350" in said
    assert " ".join(["glyph", *map(str, sample.glyph_ids)]) in said
    assert " ".join(["x", *(f"{x:.4g}" for x in sample.boxes[:, 0].tolist())]) in said
    assert "sequence_0_gamma_exponent" in said
    assert "glyphs_0_rotate_angle" in said


def test_a_long_sample_shows_its_first_digits(bank: GlyphBank) -> None:
    html = shown(generate_batch([[*range(10)] * 20], (0, 0), 5_600, glyphs=bank, rng=1)[0])
    assert html.count("<th>") == 21


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset of an alphabet that HTML takes for tags."""
    build_dataset(letter_config(tmp_path, '<&"'), tmp_path / "set", jobs=1, fsync=False)
    return tmp_path / "set"


def test_a_dataset_shows_its_first_images_and_arrays(folder: Path) -> None:
    dataset = DigitDataset(folder, "train")
    html = shown(dataset)
    np.testing.assert_array_equal(pictures(html), dataset[:12].images)
    said = text(html)
    assert "letters, split train: 300 images in 1 file, " in said
    assert "the first 12 of 300" in said
    assert "boxes float32 300 x 4 x 4 (N, L, 4) x, y, width, height of each digit in px, padded with -1" in said


def test_the_texts_of_any_alphabet_are_escaped(folder: Path) -> None:
    dataset = DigitDataset(folder, "train")
    for value in (dataset, dataset[:5], dataset[0]):
        tags = re.findall(r"<(/?)([^ >]*)", shown(value))
        assert {name for _, name in tags} <= TAGS
        assert sum(not end and name != "img" for end, name in tags) == sum(bool(end) for end, _ in tags)
    assert all(each.text in text(shown(dataset)) for each in dataset[:12])


def test_a_dataset_reads_what_it_shows_and_no_more(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    whole = DigitDataset.arrays

    def arrays(self: DigitDataset, names: list[str], index: Any) -> object:
        asked.append((names, index))
        return whole(self, names, index)

    monkeypatch.setattr(DigitDataset, "arrays", arrays)
    shown(DigitDataset(folder, "train"))
    assert asked == [(["images", "labels", "lengths", "sample_ids"], slice(0, 12))]


def test_a_dataset_in_a_store_shows_what_its_manifest_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_dataset(letter_config(tmp_path, "xyz"), "memory://bucket/shown", jobs=1)
    dataset = DigitDataset("memory://bucket/shown", "train")
    monkeypatch.setattr(DigitDataset, "arrays", None)
    html = shown(dataset)
    assert not pictures(html)
    assert "the images are in memory://bucket/shown; they come when they are asked for" in text(html)


def test_a_dataset_whose_files_are_gone_says_so(folder: Path) -> None:
    dataset = DigitDataset(folder, "train")
    (folder / "train/shard-00000.h5").unlink()
    assert "shard-00000.h5" in text(shown(dataset))


def test_bars_are_those_of_notebooks_in_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    def kind(*, shown: bool) -> type:
        with progress_bar(shown=shown, total=3, unit="images") as bar:
            return type(bar)

    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    assert kind(shown=True) is tqdm
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    assert kind(shown=True) is notebook_bar
    assert kind(shown=False) is tqdm


def test_all_bars_begin_in_one_place() -> None:
    folder = Path(digitgen.__file__).parent
    own = {path.relative_to(folder).as_posix() for path in folder.rglob("*.py") if "tqdm(" in path.read_text()}
    assert own <= {"progress.py"}
