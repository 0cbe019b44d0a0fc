"""A split to look at, whether it was built or not: labels in bulk, images by index."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from digitgen.arrays import Arrays, Integers
from digitgen.build.recorded import recipe_of
from digitgen.build.splits import Split, load_splits
from digitgen.checks import AnyPath
from digitgen.compose.batch import Batch, BatchSpec, parameter_arrays
from digitgen.compose.plan import planner
from digitgen.compose.recipe import Labels
from digitgen.compose.render import fill, render
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.manifest import Manifest
from digitgen.dataset.stores import Store
from digitgen.errors import DatasetError
from digitgen.format import CHUNK
from digitgen.look.kit.writers import check_writers
from digitgen.look.preview.fields import HAND, Field, fields_of, hand_of
from digitgen.messages import Say


@dataclass(frozen=True)
class View:
    """One split.

    Attributes
    ----------
    split, source : str
        Names of the split, and of the source of its glyphs.
    glyphs : int
        Number of glyphs of that source.
    count : int
        Number of images in the split.
    fields : dict of str to Field
        The facts that can be asked of an image.
    steps : tuple of str
        The augmentation steps of which it is known whether they touched an image.
    block : int
        Number of images whose labels are best read together.
    arrays : callable
        Takes names of arrays and a slice, and returns those arrays.
    images : callable
        Takes indices in any order, and returns those images as a batch, with masks and clean images if
        the view was made for them.
    """

    split: str
    source: str
    glyphs: int
    count: int
    fields: dict[str, Field]
    steps: tuple[str, ...]
    block: int
    arrays: Callable[[Sequence[str], slice], Arrays]
    images: Callable[[Integers], Batch]


def views_of_config(
    config: BuildConfig,
    splits: Sequence[str],
    *,
    masks: bool = False,
    clean: bool = False,
    data_dir: Path | None = None,
    say: Say = lambda _: None,
) -> list[View]:
    """View the images that a build of a configuration would make, without building it.

    Parameters
    ----------
    config : BuildConfig
        The configuration; the images are those of its build, bit for bit.
    splits : sequence of str
        Names of the splits.
    masks : bool, default False
        Whether to have masks.
    clean : bool, default False
        Whether to have images before augmentation.
    data_dir, say
        As in `build_dataset`.

    Returns
    -------
    list of View
        One for each split.
    """
    loaded = load_splits(config, data_dir, say, splits)
    return [view_of_split(config, name, split, masks=masks, clean=clean) for name, split in loaded.items()]


def views_of_dataset(
    place: AnyPath | Store,
    manifest: Manifest,
    splits: Sequence[str],
    *,
    masks: bool = False,
    clean: bool = False,
    data_dir: Path | None = None,
    say: Say = lambda _: None,
) -> list[View]:
    """View a dataset.

    Masks and images before augmentation that it does not have are made again from its recipe.

    Parameters
    ----------
    place : str, path-like or Store
        The dataset folder, or its address in a store.
    manifest : Manifest
        Its manifest.
    splits, masks, clean, data_dir, say
        As in `views_of_config`.

    Returns
    -------
    list of View
        One for each split.

    Raises
    ------
    DatasetError
        If they have to be made again, and the digits at hand are others, or the configuration is of another
        version.
    """

    @cache
    def imagined(name: str) -> View:
        config = recipe_of(place, manifest, data_dir)
        (view,) = views_of_config(config, [name], masks=masks, clean=clean, data_dir=data_dir, say=say)
        return view

    return [_built(place, manifest, name, masks, clean, imagined) for name in splits]


def with_writers(view: View, writers: Integers) -> View:
    """Add the field ``hand`` to a view: the writer of an image's first digit.

    Parameters
    ----------
    view : View
        The view.
    writers : ndarray
        (G,): the writer of each row of the glyphs' source.

    Returns
    -------
    View
        The same view with the field.

    Raises
    ------
    PredictionError
        If they are not as many as the source has glyphs.
    """
    check_writers(writers, view.source, view.glyphs)
    return replace(view, fields=view.fields | {HAND: hand_of(writers)})


def _built(
    place: AnyPath | Store,
    manifest: Manifest,
    name: str,
    masks: bool,
    clean: bool,
    imagined: Callable[[str], View],
) -> View:
    """View a split of a dataset."""
    dataset = DigitDataset(place, name, manifest=manifest)
    entry = manifest.splits[name]
    there = {each.name for each in entry.spec}
    missing = {what for what, wanted in (("masks", masks), ("clean", clean)) if wanted} - there

    def images(indices: Integers) -> Batch:
        batch = dataset[indices]
        if not missing:
            return batch
        again = imagined(name).images(indices)
        if not np.array_equal(again.images, batch.images):
            raise DatasetError(
                f"{place}: has no {' and no '.join(sorted(missing))}, and they cannot be made again: "
                f"the digits or the version are not those that {name} was made with"
            )
        return replace(batch, **{what: getattr(again, what) for what in missing})

    fields, steps = fields_of(entry.spec, manifest.alphabet), _steps(entry.spec)
    source, glyphs = entry.source.name, entry.source.rows
    return View(name, source, glyphs, entry.count, fields, steps, 1 << 16, dataset.arrays, images)


def view_of_split(config: BuildConfig, name: str, split: Split, *, masks: bool = False, clean: bool = False) -> View:
    """View a split of a configuration.

    Parameters
    ----------
    config : BuildConfig
        The configuration.
    name : str
        Name of the split.
    split : Split
        The split with its glyphs.
    masks, clean
        As in `views_of_config`.

    Returns
    -------
    View
        The images that a build would make.
    """
    labels = Labels(masks=masks, clean=clean, parameters=True, writers=split.recipe.labels.writers)
    recipe = replace(split.recipe, labels=labels)
    count, plan_of = config.splits[name].count, planner(recipe, config.seed, config.address_name(name))

    def arrays(names: Sequence[str], rows: slice) -> Arrays:
        first, last, _ = rows.indices(count)
        out = recipe.empty_batch(max(last - first, 0))
        fill(recipe, plan_of, first, out, labels_only="boxes" not in names)  # they may follow the ink
        return {each: array for each, array in out.arrays().items() if each in names}

    def images(indices: Integers) -> Batch:
        wanted, back = np.unique(indices, return_inverse=True)
        out, chunks = recipe.empty_batch(len(wanted)), wanted // CHUNK
        for chunk in np.unique(chunks).tolist():  # whose images are rendered together
            own = slice(*np.searchsorted(chunks, [chunk, chunk + 1]).tolist())
            render(recipe, plan_of(chunk).take(wanted[own] - chunk * CHUNK), 0, out[own])
        out.sample_ids[...] = wanted
        return out[back]

    fields = fields_of(recipe.spec, config.alphabet)
    source, glyphs = split.source.name, split.source.rows
    return View(name, source, glyphs, count, fields, _steps(recipe.spec), CHUNK, arrays, images)


def _steps(spec: BatchSpec) -> tuple[str, ...]:
    """List the steps whose parameters are stored."""
    return tuple(dict.fromkeys(sampled.step for sampled in parameter_arrays(spec)))
