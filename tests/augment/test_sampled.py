"""Arrays of what augmentation sampled: they say what they are, and are found by that, not by their names."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from digitgen.augment.sampled import Sampled, firsts, step_names
from digitgen.build.build import build_dataset
from digitgen.compose.batch import parameter_arrays
from digitgen.config.load import load_config
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.manifest import fingerprint, read_manifest
from digitgen.errors import DatasetError
from digitgen.glyphs.bank import GlyphBank
from digitgen.look.mistakes.factors import ARRAYS, factors
from digitgen.look.preview.view import views_of_dataset
from digitgen.look.report.counting import dataset_statistics
from digitgen.look.report.figures import figures
from digitgen.look.report.listing import listing
from tests.conftest import write_coded_glyphs
from tests.steps import recipe, setting

CONFIG = """\
name: small
seed: 5
image_width: 130
splits:
  train: {count: 200, source: {images: images.idx, labels: labels.idx}}
sequence: {length: [1, 4]}
spacing: {range: [-3, 5]}
augment:
  glyphs: [{step: rotate, angle: [-0.2, 0.2], p: 0.5}, {step: swelling}]
  sequence: [{step: shot_noise, severity: [1, 5]}, {step: inverse, p: 0.5}, {step: rotate, angle: [0, 0.1]}]
