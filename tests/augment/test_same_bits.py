"""Pixels are the same on every processor, and stay what they were.

To print new hashes after a change that is meant to change pixels: python -m tests.augment.test_same_bits
"""

import hashlib
import importlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import cv2
import pytest

from digitgen.augment.steps import AUGMENTATIONS
from digitgen.compose.baseline import Baseline
from digitgen.compose.batch import Batch
from digitgen.compose.layout import Layout
from digitgen.compose.spacing import Spacing
from digitgen.glyphs.bank import GlyphBank
from digitgen.glyphs.fetch import load_digits
from tests.steps import CASES, images, recipe, setting

COMPOSED: Final = "a composed recipe"
CROPPED: Final = "a cropped recipe"
STYLED: Final = "a shared style"
WRITTEN: Final = "on a line"

GOLDEN: Final = {
    "rotate": "b40424073484",
    "shear": "6174d7c79bac",
    "slant": "20740520f264",
    "scale": "f04b8e80699a",
    "size": "211fbc8bde81",
    "translate": "98e55d86ebbe",
    "perspective": "ccdde9d51d11",
    "elastic": "06db5fd5553f",
    "elastic_transform": "0353f9b730ca",
    "wave": "395f3f1d1e71",
    "thinning": "1448ecf1c8b5",
    "thickening": "21e0071e2ce3",
    "set_thickness": "e8d1c4c0f800",
    "swelling": "2d6c5da81272",
    "fracture": "65a942dfa1b2",
    "set_slant": "a1a02c28d25d",
    "set_width": "a5f0102f5ca6",
    "dilate": "80fc5a666102",
    "erode": "1a680e2ff515",
    "flag_ones": "2dda9c99e5bb",
    "bar_sevens": "795638446d94",
    "pen_grey": "73363e5fd7a4",
    "fading": "b6079687c8bc",
    "dry_pen": "a62988f69aa2",
    "bleeding": "1feec267e137",
    "stroke_width": "1aa26c4d4e94",
    "brightness": "2fd2e5746eff",
    "contrast": "be40ad789078",
    "gamma": "c5ad02db374a",
    "inverse": "61f9bdca3137",
    "quantize": "c828bfaa8278",
    "gaussian_noise": "26e460e2d4f5",
    "shot_noise": "e1493cb25d6e",
    "impulse_noise": "86ef4e4cf706",
    "speckle_noise": "861b408cfd66",
    "gaussian_blur": "19a43b295467",
    "motion_blur": "129ea913af42",
    "glass_blur": "0c8c4e988deb",
    "defocus_blur": "88536898e9e5",
    "zoom_blur": "73f61363c6f7",
    "cutout": "2620071a6fe6",
    "stripe": "7ca55620b349",
    "line": "17fd7ac2f55d",
    "dotted_line": "fd7984ce0bc1",
    "zigzag": "a3c51aebbe86",
    "ruled_lines": "dc97e4ba9797",
    "strike_through": "7f5351aaa9ad",
    "glyph_fragments": "716a320366ae",
    "separators": "93373221cfd4",
    "trailing_marks": "994bbe66a4b6",
    "leading_marks": "218f37eb7cc9",
    "connecting_strokes": "32f45c33dd69",
    "base_line": "bffa0223bbf0",
    "field_frame": "e1971f53806f",
    "fog": "5624fc3b6327",
    "spatter": "62902657ba48",
    "gradient_paper": "a50d7892a329",
    "woven_paper": "600520e10a45",
    "guilloche_paper": "523236be6a79",
    "ruled_paper": "01c0b5313eca",
    "grain_paper": "3ee91b16c996",
    "stains": "c46e6783906d",
    "folds": "838649e89d3a",
    "uneven_light": "c5433528e636",
    "shadow": "aae18c80c399",
    "sensor_noise": "617677019f77",
    "stretch": "754565dc441f",
    "jpeg_compression": "34208d22636c",
    "pixelate": "0469c7525196",
    "canny_edges": "9d70a7c0c7b6",
    "a composed recipe": "63e5942f6af6",
    "a cropped recipe": "eec6ddee2ecf",
    "a shared style": "3f550f099a10",
    "on a line": "ca8c2727daf6",
}


def hashes() -> dict[str, str]:
    """A short hash of the images, masks, boxes and parameters of every case, of a long recipe and of a style."""
    source = load_digits("mnist/test")
    bank = GlyphBank.from_arrays(source.images, source.labels)
    found = {str(case): _digest(images(recipe(bank, **case.alone(p=0.75)), 0, 8)) for case in CASES}
    glyphs = (setting("slant"), setting("dilate", p=0.5), setting("elastic", p=0.5), setting("gaussian_noise", p=0.3))
    sequence = (
        *(setting(name, p=0.7) for name in ("rotate", "elastic", "perspective", "wave", "fog", "translate")),
        setting("elastic_transform", severity=[1, 5]),
        *(setting(name, p=0.7) for name in ("shot_noise", "gaussian_blur", "contrast", "jpeg_compression")),
    )
    layout = Layout(300, (-9, 20), unit="cell", align="random")
    made_of = recipe(bank, sequence, glyphs, layout=layout, lengths=(1, 9), overlap="sum")
    found[COMPOSED] = _digest(images(made_of, 0, 40))
    style = (
        setting("size", height=[14, 24], share="image", spread={"height": 3, "width": 0.1}),
        setting("slant", share="image", spread=0.16),
        setting("thickening", p=0.5, amount=[0, 0.4], share="image", spread=0.1),
    )
    found[STYLED] = _digest(images(recipe(bank, glyphs=style), 0, 40))
    spacing = Spacing(quantiles={0: -8, 0.05: -5, 0.5: 2, 0.95: 8, 1: 12}, touching=0.3)
    line = Baseline(0.06, (-0.05, 0.05), (-0.05, 0.05))
    written = Layout(150, spacing, unit="stroke", align="random", image_height=48, baseline=line)
    found[WRITTEN] = _digest(images(recipe(bank, glyphs=(setting("slant"),), layout=written, lengths=(1, 6)), 0, 40))
    steps = (
        setting("elastic", p=0.5),
        setting("crop", top=[0, 2]),
        setting("gaussian_noise", p=0.5),
        setting("wave"),
    )
    layout = Layout(90, (-4, 20), unit="ink", align="random", image_height=33)
    found[CROPPED] = _digest(images(recipe(bank, steps, layout=layout, lengths=(1, 9)), 0, 40))
    return found


