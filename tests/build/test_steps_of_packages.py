"""A dataset with a step of another package: built by workers, read without the package, made again only with it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from digitgen import DigitDataset, build_dataset, load_config, verify_dataset
from digitgen.augment import catalogue
from digitgen.cli import main
from digitgen.config.schema import json_schema
from digitgen.dataset.entries import PackageEntry
from digitgen.dataset.manifest import JOURNAL_NAME, MANIFEST_NAME, Manifest, read_manifest
from digitgen.plugins import STEPS
from tests.augment.test_catalogue import SMUDGE
from tests.conftest import Install, write_coded_glyphs
from tests.errors import message_of

CONFIG = """
name: smudged
image_width: 130
splits:
  train: {count: 1500, source: {images: images.idx, labels: labels.idx}}
sequence: {length: [1, 4]}
spacing: {range: [0, 10]}
augment: {sequence: [{step: smudge, depth: [10, 40]}, {step: inverse}]}
labels: {clean: true}
output: {shard_size: 1024}
"""
MISSING = "step 'smudge' comes from the package digitgen-smudge 1.0, which is not installed; install it"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a configuration and its glyphs."""
    write_coded_glyphs(tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def smudge(install: Install) -> None:
    """The package is there."""
    install("digitgen-smudge", "1.0", {STEPS: {"smudge": "digitgen_smudge:smudge"}}, SMUDGE)


def build(out: str, **options: Any) -> Manifest:
    return build_dataset(load_config("config.yaml"), out, jobs=1, fsync=False, **options)


def uninstall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [each for each in sys.path if not each.endswith("digitgen_smudge")])
    catalogue._of_package.cache_clear()


@pytest.mark.usefixtures("smudge")
def test_a_step_of_a_package_does_what_its_parameters_say(home: Path) -> None:
    manifest = build("out")
    assert manifest.steps == {"smudge": PackageEntry(name="digitgen-smudge", version="1.0")}
    batch = DigitDataset(home / "out", "train")[:200]
    depth = batch.parameters["sequence_0_smudge_depth"]
    assert depth.min() >= 10 and depth.max() <= 40
    assert batch.clean is not None
    paler = np.maximum(batch.clean.astype(int) - depth.astype(int)[:, None, None], 0)
    np.testing.assert_array_equal(batch.images, 255 - paler)
    assert verify_dataset("out", regenerate=20, data_dir=home, rng=1).ok


@pytest.mark.usefixtures("smudge")
def test_workers_find_the_step_and_make_the_same_files(home: Path) -> None:
    build("one")
    where = os.pathsep.join(sys.path)
    command = [sys.executable, "-m", "digitgen", "build", "config.yaml", "--out", "two", "--jobs", "2"]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": where}, capture_output=True)
    for file in ("train/shard-00000.h5", "train/shard-00001.h5", MANIFEST_NAME, JOURNAL_NAME, "config.yaml"):
        assert (home / "one" / file).read_bytes() == (home / "two" / file).read_bytes()


@pytest.mark.usefixtures("smudge")
def test_the_package_is_not_needed_for_reading(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build("out")
    uninstall(monkeypatch)
    dataset = DigitDataset(home / "out", "train")
    assert dataset[0].image.shape == (28, 130)
    assert len(dataset) == 1500
    assert verify_dataset("out").ok
    assert main(["preview", "out", "-o", "preview.png"]) == 0
    with h5py.File("out/train/shard-00000.h5") as file:
        assert file["augment/sequence_0_smudge_depth"].shape == (1024,)


@pytest.mark.usefixtures("smudge")
def test_without_the_package_nothing_is_made_again_and_a_line_says_why(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    build("data/smudged")
    uninstall(monkeypatch)
    assert message_of(verify_dataset, "data/smudged", regenerate=1, data_dir=home) == MISSING
    for command in (
        "verify data/smudged --regenerate 1",
        "preview data/smudged --masks -o preview.png",
        "report data/smudged -o report.html",
        "build config.yaml --resume",
        "build config.yaml --resume --out data/smudged",
    ):
        assert main(command.split()) == 1, command
        assert capsys.readouterr().err.splitlines()[-1] == f"digitgen: {MISSING}", command
    Path("data/smudged", MANIFEST_NAME).unlink()  # as if the build had been interrupted
    assert main(["build", "config.yaml", "--resume"]) == 1
    assert capsys.readouterr().err == f"digitgen: {MISSING}\n"


def test_a_new_build_without_the_package_says_that_there_is_no_such_step(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown = "augment.sequence.0.step: there is no step 'smudge'"
    for options in ([], ["--resume"]):
        assert main(["build", "config.yaml", *options]) == 2
        assert unknown in capsys.readouterr().err
    assert not (home / "data").exists()


@pytest.mark.usefixtures("smudge")
def test_a_build_goes_on_with_the_version_it_began_with(home: Path, install: Install) -> None:
    build("out")
    Path("out/train/shard-00001.h5").unlink()
    install("digitgen-smudge", "1.1", {STEPS: {"smudge": "digitgen_smudge:smudge"}}, SMUDGE)
    assert message_of(build, "out", resume=True) == (
        "out: was begun otherwise (package of step.smudge: digitgen-smudge 1.0 -> digitgen-smudge 1.1); resume it "
        "as it was begun, "
        "or start again with --overwrite"
    )
    install("digitgen-smudge", "1.0", {STEPS: {"smudge": "digitgen_smudge:smudge"}}, SMUDGE)
    assert build("out", resume=True) == read_manifest(home / "out")
    assert verify_dataset("out").ok


@pytest.mark.usefixtures("home", "smudge")
def test_a_configuration_is_checked_against_what_the_step_says() -> None:
    assert message_of(load_config, "config.yaml", ["augment.sequence.0.depth=300"]) == (
        "augment.sequence.0.depth=300: augment.sequence.0.depth: input should be less than or equal to 255; got 300"
    )
    section = json.loads(json_schema())["$defs"]["SmudgeStep"]
    assert section["properties"]["depth"]["description"] == "What is taken away, grey levels."


@pytest.mark.usefixtures("smudge")
def test_the_commands_list_and_render_the_step(
    home: Path, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["augmentations", "smudge"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "smudge: Make ink paler.",
        "    on glyphs and sequence; from the package digitgen-smudge 1.0",
        "    depth: what is taken away, grey levels; default 10 to 20, allowed 0 to 255",
    ]
    assert main(["augmentations", "smudge", "rotate", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["smudge"]["package"] == {"name": "digitgen-smudge", "version": "1.0"}
    assert listed["rotate"]["package"] is None
    assert main(["augmentations", "smudge", "--gallery", "smudge.png"]) == 0
    assert main(["preview", "config.yaml", "-o", "preview.png"]) == 0
    assert (home / "smudge.png").exists() and (home / "preview.png").exists()
    capsys.readouterr()
    install("digitgen-broken", "2.0", {STEPS: {"broken": "digitgen_broken:broken"}}, "raise OSError('no camera')")
    for command in ("augmentations", "schema"):
        assert main([command]) == 0
        out, err = capsys.readouterr()
        assert "smudge" in out and "broken" not in out
        assert err == (
            "digitgen: 'broken' in digitgen.steps, from the package digitgen-broken 2.0, cannot be loaded from "
            "digitgen_broken:broken: OSError: no camera\n"
        )
