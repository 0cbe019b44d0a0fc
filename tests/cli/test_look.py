"""The commands that look: what they write, what they print, what they refuse."""

import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitgen.build.build import build_dataset
from digitgen.cli import program as cli
from digitgen.config.load import load_config
from digitgen.dataset.manifest import MANIFEST_NAME, manifest_bytes, read_manifest
from digitgen.dataset.stores import local
from digitgen.files import read_plain
from digitgen.glyphs import places
from digitgen.glyphs.idx import encode_idx
from tests.conftest import coded_glyphs
from tests.errors import naming

CONFIG = """\
name: small
seed: 5
image_width: 168
splits:
  train: {count: 1200, source: {images: my-images, labels: my-labels}}
  test: {count: 40, source: {images: my-images, labels: my-labels}}
allow_shared_glyphs: true
sequence: {length: [1, 5]}
spacing: {range: [0, 7]}
augment: {sequence: [{step: shot_noise, severity: [1, 5], p: 0.5}]}
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration, its glyphs, and the dataset of it."""
    home = tmp_path_factory.mktemp("look")
    images, labels = coded_glyphs()
    (home / "my-images").write_bytes(encode_idx(images))
    (home / "my-labels").write_bytes(encode_idx(labels))
    (home / "small.yaml").write_text(CONFIG)
    build_dataset(load_config(home / "small.yaml"), home / "set", jobs=1, fsync=False)
    return home


@pytest.fixture
def run(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in a copy of that folder."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(places.VARIABLE, raising=False)

    def run(command: str) -> tuple[int, str, str]:
        try:
            code = cli.main(shlex.split(command))
        except SystemExit as end:
            assert isinstance(end.code, int)
            code = end.code
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out, captured.err

    return run


def test_a_preview_is_a_png_named_after_the_dataset(run: Run) -> None:
    assert run("preview set") == (0, "small-preview.png\n", "")
    with Image.open("small-preview.png") as page:
        assert (page.format, page.mode) == ("PNG", "RGB")


def test_a_preview_of_a_configuration_equals_that_of_its_dataset(run: Run, tmp_path: Path) -> None:
    options = "--by length --count 3 --where \"'4' in text\" --boxes --masks --pairs --seed 3"
    assert run(f"preview set {options} -o one.png --split train")[0] == 0
    assert run(f"preview small.yaml {options} -o other.png --split train")[0] == 0
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()


def test_a_preview_of_a_configuration_says_the_law_of_the_strings(run: Run) -> None:
    code, _, said = run("preview small.yaml --count 3 'sequence.length={1: 1, 3: 3}' image_width=200")
    law = "lengths are as weighted: 1 (25 %) and 3 (75 %); digits are uniform; 1,010 strings are possible"
    assert (code, said) == (0, f"digitgen: sequence: {law}\n")


def test_a_preview_by_hand_shows_one_split(run: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "hands.npy", np.arange(30) // 10)
    for what in ("set", "small.yaml"):
        assert run(f"preview {what} --by hand --writers hands.npy -o {what}.png")[0] == 0
    assert run("preview set --by hand --writers hands.npy --split train -o train.png")[0] == 0
    pages = [(tmp_path / name).read_bytes() for name in ("set.png", "small.yaml.png", "train.png")]
    assert pages[0] == pages[1] == pages[2]


def test_a_preview_takes_overrides_of_a_configuration(run: Run) -> None:
    assert run("preview small.yaml --count 3 image_width=400")[0] == 0
    with Image.open("small-preview.png") as page:
        assert page.width > 800


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("preview set", "small-preview.png"),
        ("report set --jobs 1", "small-report.html"),
        ("augmentations rotate --gallery gallery.png", "gallery.png"),
    ],
    ids=["preview", "report", "gallery"],
)
@pytest.mark.usefixtures("no_plots")
def test_an_existing_file_is_replaced_only_with_force(run: Run, tmp_path: Path, command: str, name: str) -> None:
    (tmp_path / name).write_text("mine")
    code, out, err = run(command)
    assert (code, out) == (1, "")
    assert err == f"digitgen: {name} exists; name another file, or replace it with --force\n"
    assert (tmp_path / name).read_text() == "mine"
    assert run(f"{command} --force") == (0, f"{name}\n", "")
    assert (tmp_path / name).read_bytes() != b"mine"


