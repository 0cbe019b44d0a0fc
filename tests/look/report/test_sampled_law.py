"""The laws of parameters that a report tests: those that steps sample by, also where digits share and stray."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitgen.augment.pipeline import sample_pipeline
from digitgen.build.build import build_dataset
from digitgen.config.load import load_config
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.manifest import read_manifest
from digitgen.look.report.chi_square import chi_square
from digitgen.look.report.counting import dataset_statistics
from digitgen.look.report.listing import listing
from digitgen.look.report.sampled_law import law_of
from digitgen.look.report.statistics import Statistics
from digitgen.rng import Address
from tests.conftest import write_coded_glyphs
from tests.steps import setting

COUNT = 60_000
SETTINGS: list[tuple[str, str, dict[str, Any]]] = [
    ("slant", "slant", {"slant": [-0.3, 0.3]}),
    ("slant", "slant", {"slant": [-0.3, 0.3], "share": "image"}),
    ("slant", "slant", {"slant": [-0.3, 0.3], "share": "image", "spread": 0}),
    ("slant", "slant", {"slant": [-0.3, 0.3], "share": "image", "spread": 0.16}),
    ("slant", "slant", {"slant": 0.1, "share": "image", "spread": 0.2}),
    ("slant", "slant", {"slant": [0.5, 0.9], "share": "image", "spread": 0.4}),
    ("size", "height", {"height": [20, 26], "share": "image", "spread": {"height": 3}}),
    ("swelling", "strength", {"strength": [2, 4], "share": "image", "spread": {"strength": 1.3}}),
    ("swelling", "strength", {"strength": 6, "share": "image", "spread": {"strength": 0.4}}),
    ("swelling", "strength", {"strength": [2, 5]}),
]


@pytest.mark.parametrize(("name", "parameter", "options"), SETTINGS)
def test_samples_fill_the_bins_as_the_law_says(name: str, parameter: str, options: dict[str, Any]) -> None:
    made = setting(name, **options)
    law = law_of(made, parameter)
    (step,) = sample_pipeline((made,), Address(1), COUNT, np.ones(COUNT, np.int64)).steps
    places = np.searchsorted(law.edges, step.values[parameter], side="right") - 1
    counts = np.bincount(np.clip(places, 0, len(law.shares) - 1), minlength=len(law.shares))
    expected = np.array(law.shares) * COUNT
    assert expected.sum() == pytest.approx(COUNT)
    assert not counts[expected == 0].any()
    test = chi_square("as the law says", counts, expected)
    assert test.p is not None and test.p > 1e-4


def test_the_law_of_a_spread_says_so() -> None:
    assert law_of(setting("slant", share="image", spread=0.16), "slant").claim == "uniform with a normal spread of 0.16"
    assert law_of(setting("slant", share="image"), "slant").claim == "uniform"


CONFIG = """\
name: style
seed: 3
image_width: 138
splits: {train: {count: 3000, source: {images: images.idx, labels: labels.idx}}}
sequence: {length: [1, 5]}
spacing: {range: [-4, 2], unit: ink}
augment:
  glyphs:
    - {step: slant, slant: [-0.3, 0.3], p: 0.6, share: image, spread: 0.2}
    - {step: shear, angle: [0, 0.2], share: image}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("style")
    write_coded_glyphs(home)
    (home / "config.yaml").write_text(CONFIG)
    build_dataset(load_config(home / "config.yaml"), home / "out", jobs=1, fsync=False)
    return home


@pytest.fixture(scope="module")
def found(home: Path) -> Statistics:
    return dataset_statistics(home / "out", read_manifest(home / "out"), jobs=1)


def test_a_build_whose_digits_share_passes_all_tests_of_its_recipe(found: Statistics) -> None:
    assert found.suspicious == []
    claims = {test.claim: test.p for test in found.splits[0].tests}
    for claim in (
        "slant touches 0.6 of the images",
        "slant.slant is uniform with a normal spread of 0.2",
        "shear.angle is uniform",
        "gaps are uniform from -4 to 2 px among those that fit",
    ):
        assert claims[claim] is not None
    assert "".join(listing(found)).count("slant")


def test_of_what_digits_share_one_digit_of_each_image_is_counted(home: Path, found: Statistics) -> None:
    first = DigitDataset(home / "out", "train")[:].parameters["glyphs_0_slant_slant"][:, 0]
    counts = found.splits[0].tally["augment/glyphs_0_slant_slant"]
    assert counts.sum() == 3000
    assert counts[-1] == np.isnan(first).sum()
