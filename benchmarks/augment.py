"""Augmentation against the libraries that people use for it, and the memory that it needs."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import peers
from benchmarks.augment_memory import scratch_memory
from benchmarks.augment_threads import THREADS, thread_gates
from benchmarks.measure import Contender, Costs, Gate, paired_rounds, print_ratios, print_table, ratio, seconds
from digitgen.augment.apply import apply
from digitgen.augment.pipeline import sample_pipeline
from digitgen.augment.step import CropStep, Scene, cells_of
from digitgen.augment.steps import AUGMENTATIONS
from digitgen.compose.content.laws.digits import Digits
from digitgen.compose.generate import generate_batch
from digitgen.compose.layout import Layout
from digitgen.compose.named import named_bank
from digitgen.compose.plan import planner
from digitgen.compose.recipe import Recipe
from digitgen.compose.render import fill
from digitgen.config.augmentation import Steps, augment_images, augmentation
from digitgen.format import CELL, CHUNK, Stage
from digitgen.rng import Address

WIDTH: Final = 160
_DIGITS: Final = 5
_LAYOUT: Final = Layout(WIDTH, (0, (WIDTH - _DIGITS * CELL) // (_DIGITS - 1)))
_PEER_COUNT: Final = 64  # images of the peers that take one at a time, and so cost the same for each
_KORNIA_COUNT: Final = 256
_FEW: Final = 24  # images of the peers where there are many steps
_SHARE: Final = 0.1
_CHEAP: Final = 0.15e-6  # seconds for each image, below which a step may cost any share: to sample it costs that much
_CHUNKS: Final = 8  # that are timed together, since some steps take less than 0.1 ms for one; a shard has as many
_MEBIBYTE: Final = 1 << 20
_ENVIRONMENT: Final = {
    **dict.fromkeys(THREADS, "1"),
    "NO_ALBUMENTATIONS_UPDATE": "1",  # it would ask the network for a newer version
}

Images = NDArray[np.uint8]

WARPS: Final[Steps] = (
    {"step": "elastic", "rms": peers.RMS, "sigma": peers.SIGMA},
    {"step": "rotate", "angle": (-peers.ANGLE, peers.ANGLE)},
    {"step": "scale", "x": peers.SCALE, "y": peers.SCALE},
    {"step": "slant", "slant": (-peers.SHEAR, peers.SHEAR)},
)
"""An elastic field and an affine map."""

SEVEN: Final[Steps] = (
    *WARPS,
    *({"step": step} for step in ("dilate", "gaussian_blur", "contrast", "gaussian_noise", "cutout")),
)
"""An affine map, an elastic field, and five steps on pixels."""


def run(rounds: int) -> list[Gate]:
    """Print the tables; return the gates."""
    _on_one_core()
    print(
        f"augment: one core, {CHUNK} images of {CELL}x{WIDTH}, five digits, parameters and noise drawn anew; CPU time"
    )
    print(f"  {peers.versions()}")
    for peer in peers.PEERS:
        if not peers.installed(peer):
            print(f"  {peer} is not installed (pip install '.[peers]'): its gates are skipped")
    print()
    images = generate_batch([[1, 2, 3, 4, 5]] * CHUNK, _LAYOUT.spacing_range, WIDTH, rng=0).images
    return [
        *_warps(rounds, images),
        *_seven(rounds, images),
        *_steps(rounds, images),
        *_shares(rounds),
        *_memory(),
        *thread_gates(rounds),
    ]


def _on_one_core() -> None:
    """Start over if need be, because libraries choose their number of threads when they are loaded."""
    if any(os.environ.get(name) != value for name, value in _ENVIRONMENT.items()):
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **_ENVIRONMENT})
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _warps(rounds: int, images: Images) -> list[Gate]:
    contenders = {"digitgen": _augmenting(images, WARPS), "digitgen, with images and boxes": _generating(WARPS)}
    if peers.installed("albumentations"):
        contenders["albumentations"] = _one_by_one(
            peers.albumentations_composed(peers.albumentations_warps()), images[:_PEER_COUNT]
        )
    if peers.installed("kornia"):
        contenders["kornia"] = _per_image(_KORNIA_COUNT, peers.kornia_warps(images[:_KORNIA_COUNT]))
    if peers.installed("scipy"):
        contenders["scipy"] = _one_by_one(peers.scipy_warps(), images[:_PEER_COUNT])
    costs = paired_rounds(contenders, rounds)
    title = (
        f"affine map and elastic field: rotated by up to {peers.ANGLE} rad, scaled by {peers.SCALE[0]} to "
        f"{peers.SCALE[1]}, sheared by up to {peers.SHEAR} px/px, displaced by {peers.RMS} px rms "
        f"(sigma {peers.SIGMA:g} px, alpha {peers.ALPHA:g})"
    )
    print_ratios(title, costs, ["digitgen"], "us/image", _microseconds)
    limits = {"albumentations": 12.0, "kornia": 10.0, "scipy": 15.0}
    return _gates("affine map and elastic field", costs, limits)


def _seven(rounds: int, images: Images) -> list[Gate]:
    contenders = {"digitgen": _augmenting(images, SEVEN), "digitgen, with images and boxes": _generating(SEVEN)}
    if peers.installed("albumentations"):
        contenders["albumentations"] = _one_by_one(
            peers.albumentations_composed(peers.albumentations_seven()), images[:_PEER_COUNT]
        )
    costs = paired_rounds(contenders, rounds)
    title = "seven steps: affine map, elastic field, dilation, Gaussian blur, contrast, Gaussian noise, cutout"
    print_ratios(title, costs, ["digitgen"], "us/image", _microseconds)
    return _gates("seven steps", costs, {"albumentations": 15.0})


def _steps(rounds: int, images: Images) -> list[Gate]:
    """Every step that a peer has."""
    works = {
        peer: steps()
        for peer, steps in (("albumentations", peers.albumentations_steps), ("scikit-image", peers.skimage_steps))
        if peers.installed(peer)
    }
    rows, closest = [], dict[str, tuple[float, str]]()
    for step in AUGMENTATIONS:
        having = {peer: each[step] for peer, each in works.items() if step in each}
        if not having:
            continue
        contenders = {"digitgen": _augmenting(images, [{"step": step}])}
        contenders |= {peer: _one_by_one(work, images[:_FEW]) for peer, work in having.items()}
        costs = paired_rounds(contenders, rounds)
        row = [step, _microseconds(float(np.median(costs["digitgen"])))]
        for peer in works:
            if peer not in having:
                row += ["", ""]
                continue
            times = ratio(costs, peer, "digitgen")
            row += [_microseconds(float(np.median(costs[peer]))), str(times)]
            closest[peer] = min(closest.get(peer, (np.inf, "")), (times.middle, step))
        rows.append(row)
    header = ["", "digitgen", *(cell for peer in works for cell in (peer, "times"))]
    print_table(f"steps with their default parameters, us/image; median (min-max) of {rounds} rounds", [header, *rows])
    return [Gate(f"closest step ({step}), times {peer}", times, 1) for peer, (times, step) in closest.items()]


def _shares(rounds: int) -> list[Gate]:
    """What steps cost when they touch few images; what it takes to copy the images first does not count.

    A step that touches a share of 0.1 costs at most a quarter of one that touches all, or at most 0.15 us an image.
    """
    rows, worst = [], (0.0, "")
    for step, definition in AUGMENTATIONS.items():
        if isinstance(definition, CropStep):  # it touches every image
            continue
        stage: Stage = "sequence" if "sequence" in definition.stages else "glyphs"
        contenders = {p: _in_place([{"step": step, "p": p}], stage) for p in (1.0, _SHARE)}
        costs = paired_rounds({f"{p}": contender for p, contender in contenders.items()}, rounds)
        share = ratio(costs, f"{_SHARE}", "1.0")
        whole, part = (float(np.median(costs[name])) for name in costs)
        rows.append([step, f"{whole * 1e6:.2f}", f"{part * 1e6:.2f}", str(share)])
        if part > _CHEAP:
            worst = max(worst, (share.middle, step))
    title = f"steps on every image and on a share of {_SHARE}, us/image; median (min-max) of {rounds} rounds"
    print_table(title, [["", "p = 1", f"p = {_SHARE}", "share of the cost"], *rows])
    which = f"of steps over {_CHEAP * 1e6:.2f} us there ({worst[1]})"
    return [Gate(f"largest cost at p = {_SHARE} {which}, share of that at p = 1", worst[0], 0.25, at_least=False)]


def _memory() -> list[Gate]:
    """What steps take beside the images themselves."""
    widths = (CELL, 168, 1024)
    used = {width: scratch_memory(width) for width in widths}
    rows = [[f"{CELL}x{width}", f"{scratch / _MEBIBYTE:.1f}"] for width, scratch in used.items()]
    print_table(f"scratch memory: {CHUNK} images, every step at its largest in turn", [["", "MiB"], *rows])
    return [Gate("scratch memory, MiB", max(used.values()) / _MEBIBYTE, 64, at_least=False)]


def _gates(what: str, costs: Costs, limits: Mapping[str, float]) -> list[Gate]:
    """That digitgen is so many times as fast as each peer that took part."""
    return [
        Gate(f"{what}, times {peer}", ratio(costs, peer, "digitgen").middle, limit)
        for peer, limit in limits.items()
        if peer in costs
    ]


def _augmenting(images: Images, steps: Steps) -> Contender:
    bank = named_bank()
    return lambda number: _cpu_seconds(lambda: augment_images(images, steps, rng=number, glyphs=bank)) / len(images)


def _generating(steps: Steps) -> Contender:
    """As a build does it: compose images, augment them, and let boxes follow."""
    recipe = Recipe(named_bank(), _LAYOUT, Digits((_DIGITS, _DIGITS)), augment=augmentation(sequence=steps))
    batch = recipe.empty_batch(CHUNK)
    return lambda number: _cpu_seconds(lambda: fill(recipe, planner(recipe, number, "train"), 0, batch)) / CHUNK


def _in_place(steps: Steps, stage: Stage) -> Contender:
    """Draw steps, and augment images that are there to be overwritten."""
    pipeline = augmentation(**{stage: steps}).stages[stage]
    bank = named_bank()
    glyphs = np.arange(CHUNK) if stage == "glyphs" else None
    if stage == "glyphs":
        source = bank.cells(np.arange(CHUNK))
    else:
        source = generate_batch([[1, 2, 3, 4, 5]] * CHUNK, _LAYOUT.spacing_range, WIDTH, rng=0, glyphs=bank).images
    images, width = source.copy(), source.shape[2]
    cells = np.tile(cells_of(width), (CHUNK, 1))

    def work(address: Address) -> None:
        sampled = sample_pipeline(pipeline, address, CHUNK)
        apply(pipeline, sampled, images, lambda noise: Scene(noise, width, cells, bank, glyphs))

    def contender(number: int) -> float:
        cost = 0.0
        for chunk in range(_CHUNKS):
            images[...] = source
            cost += _cpu_seconds(partial(work, Address(number, (chunk,))))
        return cost / (_CHUNKS * CHUNK)

    return contender


def _one_by_one(work: peers.Work, images: Images) -> Contender:
    def all_of_them() -> None:
        for image in images:
            work(image)

    return _per_image(len(images), all_of_them)


def _per_image(count: int, work: Callable[[], object]) -> Contender:
    return lambda _: _cpu_seconds(work) / count


def _cpu_seconds(work: Callable[[], object]) -> float:
    """How long the processor works on it: all contenders keep to one thread, and others may use the same core."""
    return seconds(work, time.process_time)


def _microseconds(cost: float) -> str:
    return f"{cost * 1e6:,.1f}"
