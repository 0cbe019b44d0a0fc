"""Statistics: counted right, tested right, and wrong datasets are found out."""

import json
from collections import Counter
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from digitgen.build.build import build_dataset
from digitgen.compose.content.law import ContentLaw
from digitgen.compose.content.laws.digits import Digits
from digitgen.compose.content.laws.strings import Strings
from digitgen.compose.content.sequences import pad
from digitgen.config.load import load_config
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.entries import SplitEntry
from digitgen.dataset.manifest import read_manifest
from digitgen.glyphs.idx import encode_idx
from digitgen.look.report.claims import claims, digit_tests
from digitgen.look.report.counting import dataset_statistics
from digitgen.look.report.figures import figures
from digitgen.look.report.listing import listing, verdict
from digitgen.look.report.report import report
from digitgen.look.report.statistics import Statistics
from digitgen.look.report.tally import LEVELS
from tests.conftest import coded_glyphs
from tests.errors import naming

CONFIG = """\
name: small
seed: 5
image_width: 140
splits:
  train: {count: 5000, source: {images: images.idx, labels: labels.idx}}
  same: {count: 1100, source: {images: images.idx, labels: labels.idx}, same_as: train}
  test: {count: 1100, source: {images: other.idx, labels: labels.idx}}
  leak: {count: 1100, source: {images: other.idx, labels: labels.idx}}
allow_shared_glyphs: true
sequence: {length: [1, 5]}
spacing: {range: [-4, 5]}
augment:
  glyphs: [{step: rotate, angle: [0.1, 0.2], p: 0.3}]
  sequence: [{step: shot_noise, severity: [2, 4], p: 0.5}, {step: translate, x: [-20, 20], y: 0}]
output: {shard_size: 1024}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("statistics")
    images, labels = coded_glyphs()
    (home / "images.idx").write_bytes(encode_idx(images))
    (home / "other.idx").write_bytes(encode_idx(images[:, ::-1]))
    (home / "labels.idx").write_bytes(encode_idx(labels))
    (home / "config.yaml").write_text(CONFIG)
    build_dataset(load_config(home / "config.yaml"), home / "out", jobs=1, fsync=False)
    return home


def counted(folder: Path, jobs: int) -> Statistics:
    """The statistics of a dataset."""
    return dataset_statistics(folder, read_manifest(folder), jobs=jobs)


@pytest.fixture(scope="module")
def found(home: Path) -> Statistics:
    return counted(home / "out", jobs=1)


def test_counts_equal_those_of_a_loop_over_the_images(home: Path, found: Statistics) -> None:
    split = found.splits[0]
    assert split.name == "train"
    tally = split.tally
    lengths, digits, gaps, glyphs, lost = Counter[Any](), Counter[Any](), Counter[Any](), Counter[Any](), Counter[Any]()
    intensity, ink, pixels = np.zeros(256, int), Counter[Any](), np.zeros((28, 140), int)
    for sample in DigitDataset(home / "out", "train"):
        lengths[len(sample.text)] += 1
        for position, (digit, glyph, box) in enumerate(zip(sample.digits, sample.glyph_ids, sample.boxes, strict=True)):
            digits[position, int(digit)] += 1
            glyphs[int(glyph)] += 1
            lost[int(digit)] += int(box[2] == 0)
        for position, gap in enumerate(sample.gaps):
            gaps[len(sample.text), position, int(gap) + 4] += 1
        intensity += np.bincount(sample.image.ravel(), minlength=256)
        ink[int(sample.image.sum()) * LEVELS // sample.image.size] += 1
        pixels += sample.image
    assert {place: count for place, count in np.ndenumerate(tally["digits"]) if count} == digits
    assert {place: count for place, count in np.ndenumerate(tally["gaps"]) if count} == gaps
    assert {place[0]: count for place, count in np.ndenumerate(tally["lengths"]) if count} == lengths
    assert {place[0]: count for place, count in np.ndenumerate(tally["glyphs"]) if count} == glyphs
    assert tally["lost"].tolist() == [lost[digit] for digit in range(10)]
    assert tally["lost"].sum() == sum(shard.lost_digits for shard in split.entry.shards)
    assert np.array_equal(tally["intensity"], intensity)
    assert {place[0]: count for place, count in np.ndenumerate(tally["ink"]) if count} == ink
    assert np.array_equal(tally["pixels"], pixels)


def test_parameters_of_augmentation_are_counted(home: Path, found: Statistics) -> None:
    split = next(split for split in found.splits if split.name == "train")
    batch = DigitDataset(home / "out", "train")[:]
    assert [each.title for each in split.parameters] == [
        "rotate.angle",
        "shot_noise.severity",
        "shot_noise.photons",
        "translate.x",
        "translate.y",
    ]
    severity = batch.parameters["sequence_0_shot_noise_severity"]
    expected = [(severity == level).sum() for level in (2, 3, 4)] + [np.isnan(severity).sum()]
    assert split.tally["augment/sequence_0_shot_noise_severity"].tolist() == expected
    photons = split.tally["augment/sequence_0_shot_noise_photons"]
    assert sorted(photons[:-1]) == sorted(expected[:-1])
    angles = batch.parameters["glyphs_0_rotate_angle"]
    drawn = split.tally["augment/glyphs_0_rotate_angle"]
    assert drawn[:-1].sum() == (~np.isnan(angles)).sum()
    assert drawn.sum() == batch.lengths.sum()
    assert split.tally["augment/sequence_1_translate_y"].tolist() == [5000, 0]


def test_a_build_passes_all_tests_of_its_own_recipe(found: Statistics) -> None:
    assert found.suspicious == []
    assert verdict(found) == f"All {found.tested} tests agree with what the recipe claims."
    tested = [fit.claim for fit in next(split for split in found.splits if split.name == "train").tests]
    assert tested == [
        "lengths are uniform",
        "gaps are uniform from -4 to 5 px among those that fit",
        "digits are uniform",
        "at every position, digits are uniform",
        "every string is possible",
        "glyphs are uniform within their class",
        "rotate touches 0.3 of the digits",
        "rotate.angle is uniform",
        "shot_noise touches 0.5 of the images",
        "shot_noise.severity is uniform",
        "translate.x is uniform",
    ]


def test_gaps_that_are_not_uniform_are_tested_against_their_law(home: Path, tmp_path: Path) -> None:
    laws = ["spacing={quantiles: {0: -4, 0.5: 1, 1: 5}, touching: 0.4}", "image_width=150", "splits.leak.count=8000"]
    config = load_config(home / "config.yaml", laws)
    build_dataset(config, tmp_path / "out", jobs=1, fsync=False)
    split = next(split for split in counted(tmp_path / "out", jobs=1).splits if split.name == "leak")
    (test,) = (test for test in split.tests if test.claim.startswith("gaps"))
    law = "gaps have the quantiles asked for, from -4 to 5 px, 40 % of them up to 0 px among those that fit"
    assert test.claim == law
    assert test.p is not None
    assert test.p > 0.01
    split.tally["gaps"] = split.tally["gaps"][..., ::-1]
    again = list(claims(config, "leak", split.entry, split.tally, split.laws, split.parameters))
    assert next(test.p or 0.0 for test in again if test.claim == law) < 1e-6


def test_counts_that_contradict_the_recipe_are_suspicious(found: Statistics) -> None:
    cases: list[tuple[str, str, Any]] = [
        ("lengths", "lengths are uniform", lambda counts: counts + np.eye(6, dtype=int)[2] * 300),
        ("digits", "digits are uniform", lambda counts: counts + np.eye(10, dtype=int)[4] * 100),
        ("gaps", "gaps are uniform", lambda counts: counts[..., ::-1]),
        ("gaps", "gaps are uniform", lambda counts: counts + (np.arange(10) == 3) * (counts > 0) * 90),
        ("foreign strings", "every string is possible", lambda _: np.array([1])),
        ("gaps outside", "gaps are uniform", lambda _: np.array([1])),
        ("glyphs", "glyphs are uniform", lambda counts: counts * (1 + (np.arange(30) == 7))),
        (
            "augment/sequence_1_translate_x",
            "translate.x is uniform",
            lambda counts: [*np.sort(counts[:-1]), 0],
        ),
    ]
    for name, claim, break_it in cases:
        with naming((name, claim, break_it)):
            split = next(split for split in found.splits if split.name == "train")
            broken = np.array(break_it(split.tally[name]))
            if "translate" in name:
                broken[0] += 400
            tally = split.tally | {name: broken}
            if name == "glyphs":
                tally["glyph classes"] = split.tally["glyph classes"] * (1 + (np.arange(30) == 7))
            tests = list(claims(found.config, split.name, split.entry, tally, split.laws, split.parameters))
            wrong = replace(found, splits=[replace(split, tests=tests)])
            assert any(fit.claim.startswith(claim) for _, fit in wrong.suspicious)
            assert "contradict what the recipe claims, above all in train: " in verdict(wrong)


def test_splits_with_glyphs_in_common_are_named(found: Statistics) -> None:
    shared = {frozenset(each.splits): each for each in found.shared}
    assert shared[frozenset(("train", "test"))].glyphs == 0
    assert "disjoint by construction: no glyph" in shared[frozenset(("train", "test"))].because
    assert shared[frozenset(("train", "same"))].glyphs == 30
    assert "as asked" in shared[frozenset(("train", "same"))].because
    assert shared[frozenset(("test", "leak"))].glyphs == 30
    assert shared[frozenset(("test", "leak"))].because == (
        "allow_shared_glyphs: both may use the same 30; both have glyphs from other.idx+labels.idx"
    )
    assert [note for note in found.notes if "in common" in note] == ["leak and test have 30 glyphs in common."]


FILES = {  # rows of the coded glyphs; ten of these have all classes
    "whole": list(range(30)),
    "copy": list(range(30)),
    "part": list(range(10, 20)),
    "shuffled": [7 * row % 30 for row in range(30)],
    "twice": [*range(10), *range(10)],
    "rest": list(range(20, 30)),
}


def test_glyphs_in_common_are_found_by_their_pixels(tmp_path: Path) -> None:
    images, labels = coded_glyphs()
    for name, rows in FILES.items():
        (tmp_path / f"{name}.images").write_bytes(encode_idx(images[rows]))
        (tmp_path / f"{name}.labels").write_bytes(encode_idx(labels[rows]))
    splits = [f"  {name}: {{count: 6, source: {{images: {name}.images, labels: {name}.labels}}}}\n" for name in FILES]
    (tmp_path / "config.yaml").write_text(
        f"name: small\nimage_width: 84\nsplits:\n{''.join(splits)}sequence: {{length: 3}}\nspacing: {{range: [0, 0]}}\n"
        "allow_shared_glyphs: true\n"
    )
    build_dataset(load_config(tmp_path / "config.yaml"), tmp_path / "out", jobs=1, fsync=False)
    used = {}
    for name, rows in FILES.items():
        ids = DigitDataset(tmp_path / "out", name)[:].glyph_ids
        used[name] = {rows[each] for each in ids[ids >= 0].tolist()}
    assert len(used["whole"]) < 30  # what counts is which glyphs occur, not which could
    for path in tmp_path.glob("*.*s"):
        path.unlink()  # the dataset alone has to do
    found = counted(tmp_path / "out", jobs=1)
    assert {each.splits: each.glyphs for each in found.shared} == {
        (one.name, other.name): len(used[one.name] & used[other.name]) for one, other in combinations(found.splits, 2)
    }
    because = {frozenset(each.splits): each.because for each in found.shared}
    assert because[frozenset(("whole", "copy"))] == (
        "allow_shared_glyphs: both may use the same 30; "
        "glyphs from copy.images+copy.labels and from whole.images+whole.labels have equal pixels"
    )
    assert because[frozenset(("part", "rest"))] == (
        "disjoint by construction: no glyph that one may use has the pixels of one that the other may use"
    )


def test_a_manifest_whose_numbers_do_not_fit_its_glyphs_is_refused(found: Statistics) -> None:
    cases: list[list[list[int]]] = [
        [[0, 29]],
        [[0, 31]],
        [[0, 30], [5, 0]],
        [[0, 30, 1]],
        [[0, -1], [0, 31]],
        [],
    ]
    for runs in cases:
        with naming(runs):
            content = found.manifest.splits["test"].model_dump()
            with pytest.raises(ValidationError, match="glyph_numbers do not number the glyphs of the source"):
                SplitEntry.model_validate(content | {"glyph_numbers": runs})
            assert SplitEntry.model_validate(content) == found.manifest.splits["test"]


def test_several_processes_count_the_same_as_one(home: Path, found: Statistics) -> None:
    again = counted(home / "out", jobs=2)
    assert json.dumps(figures(again)) == json.dumps(figures(found))


def test_a_compressed_dataset_has_the_same_counts(home: Path, found: Statistics) -> None:
    config = load_config(home / "config.yaml", ["output.compression=deflate", "splits.train.count=1"])
    build_dataset(config, home / "compressed", jobs=1, fsync=False)
    compressed = {split.name: split.tally for split in counted(home / "compressed", jobs=1).splits}
    for split in found.splits:
        for name, counts in split.tally.items() if split.name != "train" else ():
            np.testing.assert_array_equal(compressed[split.name][name], counts, err_msg=f"{split.name}: {name}")


def test_figures_are_those_of_the_counts(found: Statistics) -> None:
    split = next(split for split in found.splits if split.name == "train")
    said, tally = figures(found)["splits"]["train"], split.tally
    assert list(said["gaps"]["counts"].values()) == tally["gaps"].sum(axis=(0, 1)).tolist()
    assert said["lost_digits"] == tally["lost"].tolist()
    most = said["glyphs"]["most_used"]
    assert most["times"] == tally["glyphs"].max() == tally["glyphs"][most["row"]]
    for each in split.parameters:
        about = said["parameters"][each.sampled.name]
        assert about["counts"] == tally[each.array][:-1].tolist()
        assert about["touched"] == pytest.approx(sum(about["counts"]) / tally[each.array].sum(), abs=1e-4)
        assert len(about["edges"]) in (len(about["counts"]), len(about["counts"]) + 1)


@pytest.fixture(scope="module")
def tiny(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One split of a few images, whose second digit has left the image."""
    folder = tmp_path_factory.mktemp("tiny")
    config = load_config(
        home / "config.yaml",
        [
            "splits={train: {count: 6, source: {images: images.idx, labels: labels.idx}}}",
            "sequence.length=2",
            "augment={sequence: [{step: translate, x: 28, y: 0}]}",
            "spacing={range: [0, 30], unit: ink}",
            "image_width=56",
            "align=right",
        ],
    )
    build_dataset(config, folder / "out", jobs=1, fsync=False)
    return folder / "out"


