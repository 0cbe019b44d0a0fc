"""From YAML, or what it would say, to a checked configuration; errors name file, line and column.

The reader follows YAML 1.2, where ``1e-3`` is a number, ``no`` a word and ``010`` ten. Values are never converted:
a quoted "5" is not the number 5.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from digitgen.checks import AnyPath, check_path, check_words
from digitgen.config.build_config import BuildConfig
from digitgen.config.document import Document
from digitgen.errors import ArgumentError, ConfigError
from digitgen.findings import WrongKeyError, findings


def load_config(source: AnyPath | Mapping[str, Any], overrides: Sequence[str] = ()) -> BuildConfig:
    """Read and check a configuration.

    Parameters
    ----------
    source : str, path-like or dict
        The YAML file, ``-`` for the standard input, or what a file would say. Paths in it are relative to the file,
        or to the working folder.
    overrides : sequence of str
        ``key.path=value`` each, the value in YAML; they replace or add to what the file says.

    Returns
    -------
    BuildConfig
        The configuration, with defaults for what is left out.

    Raises
    ------
    ArgumentError
        If an argument is of another type.
    ConfigError
        If the file cannot be read or anything in it is wrong; one line for each finding.

    Examples
    --------
    >>> config = load_config("configs/quickstart.yaml", ["splits.train.count=1000"])
    >>> config.splits["train"].count
    1000
    """
    given = source if isinstance(source, Mapping) else check_path("source", source)
    document = Document(given, check_words("overrides", overrides))
    try:
        return BuildConfig.check(document.value, given.parent if isinstance(given, Path) else Path())
    except ValidationError as error:
        raise ConfigError("\n".join(f"{_position(document, each)}: {each}" for each in findings(error))) from None


def _position(document: Document, found: ArgumentError) -> str:
    """Find the place of an error in a document; one about the whole is put at image_width, too small for the digits."""
    return document.position(found.key or ("image_width",), at_key=isinstance(found, WrongKeyError))
