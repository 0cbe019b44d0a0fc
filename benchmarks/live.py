"""The live page: how long from a moved slider to new images, and whether its memory grows.

A server runs as users start it. Latency is that of a request over HTTP, and of a browser that shows what came, if there
is one. Random use moves, adds and removes whatever a recipe has; every reply must be one that the page knows.
"""

import copy
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest

from benchmarks import live_browser
from benchmarks.measure import Gate, print_table
from digitgen.augment.catalogue import all_steps, find_step
from digitgen.config.yamltree import read_yaml
from digitgen.errors import DigitgenError

Recipe = dict[str, Any]

_FIVE_STEPS: Final = """\
name: five-steps  # on 28 x 168 px
seed: 1
image_width: 168
splits:
  train: {count: 60000, source: mnist/train}
  test: {count: 10000, source: mnist/test}
sequence: {length: [1, 5]}
spacing: {range: [0, 7]}
augment:
  glyphs:
    - {step: rotate, angle: [-0.2, 0.2]}
  sequence:
    - {step: elastic, rms: [0.5, 1.2]}
    - {step: gamma, exponent: [0.7, 1.4]}
    - {step: gaussian_noise, std: [0.0, 0.1]}
    - {step: gaussian_blur, sigma: [0, 1]}
"""
_LIMIT: Final = 0.150  # seconds from a moved slider to new images
_WIDE: Final = 3.0  # seconds that any reply may take
_MOST_GROWTH: Final = 0.05  # of memory, from the first third of random use to the last
_MOST_OBJECTS: Final = 10  # MB of the page; it grows until what can be undone has reached its limit
_ODD: Final[tuple[Any, ...]] = (None, True, -1, 10**12, "", "x", [], {}, [5, 1])


