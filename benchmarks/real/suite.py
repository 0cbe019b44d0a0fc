"""Train readers on configurations, let them read real crops, keep what they read, and show it as tables."""

import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.measure import Gate
from digitgen import load_config
from digitgen.errors import ArgumentError
from digitgen.extras import installed
from digitgen.files import write_atomically

if TYPE_CHECKING:
    from benchmarks.real.crops import RealCrops
    from digitgen.config.build_config import BuildConfig

EXACT: Final = 65.0
"""Percent of the strings that are read without a mistake: what the recipe for cheques must reach."""
_GATED: Final = "cheque-amounts"


@dataclass(frozen=True)
class Result:
    """What a reader that was trained on one configuration made of real crops.

    Attributes
    ----------
    recipe : str
        Name of the configuration, or what was changed of it.
    seed : int
        Seed of the weights and of the images.
    asked, minutes : float
        Minutes of CPU that it was given, and those that it took with reading.
    images : int
        Images that it was trained on.
    figures : dict of str to float
        Percent of strings read exactly: ``all``, ``touching``, ``apart``, ``length 5`` and so on; ``distance``: the
        mean edit distance over the longer of the two strings.
    """

    recipe: str
    seed: int
    asked: float
    minutes: float
    images: int
    figures: dict[str, float]


def run(
    data: Path,
    config: Path,
    *,
    seeds: int = 1,
    first_seed: int = 1,
    minutes: float = 30.0,
    ablation: bool = False,
    only: Sequence[str] = (),
    file: Path | None = None,
) -> list[Gate]:
    """Train on a configuration, or on one changed in several ways, and print what is then read of real crops.

    Parameters
    ----------
    data : Path
        A folder of real crops with COCO boxes.
    config : Path
        The configuration; its split `train` is streamed.
    seeds : int, default 1
        Number of seeds.
    first_seed : int, default 1
        The first of them.
    minutes : float, default 30
        Minutes of CPU for each.
    ablation : bool, default False
        Train also without each ingredient of the configuration.
    only : sequence of str
        Some of the ingredients; all by default.
    file : Path, optional
        Where to keep the results. Those that it has are not measured again.

    Returns
    -------
    list of Gate
        What the mean over the seeds must reach, if the whole time was given.

    Raises
    ------
    DigitgenError
        If torch is not installed, or the crops or the configuration cannot be read.
    """
    with installed("torch"):
        from benchmarks.real.crops import read_crops
    if not minutes > 0:
        raise ArgumentError(f"--minutes must be more than 0; got {minutes:g}")
    whole = load_config(config)
    crops = read_crops(data, (whole.layout.image_height, whole.image_width))
    results = [] if file is None else _read(file)
    names: list[str] = []
    for seed in range(first_seed, first_seed + seeds):
        for name, recipe in _recipes(whole, seed, ablation=ablation, only=only):
            names += [] if name in names else [name]
            if any((each.recipe, each.seed, each.asked) == (name, seed, minutes) for each in results):
                continue
            result = measured(name, recipe, crops, seed, minutes)
            print(f"{name}, seed {seed}: {result.figures['all']:.1f} %", file=sys.stderr)
            results = [*([] if file is None else _read(file)), result]  # another run may write there, too
            if file is not None:
                write_atomically(file, json.dumps([asdict(each) for each in results], indent=1).encode())
    these = [each for each in results if each.recipe in names and each.asked == minutes]
    print(table(these))
    own = [each.figures["all"] for each in these if each.recipe == whole.name]
    return [Gate("strings read exactly, percent", mean(own), EXACT)] if whole.name == _GATED and minutes >= 30 else []


def _recipes(
    config: "BuildConfig", seed: int, *, ablation: bool, only: Sequence[str]
) -> Iterable[tuple[str, "BuildConfig"]]:
    """The configuration with its seed, and, for an ablation, without each of its ingredients."""
    from benchmarks.real.ablation import ingredients, without

    content = config.resolved() | {"seed": seed}
    if not ablation or not only:
        yield config.name, config.check(content, config.folder)
    if ablation:
        for name in only or ingredients(content):
            yield name, config.check(without(content, name), config.folder)


def measured(name: str, config: "BuildConfig", crops: "RealCrops", seed: int, minutes: float) -> Result:
    """Train a reader, let it read the crops, and count."""
    from benchmarks.real.training import read, train

    start = time.process_time()
    network, images = train(config, seed, minutes)
    texts = read(network, crops.images, config.alphabet)
    took = (time.process_time() - start) / 60
    return Result(name, seed, minutes, round(took, 2), images, scores(texts, crops))


def scores(texts: Sequence[str], crops: "RealCrops") -> dict[str, float]:
    """Count what was read, in percent of the strings, and measure how far the rest is off.

    Parameters
    ----------
    texts : sequence of str
        What was read of each crop.
    crops : RealCrops
        What each says.

    Returns
    -------
    dict of str to float
        As in `Result`.
    """
    from digitgen.training import character_error_rate

    exact = np.array([text == truth for text, truth in zip(texts, crops.texts, strict=True)])
    lengths = np.array([len(truth) for truth in crops.texts])
    groups = {"all": np.ones(len(exact), bool), "touching": crops.touching, "apart": ~crops.touching}
    groups |= {f"length {length}": lengths == length for length in np.unique(lengths).tolist()}
    figures = {name: round(100 * float(exact[rows].mean()), 2) for name, rows in groups.items() if rows.any()}
    distances = [
        character_error_rate([text], [truth]) * len(truth) / max(len(text), len(truth))
        for text, truth in zip(texts, crops.texts, strict=True)
    ]
    return figures | {"distance": round(mean(distances), 4)}


def _read(file: Path) -> list[Result]:
    """What earlier runs left, if anything."""
    if not file.exists():
        return []
    try:
        return [Result(**each) for each in json.loads(file.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise ArgumentError(f"{file}: expected what an earlier run of this benchmark wrote: {error}") from None


def table(results: Sequence[Result]) -> str:
    """Write results as a Markdown table: a line a recipe, the mean over its seeds, and their range.

    Parameters
    ----------
    results : sequence of Result
        Of one or several recipes.

    Returns
    -------
    str
        The table.
    """
    recipes = list(dict.fromkeys(each.recipe for each in results))
    columns = list(dict.fromkeys(column for each in results for column in each.figures))
    columns.sort(key=lambda column: (column == "distance", column.startswith("length "), column))
    lines = [["trained on", "images", "minutes", *columns], ["---", *("---:" for _ in range(2 + len(columns)))]]
    for recipe in recipes:
        own = [each for each in results if each.recipe == recipe]
        cells = [_cell([each.figures[column] for each in own if column in each.figures], column) for column in columns]
        images, minutes = mean(each.images for each in own), mean(each.minutes for each in own)
        lines.append([recipe, f"{images:,.0f}", f"{minutes:.1f}", *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(values: Sequence[float], column: str) -> str:
    """The mean, and the range if there are several."""
    if not values:
        return ""
    digits = 3 if column == "distance" else 1
    spread = f" ({min(values):.{digits}f} to {max(values):.{digits}f})" if len(values) > 1 else ""
    return f"{mean(values):.{digits}f}{spread}"
