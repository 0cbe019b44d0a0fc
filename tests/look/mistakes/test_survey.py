"""All splits at once: one table, the worst first, each against the one whose sequences it shows again."""

import html
import json
import re
from pathlib import Path

import numpy as np
import pytest

from digitgen.build.build import build_dataset
from digitgen.config.load import load_config
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.errors import PredictionError
from digitgen.look.mistakes.comparison import mcnemar
from digitgen.look.mistakes.rates import unpaired_difference
from digitgen.look.mistakes.survey import Row, Survey, files_of_splits, survey
from tests.broken_model import write_csv
from tests.errors import message_of
from tests.look.mistakes.test_mistakes import headlines, run

CONFIG = """\
name: corrupted
seed: 3
image_width: 150
splits:
  noise: {count: 400, source: mnist/test, same_as: clean, augment: {sequence: [{step: shot_noise, severity: [1, 5]}]}}
  clean: {count: 400, source: mnist/test}
  blur: {count: 300, source: mnist/test, same_as: clean, augment: {sequence: [{step: motion_blur, severity: 2}]}}
  train: {count: 200, source: mnist/train}
sequence: {length: [2, 4]}
spacing: {range: [0, 7]}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dataset `data`, and predictions `model` for its splits, wrong in noise and a little elsewhere."""
    home = tmp_path_factory.mktemp("survey")
    (home / "config.yaml").write_text(CONFIG)
    build_dataset(load_config(home / "config.yaml"), home / "data", jobs=1, fsync=False)
    (home / "model").mkdir()
    for number, (split, share) in enumerate({"noise": 0.4, "clean": 0.1, "blur": 0.15, "train": 0.05}.items()):
        rng = np.random.default_rng(number)
        texts = DigitDataset(home / "data", split)[:].texts
        read = [text[:-1] if rng.random() < share else text for text in texts]
        write_csv(home / "model" / f"{split}.csv", read)
    (home / "model" / "notes.txt").write_text("not predictions")
    return home


@pytest.fixture(scope="module")
def found(home: Path) -> Survey:
    return survey(DigitDataset(home / "data", "train"), home / "model")


def wrong(home: Path, split: str) -> np.ndarray:
    """Whether each image of a split is misread, counted by hand."""
    lines = (home / "model" / f"{split}.csv").read_text().splitlines()[1:]
    texts = DigitDataset(home / "data", split)[:].texts
    return np.array([line.split(",")[1] != text for line, text in zip(lines, texts, strict=True)])


def row(found: Survey, split: str) -> Row:
    return next(each for each in found.rows if each.split == split)


def test_the_worst_split_comes_first(home: Path, found: Survey) -> None:
    assert [each.split for each in found.rows] == ["noise", "blur", "clean", "train"]
    assert [each.wrong_images for each in found.rows] == [
        wrong(home, each).sum() for each in ("noise", "blur", "clean", "train")
    ]
    assert [each.name for each in row(found, "noise").patterns] == [
        "Digits not read at all where the position from the right is 1"
    ]


def test_splits_of_the_same_sequences_are_compared_image_by_image(home: Path, found: Survey) -> None:
    clean = wrong(home, "clean")
    assert (found.base, row(found, "clean").against) == ("clean", None)
    for split in ("noise", "blur"):
        mine = wrong(home, split)
        base = clean[: len(mine)]
        against = row(found, split).against
        assert against is not None
        assert against.difference.value == pytest.approx(mine.mean() - base.mean())
        assert against.p_value == mcnemar(int((base & ~mine).sum()), int((~base & mine).sum()))


def test_other_splits_are_compared_as_a_whole(home: Path, found: Survey) -> None:
    clean, train = wrong(home, "clean"), wrong(home, "train")
    against = row(found, "train").against
    assert against is not None
    assert against.p_value is None
    assert against.difference == unpaired_difference(int(clean.sum()), 400, int(train.sum()), 200)
    assert against.difference.low < train.mean() - clean.mean() < against.difference.high


def test_the_mean_is_that_of_splits_of_the_same_sequences(home: Path, found: Survey) -> None:
    assert found.mean == pytest.approx((wrong(home, "noise").mean() + wrong(home, "blur").mean()) / 2)


def test_a_single_split_has_no_mean(home: Path, tmp_path: Path) -> None:
    for split in ("noise", "clean"):
        (tmp_path / f"{split}.csv").write_bytes((home / "model" / f"{split}.csv").read_bytes())
    found = survey(DigitDataset(home / "data", "train"), tmp_path)
    assert (found.base, found.mean) == ("clean", None)