def _digest(batch: Batch) -> str:
    content = hashlib.sha256()
    for array in batch.arrays().values():
        content.update(array.tobytes())
    return content.hexdigest()[:12]


def of_steps(found: dict[str, str]) -> dict[str, str]:
    """One hash for each step, and those of the recipes."""
    names = dict.fromkeys(case.name for case in CASES)
    cases = {name: [found[str(case)] for case in CASES if case.name == name] for name in names}
    joined = {name: hashlib.sha256("".join(each).encode()).hexdigest()[:12] for name, each in cases.items()}
    return joined | {name: found[name] for name in (COMPOSED, STYLED, WRITTEN, CROPPED)}


def numpy_features() -> dict[str, bool]:
    """The features of processors that numpy has code of its own for, and whether it uses it."""
    try:
        core = importlib.import_module("numpy._core._multiarray_umath")
    except ImportError:  # before numpy 2
        core = importlib.import_module("numpy.core._multiarray_umath")
    return {name: core.__cpu_features__[name] for name in core.__cpu_dispatch__}


def opencv_features() -> dict[str, bool]:
    """The same of OpenCV."""
    dispatched = [each[1:] for each in cv2.getCPUFeaturesLine().split() if each.startswith("*")]
    return {each.rstrip("?"): not each.endswith("?") for each in dispatched}


def report() -> dict[str, Any]:
    """What another process is to say."""
    return {"hashes": hashes(), "numpy": numpy_features(), "opencv": opencv_features()}


def newest(features: dict[str, bool], count: int) -> list[str]:
    """The last of the features that this processor has."""
    return [name for name, used in features.items() if used][-count:]


def processors() -> Iterator[tuple[str, str, list[str], list[str]]]:
    """Older processors that this one can pretend to be: a kernel of OpenBLAS, what numpy and OpenCV are not to use."""
    ours, theirs = numpy_features(), opencv_features()
    yield "none of its features", "Nehalem", newest(ours, 99), newest(theirs, 99)
    yield (
        "no AVX2",
        "Sandybridge",
        newest(ours, 99),
        [name for name in newest(theirs, 99) if "AVX2" in name or "512" in name],
    )
    yield "no AVX512 in OpenCV", "Haswell", [], [name for name in newest(theirs, 99) if "512" in name]
    yield "no AVX512 in numpy", "", newest(ours, 99)[1:], []


def pretend(kernel: str, numpy_without: list[str], opencv_without: list[str]) -> dict[str, Any]:
    """The report of a process on an older processor."""
    environment = {
        "OPENBLAS_CORETYPE": kernel,
        "NPY_DISABLE_CPU_FEATURES": " ".join(numpy_without),
        "OPENCV_CPU_DISABLE": ",".join(opencv_without),
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "tests.augment.test_same_bits", "--json"]
    done = subprocess.run(
        command,
        env=os.environ | {name: value for name, value in environment.items() if value},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.fixture(scope="module")
def here() -> dict[str, str]:
    return hashes()


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the promise is for x86-64")
def test_every_step_gives_the_same_bits_on_older_processors(here: dict[str, str]) -> None:
    kinds = list(processors())
    with ThreadPoolExecutor(2) as pool:
        reports = pool.map(lambda kind: pretend(*kind[1:]), kinds)
        for (name, _, numpy_without, opencv_without), said in zip(kinds, reports, strict=True):
            assert not any(said["numpy"][each] for each in numpy_without), f"numpy did not do without: {name}"
            assert not any(said["opencv"].get(each) for each in opencv_without), f"OpenCV did not do without: {name}"
            different = [case for case, digest in here.items() if said["hashes"][case] != digest]
            assert not different, f"with {name}"


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the promise is for x86-64")
def test_pixels_are_what_they_were(here: dict[str, str]) -> None:
    """Of what differs, either the change was a mistake, or the hashes are to be renewed, as it says above."""
    assert of_steps(here) == GOLDEN


def test_every_step_has_its_hash() -> None:
    assert GOLDEN.keys() == {*AUGMENTATIONS, COMPOSED, STYLED, WRITTEN, CROPPED} - {"crop"}


if __name__ == "__main__":
    if "--json" in sys.argv:
        print(json.dumps(report()))
    else:
        print("".join(f'    "{name}": "{digest}",\n' for name, digest in of_steps(hashes()).items()), end="")
