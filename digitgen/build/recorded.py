"""The configuration that a dataset, finished or not, was built from: read again and checked."""

from pathlib import Path

from pydantic import ValidationError

from digitgen.augment.sampled import Sampled
from digitgen.build.identity import Identity, check_packages, identity_in
from digitgen.compose.batch import parameter_arrays
from digitgen.compose.content.lines import hash_strings
from digitgen.compose.recipe import Augmentation
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.manifest import Manifest
from digitgen.errors import ArgumentError, DamageError, DatasetError
from digitgen.findings import findings


def recipe_of(
    place: object, manifest: Manifest, data_dir: Path | None = None, *, read_strings: bool = True
) -> BuildConfig:
    """Check the configuration that a dataset was built from.

    Parameters
    ----------
    place : object
        The place of the dataset, for errors.
    manifest : Manifest
        Its manifest.
    data_dir : Path, optional
        The folder that relative paths start from; the current one by default.
    read_strings : bool, default True
        Read the file that the strings came from, if they did.

    Returns
    -------
    BuildConfig
        The configuration.

    Raises
    ------
    DatasetError
        If this version of digitgen does not know what is in it, or the strings came from a file that is not here.
    DamageError
        If it is not the configuration of these splits and arrays.
    PluginError
        If it has a source or a step of a package that is not installed.
    """
    config = check_config(place, identity_in(manifest), data_dir, read_strings=read_strings)
    for name, split in manifest.splits.items():
        longest = next(each.shape[0] for each in split.spec if each.name == "labels")
        content = config.known_content(name) if name in config.splits else None
        if content and content.longest != longest:
            raise DamageError(f"{place}: the manifest's configuration does not make strings of {longest} in {name}")
        if name not in config.splits or not all(
            _is_sampled_by(config.augmentation(name), each) for each in parameter_arrays(split.spec)
        ):
            raise DamageError(f"{place}: the manifest's configuration does not make the arrays of {name}")
    return config


def check_config(
    place: object, identity: Identity, data_dir: Path | None = None, *, read_strings: bool = True
) -> BuildConfig:
    """Check the configuration of a build that was begun, finished or not.

    Parameters
    ----------
    place : Path or Store
        The place of the dataset, for errors.
    identity : Identity
        The identity of the build.
    data_dir : Path, optional
        The folder that relative paths start from; the current one by default.
    read_strings : bool, default True
        Read the file that the strings came from, if they did.

    Returns
    -------
    BuildConfig
        The configuration.

    Raises
    ------
    DatasetError
        If this version of digitgen does not know what is in it, or the strings came from a file that is not here.
    PluginError
        If it has a source or a step of a package that is not installed.
    """
    check_packages(identity)
    if read_strings and (problem := lost_strings(place, identity, data_dir)):
        raise DatasetError(f"{place}: {problem}")
    try:
        return BuildConfig.check(identity.config, data_dir or Path(), read_strings=read_strings)
    except ValidationError as error:
        version = identity.tool.get("digitgen")
        raise DatasetError(
            f"{place}: was built by digitgen {version}, whose configuration is not known here: {findings(error)[0]}"
        ) from None


def lost_strings(place: object, identity: Identity, data_dir: Path | None = None) -> str | None:
    """Say why the file that the strings came from is not at hand; other files than that are not looked into.

    Parameters
    ----------
    place, identity, data_dir
        As in `check_config`.

    Returns
    -------
    str or None
        The end of a sentence; None if it is at hand, or there is no such file.

    Raises
    ------
    DatasetError, DamageError, PluginError
        As `check_config` raises them.
    """
    config = check_config(place, identity, data_dir, read_strings=False)
    files = config.string_files
    if files.keys() != identity.strings.keys():
        raise DamageError(f"{place}: the manifest has hashes of other files than its configuration has strings from")
    for key, name in files.items():
        path = config.folder / name
        try:
            if hash_strings(path) == identity.strings[key]:
                continue
            problem = f"{path} has changed since its strings were taken from it"
        except ArgumentError as error:
            problem = f"its strings came from a file that is not here: {error}"
        return f"{problem}; --data-dir says in which folder {name} is"
    return None


def _is_sampled_by(augment: Augmentation, sampled: Sampled) -> bool:
    """Whether an augmentation samples the parameter of a step at its position."""
    pipeline = augment.stages[sampled.stage]
    if not 0 <= sampled.position < len(pipeline):
        return False
    setting = pipeline[sampled.position]
    return setting.name == sampled.step and sampled.parameter in setting.parameters
