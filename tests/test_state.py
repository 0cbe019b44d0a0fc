"""What belongs to the whole process, and so to the user, is not changed by importing digitgen."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import gc, locale, logging, os, pkgutil, signal, sys, threading, warnings

import cv2, h5py, joblib, matplotlib, numpy, pooch, PIL.Image, pydantic, ruamel.yaml, scipy.stats, tqdm  # they may
EXTRAS = ("dask", "distributed", "ray", "s3fs", "torch", "streaming", "webdataset", "pyarrow", "lmdb")
for extra in EXTRAS:
    try:
        __import__(extra)
    except ModuleNotFoundError:
        pass
import joblib.parallel, matplotlib.figure, matplotlib.backends.backend_svg

import digitgen

cv2.setNumThreads(4)


def state():
    return {
        "OpenCV": (cv2.getNumThreads(), cv2.ipp.useIPP()),
        "warnings": list(warnings.filters),
        "signals": [signal.getsignal(number) for number in signal.valid_signals()],
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "numpy": (numpy.geterr(), numpy.random.get_state()[1].tolist(), numpy.get_printoptions()),
        "random": __import__("random").getstate(),
        "matplotlib": dict(matplotlib.rcParams),
        "joblib": joblib.parallel.get_active_backend()[1],
        "locale": locale.setlocale(locale.LC_ALL),
        "logging": (logging.root.handlers[:], logging.root.level, logging.getLogger("pooch").level),
        "garbage": (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()),
        "limits": (sys.getrecursionlimit(), sys.getswitchinterval(), PIL.Image.MAX_IMAGE_PIXELS),
        "hooks": (sys.excepthook, sys.displayhook, threading.excepthook, sys.path[:], sys.stdout, sys.stderr),
        "threads": threading.active_count(),
    }


before = state()
for module in pkgutil.walk_packages(digitgen.__path__, "digitgen."):
    if not module.name.endswith("__main__"):
        try:
            __import__(module.name)
        except (ModuleNotFoundError, digitgen.DigitgenError) as error:
            missing = error.__cause__ if isinstance(error, digitgen.DigitgenError) else error
            assert getattr(missing, "name", None) in EXTRAS, error
after = state()
print([name for name in before if after[name] != before[name]])
"""


def test_importing_every_module_changes_nothing_that_belongs_to_the_process() -> None:
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    assert done.stdout == "[]\n"
