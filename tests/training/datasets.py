"""Small datasets to train on."""

from pathlib import Path

from digitgen import build_dataset, load_config
from tests.conftest import write_coded_glyphs

COUNT = 2500  # three shards, the last one short; its last chunk of 64 images is short too


def make_dataset(home: Path, compression: str = "deflate", *overrides: str) -> Path:
    """A dataset of one split, with masks and what augmentation sampled."""
    write_coded_glyphs(home)
    (home / "config.yaml").write_text(
        f"""
name: small
image_width: 100
splits: {{train: {{count: {COUNT}, source: {{images: images.idx, labels: labels.idx}}}}}}
sequence: {{length: [1, 3]}}
spacing: {{range: [0, 8]}}
augment: {{glyphs: [{{step: slant}}], sequence: [{{step: gaussian_noise}}]}}
labels: {{masks: true}}
output: {{shard_size: 1024, compression: {compression}}}
"""
    )
    build_dataset(load_config(home / "config.yaml", overrides), home / "out", jobs=1, fsync=False)
    return home / "out"
