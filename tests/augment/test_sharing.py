"""Steps on glyphs whose sample the digits of an image share, and how far each digit strays from it."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest, chisquare, kstest, norm

from digitgen.augment.numerics.normal import standard_normal
from digitgen.augment.pipeline import PipelineSample, place_of, sample_pipeline
from digitgen.augment.steps import AUGMENTATIONS
from digitgen.compose.layout import Layout
from digitgen.compose.plan import planner
from digitgen.format import CHUNK
from digitgen.glyphs.bank import GlyphBank
from digitgen.rng import Address, name_words
from tests import reference
from tests.steps import CASES, images, joined, recipe, setting

LENGTHS = np.tile([1, 2, 3, 4], 5_000)
IMAGE = np.repeat(np.arange(len(LENGTHS)), LENGTHS)
FIRST = np.cumsum(LENGTHS) - LENGTHS


def sampled(*steps: Any, seed: int = 1) -> PipelineSample:
    """What steps sampled for the digits of images of one to four digits."""
    return sample_pipeline(steps, Address(seed), len(IMAGE), LENGTHS)


def values_of(name: str, parameter: str, **options: Any) -> NDArray[np.float64]:
    """The values of a parameter of a step whose sample is shared, one for each digit."""
    return sampled(setting(name, share="image", **options)).steps[0].values[parameter]


def test_the_digits_of_an_image_have_one_value() -> None:
    for case in CASES:
        if case.stage == "glyphs" and "share" not in AUGMENTATIONS[case.name].parameters:
            (step,) = sampled(replace(case.setting(), share="image")).steps
            for values in step.values.values():
                np.testing.assert_array_equal(values, values[FIRST][IMAGE], err_msg=str(case))


def test_a_step_that_is_shared_touches_all_digits_of_an_image_or_none() -> None:
    (step,) = sampled(setting("slant", 0.3, share="image")).steps
    touched = step.touched[FIRST]
    np.testing.assert_array_equal(step.touched, touched[IMAGE])
    assert binomtest(int(touched.sum()), len(touched), 0.3).pvalue > 1e-4


def test_images_sample_what_they_share_uniformly_and_apart() -> None:
    shared = values_of("slant", "slant", slant=[-0.3, 0.3])[FIRST]
    assert kstest(shared, "uniform", (-0.3, 0.6)).pvalue > 1e-4
    places = np.minimum(((shared + 0.3) / 0.15).astype(int), 3)
    pairs = np.bincount(places[:-1:2] * 4 + places[1::2], minlength=16)
    assert chisquare(pairs).pvalue > 1e-4


def test_a_severity_is_shared_and_uniform() -> None:
    levels = values_of("rotate", "severity", severity=[1, 5])
    np.testing.assert_array_equal(levels, levels[FIRST][IMAGE])
    assert chisquare(np.bincount(levels[FIRST].astype(int))[1:]).pvalue > 1e-4


def test_digits_stray_from_what_they_share_normally_by_the_spread_and_apart() -> None:
    shared = values_of("slant", "slant", slant=[-0.3, 0.3])
    own = (values_of("slant", "slant", slant=[-0.3, 0.3], spread=0.1) - shared) / 0.1
    assert kstest(own, norm.cdf).pvalue > 1e-4
    assert chisquare(np.bincount(np.searchsorted(norm.ppf(np.arange(1, 40) / 40), own))).pvalue > 1e-4
    several = FIRST[LENGTHS > 1]
    quarters = np.searchsorted(norm.ppf([0.25, 0.5, 0.75]), own)
    assert chisquare(np.bincount(quarters[several] * 4 + quarters[several + 1], minlength=16)).pvalue > 1e-4


def test_the_correlation_within_images_is_the_share_of_the_variance_that_they_share() -> None:
    spread, width = 0.16, 0.6
    values = values_of("slant", "slant", slant=[-0.3, 0.3], spread=spread)
    means = np.bincount(IMAGE, values) / LENGTHS
    within = ((values - means[IMAGE]) ** 2).sum() / (len(values) - len(LENGTHS))
    between = (LENGTHS * (means - values.mean()) ** 2).sum() / (len(LENGTHS) - 1)
    size = (len(values) - (LENGTHS**2).sum() / len(values)) / (len(LENGTHS) - 1)
    shared = (between - within) / size  # the variance components of a one-way analysis of variance
    expected = width**2 / 12 / (width**2 / 12 + spread**2)
    assert abs(shared / (shared + within) - expected) < 0.015


def test_values_that_would_leave_the_bounds_of_a_parameter_stay_on_them() -> None:
    values = values_of("slant", "slant", slant=0.9, spread=0.2)
    assert values.max() == 1
    for share, probability in (((values == 1).mean(), norm.sf(0.5)), ((values < 0.7).mean(), norm.cdf(-1))):
        assert abs(share - probability) < 0.01


def test_whole_numbers_stay_whole() -> None:
    values = values_of("swelling", "strength", strength=4, spread={"strength": 1.2})
    assert set(values) == {1, 2, 3, 4, 5, 6, 7}
    edges = (np.arange(1.5, 7) - 4) / 1.2
    law = np.diff(norm.cdf([-np.inf, *edges, np.inf]))
    counts = np.bincount(values.astype(int), minlength=8)[1:]
    assert chisquare(counts, law * counts.sum()).pvalue > 1e-4


def test_a_spread_of_nothing_changes_nothing() -> None:
    np.testing.assert_array_equal(values_of("slant", "slant", spread=0), values_of("slant", "slant"))


def test_a_spread_shifts_nothing_but_its_own_parameter() -> None:
    without, one, both = (
        sampled(setting("scale", 0.5, share="image", spread=spread), setting("rotate"))
        for spread in ({}, {"y": 0.1}, {"x": 0.1, "y": 0.1})
    )
    for more in (one, both):
        np.testing.assert_array_equal(more.steps[0].touched, without.steps[0].touched)
        np.testing.assert_array_equal(more.steps[1].values["angle"], without.steps[1].values["angle"])
    np.testing.assert_array_equal(one.steps[0].values["x"], without.steps[0].values["x"])
    np.testing.assert_array_equal(both.steps[0].values["y"], one.steps[0].values["y"])
    assert (both.steps[0].values["x"] != without.steps[0].values["x"]).all()


def test_a_shared_step_leaves_the_sample_of_others_alone() -> None:
    one, other = (sampled(setting("slant", share=share), setting("rotate")) for share in ("digit", "image"))
    np.testing.assert_array_equal(one.steps[1].values["angle"], other.steps[1].values["angle"])


@pytest.mark.parametrize(
    ("name", "parameter", "options"),
    [
        ("slant", "slant", {"slant": [0.6, 0.9], "spread": 0.3}),
        ("swelling", "strength", {"strength": [1, 5], "spread": {"strength": 2.5}}),
    ],
)
def test_shared_values_equal_those_of_the_reference(name: str, parameter: str, options: dict[str, Any]) -> None:
    (sd,) = [options["spread"]] if isinstance(options["spread"], float) else options["spread"].values()
    made = setting(name, share="image", **options)
    place = place_of(Address(1), 0, made)
    shared = made.sample(place.at(2).generator, len(LENGTHS)).values[parameter]
    own = sd * standard_normal(place.at(3, *name_words(parameter)).generator, len(IMAGE))
    about = made.step.parameters[parameter]
    expected = reference.share(shared.tolist(), LENGTHS.tolist(), own.tolist(), about.bounds, integer=about.integer)
    assert sampled(made).steps[0].values[parameter].tolist() == expected


STYLE = (
    setting("slant", 0.8, share="image", spread=0.1),
    setting("elastic", share="image", spread={"rms": 0.2}),
    setting("thickening", 0.7, amount=[0, 0.5], share="image", spread=0.05),
    setting("gaussian_noise", 0.5, share="image", severity=[1, 5]),
)


def test_an_image_whose_digits_share_is_the_same_however_many_are_made_at_once(bank: GlyphBank) -> None:
    made_of = recipe(bank, glyphs=STYLE, layout=Layout(150, (-2, 4)))
    plans = {chunk: planner(made_of, 1, "train")(chunk) for chunk in (0, 1)}
    first, count = CHUNK - 5, 9
    whole = images(made_of, first, count, plan_of=plans.__getitem__)
    for borders in (range(count + 1), (0, 3, 7, 9)):
        parts = [images(made_of, first + a, b - a, plan_of=plans.__getitem__) for a, b in pairwise(borders)]
        for (name, array), expected in zip(joined(parts).arrays().items(), whole.arrays().values(), strict=True):
            np.testing.assert_array_equal(array, expected, err_msg=name)


def test_each_digit_of_an_image_is_stored_with_its_own_values(bank: GlyphBank) -> None:
    batch = images(recipe(bank, glyphs=STYLE), 0, 60)
    there = np.arange(batch.labels.shape[1]) < batch.lengths[:, None]
    for name, values in batch.parameters.items():
        assert np.isnan(values[~there]).all()
        known = ~np.isnan(values)
        assert (known.any(axis=1) == known[:, 0]).all()
        np.testing.assert_array_equal(known & there, known[:, :1] & there, err_msg=name)  # touched all, or none
    severity = batch.parameters["glyphs_3_gaussian_noise_severity"]
    slant = batch.parameters["glyphs_0_slant_slant"]
    two = there[:, 1] & ~np.isnan(severity[:, 0])
    assert (severity[two, 0] == severity[two, 1]).all()
    two = there[:, 1] & ~np.isnan(slant[:, 0])
    assert (slant[two, 0] != slant[two, 1]).all()
    assert np.abs(slant[two, 0] - slant[two, 1]).max() < 0.6


def test_random_pixels_stay_each_digit_its_own() -> None:
    source = np.zeros((1, 28, 28), np.uint8)
    source[0, 10:18, 10:18] = 255
    made_of = recipe(
        GlyphBank.from_arrays(np.repeat(source, 10, axis=0), np.arange(10)),
        glyphs=(setting("gaussian_noise", std=0.1, share="image"),),
        layout=Layout(60, (0, 0), align="left"),
        lengths=(2, 2),
    )
    batch = images(made_of, 0, 20)
    left, right = batch.images[:, :, :28], batch.images[:, :, 28:56]
    assert (left != right).any(axis=(1, 2)).all()