@dataclass(frozen=True)
class Page:
    """What a page of the server knows: its address, with the token."""

    address: str
    process: "subprocess.Popen[str]"

    def ask(self, path: str, request: Recipe) -> Recipe:
        """Send a request, and read the reply."""
        parts = urlsplit(self.address)
        token = parse_qs(parts.query)["token"][0]
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        headers = {"Content-Type": "application/json", "X-Digitgen-Token": token}
        connection.request("POST", path, json.dumps(request), headers)
        response = connection.getresponse()
        reply = json.loads(response.read())
        connection.close()
        if response.status != http.client.OK:
            raise DigitgenError(f"{path}: status {response.status}: {reply}")
        return dict(reply)

    def render(self, recipe: Recipe, **view: Any) -> Recipe:
        """Have a recipe rendered; what has to be waited for is."""
        while "waiting" in (reply := self.ask("/render", {"number": 1, "recipe": recipe, "view": view})):
            time.sleep(0.1)
        return reply

    @property
    def processor_seconds(self) -> float:
        """Seconds of processors that the server has taken."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> int:
        """Bytes of memory of the server."""
        with Path(f"/proc/{self.process.pid}/status").open() as lines:
            return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


@contextmanager
def _page(folder: Path) -> Iterator[Page]:
    """Serve the page as users do."""
    config = folder / "five-steps.yaml"
    config.write_text(_FIVE_STEPS)
    command = [sys.executable, "-m", "digitgen", "try", str(config), "--no-browser", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield Page(process.stdout.readline().strip(), process)
        finally:
            process.terminate()


def run(rounds: int, minutes: float, seed: int = 0) -> list[Gate]:
    """Print the tables; return the gates."""
    with tempfile.TemporaryDirectory() as scratch, _page(Path(scratch)) as page:
        return [
            *_latency(page, rounds),
            *_random_use(page, minutes, seed),
            *_random_use_of_browser(page, minutes, seed),
        ]


def _latency(page: Page, rounds: int) -> Iterator[Gate]:
    """Move a slider again and again."""
    recipe = page.ask("/start", {})["recipe"]
    page.render(recipe)

    def moved(count: int) -> float:
        recipe["augment"]["sequence"][0]["rms"][1] = 1 + random.random()
        begin = time.perf_counter()
        assert page.render(recipe, count=count)["sheet"]
        return time.perf_counter() - begin

    taken, busy = dict[str, list[float]](), {}
    for count in (12, 48):
        name, before = f"{count} images, over HTTP", page.processor_seconds
        taken[name] = [moved(count) for _ in range(rounds)]
        busy[name] = (page.processor_seconds - before) / rounds
    try:
        taken["12 images, in Chromium"] = live_browser.latency(page.address, rounds)
    except pytest.skip.Exception as none:
        print(f"live: without a browser: {none}")
    rows = [
        (name, *(f"{1e3 * each:.0f}" for each in _spread(times)), f"{1e3 * busy[name]:.0f}" if name in busy else "")
        for name, times in taken.items()
    ]
    title = f"live: from a moved slider to new images of 28x168 px through five steps; {rounds} times"
    print_table(title, [("", "p50 ms", "p95 ms", "most ms", "the server's processor ms"), *rows])
    for name, times in taken.items():
        if name.startswith("12 "):
            yield Gate(f"seconds from a moved slider to {name}, p95", _spread(times)[1], _LIMIT, at_least=False)


def _spread(times: list[float]) -> tuple[float, float, float]:
    """Median, 95th percentile and largest."""
    return median(times), quantiles(times, n=20, method="inclusive")[-1], max(times)


def _random_use(page: Page, minutes: float, seed: int) -> list[Gate]:
    """Use the page for some minutes as nobody would, and watch its memory."""
    rng = random.Random(seed)
    start = read_yaml(_FIVE_STEPS, "start").value
    recipe, slowest, counts = copy.deepcopy(start), 0.0, {"shown": 0, "errors": 0}
    memory: list[int] = []
    until = time.monotonic() + 60 * minutes
    while time.monotonic() < until or len(memory) < 3:
        before = copy.deepcopy(recipe)
        rng.choice(_CHANGES)(recipe, rng)
        begin = time.perf_counter()
        reply = page.ask("/render", {"number": 1, "recipe": recipe, "view": _any_view(recipe, rng)})
        slowest = max(slowest, time.perf_counter() - begin)
        if "waiting" in reply:
            time.sleep(0.1)
        elif reply["errors"]:
            counts["errors"] += 1
            recipe = before if rng.random() < 0.9 else copy.deepcopy(start)  # as with undo
        else:
            counts["shown"] += 1
            assert reply["sheet"]["png"]
            assert read_yaml(reply["yaml"], "reply").value == recipe, reply["yaml"]
        if rng.random() < 0.02:
            recipe = copy.deepcopy(start)
        memory.append(page.memory)
    rows = [
        ("replies with images", f"{counts['shown']:,}"),
        ("replies with errors", f"{counts['errors']:,}"),
        ("slowest reply, ms", f"{1e3 * slowest:.0f}"),
    ]
    rows, gate = _kept("memory", memory, rows)
    print_table(f"live: {minutes:g} minutes of random use over HTTP", [("", ""), *rows])
    return [gate, Gate("seconds of the slowest reply", slowest, _WIDE, at_least=False)]


def _random_use_of_browser(page: Page, minutes: float, seed: int) -> list[Gate]:
    """Use what is on the page as nobody would, and watch the memory of both sides."""
    try:
        use = live_browser.random_use(page.address, minutes, seed, lambda: page.memory)
    except pytest.skip.Exception as none:
        print(f"live: no use of a browser: {none}")
        return []
    rows = [("actions", f"{use.actions:,}"), ("of which ended in an error of the recipe", f"{use.told:,}")]
    rows, server = _kept("memory of the server", use.server, rows)
    rows, _ = _kept("objects of the page's script", use.heap, rows)
    heap = Gate("MB of the page's objects, most", max(use.heap) / 1e6, _MOST_OBJECTS, at_least=False)
    rows += [("nodes of the page, most", f"{max(use.nodes):,}"), *(("complaint", each) for each in use.complaints[:9])]
    print_table(f"live: {minutes:g} minutes of random use in Chromium", [("", ""), *rows])
    return [server, heap, Gate("complaints of the page", len(use.complaints), 0, at_least=False)]


def _kept(what: str, sizes: list[int], rows: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], Gate]:
    """Rows with sizes in bytes at the beginning and the end, and the gate that they do not grow."""
    third = max(len(sizes) // 3, 1)
    begin, first, last = median(sizes[:3]), median(sizes[third : 2 * third]), median(sizes[-third:])
    said = {"at the beginning": begin, "in the second third": first, "in the last third": last, "most": max(sizes)}
    rows = [*rows, *((f"{what} {when}, MB", f"{each / 1e6:.1f}") for when, each in said.items())]
    return rows, Gate(f"{what}, in the last third over the second", last / first, 1 + _MOST_GROWTH, at_least=False)


def _any_view(recipe: Recipe, rng: random.Random) -> Recipe:
    """Any view of a recipe."""
    flags = {name: rng.random() < 0.2 for name in ("boxes", "masks", "pairs")}
    splits = recipe.get("splits")
    split = rng.choice([None, *splits]) if isinstance(splits, dict) else None
    return flags | {"split": split, "count": rng.choice([12, 24, 48]), "columns": rng.choice([None, 2, 5])}


def _add_step(recipe: Recipe, rng: random.Random) -> None:
    """Add any step, at any place."""
    stage = rng.choice(["glyphs", "sequence"])
    step = find_step(rng.choice([name for name in all_steps() if stage in find_step(name).stages]))
    settings: Recipe = {"step": step.name, "p": round(rng.random(), 2)}
    if step.has_severities and rng.random() < 0.5:
        settings["severity"] = rng.choice([rng.randint(1, 5), [1, 5]])
    steps = recipe.setdefault("augment", {}).setdefault(stage, [])
    steps.insert(rng.randint(0, len(steps)), settings)


def _remove_step(recipe: Recipe, rng: random.Random) -> None:
    """Remove any step."""
    if steps := recipe.get("augment", {}).get(rng.choice(["glyphs", "sequence"])):
        steps.pop(rng.randrange(len(steps)))


def _move_step(recipe: Recipe, rng: random.Random) -> None:
    """Move any step to another place."""
    if steps := recipe.get("augment", {}).get(rng.choice(["glyphs", "sequence"])):
        steps.insert(rng.randint(0, len(steps)), steps.pop(rng.randrange(len(steps))))


def _move_slider(recipe: Recipe, rng: random.Random) -> None:
    """Give a step another range of a parameter, within its bounds."""
    for steps in recipe.get("augment", {}).values():
        for settings in steps:
            parameters = find_step(settings["step"]).parameters
            for name, parameter in parameters.items():
                if rng.random() < 0.3 and not (settings.get("severity") and parameter.levels):
                    low, high = parameter.default
                    ends = sorted(low + (high - low) * 1.2 * rng.random() for _ in range(2))
                    ends = [min(max(each, parameter.bounds[0]), parameter.bounds[1]) for each in ends]
                    whole = [round(each) for each in ends] if parameter.integer else ends
                    settings[name] = whole[0] if parameter.fixed else whole


def _change_setting(recipe: Recipe, rng: random.Random) -> None:
    """Change something that is no step."""
    name, value = rng.choice(
        [
            ("seed", rng.randrange(10**6)),
            ("image_width", rng.randint(140, 320)),
            ("image_height", rng.choice([28, 40, 64])),
            ("align", rng.choice(["left", "center", "right", "random"])),
            ("spacing", {"range": sorted(rng.randint(-14, 9) for _ in range(2))}),
            ("sequence", {"length": sorted(rng.randint(1, 5) for _ in range(2))}),
            ("sequence", {"pattern": rng.choice(["[0-9]{3}", "(19|20)[0-9]{2}", "7+"])}),
            ("sequence", {"range": [0, rng.randint(10, 9999)]}),
            ("labels", {"masks": rng.random() < 0.5, "clean": rng.random() < 0.5}),
        ]
    )
    recipe[name] = value


def _change_splits(recipe: Recipe, rng: random.Random) -> None:
    """Change the splits: shares of one source, or of two."""
    cut = round(rng.uniform(0.1, 0.9), 2)
    one, other = rng.sample(["mnist/train", "mnist/test"], 2)
    recipe["splits"] = rng.choice(
        [
            {
                "train": {"count": 1000, "source": one, "pool": [0, cut]},
                "validation": {"count": 100, "source": one, "pool": [cut, 1]},
            },
            {"train": {"count": rng.randint(1, 10**6), "source": one}, "test": {"count": 5, "source": other}},
            {"train": {"count": 1000, "source": one, "rows": [0, rng.randint(500, 9000)]}},
        ]
    )


def _break(recipe: Recipe, rng: random.Random) -> None:
    """Put something odd anywhere."""
    node: Any = recipe
    while isinstance(node, dict | list) and node:
        key = rng.choice(list(node) if isinstance(node, dict) else range(len(node)))
        if rng.random() < 0.4 or not isinstance(node[key], dict | list):
            node[key] = copy.deepcopy(rng.choice(_ODD))
            return
        node = node[key]


_CHANGES: Final[list[Callable[[Recipe, random.Random], None]]] = [
    _add_step,
    _remove_step,
    _move_step,
    *[_move_slider] * 4,
    _change_setting,
    _change_splits,
    _break,
]