@pytest.mark.usefixtures("no_plots")
def test_report_writes_one_page(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    assert run("report set -o pages --jobs 1") == (0, "pages/small-report.html\n", "")
    page = (tmp_path / "pages/small-report.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "<h1>small</h1>" in page


def test_inspect_prints_the_figures(run: Run) -> None:
    code, out, err = run("inspect set")
    assert (code, err) == (0, "")
    assert out.startswith("set: 1,240 images, ")
    assert "train and test have 29 glyphs in common." in out
    code, out, err = run("inspect set --json")
    assert (code, err) == (0, "")
    assert json.loads(out)["splits"]["test"]["images"] == 40


def test_what_a_command_cannot_do_is_refused_in_one_line_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    cases: list[tuple[str, int, str]] = [
        ("preview nothing", 2, "nothing: "),
        ("preview nothing.yaml", 2, "nothing.yaml: "),
        ("preview set --split valid", 1, "set: has no split 'valid'; it has test, train"),
        ("preview small.yaml --split valid", 1, "small.yaml: has no split 'valid'; it has train, test"),
        ("preview set image_width=3", 2, "image_width=3: a dataset is as it was built; only a configuration can be"),
        ("preview set --index 3,x", 2, "argument --index: must be indices such as 3,5-9; got '3,x'"),
        ("preview set --index 9-3", 2, "argument --index: must be indices such as 3,5-9; got '9-3'"),
        ("preview set --index 0-99999999999", 2, "argument --index: must be at most 10,000 indices"),
        ("preview set --index 1200", 2, "--index 1200 is out of range: train has 1,200 images"),
        ("preview set --count 0", 2, "argument --count: must be an integer from 1 to 10000; got '0'"),
        ("preview set --count 99999999999", 2, "argument --count: must be an integer from 1 to 10000"),
        ("preview set --seed -1", 2, "argument --seed: "),
        ("preview set --where 'lenght == 3'", 2, "--where 'lenght == 3': lenght is not known; did you mean length?"),
        ("preview set --by colour", 2, "--by colour: colour is not known"),
        (
            "preview set --by hand",
            2,
            "--by hand: no writers are stored with the images; build them with labels.writers",
        ),
        ("preview set --by hand --writers none.npy", 1, "none.npy: cannot be read: No such file"),
        ("preview set -o sheet.jpg", 2, "sheet.jpg: the file must end in .png, or be a folder that exists"),
        ("preview set -o nowhere/sheet.png", 2, "nowhere: there is no such folder"),
        ("report nothing", 1, "nothing: there is no such dataset folder"),
        ("report set -o report.png", 2, "report.png: the file must end in .html, or be a folder that exists"),
        ("report set --jobs 0", 2, "argument --jobs: must be an integer from 1 to 1024; got '0'"),
        ("inspect small.yaml", 1, "small.yaml: there is no such dataset folder"),
    ]
    for command, code, message in cases:
        with naming((command, code, message)):
            before = set(tmp_path.iterdir())
            found, out, err = run(command)
            assert (found, out) == (code, "")
            assert message in err
            assert err.count("\n") == 1
            assert set(tmp_path.iterdir()) == before


def test_a_damaged_dataset_is_refused_with_3(run: Run, tmp_path: Path) -> None:
    shard = tmp_path / "set/train/shard-00000.h5"
    shard.write_bytes(shard.read_bytes()[:-5])
    for command in ("report set", "inspect set", "preview set"):
        code, out, err = run(command)
        assert (code, out) == (3, "")
        assert "shard-00000.h5: the shard has" in err
    (tmp_path / "set/manifest.json").unlink()
    for command in ("report set", "inspect set", "preview set"):
        code, out, err = run(command)
        assert (code, out, err) == (3, "", "digitgen: set: not a finished dataset: manifest.json is absent\n")


def test_a_recipe_of_another_version_is_refused_in_one_line(run: Run, tmp_path: Path) -> None:
    manifest = read_manifest(tmp_path / "set")
    config = {**manifest.config, "colour": "red"}
    newer = manifest.model_copy(update={"config": config, "tool": {**manifest.tool, "digitgen": "9.0"}})
    (tmp_path / "set" / MANIFEST_NAME).write_bytes(manifest_bytes(newer))
    message = "digitgen: set: was built by digitgen 9.0, whose configuration is not known here: colour: "
    for command in ("preview set --pairs", "report set", "inspect set", "verify set --regenerate 3"):
        with naming(command):
            code, out, err = run(command)
            assert (code, out, err.count("\n")) == (1, "", 1)
            assert err.startswith(message)


@pytest.mark.usefixtures("no_plots")
def test_a_command_reads_the_manifest_once(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "read.csv").write_text("id,prediction\n" + "".join(f"{index},1\n" for index in range(40)))
    names: list[str] = []

    def noted(folder: Path, name: str, most: int) -> bytes:
        if name == MANIFEST_NAME:
            names.append(name)
        return read_plain(folder, name, most)

    monkeypatch.setattr(local, "read_plain", noted)
    for command in (
        "preview set --by length",
        "report set --jobs 1",
        "inspect set --jobs 1",
        "mistakes set read.csv",
        "verify set --regenerate 3",
        "build small.yaml --out set --resume",
    ):
        with naming(command):
            names.clear()
            assert run(command)[0] == 0
            # A build looks before it loads its glyphs, and again once nobody else can build there.
            assert names == ["manifest.json"] * (2 if command.startswith("build") else 1)


def test_an_option_without_a_value_is_refused(run: Run) -> None:
    for option in ("--where", "--by", "-o", "--data-dir"):
        with naming(option):
            code, out, err = run(f"preview set {option} ''")
            assert (code, out) == (2, "")
            assert err.endswith(": must not be empty (see digitgen preview --help)\n")


def test_an_empty_path_is_not_the_working_folder(run: Run) -> None:
    for command in ("preview ''", "report ''", "inspect ''", "mistakes '' a.csv", "mistakes set ''"):
        with naming(command):
            code, out, err = run(command)
            assert (code, out) == (2, "")
            assert "must not be empty" in err


def test_a_gallery_shows_the_steps_that_were_named(run: Run) -> None:
    assert run("augmentations slant wave --gallery two.png") == (0, "two.png\n", "")
    assert run("augmentations slant --gallery one.png") == (0, "one.png\n", "")
    with Image.open("two.png") as two, Image.open("one.png") as one:
        assert one.height < two.height < 1000


def test_a_gallery_is_refused_of_unknown_steps_and_with_json(run: Run) -> None:
    assert run("augmentations slnat --gallery one.png") == (
        2, "", "digitgen: there is no step 'slnat'; did you mean slant?\n",
    )  # fmt: skip
    code, out, err = run("augmentations --json --gallery one.png")
    assert (code, out) == (2, "")
    assert "not allowed with argument --json" in err