@pytest.mark.usefixtures("no_plots")
def test_a_report_says_so_of_one_split_of_too_few_images_and_of_lost_digits(tiny: Path, home: Path) -> None:
    found = dataset_statistics(tiny, read_manifest(tiny), jobs=1, data_dir=home)
    page = report(found).decode()
    assert "There is one split." in page
    lost = int(found.splits[0].tally["lost"].sum())
    assert lost == 6
    assert f"Augmentation left no ink inside the image of {lost} digits: " in page


def test_the_law_of_gaps_between_ink_is_unknown_without_the_glyphs(tiny: Path, tmp_path: Path) -> None:
    found = dataset_statistics(tiny, read_manifest(tiny), jobs=1, data_dir=tmp_path)
    assert any("the law of the gaps depends on the digits, which cannot be read" in note for note in found.notes)
    assert found.splits[0].laws == {}
    assert figures(found)["splits"]["train"]["gaps"]["expected"] is None


@pytest.mark.usefixtures("no_plots")
def test_a_report_has_every_section_and_the_same_bytes_each_time(found: Statistics) -> None:
    page = report(found)
    assert page == report(found)
    for part in ("Split train", "Split test", "Tests", "Splits", "Recipe", "Sources and licence", "Build"):
        assert f"<h2>{part}</h2>" in page.decode()
    assert "leak and test have 30 glyphs in common." in page.decode()


