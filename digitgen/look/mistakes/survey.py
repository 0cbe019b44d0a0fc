"""Study all splits of a dataset at once, from a folder with a file of predictions for each: one row a split."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Integers
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.manifest import Manifest
from digitgen.errors import PredictionError
from digitgen.look.mistakes.comparison import mcnemar, paired_difference
from digitgen.look.mistakes.findings import Pattern
from digitgen.look.mistakes.misalignment import Misalignment
from digitgen.look.mistakes.predictions import ENDINGS
from digitgen.look.mistakes.rates import Rate, unpaired_difference
from digitgen.look.mistakes.study import Study, pattern_json, study
from digitgen.messages import has_no
from digitgen.progress import progress_bar


@dataclass(frozen=True)
class Against:
    """A split against the base.

    Attributes
    ----------
    difference : Rate
        Its sequence error rate less that of the base.
    p_value : float or None
        The p-value of `mcnemar`, if both have the same sequences; None if they have not, and images have no pairs.
    """

    difference: Rate
    p_value: float | None


@dataclass(frozen=True, eq=False)
class Row:
    """One split.

    Attributes
    ----------
    split : str
        Its name.
    images, wrong_images, sequence_error_rate, digit_error_rate
        As in `Mistakes`.
    patterns : list of Pattern
        Those of `Mistakes`; none of predictions that seem to stand beside the wrong images.
    lost_zeros, misalignment
        As in `Model`.
    against : Against or None
        The split against the base; None for the base, and where there is none.
    """

    split: str
    images: int
    wrong_images: int
    sequence_error_rate: Rate
    digit_error_rate: Rate
    patterns: list[Pattern]
    lost_zeros: int | None
    misalignment: Misalignment | None
    against: Against | None


@dataclass(frozen=True, eq=False)
class Survey:
    """A model on all splits of a dataset.

    Attributes
    ----------
    name : str
        Name of the model: that of the folder.
    manifest : Manifest
        The dataset.
    rows : list of Row
        The splits that have predictions, the worst first.
    missing : list of str
        Those that have none.
    base : str or None
        The split whose sequences the others show again, such as the clean one.
    mean : float or None
        Mean of the sequence error rates of the splits that show the base's sequences again; None if there are not two.
    """

    name: str
    manifest: Manifest
    rows: list[Row]
    missing: list[str]
    base: str | None
    mean: float | None


def files_of_splits(folder: Path, splits: Sequence[str]) -> dict[str, Path]:
    """Find the file of predictions of each split in a folder.

    Parameters
    ----------
    folder : Path
        A folder with files such as ``clean.csv``, named after the splits. Files with other endings than those of
        predictions are passed over.
    splits : sequence of str
        The splits of the dataset.

    Returns
    -------
    dict of str to Path
        By split, in the order of the dataset.

    Raises
    ------
    PredictionError
        If a file names no split, a split has two files, or there are none.
    """
    found: dict[str, Path] = {}
    try:
        there = sorted(each for each in folder.iterdir() if each.suffix.lower() in ENDINGS)
    except OSError as error:
        raise PredictionError(f"{folder}: cannot be read: {error.strerror or error}") from error
    for path in there:
        if path.stem not in splits:
            unknown = has_no("split", path.stem, splits)
            raise PredictionError(f"{path}: files of a folder are named after splits; the dataset {unknown}")
        if path.stem in found:
            raise PredictionError(f"{path}: the split has another file of predictions, {found[path.stem].name}")
        found[path.stem] = path
    if not found:
        raise PredictionError(f"{folder}: has no file of predictions named after a split, such as {splits[0]}.csv")
    return {split: found[split] for split in splits if split in found}


def survey(
    dataset: DigitDataset,
    folder: Path,
    *,
    writers: Integers | None = None,
    look: Callable[[Study], object] | None = None,
    progress: bool = False,
) -> Survey:
    """Study the predictions of one model for all splits.

    Parameters
    ----------
    dataset : DigitDataset
        Any of the splits.
    folder : Path
        A folder with a file of predictions a split, as in `files_of_splits`.
    writers : ndarray, optional
        As in `study`.
    look : callable, optional
        Is given each split's study, which is forgotten then.
    progress : bool, default False
        Show a progress bar on stderr.

    Returns
    -------
    Survey
        The worst split first.

    Raises
    ------
    PredictionError
        If the folder or a file is wrong.
    DamageError
        If the dataset is damaged.
    """
    manifest = dataset.manifest
    files = files_of_splits(folder, list(manifest.splits))
    base = _base(manifest, list(files))
    order = sorted(files, key=lambda split: split != base)
    rows: list[Row] = []
    first: _Outcome | None = None
    again: list[float] = []
    for split in progress_bar(order, shown=progress, total=len(order), unit="splits"):
        found = study(dataset.other_split(split), [files[split]], writers=writers)
        if look:
            look(found)
        outcome = _Outcome(found.arrays["labels"], found.models[0].mistakes.distances > 0)
        rows.append(_row(found, _against(first, outcome) if first else None))
        if split == base:
            first = outcome
        elif manifest.leader(split) == base:
            again.append(rows[-1].sequence_error_rate.value)
    rows.sort(key=lambda row: -row.sequence_error_rate.value)
    missing = [split for split in manifest.splits if split not in files]
    return Survey(
        folder.resolve().name, manifest, rows, missing, base, float(np.mean(again)) if len(again) > 1 else None
    )


@dataclass(frozen=True, eq=False)
class _Outcome:
    """The labels of a split, and whether each image was misread."""

    labels: NDArray[Any]
    wrong: Bools


def _row(found: Study, against: Against | None) -> Row:
    """Sum up the study of one model on one split."""
    (model,) = found.models
    return Row(
        split=found.dataset.split,
        images=model.mistakes.images,
        wrong_images=model.mistakes.wrong_images,
        sequence_error_rate=model.mistakes.sequence_error_rate,
        digit_error_rate=model.mistakes.digit_error_rate,
        patterns=[] if model.misalignment else model.mistakes.patterns,
        lost_zeros=model.lost_zeros,
        misalignment=model.misalignment,
        against=against,
    )


def _base(manifest: Manifest, splits: Sequence[str]) -> str | None:
    """Find the split that most others show again."""
    leaders = Counter(leader for split in splits if (leader := manifest.leader(split)) != split and leader in splits)
    return leaders.most_common(1)[0][0] if leaders else None


def _against(base: _Outcome, mine: _Outcome) -> Against:
    """Compare a split with the base; image by image, if they show the same strings."""
    theirs, ours = base.wrong, mine.wrong
    count = min(len(theirs), len(ours))  # of two splits of one law, the longer may begin like the shorter
    if not np.array_equal(base.labels[:count], mine.labels[:count]):
        return Against(unpaired_difference(int(theirs.sum()), len(theirs), int(ours.sum()), len(ours)), None)
    one, other = int((theirs[:count] & ~ours[:count]).sum()), int((~theirs[:count] & ours[:count]).sum())
    return Against(paired_difference(one, other, count), mcnemar(one, other))


def survey_json(found: Survey) -> dict[str, Any]:
    """Turn the figures of a survey into values that JSON has."""
    return {
        "dataset": found.manifest.name,
        "alphabet": found.manifest.alphabet,
        "model": found.name,
        "base": found.base,
        "mean": found.mean,
        "missing": found.missing,
        "splits": [
            {**asdict(replace(row, patterns=[])), "patterns": [pattern_json(each) for each in row.patterns]}
            for row in found.rows
        ],
    }
