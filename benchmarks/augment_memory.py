"""The memory that augmentation takes beside the images, as a fresh process's largest resident set."""

import ctypes
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from digitgen.augment.limits import refusal
from digitgen.augment.step import SEVERITIES
from digitgen.augment.steps import AUGMENTATIONS
from digitgen.compose.content.laws.digits import Digits
from digitgen.compose.layout import Layout
from digitgen.compose.named import named_bank
from digitgen.compose.plan import planner
from digitgen.compose.recipe import Augmentation, Labels, Recipe
from digitgen.compose.render import fill
from digitgen.config.augmentation import augmentation
from digitgen.format import CELL, CHUNK, MAX_LENGTH

_MOST_DIGITS: Final = 16
_ON_GLYPHS: Final = ("rotate", "gaussian_noise", "elastic")
_SEVERAL: Final = ("perspective", "wave", "elastic_transform", "glass_blur", "fog", "spatter", "jpeg_compression")


def scratch_memory(width: int) -> int:
    """What a worker needs to augment a batch of images, beside the batch and what it takes to compose it, bytes.

    Every step does what needs most of it, in turn: on glyphs and on images, with its usual parameters and at its
    greatest severity; several together; and some on the glyphs of images with as many digits as can overlap.
    """
    return _peak_of(width, augmented=True) - _peak_of(width, augmented=False)


def _peak_of(width: int, augmented: bool) -> int:
    """By how much the resident set of a fresh process grows while it fills its batch, bytes."""
    command = [sys.executable, "-m", "benchmarks.augment_memory", str(width), str(int(augmented))]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def _growth(width: int, augmented: bool) -> int:
    """What the fresh process does."""
    digits = min(width // CELL, _MOST_DIGITS)
    roomy = _plain(width, digits, (0, (width - digits * CELL) // max(digits - 1, 1)))
    crowded = _plain(width, min(width - CELL + 1, MAX_LENGTH), (1 - CELL, 1 - CELL))
    recipes = {
        roomy: [replace(roomy, augment=each) for each in _augmentations(width)],
        crowded: [replace(crowded, augment=augmentation(glyphs=[{"step": name} for name in _ON_GLYPHS]))],
    }
    batches = {plain: plain.empty_batch(CHUNK) for plain in recipes}
    for batch in batches.values():
        for array in batch.arrays().values():
            array[...] = 0  # so that its pages are there
    ctypes.CDLL(None).malloc_trim(0)  # what it took to load the glyphs is not there to be used again
    Path("/proc/self/clear_refs").write_text("5")  # the largest resident set is that from now on
    before = _resident("VmHWM")
    for plain, with_steps in recipes.items():
        for recipe in with_steps if augmented else [plain]:
            fill(recipe, planner(recipe, 0, "train"), 0, batches[plain])
    return _resident("VmHWM") - before


def _plain(width: int, digits: int, gaps: tuple[int, int]) -> Recipe:
    return Recipe(named_bank(), Layout(width, gaps), Digits((digits, digits)), labels=Labels(parameters=False))


def _resident(kind: str) -> int:
    """A resident set of this process, bytes."""
    return int(Path("/proc/self/status").read_text().split(f"{kind}:")[1].split()[0]) * 1024


def _augmentations(width: int) -> list[Augmentation]:
    """Each step on each stage, and several steps."""
    found = []
    for name, step in AUGMENTATIONS.items():
        for stage in step.stages:
            for options in _options(name):
                augment = augmentation(**{stage: [{"step": name, **options}]})
                if not any(refusal(each, stage, width) for each in augment.stages[stage]):
                    found.append(augment)
    return [*found, augmentation(sequence=[{"step": name} for name in _SEVERAL])]


def _options(name: str) -> list[dict[str, Any]]:
    """The default parameters, and the greatest severity where there is one."""
    return [{}, {"severity": SEVERITIES}] if AUGMENTATIONS[name].has_severities else [{}]


if __name__ == "__main__":
    print(_growth(int(sys.argv[1]), bool(int(sys.argv[2]))))