def test_figures_are_json_and_the_listing_agrees_with_them(found: Statistics) -> None:
    said = json.loads(json.dumps(figures(found), allow_nan=False))
    assert said["images"] == 8300
    train = said["splits"]["train"]
    assert sum(train["lengths"].values()) == 5000
    assert set(train["gaps"]["counts"]) == {str(gap) for gap in range(-4, 6)}
    assert train["expected"]["lengths"] == dict.fromkeys("12345", 1000.0)
    assert np.allclose(
        np.sum(train["expected"]["digits_by_position"], axis=1), np.sum(train["digits_by_position"], axis=1)
    )
    assert train["glyphs"]["pool"] == train["glyphs"]["used"] == 30
    assert "host" not in said["build"]
    text = "\n".join(listing(found))
    assert f"train: 5,000 images in {train['shards']} files" in text
    assert "rotate.angle: touched" in text


def test_a_report_has_plots_and_nothing_of_the_machine(found: Statistics, home: Path) -> None:
    page = report(replace(found, splits=found.splits[:1])).decode()
    assert page.count("data:image/svg+xml") > 10
    assert str(home) not in page
    for claim in (
        "lengths are uniform",
        "gaps are uniform",
        "digits are uniform",
        "at every position, digits are uniform",
    ):
        assert f"Claim: {claim}" in page


