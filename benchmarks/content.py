"""How much of the time of composing goes into the strings, law by law."""

from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from benchmarks.measure import Costs, Gate, paired_rounds, print_table, ratio, seconds
from digitgen import content
from digitgen.compose.content.law import ContentLaw
from digitgen.compose.layout import Layout
from digitgen.compose.named import named_bank
from digitgen.compose.plan import planner, strings_of_chunk
from digitgen.compose.recipe import Recipe
from digitgen.compose.render import fill
from digitgen.format import CELL, CHUNK

COUNT: Final = 8192
_LINES: Final = 1_000_000
_GAPS: Final = (0, 7)


def run(rounds: int) -> list[Gate]:
    """Print the table; return the gates."""
    with TemporaryDirectory() as folder:
        costs = {name: _costs(law, rounds) for name, law in _laws(Path(folder)).items()}
    shares = {name: ratio(each, "strings", "images") for name, each in costs.items()}
    rows = [
        [name, *(f"{median(each[what]) * 1e9:,.0f}" for what in ("strings", "images")), str(shares[name])]
        for name, each in costs.items()
    ]
    title = f"content: {COUNT} images with all labels, median (min-max) of {rounds} paired rounds"
    print_table(title, [["", "strings, ns/image", "images, ns/image", "share"], *rows])
    worst = max(shares, key=lambda name: shares[name].middle)
    return [Gate(f"share of the strings in composing ({worst})", shares[worst].middle, 0.2, at_least=False)]


def _laws(folder: Path) -> Mapping[str, ContentLaw]:
    """Laws of strings of about six digits."""
    rng = np.random.default_rng(1)
    lines = rng.integers(10**4, 10**7, _LINES)
    (folder / "lines.txt").write_text("\n".join(map(str, lines.tolist())))
    (folder / "weighted.txt").write_text("\n".join(f"{line}\t{1 + line % 7}" for line in lines.tolist()))
    six = content.Digits((6, 6))
    by_position: list[dict[str, float]] = [{"1": 1, "2": 2, "3": 1}, {str(digit): 1 + digit for digit in range(10)}]
    return {
        "uniform digits": six,
        "uniform digits, 4 to 8": content.Digits((4, 8)),
        "weighted digits": content.Digits({4: 1, 6: 2, 8: 1}, by_position),
        "Benford's law": content.Digits((6, 6), "benford"),
        "a million strings": content.Strings(folder / "lines.txt"),
        "a million weighted strings": content.Strings(folder / "weighted.txt"),
        "dates": content.Dates(("1900-01-01", "2030-12-31"), "DDMMYY"),
        "amounts": content.Amounts((1, 9999.99), decimals=2, whole=0.3),
        "log-uniform amounts": content.Amounts((1, 9999.99), decimals=2, spread="log"),
        "a pattern": content.Pattern("[1-9][0-9]{3,6}|0[1-9][0-9]{4}"),
        "a range": content.NumberRange((0, 999999), leading_zeros=True),
        "check digits": content.Checked(content.Digits((5, 5)), "luhn"),
        "unique strings": content.Unique(six),
        "balanced digits": content.Balanced(six, "digits"),
    }


def _costs(law: ContentLaw, rounds: int) -> Costs:
    """Measure the strings alone beside whole images with all labels."""
    layout = Layout(CELL * law.longest + _GAPS[1] * (law.longest - 1), _GAPS)
    recipe = Recipe(named_bank(), layout, law)
    batch = recipe.empty_batch(COUNT)

    def strings(number: int) -> None:
        for chunk in range(COUNT // CHUNK):
            strings_of_chunk(law, number, "train", chunk)

    def per_image(work: Callable[[int], Any]) -> Callable[[int], float]:
        return lambda number: seconds(lambda: work(number)) / COUNT

    contenders = {
        "strings": per_image(strings),
        "images": per_image(lambda number: fill(recipe, planner(recipe, number, "train"), 0, batch)),
    }
    return paired_rounds(contenders, rounds)
