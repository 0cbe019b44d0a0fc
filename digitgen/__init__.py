"""digitgen: labelled images of handwritten digit sequences, exact and reproducible."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from digitgen.augmenting import augment_images, augmentation
    from digitgen.batch import Batch, Sample
    from digitgen.build import build_dataset
    from digitgen.config import load_config
    from digitgen.dataset import DigitDataset
    from digitgen.generate import generate_batch, generate_numbers_sequence, stream
    from digitgen.glyphs import GlyphBank
    from digitgen.plan import Augmentation, Labels
    from digitgen.verify import verify_dataset

__version__ = "0.1.0"

__all__ = [
    "ArgumentError",
    "Augmentation",
    "Batch",
    "BuildError",
    "ConfigError",
    "DamageError",
    "DatasetError",
    "DigitDataset",
    "DigitgenError",
    "GlyphBank",
    "Labels",
    "LockedError",
    "Sample",
    "SourceError",
    "augment_images",
    "augmentation",
    "build_dataset",
    "generate_batch",
    "generate_numbers_sequence",
    "load_config",
    "stream",
    "verify_dataset",
]

# Where names live. Modules load on first use: few programs need all of h5py, joblib, OpenCV and pydantic.
_LAZY = {
    "Augmentation": "plan",
    "Batch": "batch",
    "DigitDataset": "dataset",
    "GlyphBank": "glyphs",
    "Labels": "plan",
    "Sample": "batch",
    "augment_images": "augmenting",
    "augmentation": "augmenting",
    "build_dataset": "build",
    "generate_batch": "generate",
    "generate_numbers_sequence": "generate",
    "load_config": "config",
    "stream": "generate",
    "verify_dataset": "verify",
}


def __getattr__(name: str) -> Any:
    """Load the module of a name on first use."""
    if name in _LAZY:
        return getattr(import_module(f"digitgen.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'digitgen' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