def digits_found(law: ContentLaw, count: int, seed: int) -> np.ndarray:
    """How often each digit stands at each position of strings that a law samples, as `tally_shard` counts it."""
    lengths, digits = law.sample(np.random.default_rng(seed), count)
    table = np.empty((count, law.longest), int)
    pad(digits, lengths, table, -1)
    counts: np.ndarray = (table[:, :, None] == np.arange(10)).sum(axis=0)
    return counts


def test_dependent_digits_are_tested_position_by_position(tmp_path: Path) -> None:
    (tmp_path / "strings.txt").write_text("0000000000\n1111111111\n77\n")
    law = Strings(tmp_path / "strings.txt")
    tests = [next(digit_tests(law, {"digits": digits_found(law, 300, seed)})) for seed in range(400)]
    assert {test.claim for test in tests} == {"at every position, digits are those of the file"}
    assert all(test.p is not None and test.p > 1e-4 for test in tests)
    broken = digits_found(law, 300, 1)
    broken[5, 7] += 1  # where no string has a 7
    assert next(digit_tests(law, {"digits": broken})).p == 0
    scarce = digits_found(law, 300, 1)
    scarce[5, 1] //= 3
    assert (next(digit_tests(law, {"digits": scarce})).p or 0) < 1e-4


def test_independent_digits_are_tested_all_together() -> None:
    law = Digits((1, 4))
    tests = {test.claim: test for test in digit_tests(law, {"digits": digits_found(law, 5000, 1)})}
    assert list(tests) == ["digits are uniform", "at every position, digits are uniform"]
    assert [test.freedom for test in tests.values()] == [9, 36]
    assert all(0.001 < (test.p or 0) < 1 for test in tests.values())