def test_newcombes_interval_is_the_published_one() -> None:
    # Newcombe 1998, table II, contrast a, method 10: 56/70 less 48/80
    found = unpaired_difference(48, 80, 56, 70)
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_a_folder_names_files_after_splits(tmp_path: Path) -> None:
    splits = ["test", "train"]
    none = message_of(files_of_splits, tmp_path, splits)
    assert none.endswith("has no file of predictions named after a split, such as test.csv")
    (tmp_path / "train.npy").touch()
    (tmp_path / "test.CSV").touch()
    assert list(files_of_splits(tmp_path, splits)) == ["test", "train"]
    (tmp_path / "train.csv").touch()
    assert "train.npy: the split has another file of predictions, train.csv" in message_of(
        files_of_splits, tmp_path, splits
    )
    (tmp_path / "dev.csv").touch()
    assert "dev.csv: files of a folder are named after splits; the dataset has no split 'dev'" in message_of(
        files_of_splits, tmp_path, splits
    )
    with pytest.raises(PredictionError, match="cannot be read"):
        files_of_splits(tmp_path / "nowhere", splits)


def test_a_dataset_without_copies_has_no_base(home: Path, tmp_path: Path) -> None:
    for split in ("noise", "train"):
        (tmp_path / f"{split}.csv").write_bytes((home / "model" / f"{split}.csv").read_bytes())
    found = survey(DigitDataset(home / "data", "train"), tmp_path)
    assert (found.base, found.mean, found.missing) == (None, None, ["blur", "clean"])
    assert [each.against for each in found.rows] == [None, None]


# The command


@pytest.mark.usefixtures("no_plots")
def test_the_command_prints_a_table_and_writes_a_page(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, home / "data", home / "model", "-o", tmp_path / "page.html")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert re.fullmatch(r"split +sequences wrong +edits per digit +more than clean, points +what stands out", lines[0])
    assert [line.split()[0] for line in lines[1:5]] == ["noise", "blur", "clean", "train"]
    assert re.match(r"Mean of the 2 splits with the sequences of clean: [\d.]+ %\.", lines[5])
    assert lines[6] == str(tmp_path / "page.html")
    page = html.unescape((tmp_path / "page.html").read_text())
    (headline,) = headlines(page.encode())
    assert re.match(r"Worst is noise: [\d.]+ % of sequences wrong, [\d.]+ points more than clean\.", headline)
    assert page.index('id="noise"') < page.index('id="blur"') < page.index('id="clean"')
    assert "Digits not read at all where the position from the right is 1" in page


def test_the_command_gives_json_of_all_splits(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, home / "data", home / "model", "--json")
    found = json.loads(out)
    assert (found["model"], found["base"], found["missing"]) == ("model", "clean", [])
    noise = found["splits"][0]
    assert noise["split"] == "noise"
    assert noise["against"]["difference"]["value"] > 0.2
    assert noise["patterns"][0]["what"] == "digits not read at all"
    assert noise["sequence_error_rate"]["value"] == noise["wrong_images"] / noise["images"]


def test_a_split_that_stands_out_of_order_is_called_out_first(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = DigitDataset(home / "data", "train")[:].texts
    write_csv(tmp_path / "train.csv", texts[1:] + texts[:1])
    _, out, _ = run(capsys, home / "data", tmp_path)
    assert out.startswith("train: MISALIGNED? ")
    assert out.splitlines()[2].endswith(")")  # of the last figure: nothing stands out of what is not the model's
    assert out.splitlines()[-1] == "without predictions: blur, clean, noise"


@pytest.mark.usefixtures("no_plots")
def test_a_split_can_be_taken_out_of_a_folder(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = run(capsys, home / "data", home / "model", "--split", "noise")
    assert code == 0
    assert out.startswith("noise: ")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "noise.csv").write_bytes((home / "model" / "noise.csv").read_bytes())
    code, out, _ = run(capsys, home / "data", home / "model", tmp_path / "other", "--split", "noise")
    assert code == 0
    assert "McNemar's exact test: p = 1" in out
    monkeypatch.chdir(tmp_path / "other")
    code, out, _ = run(capsys, home / "data", ".", "-o", tmp_path)
    assert out.splitlines()[-1] == str(tmp_path / "other-mistakes.html")
    code, _, err = run(capsys, home / "data", home / "model", tmp_path / "other")
    assert (code, err.count("\n")) == (2, 1)
    assert "one folder of predictions can be looked at; compare two on one split, with --split" in err
    code, _, err = run(capsys, home / "data", tmp_path / "other", "--split", "clean")
    assert code == 1
    assert "has no file for the split 'clean'; it has noise" in err
