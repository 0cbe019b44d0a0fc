"""Make images of sheets: steps on the sheet, the crop, steps on the image."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from digitgen.arrays import Images
from digitgen.augment.apply import apply, steps_of
from digitgen.augment.cropping import Place, cut_out
from digitgen.augment.ink.draw import draw
from digitgen.augment.ink.page import Page
from digitgen.augment.ownership import Ownership
from digitgen.augment.pipeline import Pipeline, PipelineSample, noise_of
from digitgen.augment.region import Region
from digitgen.augment.step import CropStep, Scene
from digitgen.rng import Noise


def apply_with_crop(
    pipeline: Pipeline,
    sampled: PipelineSample,
    page: Page,
    scene_of: Callable[[Noise], Scene],
    ownership: Ownership,
    out: Images,
    places: tuple[Place, Place],
    clean: tuple[Images, Images] | None = None,
) -> Ownership:
    """Apply steps, one of which is a crop.

    Parameters
    ----------
    pipeline, sampled : tuple of Setting, PipelineSample
        As in `apply`.
    page : Page
        The sheets: may be overwritten. Where they are not there as a whole, only ink steps may come before the crop.
    scene_of : callable
        As in `apply`, for the sheets.
    ownership : Ownership
        Ownership of the sheets.
    out : ndarray
        (n, H, W) uint8, C-contiguous: overwritten with the images.
    places : (str, str)
        Where crops lie along x and y in the room that images leave them.
    clean : (ndarray, ndarray), optional
        The sheets as they are without augmentation; and an array for what the same crops show of them, black beyond.

    Returns
    -------
    Ownership
        Ownership of the images.
    """
    crop = next(position for position, each in enumerate(pipeline) if isinstance(each.step, CropStep))
    step = cast(CropStep, pipeline[crop].step)
    if page.region.is_whole:
        apply(pipeline, sampled, page.images, scene_of, ownership, range(crop))
    else:
        draw(list(steps_of(pipeline, sampled, scene_of, range(crop))), page, ownership)
    scene, values = scene_of(noise_of(pipeline, sampled, crop)), sampled.steps[crop].values_of(step, slice(None))
    frames = step.apply(*ownership.boxes(page.images, page.region), scene, **values)
    cut = cut_out(frames, (out.shape[1], out.shape[2]), places, scene.noise.uniform(2))
    if clean is not None:
        cut.resample(Region.whole(clean[0]), [(*clean, False)])
        cut.clear(clean[1])
    cropped = ownership.cropped(page.images, page.region, cut, page.cut(cut.boxes), out)
    cropped_scene = cut.scene(scene)

    def cropped_scene_of(noise: Noise) -> Scene:
        return replace(cropped_scene, noise=noise)

    apply(pipeline, sampled, out, cropped_scene_of, cropped, range(crop + 1, len(pipeline)))
    cut.leave(out)
    cut.clear(cropped.owners)
    return cropped
