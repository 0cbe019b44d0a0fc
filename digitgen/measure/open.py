"""Measure what a user names: a folder of crops, or a dataset of ours."""

from pathlib import Path

from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.manifest import MANIFEST_NAME, Manifest, read_manifest
from digitgen.errors import ArgumentError, DatasetError
from digitgen.measure.crops import Collection
from digitgen.measure.folder import read_folder
from digitgen.measure.ours import read_split
from digitgen.messages import has_no


def is_ours(place: Path | str) -> bool:
    """Tell whether a place is that of a dataset of ours: it has a manifest, or is in a store."""
    return isinstance(place, str) or (place / MANIFEST_NAME).is_file()


def open_collection(place: Path | str, split: str | None = None) -> Collection:
    """Find the crops of a place.

    Parameters
    ----------
    place : Path or str
        A folder of crops; or a dataset of ours, or its address in a store.
    split : str, optional
        Which split of a dataset of ours; train by default, or the first.

    Returns
    -------
    Collection
        The crops.

    Raises
    ------
    ArgumentError
        If a split is named of a folder that is no dataset.
    DatasetError
        If there is no such folder or split, or it has no images.
    """
    if is_ours(place):
        return split_collection(place, read_manifest(place), split)
    folder = Path(place)
    if split is not None:
        raise ArgumentError(f"{folder} is no dataset of digitgen, so it has no split {split}; leave out --split")
    if not folder.is_dir():
        raise DatasetError(f"{folder}: there is no such folder")
    return read_folder(folder)


def split_collection(place: Path | str, manifest: Manifest, split: str | None = None) -> Collection:
    """Find the images of one split of a dataset of ours.

    Parameters
    ----------
    place : Path or str
        The dataset.
    manifest : Manifest
        Its manifest.
    split : str, optional
        The split; train by default, or the first if there is none of that name.

    Returns
    -------
    Collection
        The images of the split.

    Raises
    ------
    DatasetError
        If there is no such split.
    """
    there = list(manifest.splits)
    chosen = split or ("train" if "train" in there else there[0])
    if chosen not in there:
        raise DatasetError(f"{place}: {has_no('split', chosen, there)}")
    return read_split(DigitDataset(place, chosen, manifest=manifest))
