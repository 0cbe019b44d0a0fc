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
    ExportError,
    LockedError,
    PluginError,
    SourceError,
)
from digitgen.version import VERSION

if TYPE_CHECKING:
    from digitgen.build.array import build_part, finish_dataset
    from digitgen.build.build import build_dataset
    from digitgen.build.stream import stream
    from digitgen.build.verify import verify_dataset
    from digitgen.compose import content
    from digitgen.compose.baseline import Baseline
    from digitgen.compose.batch import Batch, Sample
    from digitgen.compose.generate import generate_batch, generate_numbers_sequence
    from digitgen.compose.recipe import Augmentation, Labels
    from digitgen.compose.spacing import Spacing
    from digitgen.config.augmentation import augment_images, augmentation
    from digitgen.config.load import load_config
    from digitgen.dataset.digit_dataset import DigitDataset
    from digitgen.export.export import Exported, export_dataset
    from digitgen.glyphs.bank import GlyphBank
    from digitgen.glyphs.cells import cells_from
    from digitgen.glyphs.digits import write_idx_pair

__version__ = VERSION

__all__ = [
    "ArgumentError",
    "Augmentation",
    "Baseline",
    "Batch",
    "BuildError",
    "ConfigError",
    "DamageError",
    "DatasetError",
    "DigitDataset",
    "DigitgenError",
    "ExportError",
    "Exported",
    "GlyphBank",
    "Labels",
    "LockedError",
    "PluginError",
    "Sample",
    "SourceError",
    "Spacing",
    "augment_images",
    "augmentation",
    "build_dataset",
    "build_part",
    "cells_from",
    "content",
    "export_dataset",
    "finish_dataset",
    "generate_batch",
    "generate_numbers_sequence",
    "load_config",
    "stream",
    "verify_dataset",
    "write_idx_pair",
]

# Where names live. Modules load on first use: few programs need all of h5py, joblib, OpenCV and pydantic.
_LAZY = {
    "Augmentation": "compose.recipe",
    "Baseline": "compose.baseline",
    "Batch": "compose.batch",
    "DigitDataset": "dataset.digit_dataset",
    "Exported": "export.export",
    "GlyphBank": "glyphs.bank",
    "Labels": "compose.recipe",
    "Sample": "compose.batch",
    "Spacing": "compose.spacing",
    "augment_images": "config.augmentation",
    "augmentation": "config.augmentation",
    "build_dataset": "build.build",
    "build_part": "build.array",
    "cells_from": "glyphs.cells",
    "export_dataset": "export.export",
    "finish_dataset": "build.array",
    "generate_batch": "compose.generate",
    "generate_numbers_sequence": "compose.generate",
    "load_config": "config.load",
    "stream": "build.stream",
    "verify_dataset": "build.verify",
    "write_idx_pair": "glyphs.digits",
}


def __getattr__(name: str) -> Any:
    """Load the module of a name on first use."""
    if name == "content":
        return import_module("digitgen.compose.content")
    if name in _LAZY:
        return getattr(import_module(f"digitgen.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'digitgen' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
