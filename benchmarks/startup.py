"""Whole processes: how long until the command line answers, against importing numpy alone."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Contender, Gate, paired_rounds, print_ratios, ratio, seconds

_IMAGE = ["image", "350", "--min-spacing", "2", "--max-spacing", "8", "--image-width", "120", "--seed", "1", "--force"]
_IMPORTED = ["stream", "DigitDataset"]


def run(rounds: int) -> list[Gate]:
    """Print the table; return the gates."""
    script = Path(sys.executable).with_name("digitgen")  # where the package is installed
    cli = [str(script)] if script.exists() else [sys.executable, "-m", "digitgen"]
    with tempfile.TemporaryDirectory() as scratch:
        contenders = {
            "python -c pass": _process([sys.executable, "-c", "pass"]),
            "import numpy": _process([sys.executable, "-c", "import numpy"]),
            "import digitgen": _process([sys.executable, "-c", "import digitgen"]),
            **{
                f"import {name}": _process([sys.executable, "-c", f"from digitgen import {name}"]) for name in _IMPORTED
            },
            "python -m digitgen --help": _process([sys.executable, "-m", "digitgen", "--help"]),
            "digitgen --help": _process([*cli, "--help"]),
            "digitgen image 350": _process([*cli, *_IMAGE, "-o", str(Path(scratch) / "350.png")]),
        }
        costs = paired_rounds(contenders, rounds)
    print_ratios("startup: whole processes", costs, ["import numpy"], "ms", lambda cost: f"{cost * 1e3:,.0f}")
    gates = {"digitgen --help": 2.5, "digitgen image 350": 2.0} | {f"import {name}": 1.5 for name in _IMPORTED}
    return [
        Gate(f"{what}, time over importing numpy", ratio(costs, what, "import numpy").middle, most, at_least=False)
        for what, most in gates.items()
    ]


def _process(command: Sequence[str]) -> Contender:
    return lambda _: seconds(lambda: subprocess.run(command, check=True, capture_output=True))
