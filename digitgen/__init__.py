"""digitgen: labelled images of handwritten digit sequences, exact and reproducible."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from digitgen.batch import Batch, Sample
from digitgen.errors import (
    ArgumentError,
    BuildError,
    ConfigError,
    DamageError,
    DatasetError,
    DigitgenError,
    LockedError,
    SourceError,
)
from digitgen.generate import generate_batch, generate_numbers_sequence, stream
from digitgen.glyphs import GlyphBank

if TYPE_CHECKING:
    from digitgen.build import build_dataset
    from digitgen.config import load_config
    from digitgen.dataset import DigitDataset
    from digitgen.verify import verify_dataset

__version__ = "0.1.0"

__all__ = [
    "ArgumentError",
    "Batch",
    "BuildError",
    "ConfigError",
    "DamageError",
    "DatasetError",
    "DigitDataset",
    "DigitgenError",
    "GlyphBank",
    "LockedError",
    "Sample",
    "SourceError",
    "build_dataset",
    "generate_batch",
    "generate_numbers_sequence",
    "load_config",
    "stream",
    "verify_dataset",
]

# Names whose modules load h5py, joblib or pydantic, which composing images does not need.
_LAZY = {
    "DigitDataset": "dataset",
    "build_dataset": "build",
    "load_config": "config",
    "verify_dataset": "verify",
}


def __getattr__(name: str) -> Any:
    """Load the modules behind the heavier names on first use."""
    if name in _LAZY:
        return getattr(import_module(f"digitgen.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'digitgen' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
