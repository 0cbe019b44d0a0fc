"""The commands that measure real strings: what they print, write and refuse."""

import json
from pathlib import Path

import pytest

from digitgen.build.build import build_dataset
from digitgen.cli import main
from digitgen.config.load import load_config
from digitgen.export.export import export_dataset
from tests.conftest import write_coded_glyphs
from tests.measure.strings import bars, coco, save

CONFIG = """\
name: small
seed: 5
image_width: 168
splits:
  train: {count: 60, source: {images: images.idx, labels: labels.idx}}
sequence: {length: [2, 5]}
spacing: {range: [-6, 7]}
augment: {glyphs: [{step: slant, slant: [-0.2, 0.2]}]}
labels: {masks: true}
"""
DIGITS = [("3", (10, 10, 20, 40)), ("5", (40, 15, 10, 40))]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset."""
    home = tmp_path_factory.mktemp("measure")
    write_coded_glyphs(home)
    (home / "small.yaml").write_text(CONFIG)
    build_dataset(load_config(home / "small.yaml"), home / "set", jobs=1, fsync=False)
    return home


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    """A folder of two crops."""
    for name in ("a.png", "b.png"):
        save(tmp_path / "crops", name, bars([box for _, box in DIGITS]))
    coco(tmp_path / "crops/boxes.json", {"a.png": DIGITS, "b.png": DIGITS})
    return tmp_path / "crops"


def test_a_dataset_and_its_export_to_coco_differ_in_what_boxes_bound_alone(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export_dataset(built / "set", "coco", tmp_path / "coco")
    assert main(["measure", str(built / "set"), "--json"]) == 0
    ours = json.loads(capsys.readouterr().out)
    assert main(["measure", str(tmp_path / "coco"), "--json"]) == 0
    theirs = json.loads(capsys.readouterr().out)
    without_boxes = [
        key for key in ours["figures"] if key.startswith(("content", "marks", "tones.paper", "paper.line"))
    ]
    assert len(without_boxes) == 20
    for key in ("touching", *without_boxes):
        assert ours["figures"][key] == theirs["figures"][key], key
    # A dataset's boxes are drawn in to what is seen; those of an export bound every trace of ink.
    assert 0 < ours["figures"]["gap.p50"]["value"] - theirs["figures"]["gap.p50"]["value"] < 0.2
    assert ours["lengths"] == theirs["lengths"]
    assert ours["figures"]["gap.p50"]["error"] > 0


def test_inspect_has_the_figures_of_measure(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", str(built / "set"), "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert main(["inspect", str(built / "set"), "--json", "--jobs", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["writing"] == measured
    assert main(["inspect", str(built / "set"), "--jobs", "1"]) == 0
    assert "gap / median height" in capsys.readouterr().out


def test_a_page_sets_a_dataset_beside_a_folder(
    built: Path, crops: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [
        "measure",
        str(crops),
        "--beside",
        str(built / "set"),
        "--split",
        "train",
        "-o",
        str(tmp_path / "m.html"),
    ]
    assert main(command) == 0
    assert capsys.readouterr().out.endswith("m.html\n")
    page = (tmp_path / "m.html").read_text()
    assert "Measured: crops beside small, train" in page
    assert page.count("<figure>") == 16
    assert main(command) == 1
    assert "m.html exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["no-such-folder"], "there is no such folder"),
        (["CROPS", "--split", "train"], "is no dataset of digitgen, so it has no split train"),
        (["SET", "--split", "trian"], "has no split 'trian'; it has train"),
    ],
)
def test_mistakes_are_told_in_one_line(
    built: Path, crops: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    places = {"CROPS": str(crops), "SET": str(built / "set")}
    assert main(["measure", *(places.get(word, word) for word in words)]) in (1, 2)
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
