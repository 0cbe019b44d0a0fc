"""Products of matrices are those of numpy, and start no threads of BLAS whatever its settings are."""

import os
import subprocess
import sys
from pathlib import Path
from time import sleep

import numpy as np
import pytest

from digitgen.augment.numerics.products import multiply
from digitgen.compose.layout import Layout
from digitgen.glyphs.bank import GlyphBank
from tests.conftest import coded_glyphs
from tests.steps import images, recipe, setting

TASKS = Path("/proc/self/task")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((3, 4), (4, 5)),
        ((9000, 12), (12, 32)),
        ((9000, 12), (12, 1)),
        ((1, 12), (12, 9000)),
        ((28, 12), (12, 3000)),
        ((14, 28), (5, 28, 2000)),
        ((2, 7, 900, 20), (20, 30)),
        ((112, 28), (6, 28, 112)),
        ((0, 12), (12, 32)),
        ((5, 0), (0, 7)),
    ],
    ids=str,
)
def test_products_are_exact(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    first, second = (rng.integers(-128, 128, shape) for shape in (left, right))
    expected = first @ second
    out = np.full((*expected.shape[:-1], expected.shape[-1] + 1), 77, np.float32)[..., :-1]
    multiply(first.astype(np.float32), second.astype(np.float32), out)
    np.testing.assert_array_equal(out, expected)


def augment() -> None:
    """Run the steps that multiply matrices, on many narrow images and on wide ones."""
    bank = GlyphBank.from_arrays(*coded_glyphs())
    glyphs = tuple(setting(name) for name in ("thickening", "elastic"))
    sequence = (setting("elastic"), setting("gaussian_blur", sigma=6), setting("fog"))
    for width, count, longest in ((28, 600, 1), (1000, 40, 9)):
        made_of = recipe(bank, sequence, glyphs, layout=Layout(width, (0, 5)), lengths=(1, longest))
        images(made_of, 0, count)


def ticks_of_others() -> int:
    """Hundredths of a second that threads other than the first have worked."""
    tasks = (path for path in TASKS.iterdir() if path.name != str(os.getpid()))
    fields = ((path / "stat").read_text().rpartition(")")[2].split() for path in tasks)
    return sum(int(each[11]) + int(each[12]) for each in fields)


@pytest.mark.skipif(not TASKS.exists(), reason="the system does not tell what each thread does")
def test_augmentation_leaves_all_work_to_the_thread_that_asks_for_it() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "tests.augment.numerics.test_products"],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2", "MKL_NUM_THREADS": "2"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(found.stdout) <= 1


if __name__ == "__main__":
    sleep(0.1)  # threads begin with a little work of their own
    before = ticks_of_others()
    augment()
    print(ticks_of_others() - before)