def test_glyphs_are_tested_against_the_pool(home: Path, tmp_path: Path) -> None:
    images, labels = coded_glyphs()
    (tmp_path / "images.idx").write_bytes(encode_idx(np.concatenate([images, images[:, ::-1]])))
    (tmp_path / "labels.idx").write_bytes(encode_idx(np.concatenate([labels, labels])))
    source = "source: {images: images.idx, labels: labels.idx}"
    splits = f"splits={{low: {{count: 3000, {source}, pool: 0.5}}, high: {{count: 3000, {source}, pool: [0.5, 1]}}}}"
    (tmp_path / "config.yaml").write_text((home / "config.yaml").read_text())
    config = load_config(tmp_path / "config.yaml", [splits, "allow_shared_glyphs=false"])
    build_dataset(config, tmp_path / "out", jobs=1, fsync=False)
    found = counted(tmp_path / "out", jobs=1)
    assert not found.suspicious
    assert not found.notes
    for split in found.splits:
        assert split.entry.pool.count == split.glyphs_used == round(split.expected_glyphs_used) == 30
        assert figures(found)["splits"][split.name]["glyphs"]["pool"] == 30
        (test,) = [test for test in split.tests if test.claim == "glyphs are uniform within their class"]
        assert test.freedom == 20
    (shared,) = found.shared
    assert (shared.glyphs, shared.unasked) == (0, False)
    text = "\n".join(listing(found))
    assert "30 of 30 occur (expected 30)" in text
    assert "0 glyphs in common; disjoint by construction: " in text
    one, other = found.splits
    swapped = list(claims(found.config, one.name, one.entry, other.tally, one.laws, one.parameters))
    assert [test.p for test in swapped if test.claim.startswith("glyphs")] == [0.0]
