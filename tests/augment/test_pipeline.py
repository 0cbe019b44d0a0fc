"""Steps as they are sampled and applied: to which images, with which values, and to each image as if it were alone."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest, chisquare, kstest

from digitgen.augment import apply
from digitgen.augment.numerics.stacking import parts
from digitgen.augment.pipeline import StepSample, sample_pipeline
from digitgen.augment.setting import Setting
from digitgen.augment.step import SEVERITIES, PixelStep, Step
from digitgen.augment.steps import AUGMENTATIONS
from digitgen.augment.warping import resample
from digitgen.compose.batch import Batch
from digitgen.compose.layout import Layout
from digitgen.compose.plan import planner
from digitgen.compose.recipe import Labels
from digitgen.format import CHUNK, Stage
from digitgen.glyphs.bank import GlyphBank
from digitgen.rng import Address
from tests.conftest import coded_glyphs
from tests.errors import naming
from tests.steps import CASES, images, joined, recipe, setting

NOTHING_BESIDE = Labels(parameters=False)


def assert_same(one: Batch, other: Batch) -> None:
    for (name, array), expected in zip(one.arrays().items(), other.arrays().values(), strict=True):
        np.testing.assert_array_equal(array, expected, err_msg=name, strict=True)


def sampled_by(name: str, count: int = 20_000, **options: Any) -> StepSample:
    """What a step sampled for many images."""
    (step,) = sample_pipeline((setting(name, **options),), Address(1), count).steps
    return step


# Which images


def test_a_step_with_p_0_changes_no_bit(bank: GlyphBank) -> None:
    plain = images(recipe(bank), 0, 20).images
    for case in CASES:
        with naming(case):
            batch = images(recipe(bank, **case.alone(p=0), labels=Labels(clean=True)), 0, 20)
            np.testing.assert_array_equal(batch.images, plain)
            np.testing.assert_array_equal(batch.clean, plain)
            assert all(np.isnan(values).all() for values in batch.parameters.values())


def test_a_step_touches_a_share_p_of_the_images() -> None:
    for p in (0.02, 0.5, 0.9):
        touched = sampled_by("rotate", p=p).touched
        assert binomtest(int(touched.sum()), len(touched), p).pvalue > 1e-4
        both = touched[1::2] & touched[::2]  # whatever happened to the image before
        assert binomtest(int(both.sum()), len(both), p * p).pvalue > 1e-6


def test_p_1_touches_every_image() -> None:
    assert sampled_by("rotate").touched.all()


def test_a_step_changes_no_bit_of_images_that_it_does_not_touch(bank: GlyphBank) -> None:
    for case in CASES:
        with naming(case):
            made_of = recipe(bank, **case.alone(p=0.5), lengths=(1, 1), labels=Labels(clean=True))
            batch = images(made_of, 0, 24)
            touched = planner(made_of, 1, "train")(0).sampled[case.stage].steps[0].touched[:24]
            assert 4 < touched.sum() < 20
            assert batch.clean is not None
            np.testing.assert_array_equal(batch.images[~touched], batch.clean[~touched])
            all_touched = images(recipe(bank, **case.alone(), lengths=(1, 1)), 0, 24)
            np.testing.assert_array_equal(batch.images[touched], all_touched.images[touched])


def test_a_step_takes_images_without_ink(bank: GlyphBank) -> None:
    plain = images(recipe(bank), 0, 5).images
    for case in CASES:
        with naming(case):
            steps: dict[str, Any] = {case.stage: (setting("cutout", width=4096, height=28), case.setting())}
            np.testing.assert_array_equal(images(recipe(bank, **steps), 0, 5).clean, plain)


# Each as if it were alone


def test_an_image_is_the_same_however_many_are_made_at_once(bank: GlyphBank) -> None:
    for case in CASES:
        with naming(case):
            made_of = recipe(bank, **case.alone())
            plans = {chunk: planner(made_of, 1, "train")(chunk) for chunk in (0, 1)}
            first, count = CHUNK - 5, 9
            whole = images(made_of, first, count, plan_of=plans.__getitem__)
            for borders in (range(count + 1), (0, 1, 3, 7, 9)):
                parts = [images(made_of, first + a, b - a, plan_of=plans.__getitem__) for a, b in pairwise(borders)]
                assert_same(joined(parts), whole)


def test_no_step_changes_what_was_sampled(bank: GlyphBank) -> None:
    for case in CASES:
        with naming(case):
            made_of = recipe(bank, **case.alone())
            plan = planner(made_of, 1, "train")(0)
            for values in plan.sampled[case.stage].steps[0].values.values():
                values.flags.writeable = False  # so that to write to them is an error
            images(made_of, 0, 10, plan_of={0: plan}.__getitem__)


def test_images_are_the_same_whatever_the_size_of_the_parts(bank: GlyphBank, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("rotate", "elastic", "dilate", "contrast", "gaussian_noise", "cutout")
    made_of = recipe(bank, tuple(setting(name, 0.6) for name in names))
    whole = images(made_of, 0, 60)
    monkeypatch.setattr(apply, "_WARPED", 5 * 28 * 130)
    monkeypatch.setattr(resample, "_PART", 2 * 28 * 130)
    for name in names:
        if isinstance(step := AUGMENTATIONS[name], PixelStep):
            monkeypatch.setitem(AUGMENTATIONS, name, replace(step, part=3 * 28 * 130))
    assert_same(images(made_of, 0, 60), whole)


def test_parts_cover_all_images_and_differ_by_one_at_most() -> None:
    for count, most in ((0, 3), (1, 3), (3, 3), (10, 3), (43, 7), (1024, 58)):
        found = list(parts(count, (28, 100), most * 28 * 100 + 1))
        assert [row for part in found for row in range(count)[part]] == list(range(count))
        sizes = [part.stop - part.start for part in found]
        assert len(sizes) == -(-count // most)
        assert not sizes or most >= sizes[0] == max(sizes) <= min(sizes) + 1


def test_a_part_has_one_image_at_least() -> None:
    assert list(parts(2, (28, 1000), 5)) == [slice(0, 1), slice(1, 2)]


@pytest.mark.parametrize("stage", ["glyphs", "sequence"])
def test_an_image_is_the_same_at_any_place_in_a_large_block(stage: Stage, mnist: GlyphBank) -> None:
    """In blocks of hundreds of narrow images, coordinates of the last ones are large numbers."""
    names = ("rotate", "elastic", "perspective", "gaussian_noise", "translate")
    stages: dict[str, Any] = {stage: tuple(setting(name) for name in names)}
    made_of = recipe(mnist, **stages, layout=Layout(30, (0, 0)), lengths=(1, 1))
    plan_of = planner(made_of, 1, "train")
    whole = images(made_of, 0, 400, plan_of=plan_of)
    for first in (255, 300, 333, 399):
        assert_same(images(made_of, first, 1, plan_of=plan_of), whole[first : first + 1])
    assert_same(images(made_of, 130, 255, plan_of=plan_of), whole[130:385])


def test_a_seed_gives_the_same_images_again(bank: GlyphBank) -> None:
    for case in CASES:
        with naming(case):
            made_of = recipe(bank, **case.alone(), labels=Labels())
            assert_same(images(made_of, 0, 3), images(made_of, 0, 3))


def test_another_seed_changes_what_every_random_step_does() -> None:
    glyphs, labels = coded_glyphs()
    only_one = GlyphBank.from_arrays(np.repeat(glyphs[:1], 10, axis=0), labels[:10])  # so that digits change nothing
    alike = set()
    for case in CASES:
        made_of = recipe(only_one, **case.alone(), layout=Layout(160, (0, 0)), lengths=(4, 4), labels=Labels())
        one, other = (images(made_of, 0, 8, seed=seed).images for seed in (1, 2))
        if (one == other).all():
            alike.add(case.name)
    assert alike == {"thinning", "thickening", "erode", "inverse", "stripe", "canny_edges", "stretch"}


def test_no_step_changes_shapes_or_types(bank: GlyphBank) -> None:
    plain = images(recipe(bank), 0, 4).arrays()
    for case in CASES:
        with naming(case):
            batch = images(recipe(bank, **case.alone()), 0, 4).arrays()
            for name, array in plain.items():
                assert (batch[name].shape, batch[name].dtype) == (array.shape, array.dtype)


def test_images_of_28_and_307_px_can_be_augmented(bank: GlyphBank) -> None:
    for case in CASES:
        for width in (28, 307):
            with naming(f"{case}, {width} px"):
                layout = Layout(width, (0, 2), align="random")
                batch = images(recipe(bank, **case.alone(), layout=layout, lengths=(1, max(width // 30, 1))), 0, 2)
                assert batch.images.shape == (2, 28, width)
                assert batch.images.any()


# What is sampled


def test_parameters_are_uniform_over_their_ranges() -> None:
    for name, about in AUGMENTATIONS.items():
        step = sampled_by(name)
        assert step.values.keys() == dict(setting(name).ranges).keys() or step.values.keys() == {"applied"}
        for parameter, (low, high) in setting(name).ranges:
            with naming(f"{name}.{parameter}"):
                values = step.values[parameter]
                assert values.dtype == np.float64
                if low == high:
                    assert (values == low).all()
                elif about.parameters[parameter].integer:
                    assert_uniform_over(values, int(low), int(high))
                else:
                    assert low <= values.min() and values.max() <= high
                    assert kstest(values, "uniform", (low, high - low)).pvalue > 1e-4


def assert_uniform_over(values: NDArray[np.float64], low: int, high: int) -> None:
    """Whole numbers, both ends included, each as often as the others."""
    found, counts = np.unique(values, return_counts=True)
    assert found.tolist() == list(range(low, high + 1))
    assert chisquare(counts).pvalue > 1e-4


def test_severities_are_uniform_and_decide_the_published_parameters() -> None:
    for name, step in AUGMENTATIONS.items():
        if step.has_severities:
            with naming(name):
                assert_as_published(step, sampled_by(name, severity=[1, SEVERITIES]))


def assert_as_published(step: Step, found: StepSample) -> None:
    """Severities are uniform, and every parameter has the value that was published for them, of either sign."""
    level = found.values["severity"].astype(int)
    assert_uniform_over(found.values["severity"], 1, SEVERITIES)
    for parameter, about in step.parameters.items():
        values = found.values[parameter]
        if not about.levels:
            continue
        published = np.array(about.levels)[level - 1]
        if about.either_sign:
            np.testing.assert_array_equal(np.abs(values), np.abs(published))
            for each in range(1, SEVERITIES + 1):
                of_level = values[level == each]
                assert binomtest(int((of_level > 0).sum()), len(of_level)).pvalue > 1e-4
        else:
            np.testing.assert_array_equal(values, published)


def test_severities_stay_in_their_range() -> None:
    assert_uniform_over(sampled_by("rotate", severity=[2, 4]).values["severity"], 2, 4)
    assert (sampled_by("rotate", severity=3).values["severity"] == 3).all()


def test_parameters_are_independent_of_each_other_and_of_the_image_before() -> None:
    step = sampled_by("translate", p=0.5)
    rows = np.stack([step.touched, *step.values.values()])
    correlations = np.corrcoef(rows)[np.triu_indices(len(rows), 1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(rows.shape[1])
    neighbours = [np.corrcoef(row[1:], row[:-1])[0, 1] for row in rows]
    assert np.abs(neighbours).max() < 5 / np.sqrt(rows.shape[1])


# What is kept of it


def test_parameters_are_what_was_sampled_and_nan_where_nothing_was_touched(bank: GlyphBank) -> None:
    for case in CASES:
        with naming(case):
            made_of = recipe(bank, **case.alone(p=0.5))
            batch = images(made_of, 0, 12)
            plan = planner(made_of, 1, "train")(0)[:12]
            (sampled,) = plan.sampled[case.stage].steps
            assert set(batch.parameters) == {f"{case.stage}_0_{case.name}_{each}" for each in sampled.values}
            for parameter, values in sampled.values.items():
                expected = np.where(sampled.touched, values, np.nan).astype(np.float32)
                label = batch.parameters[f"{case.stage}_0_{case.name}_{parameter}"]
                if case.stage == "glyphs":
                    there = np.arange(batch.labels.shape[1]) < batch.lengths[:, None]
                    assert np.isnan(label[~there]).all()
                    label = label[there]
                np.testing.assert_array_equal(label, expected, strict=True)


def test_pixels_are_those_of_the_parameters_in_the_labels(bank: GlyphBank) -> None:
    chain = (setting("translate", p=0.5, x=[-3.0, 3.0], y=0.0), setting("brightness", p=0.5, change=[-0.9, 0.9]))
    batch = images(recipe(bank, chain, lengths=(1, 1), layout=Layout(60, (0, 0))), 0, 60)
    assert batch.clean is not None
    for image, clean, shift, change in zip(
        batch.images,
        batch.clean.astype(float),
        np.nan_to_num(batch.parameters["sequence_0_translate_x"]),
        np.nan_to_num(batch.parameters["sequence_1_brightness_change"]),
        strict=True,
    ):
        whole, part = int(np.floor(shift)), shift - np.floor(shift)
        moved = (1 - part) * np.roll(clean, whole, axis=1) + part * np.roll(clean, whole + 1, axis=1)
        assert np.abs(image - np.clip(moved + np.rint(255 * change), 0, 255)).max() <= 255 / 64 + 1.5


# Where it comes from


def first_values(*pipeline: Setting, address: Address = Address(1)) -> list[list[float]]:  # noqa: B008
    return [next(iter(step.values.values())).tolist() for step in sample_pipeline(pipeline, address, 50).steps]


def test_a_step_that_stands_twice_samples_twice() -> None:
    one, other = first_values(setting("rotate"), setting("rotate"))
    assert not set(one) & set(other)


def test_a_step_samples_the_same_whatever_comes_after_it() -> None:
    alone = first_values(setting("shear"), setting("rotate"))
    for later in ("wave", "rotate", "fog"):
        assert first_values(setting("shear"), setting("rotate"), setting(later))[:2] == alone


def test_another_position_name_seed_stage_or_chunk_samples_otherwise() -> None:
    place = Address(1, (7, 7, 0))
    base = np.array(first_values(setting("rotate", angle=[0.0, 0.5]), address=place)[0])
    others = [
        first_values(setting("shear"), setting("rotate", angle=[0.0, 0.5]), address=place)[1],
        first_values(setting("shear", angle=[0.0, 0.5]), address=place)[0],
        first_values(setting("rotate", angle=[0.0, 0.5]), address=Address(2, place.key))[0],
        first_values(setting("rotate", angle=[0.0, 0.5]), address=place.at(3))[0],
        first_values(setting("rotate", angle=[0.0, 0.5]), address=Address(1, (7, 7, 1)))[0],
    ]
    assert all((base != other).all() for other in others)


def test_the_range_of_a_parameter_changes_no_other_parameter() -> None:
    one, other = sampled_by("translate", x=[0.0, 1.0]), sampled_by("translate", x=[-5.0, 5.0])
    np.testing.assert_array_equal(one.values["y"], other.values["y"])
    np.testing.assert_allclose(one.values["x"], (other.values["x"] + 5) / 10, atol=1e-12)


def test_p_changes_no_parameter() -> None:
    np.testing.assert_array_equal(sampled_by("rotate", p=0.1).values["angle"], sampled_by("rotate").values["angle"])


def test_augmentation_changes_neither_digits_nor_glyphs_nor_gaps(bank: GlyphBank) -> None:
    plain = images(recipe(bank), 0, 30)
    augmented = images(recipe(bank, (setting("elastic"), setting("fog")), (setting("rotate"),)), 0, 30)
    for name in ("labels", "lengths", "glyph_ids", "gaps", "sample_ids", "clean"):
        np.testing.assert_array_equal(getattr(augmented, name), getattr(plain, name), err_msg=name)


def test_noise_of_steps_at_two_positions_differs(bank: GlyphBank) -> None:
    noise = setting("gaussian_noise", std=0.3)
    one = images(recipe(bank, (noise,), labels=NOTHING_BESIDE), 0, 2).images
    other = images(recipe(bank, (setting("rotate", p=0.0), noise), labels=NOTHING_BESIDE), 0, 2).images
    assert np.corrcoef((one == 0).ravel(), (other == 0).ravel())[0, 1] < 0.9
    assert (one != other).mean() > 0.3
