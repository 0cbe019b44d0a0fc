"""Study the predictions of one model, or two, for a split: read, align, sum up."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from digitgen.arrays import Integers
from digitgen.compose.batch import parameter_arrays
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.format import WRITERS
from digitgen.look.kit.writers import check_writers
from digitgen.look.mistakes.alignment import align
from digitgen.look.mistakes.comparison import Comparison, compare
from digitgen.look.mistakes.edit_graph import Labels
from digitgen.look.mistakes.factors import ARRAYS, factors
from digitgen.look.mistakes.findings import Pattern
from digitgen.look.mistakes.leading_zeros import lost_zeros
from digitgen.look.mistakes.misalignment import Misalignment, find_misalignment
from digitgen.look.mistakes.predictions import Predictions, read_predictions
from digitgen.look.mistakes.spacing import MASKS, TOUCHING, Unit, ink_that_meets
from digitgen.look.mistakes.summary import Mistakes, find_mistakes
from digitgen.progress import progress_bar


@dataclass(frozen=True, eq=False)
class Model:
    """One model, by its predictions.

    Attributes
    ----------
    name : str
        Name of the file of predictions, without its ending.
    predictions : Predictions
        Its predictions.
    mistakes : Mistakes
        Its mistakes.
    lost_zeros : int or None
        Number of images that have lost a leading zero, if the predictions seem to have gone through numbers.
    misalignment : Misalignment or None
        The place where predictions fit, if they seem to stand beside the wrong images.
    """

    name: str
    predictions: Predictions
    mistakes: Mistakes
    lost_zeros: int | None
    misalignment: Misalignment | None


@dataclass(frozen=True, eq=False)
class Study:
    """A split and the models that read it.

    Attributes
    ----------
    dataset : DigitDataset
        The split.
    arrays : dict of str to ndarray
        Its labels, without the images.
    models : list of Model
        One or two.
    comparison : Comparison or None
        The two side by side; None for one.
    """

    dataset: DigitDataset
    arrays: dict[str, NDArray[Any]]
    models: list[Model]
    comparison: Comparison | None


def study(
    dataset: DigitDataset, paths: Sequence[Path], *, writers: Integers | None = None, progress: bool = False
) -> Study:
    """Study the predictions of one or two models.

    Parameters
    ----------
    dataset : DigitDataset
        The split that was read; its images are not looked at.
    paths : sequence of Path
        One or two files of predictions, in the formats of `predictions`.
    writers : ndarray, optional
        (G,): the writer of each row of the glyphs' source; those that are stored with the images by default.
    progress : bool, default False
        Show a progress bar on stderr.

    Returns
    -------
    Study
        One model a file, in their order.

    Raises
    ------
    PredictionError
        If a file of predictions is wrong, or `writers` are not those of the source.
    DamageError
        If the dataset is damaged.
    """
    with progress_bar(shown=progress, total=2 * len(paths) + 1, unit="steps") as bar:
        return _study(dataset, paths, writers, bar)


def _study(dataset: DigitDataset, paths: Sequence[Path], writers: Integers | None, bar: "tqdm[Any]") -> Study:
    """Do the same, telling a progress bar."""
    predictions = []
    for path in paths:  # what is likeliest to be wrong comes first
        bar.set_description(f"reading {path.name}")
        predictions.append(read_predictions(path, len(dataset), dataset.alphabet))
        bar.update()
    bar.set_description("reading labels")
    entry = dataset.manifest.splits[dataset.split]
    if writers is not None:
        check_writers(writers, entry.source.name, entry.source.rows)
    spec = entry.spec
    stored = [each.name for each in spec if each.name == WRITERS]
    arrays = dataset.arrays([*ARRAYS, *stored, *parameter_arrays(spec).values()])
    if any(each.name == MASKS for each in spec):
        arrays[TOUCHING] = ink_that_meets(dataset)
    known = factors(arrays, spec, writers, dataset.alphabet, _unit(dataset))
    bar.update()
    labels, lengths = arrays["labels"], arrays["lengths"].astype(np.int64)
    names = [path.stem for path in paths]
    if len(set(names)) < len(names):
        names = [str(path) for path in paths]
    models = []
    for name, each in zip(names, predictions, strict=True):
        bar.set_description(f"studying {name}")
        alignment = align(labels, lengths, each)
        mistakes = find_mistakes(alignment, known)
        zeros = lost_zeros(mistakes.digits, lengths, each)
        models.append(Model(name, each, mistakes, zeros, find_misalignment(alignment, _alike(dataset))))
        bar.update()
    pair = compare(models[0].mistakes, models[1].mistakes, known) if len(models) == 2 else None
    return Study(dataset, arrays, models, pair)


def _alike(dataset: DigitDataset) -> Iterator[tuple[str, Labels, Integers]]:
    """Read the labels of other splits of as many images, but for those of the same strings."""
    manifest = dataset.manifest
    for name in manifest.splits:
        if manifest.leader(name) != manifest.leader(dataset.split) and manifest.splits[name].count == len(dataset):
            arrays = dataset.other_split(name).arrays(["labels", "lengths"])
            yield name, arrays["labels"], arrays["lengths"].astype(np.int64)


def _unit(dataset: DigitDataset) -> Unit:
    """Find in the configuration between which things gaps were sampled; anybody may have written it."""
    spacing = dataset.manifest.config.get("spacing")
    named = spacing.get("unit") if isinstance(spacing, dict) else None
    return next((unit for unit in get_args(Unit) if unit == named), "cell")


def to_json(found: Study) -> dict[str, Any]:
    """Turn the figures of a study into values that JSON has."""
    return {
        "dataset": found.dataset.manifest.name,
        "split": found.dataset.split,
        "alphabet": found.dataset.alphabet,
        "images": len(found.dataset),
        "models": [_model(each) for each in found.models],
        "comparison": asdict(found.comparison) if found.comparison else None,
    }


def pattern_json(pattern: Pattern) -> dict[str, Any]:
    """List the words and figures of a pattern."""
    names = ("what", "when", "also", "errors", "share", "digits", "rate", "elsewhere")
    return {name: getattr(pattern, name) for name in names}


def _model(model: Model) -> dict[str, Any]:
    """List the figures of one model."""
    found = model.mistakes
    return {
        "name": model.name,
        "lost_zeros": model.lost_zeros,
        "misalignment": asdict(model.misalignment) if model.misalignment else None,
        "wrong_images": found.wrong_images,
        "sequence_error_rate": asdict(found.sequence_error_rate),
        "digit_error_rate": asdict(found.digit_error_rate),
        "patterns": [pattern_json(each) for each in found.patterns],
        "effects": [asdict(each) for each in found.effects],
        "compared": found.compared,
        "confusion": found.confusion.tolist(),
        "added": found.added.tolist(),
        "swapped": found.swapped,
        "factors": {
            factor.name: {
                level: {"digits": int(groups.digits[k]), "wrong": float(groups.total[k])}
                for k, level in enumerate(factor.levels)
            }
            for factor, groups in found.factors
        },
    }
