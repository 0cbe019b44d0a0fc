"""For all tests: a glyph bank whose pixels can be computed, the real one, and packages that add something."""

import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from digitgen.augment import catalogue
from digitgen.config.steps import step_section
from digitgen.glyphs.bank import GlyphBank
from digitgen.glyphs.fetch import load_digits
from digitgen.glyphs.idx import encode_idx

CODED_CONFIG = """\
# What this is.
name: small
seed: 5
image_width: 130  # px
splits:
  train: {count: 2500, source: {images: images.idx, labels: labels.idx}}
  noisy:
    count: 300
    source: {images: images.idx, labels: labels.idx}
    augment:
      glyphs: [{step: rotate, angle: [0.1, 0.2], p: 0.3}]
      sequence: [{step: shot_noise, severity: [1, 5], p: 0.5}, {step: translate, x: [-20, 20], y: 0}]
allow_shared_glyphs: true
sequence: {length: [1, 4]}
spacing: {range: [-3, 5]}  # between neighbours
"""
"""A configuration of the glyphs that `write_coded_glyphs` writes."""


def coded_glyphs() -> tuple[np.ndarray, np.ndarray]:
    """Thirty glyphs, three a class, whose pixels say class, variant, row and column.

    The ink of variant v of class d fills a rectangle that depends on both, touches every edge of
    the cell in some glyph, and is nowhere zero inside.
    """
    rows, columns = np.mgrid[:28, :28]
    images, labels = [], []
    for variant in range(3):
        for digit in range(10):
            left, top = (3 * variant + digit) % 9, (5 * variant + 2 * digit) % 9
            width, height = 20 - (digit + variant) % 17, 20 - (2 * digit + 3 * variant) % 11
            inside = (rows >= top) & (rows < top + height) & (columns >= left) & (columns < left + width)
            code = 1 + (digit * 83 + variant * 29 + rows * 28 + columns) % 255
            images.append(np.where(inside, code, 0).astype(np.uint8))
            labels.append(digit)
    return np.stack(images), np.array(labels, np.uint8)


def write_coded_glyphs(folder: Path) -> None:
    """Write these glyphs as a pair of IDX files, `images.idx` and `labels.idx`."""
    images, labels = coded_glyphs()
    (folder / "images.idx").write_bytes(encode_idx(images))
    (folder / "labels.idx").write_bytes(encode_idx(labels))


@pytest.fixture(autouse=True)
def signals_end_tests() -> None:
    """Have signals end a process again, which the command line leaves ignored, for Python to end in peace."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@pytest.fixture(scope="session")
def bank() -> GlyphBank:
    """A small bank whose every pixel is known."""
    return GlyphBank.from_arrays(*coded_glyphs())


@pytest.fixture(scope="session")
def mnist() -> GlyphBank:
    """The real glyphs of MNIST's training set, fetched if they are not in the cache."""
    source = load_digits("mnist/train")
    return GlyphBank.from_arrays(source.images, source.labels)


@pytest.fixture
def no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the plots out of pages, which take the longest: for tests of what else is on them."""
    for module in ("report.charts", "mistakes.plots"):
        monkeypatch.setattr(f"digitgen.look.{module}.svg", lambda *_, **__: b"<svg></svg>")


Install = Callable[[str, str, Mapping[str, Mapping[str, str]], str], None]
"""Takes a package's name, version, entry points (group -> name -> object) and the code of its one module."""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Put a small package where Python looks for packages, its metadata as an installer writes it.

    Its module is called as the package is, with underscores. It takes the place of another version.
    """
    modules: set[str] = set()

    def forget() -> None:
        for module in modules:
            sys.modules.pop(module, None)
        catalogue._of_package.cache_clear()
        step_section.cache_clear()

    def installed(name: str, version: str, entries: Mapping[str, Mapping[str, str]], code: str) -> None:
        module = name.replace("-", "_")
        folder = tmp_path / f"site-{module}"
        shutil.rmtree(folder, ignore_errors=True)  # another version
        metadata = folder / f"{module}-{version}.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        lines = [
            f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in each.items())
            for group, each in entries.items()
        ]
        (metadata / "entry_points.txt").write_text("".join(lines))
        (folder / f"{module}.py").write_text(code)
        monkeypatch.syspath_prepend(str(folder))
        modules.add(module)
        forget()

    yield installed
    forget()