"""
ROTATE = Sampled("glyphs", 0, "rotate", "angle", "counter-clockwise angle", "rad")
AGAIN = Sampled("sequence", 2, "rotate", "angle", "counter-clockwise angle", "rad")
NOISE = Sampled("sequence", 0, "shot_noise", "photons", "mean count of a white pixel: fewer are noisier", "photons")


def built(home: Path) -> Path:
    """A small dataset whose augmentation has every kind of parameter."""
    write_coded_glyphs(home)
    (home / "config.yaml").write_text(CONFIG)
    build_dataset(load_config(home / "config.yaml"), home / "out", jobs=1, fsync=False)
    return home / "out"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("sampled"))


def test_an_array_is_named_and_described_by_what_it_holds(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert {each.name: each.description for each in manifest.splits["train"].arrays if each.sampled} == {
        "augment/glyphs_0_rotate_angle": "rotate: counter-clockwise angle, rad; NaN where untouched",
        "augment/glyphs_1_swelling_strength": (
            "swelling: exponent of the enlargement; 1 changes nothing; NaN where untouched"
        ),
        "augment/glyphs_1_swelling_radius": (
            "swelling: of the swelling, for a mean thickness of 4 px, px; NaN where untouched"
        ),
        "augment/sequence_0_shot_noise_severity": "shot_noise: published severity; NaN where untouched",
        "augment/sequence_0_shot_noise_photons": (
            "shot_noise: mean count of a white pixel: fewer are noisier, photons; NaN where untouched"
        ),
        "augment/sequence_1_inverse_applied": "inverse: 1 for every image that it touches; NaN where untouched",
        "augment/sequence_2_rotate_angle": "rotate: counter-clockwise angle, rad; NaN where untouched",
    }
    with h5py.File(folder / manifest.splits["train"].shards[0].file) as file:
        for each in manifest.splits["train"].arrays:
            assert file[each.name].attrs["description"].decode() == each.description


def test_a_manifest_says_what_each_array_holds(folder: Path) -> None:
    arrays = json.loads((folder / "manifest.json").read_text())["splits"]["train"]["arrays"]
    said = {each["name"]: each["sampled"] for each in arrays}
    assert said["images"] is None
    assert said["augment/sequence_0_shot_noise_photons"] == {
        "stage": "sequence",
        "position": 0,
        "step": "shot_noise",
        "parameter": "photons",
        "description": "mean count of a white pixel: fewer are noisier",
        "unit": "photons",
    }
    assert said["augment/glyphs_1_swelling_strength"]["unit"] == ""


def test_the_arrays_of_a_dataset_are_those_of_its_recipe(folder: Path, bank: GlyphBank) -> None:
    steps = (setting("shot_noise", severity=(1, 5)), setting("inverse", p=0.5), setting("rotate", angle=(0, 0.1)))
    glyphs = (setting("rotate", angle=(-0.2, 0.2), p=0.5), setting("swelling"))
    arrays = parameter_arrays(recipe(bank, steps, glyphs).spec)
    assert parameter_arrays(read_manifest(folder).splits["train"].spec) == arrays
    assert {ROTATE, AGAIN, NOISE} < set(arrays)


def test_an_array_of_a_manifest_that_does_not_say_what_it_holds_is_refused(folder: Path, tmp_path: Path) -> None:
    content = json.loads((folder / "manifest.json").read_text())
    del content["checksum"], content["splits"]["train"]["arrays"][7]["sampled"]
    (tmp_path / "manifest.json").write_text(json.dumps(content | {"checksum": fingerprint(content)}))
    with pytest.raises(DatasetError, match=r"splits\.train\.arrays\.7\.sampled: is missing"):
        read_manifest(tmp_path)


def looked_at(folder: Path) -> list[object]:
    """What every reader of a dataset makes of its parameters, but for the names of arrays."""
    found = dataset_statistics(folder, read_manifest(folder), jobs=1)
    (parameters,) = (split["parameters"] for split in figures(found)["splits"].values())
    (view,) = views_of_dataset(folder, read_manifest(folder), ["train"])
    arrays = view.arrays(sorted({array for field in view.fields.values() for array in field.arrays}), slice(0, 200))
    asked = {name: each.read({array: arrays[array] for array in each.arrays}) for name, each in view.fields.items()}
    dataset = DigitDataset(folder, "train")
    spec = dataset.manifest.splits["train"].spec
    known = factors(dataset.arrays([*ARRAYS, *parameter_arrays(spec).values()]), spec)
    return [
        list(listing(found))[1:],
        list(parameters.values()),
        view.steps,
        {name: np.nan_to_num(values, nan=-9).tolist() for name, values in asked.items() if values.dtype.kind != "U"},
        [(each.name, each.levels, each.codes.tolist()) for each in known],
    ]


def test_nobody_but_its_facts_knows_the_name_of_an_array(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = looked_at(folder)
    name = property(lambda self: f"{self.parameter}-{self.position}-of-{self.step[::-1]}-{self.stage[0]}")
    monkeypatch.setattr(Sampled, "name", name)
    other = built(tmp_path)
    names = [each.name for each in read_manifest(other).splits["train"].arrays if each.sampled]
    assert names[0] == "augment/angle-0-of-etator-g"
    assert set(DigitDataset(other, "train")[0].parameters) == {each.removeprefix("augment/") for each in names}
    assert looked_at(other) == expected


def test_what_augmentation_did_can_be_asked_without_the_recipe(folder: Path) -> None:
    other = read_manifest(folder).model_copy(update={"config": {"made": "by another version"}})
    (view,) = views_of_dataset(folder, other, ["train"])
    assert view.steps == ("rotate", "swelling", "shot_noise", "inverse")
    assert {"rotate", "rotate.angle", "severity", "shot_noise.photons", "inverse"} < set(view.fields)
    severity = view.fields["severity"]
    read = severity.read(view.arrays(severity.arrays, slice(0, 200)))
    assert read.tolist() == DigitDataset(folder, "train")[:].parameters["sequence_0_shot_noise_severity"].tolist()


def test_a_step_is_named_with_its_place_where_it_acts_twice() -> None:
    assert step_names([ROTATE, NOISE, AGAIN]) == {
        ROTATE: "glyphs.0.rotate",
        NOISE: "shot_noise",
        AGAIN: "sequence.2.rotate",
    }
    assert step_names([ROTATE, NOISE])[ROTATE] == "rotate"


def test_the_first_parameter_of_each_step_stands_for_it() -> None:
    severity = Sampled("sequence", 0, "shot_noise", "severity", "published severity", "")
    assert firsts([ROTATE, severity, NOISE, AGAIN]) == [ROTATE, severity, AGAIN]
