"""Every function of the API and every argument of it: what equals a Python value is taken as that is, all else refused.

A scalar of numpy, or an array without a dimension, is taken where a Python value is; an array of one dimension where a
list is; and a path as text or as anything that has one. All else is an `ArgumentError` of one line.
"""

import inspect
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

import digitgen
from digitgen import (
    ArgumentError,
    Augmentation,
    Baseline,
    Batch,
    DigitDataset,
    DigitgenError,
    GlyphBank,
    Labels,
    Spacing,
    augment_images,
    augmentation,
    build_dataset,
    build_part,
    cells_from,
    content,
    export_dataset,
    finish_dataset,
    generate_batch,
    generate_numbers_sequence,
    load_config,
    stream,
    verify_dataset,
    write_idx_pair,
)
from digitgen.config.build_config import BuildConfig
from tests.conftest import coded_glyphs
from tests.errors import naming
from tests.strangers import make_dataset

Values = Sequence[Any]
Arguments = Mapping[str, tuple[Sequence[Values], Values]]
"""For each argument, lists of values that are taken as the first of them is, and values that are refused."""


class Named:
    """A path-like object."""

    def __init__(self, path: object) -> None:
        self._path = path

    def __fspath__(self) -> Any:
        return self._path


# What equals a Python value.


def integer(value: int) -> Values:
    kinds = (np.int64, np.uint8, np.int16) if value >= 0 else (np.int64, np.int8)
    return [
        value,
        *(kind(value) for kind in kinds),
        np.array(value),
        np.array(value, np.uint64 if value >= 0 else ">i4"),
    ]


def number(value: float) -> Values:
    return [value, np.float64(value), np.float32(value), np.float16(value), np.longdouble(value), np.array(value)]


def flag(value: bool) -> Values:
    return [value, np.bool_(value), np.array(value)]


def word(value: str) -> Values:
    return [value, np.str_(value), np.array(value)]


def integers(*values: int) -> Values:
    return [
        list(values), tuple(values), np.array(values), np.array(values, np.uint8), [*map(np.int64, values)],
        [*map(np.array, values)], np.array(values, object),
    ]  # fmt: skip


def path(value: Path) -> Values:
    return [value, str(value), np.str_(value), Named(str(value)), os.path.relpath(value)]


# What is refused, by what is wanted.

NO_INTEGERS: Values = [
    "5", b"5", 5.0, True, None, [5], (5,), {5: 5}, np.array([5]), np.float64(5), np.True_, np.array(True),
    np.array(5.0),
    np.nan, float("inf"), 5j, Fraction(5), object(), int, slice(5), np.datetime64(5, "s"), np.ma.masked,
]  # fmt: skip
NO_FLAGS: Values = ["no", "", 0, 1, None, 1.0, [], [True], np.int64(1), np.array([True]), np.float64(0), object()]
NO_PATHS: Values = [
    5,
    None,
    b"x",
    "",
    ["x"],
    True,
    "a\0b",
    "half \ud800",
    "x" * 5000,
    Named(b"x"),
    object(),
    np.array(["x"]),
]
NO_WORDS: Values = [5, None, b"center", ["center"], True, "centre\n", "", np.array(["center"]), object, float("nan")]
NO_HANDS: Values = [*NO_WORDS[1:], 5, -0.1, 1.0001, True, np.float64("inf"), np.array([0.5]), 0.5j, Fraction(1, 2)]
NO_RANGES: Values = [
    5, None, "05", "0,5", [0], [0, 5, 8], (0, [3]), ([0], 5), (0, "5"), (0, 5.0), (True, 5), (0, None), {0: 1, 5: 6},
    {0, 5}, np.array([[0, 5]]), np.array([0.0, 5.0]), np.array([False, True]), np.array(5), (0, np.array([5, 6])),
    iter([0, 5]), range(5), [0, [1, [2]]], slice(0, 5), (5, 0), (0, 10**30), (-(10**30), 0), (np.nan, 5),
]  # fmt: skip
NO_LISTS_OF_DIGITS: Values = [
    5, None, "350", b"350", [], [3, "5"], [3, None], [3, 5.0], [3, True], [3, [5]], [10], [-1], {3, 5}, {3: 5},
    [np.nan],
    np.array(3), np.array([[3, 5]]), np.array([3.0]), np.array([True]), np.array(["3"]), np.array([], int), [1] * 256,
    count(), object(), [np.array([3, 5])],
]  # fmt: skip
NO_STEPS: Values = [
    5, None, "rotate", {"step": "rotate"}, [5], ["rotate"], [None], [[]], [{}], [{"step": None}], [{"step": "rotat"}],
    [{"step": ["rotate"]}], [{"step": "rotate", "p": "0.5"}], [{"step": "rotate", "p": True}], [{"step": "rotate",
    5: 5}],
    [{"step": "rotate", "p": np.True_}], [{"step": "rotate", "p": [0.5]}], [{"step": "rotate", "p": np.nan}],
    [{"step": "rotate", "angle": "1"}], [{"step": "rotate", "angle": [0.1]}], [{"step": "rotate", "angle": [0.1,
    None]}],
    [{"step": "rotate", "angle": np.array([[0.1, 0.2]])}], [{"step": "rotate", "angle": [0.2, 0.1]}],
    [{"step": "rotate", "angle": np.inf}], [{"step": "shot_noise", "severity": 1.0}], [{"step": "rotate\n"}],
    [{"step": "shot_noise", "severity": np.float64(1)}], [{"step": "shot_noise", "severity": np.array([1, 2, 3])}],
    iter([{"step": "rotate"}]), [{"step": "rotate"}] * 33, object(), [object()], {"rotate"}, [{"step": "half \ud800"}],
]  # fmt: skip
NO_GLYPHS: Values = [5, "mnist", [], np.zeros((1, 28, 28), np.uint8), object()]
NO_RNGS: Values = [-1, 1.5, "1", True, [1], np.array([1]), np.float64(1), np.random.RandomState(1), object(), np.True_]
NO_AUGMENTATIONS: Values = [5, None, "rotate", {"sequence": []}, [{"step": "rotate"}], object(), ()]
NO_LABELS: Values = [5, None, "masks", {"masks": True}, ["masks"], True, Labels]
NO_FUNCTIONS: Values = [5, "print", [], None]
NO_ROWS: Values = [
    "1", b"1", 1.0, True, None, [1.0], [True, False], ["1"], [None], [[1]], [1, [2]], {1}, {1: 1}, np.array([1.0]),
    np.array([True, False]), np.array([[1]]), np.True_, slice(1.0), slice("a", "b"), slice(0, 2, 0), object(),
    iter([1]),
]  # fmt: skip


def table(call: Callable[..., Any], base: dict[str, Any], arguments: Arguments) -> None:
    """Go through the arguments of a function.

    `call` makes something that can be compared; `base` has arguments that work.
    """
    for name, (equal, wrong) in arguments.items():
        for values in equal:
            expected = call(**base | {name: values[0]})
            for value in values[1:]:
                with naming(f"{name}={value!r}"):
                    assert call(**base | {name: value}) == expected
        for value in wrong:
            with naming(f"{name}={value!r:.80}"), pytest.raises(ArgumentError) as error:
                call(**base | {name: value})
            assert str(error.value).isprintable(), (name, value)
            assert len(str(error.value)) < 400, (name, value)


def told(batch: Batch) -> dict[str, list[Any]]:
    """All that is in a batch."""
    return {name: np.nan_to_num(array, nan=-9).tolist() for name, array in batch.arrays().items()}


@pytest.fixture(scope="module")
def bank() -> GlyphBank:
    """A small bank that knows its writers."""
    return GlyphBank.from_arrays(*coded_glyphs(), writers=np.arange(30) // 10)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of 300 and 40 images."""
    return make_dataset(tmp_path_factory.mktemp("api"))


SHAKY = augmentation(sequence=[{"step": "rotate", "angle": [-0.2, 0.2]}])


def layout(glyphs: GlyphBank) -> Arguments:
    """The arguments that all functions have which generate images."""
    return {
        "spacing_range": (
            [[*integers(0, 5), Spacing((0, 5)), Spacing(range=(0, 5))], [(-3, 5), np.array([-3, 5], np.int8)]],
            NO_RANGES,
        ),
        "image_width": ([integer(100)], [*NO_INTEGERS, 0, -5, 10**6, 10**30, np.int64(27)]),
        "image_height": ([integer(40)], [*NO_INTEGERS, 0, 27, 257, 10**30]),
        "glyphs": ([[glyphs]], NO_GLYPHS),
        "fit": ([word("strict")], NO_WORDS),
        "align": ([word("left")], NO_WORDS),
        "vertical_align": ([word("top")], NO_WORDS),
        "baseline": ([[Baseline(0.1, 0.1)], [None]], [5, 0.1, (0.1, 0.1), {"jitter": 0.1}, Baseline, object()]),
        "unit": ([word("ink")], NO_WORDS),
        "overlap": ([word("sum")], NO_WORDS),
        "hand": ([word("one"), number(0.25), [1.0, 1, np.array(1)]], NO_HANDS),
        "augment": ([[SHAKY]], NO_AUGMENTATIONS),
    }


def rngs() -> Sequence[Values]:
    return [[*integer(5), np.random.Generator(np.random.PCG64DXSM(5))]]


DIGITS = [*integers(3, 5, 0), (each for each in (3, 5, 0)), np.array([3, 5, 0], ">i8")]


def test_generate_numbers_sequence(bank: GlyphBank) -> None:
    base = {"digits": [3, 5, 0], "spacing_range": (0, 5), "image_width": 100, "rng": 1, "glyphs": bank}
    arguments: Arguments = {"digits": ([DIGITS], NO_LISTS_OF_DIGITS), "rng": (rngs(), NO_RNGS), **layout(bank)}
    assert arguments.keys() == inspect.signature(generate_numbers_sequence).parameters.keys()
    table(lambda **given: generate_numbers_sequence(**given).tolist(), base, arguments)


def test_generate_batch(bank: GlyphBank) -> None:
    base = {"sequences": [[3, 5]], "spacing_range": (0, 5), "image_width": 100, "rng": 1, "glyphs": bank}
    sequences = [
        [[3, 5], [7, 0]], ((3, 5), (7, 0)), np.array([[3, 5], [7, 0]]), np.array([[3, 5], [7, 0]], np.uint8),
        [np.array([3, 5]), (np.int8(7), np.array(0))], ([each, 5 * (each == 3)] for each in (3, 7)),
    ]  # fmt: skip
    wrong = [[each] for each in NO_LISTS_OF_DIGITS if not isinstance(each, count)]
    arguments: Arguments = {
        "sequences": ([sequences], [*wrong, 5, None, "350", b"350", [], {}, {(3, 5)}, [3, 5], np.array(3), [[3], 5]]),
        "rng": (rngs(), NO_RNGS),
        "labels": ([[Labels(masks=True)]], NO_LABELS),
        **layout(bank),
    }
    assert arguments.keys() == inspect.signature(generate_batch).parameters.keys()
    table(lambda **given: told(generate_batch(**given)), base, arguments)


@pytest.mark.usefixtures("mnist")
def test_stream(tmp_path: Path) -> None:
    config = {
        "name": "small", "image_width": 90, "sequence": {"length": [1, 3]}, "spacing": {"range": [0, 3]},
        "splits": {"train": {"count": 9, "source": "mnist/test"}, "val": {"count": 9, "source": "mnist/train"}},
    }  # fmt: skip
    (tmp_path / "small.yaml").write_text(load_config(config).to_yaml())
    arguments: Arguments = {
        "config": ([[config, load_config(config), *path(tmp_path / "small.yaml")]], [*NO_PATHS, [config], BuildConfig]),
        "split": ([word("val")], [5, None, b"val", ["val"], np.array(["val"]), True, "vla"]),
        "batch_size": ([integer(3)], [*NO_INTEGERS, 0, -1, 10**30]),
        "first": ([integer(5)], [*NO_INTEGERS, -1, 2**40, 10**30]),
        "shard": ([integers(1, 3), [None, (0, 1)]], [5, "12", (1,), (1, 1), (-1, 2), (0, 0), (0, True), (0, 2.0)]),
        "data_dir": ([[None]], [each for each in NO_PATHS if each is not None]),
        "say": ([[print, str]], NO_FUNCTIONS),
    }
    assert arguments.keys() == inspect.signature(stream).parameters.keys()
    table(lambda **given: told(next(stream(**given))), {"config": config, "batch_size": 2}, arguments)


def test_uniform_digits() -> None:
    table(content.Digits, {}, {"length": ([integers(1, 3)], [*NO_RANGES, (0, 3), (1, 256)])})


def test_modifiers_of_laws() -> None:
    digits = content.Digits((1, 3))
    law = ([[digits, content.Digits(length=(1, 3))]], [5, None, "350", (1, 3), [digits], content, content.Digits])
    table(content.Unique, {"law": digits}, {"law": law, "unique": ([flag(True)], [*NO_FLAGS, False])})
    table(content.Balanced, {"law": digits}, {"law": law, "balance": ([word("pairs")], NO_WORDS)})
    table(content.Checked, {"law": digits}, {"law": law, "check": ([word("damm")], NO_WORDS)})


def test_labels() -> None:
    flags = ([flag(True), flag(False)], NO_FLAGS)
    arguments: Arguments = {"masks": flags, "clean": flags, "parameters": flags, "writers": flags}
    assert arguments.keys() == inspect.signature(Labels).parameters.keys()
    table(Labels, {}, arguments)


def test_spacing() -> None:
    table(Spacing, {}, {"range": ([integers(2, 5)], NO_RANGES)})
    same = [
        {0: -3, 0.5: 1, 1: 5},
        {"0": -3, "0.5": 1, "1.0": 5},
        [(1, 5.0), (0, -3), [0.5, 1]],
        MappingProxyType({0: -3, 0.5: 1, 1: 5}),
    ]
    wrong: Values = [
        5,
        "quantiles",
        {},
        [],
        {0: 1},
        {0: 1, 1: "5"},
        {0: 1, 1: None},
        {0: [1], 1: 5},
        {0: 1, 1: np.nan},
        {0: 1, 1: 10**30},
        {0: -30, 1: 5},
        {(0, 1): 5},
        [0, 1],
        object(),
        {0: 1, 1: 5, None: 3},
        {0: 1, "x": 2, 1: 5},
    ]
    table(Spacing, {}, {"quantiles": ([same], wrong)})
    table(
        Spacing,
        {"range": (-3, 5)},
        {"touching": ([number(0.25), [0, 0.0]], [1.5, -0.1, "0.5", True, [0.5], np.nan, object()])},
    )
    assert {"range", "quantiles", "touching"} == inspect.signature(Spacing).parameters.keys()


def test_baseline() -> None:
    pair = [(-0.5, 0.25), [-0.5, 0.25], np.array([-0.5, 0.25]), (np.float32(-0.5), np.array(0.25))]
    wrong: Values = [
        5, None, "0.1", [0.1], (0, 0.1, 0.2), (0.1, 0), (0, None), (True, 1), True, np.nan, 0.5j, {0: 1}, object(),
        [[0, 0.1]], np.zeros((2, 2)), 10**30, (0, "0.1"), np.inf,
    ]  # fmt: skip
    line: Values = [number(0.25), pair, [0, 0.0, (0, 0)]]
    table(Baseline, {}, {"jitter": ([number(0.25), [1, 1.0]], [*wrong, -0.1, (0.1, 0.2)])})
    table(Baseline, {}, {"slope": (line, wrong), "curve": (line, [*wrong, 0.75])})
    assert {"jitter", "slope", "curve"} == inspect.signature(Baseline).parameters.keys()


def test_augmentation() -> None:
    def step(**values: Any) -> list[Any]:
        return [{"step": "rotate"} | values]

    equal: list[Values] = [
        [
            step(),
            tuple(step()),
            np.array(step(), object),
            [{"step": np.str_("rotate")}],
            [{"step": np.array("rotate")}],
        ],
        *([step(p=each) for each in kinds] for kinds in (number(0.5), number(1), integer(1), integer(0))),
        [
            step(angle=each)
            for each in (*number(0.25), *[[each, each] for each in number(0.25)], np.array([0.25, 0.25]))
        ],
        [step(angle=each) for each in ([0.25, 0.5], (0.25, 0.5), np.array([0.25, 0.5], np.float32))],
        [[{"step": "shot_noise", "severity": each}] for each in (*integer(2), *integers(2, 2))],
        [[{"step": "quantize", "bits": each}] for each in (*integer(4), *integers(4, 4))],
    ]
    arguments: Arguments = {"glyphs": ([equal[0]], NO_STEPS), "sequence": (equal, NO_STEPS)}
    assert arguments.keys() == inspect.signature(augmentation).parameters.keys()
    table(augmentation, {}, arguments)


def test_an_augmentation_has_settings() -> None:
    settings = SHAKY.sequence
    arguments: Arguments = {"glyphs": ([[settings]], NO_STEPS), "sequence": ([[settings]], [*NO_STEPS, list(settings)])}
    assert arguments.keys() == inspect.signature(Augmentation).parameters.keys()
    table(Augmentation, {}, arguments)


def test_augment_images(bank: GlyphBank) -> None:
    images = np.full((3, 28, 40), 200, np.uint8)
    wrong = [
        5, None, "x", [], images.tolist(), images[0], images.astype(float), images[:, :27], np.zeros((1, 28, 40, 1),
        np.uint8),
        np.zeros((1, 28, 40_000), np.uint8), np.zeros((1, 28, 40), object), np.uint8(5),
    ]  # fmt: skip
    arguments: Arguments = {
        "images": ([[images, np.asfortranarray(images), images[::-1]]], wrong),
        "steps": ([[[{"step": "rotate", "angle": 0}], ({"step": np.str_("rotate"), "angle": np.int8(0)},)]], NO_STEPS),
        "rng": (rngs(), NO_RNGS),
        "glyphs": ([[bank, None]], NO_GLYPHS),
    }
    assert arguments.keys() == inspect.signature(augment_images).parameters.keys()
    base = {"images": images, "steps": [{"step": "gaussian_noise"}], "rng": 1}
    table(lambda **given: augment_images(**given).tolist(), base, arguments)


def test_a_bank_of_arrays() -> None:
    images, labels = coded_glyphs()
    wrong: Values = [5, None, "x", [], [[1], [2, 3]]]
    no_images = [*wrong, images.tolist(), images.astype(float), images[0], images[:5], images[:0]]
    no_labels = [*wrong, labels.astype(float), labels[:5], labels + 1, labels[:, None], labels > 5]
    no_labels += [["3"] * len(labels), [None] * len(labels), [-1] * len(labels), [10**30] * len(labels)]
    writers = np.arange(30) // 10
    no_writers = [5, "x", [], [[1], [2, 3]], writers.astype(float), writers[:5], writers[:, None], writers > 1]
    no_writers += [writers - 1, writers + 40_000, ["3"] * len(writers), [None] * len(writers)]
    arguments: Arguments = {
        "images": ([[images, [*images], np.asfortranarray(images)]], no_images),
        "labels": ([[labels, labels.tolist(), tuple(labels), labels.astype(">i8")]], no_labels),
        "alphabet": ([word("0123456789"), word("AbCdEfGhIjK")], [*NO_WORDS, "0123456789\n", "01234567899", "012"]),
        "rows": (
            [integers(3, 1, 2), [None, slice(0, 99)]],
            [each for each in NO_ROWS if each is not None] + [[], slice(0, 0)],
        ),
        "skip_blank": ([flag(True), flag(False)], NO_FLAGS),
        "writers": ([[writers, writers.tolist(), writers.astype(">i8")], [None]], no_writers),
    }
    assert arguments.keys() == inspect.signature(GlyphBank.from_arrays).parameters.keys()

    def call(images: Any, labels: Any, **others: Any) -> Any:
        found = GlyphBank.from_arrays(images, labels, **others)
        who = None if found.writers is None else found.writers.tolist()
        return found.images.tolist(), found.rows.tolist(), found.starts.tolist(), found.alphabet, who

    base = {"images": images, "labels": labels, "alphabet": "0123456789", "rows": None, "skip_blank": False}
    table(call, base, arguments)


def test_cells_from() -> None:
    images = coded_glyphs()[0][:3]
    wrong: Values = [
        5,
        None,
        "x",
        b"x",
        [],
        [[1], [2, 3]],
        images[0],
        images[:0],
        images[..., None, None],
        object(),
        {},
    ]
    arguments: Arguments = {
        "images": ([[images, [*images], images.tolist(), (each for each in images), images.astype(float)]], wrong),
        "invert": ([flag(True), flag(False), [None]], [each for each in NO_FLAGS if each is not None]),
    }
    assert arguments.keys() == inspect.signature(cells_from).parameters.keys()
    table(lambda **given: cells_from(**given).tolist(), {"images": images, "invert": False}, arguments)


def test_write_idx_pair(tmp_path: Path) -> None:
    images, labels = coded_glyphs()
    base = {"images_path": tmp_path / "i", "labels_path": tmp_path / "l", "images": images, "labels": labels}
    wrong: Values = [5, None, "x", [], [[1], [2, 3]]]
    arguments: Arguments = {
        "images_path": ([path(tmp_path / "i")], NO_PATHS),
        "labels_path": ([path(tmp_path / "l")], NO_PATHS),
        "images": ([[images, [*images], np.asfortranarray(images)]], [*wrong, images.astype(float), images[0]]),
        "labels": (
            [[labels, labels.tolist(), tuple(labels), labels.astype(">i8")]],
            [*wrong, labels.astype(float), labels[:5], labels > 5, [-1] * 30, [256] * 30, [10**30] * 30],
        ),
    }
    assert arguments.keys() == inspect.signature(write_idx_pair).parameters.keys()

    def call(**given: Any) -> Any:
        write_idx_pair(**given)
        return [(tmp_path / name).read_bytes() for name in "il"]

    table(call, base, arguments)


def test_a_restricted_bank() -> None:
    images, labels = coded_glyphs()
    bank = GlyphBank.from_arrays(images, labels, writers=np.arange(30) // 5)
    no_numbers = ["0.9", True, float("nan"), {}, [0, 0.5, 1], [0, "1"], [0.5, 0.5], -0.5, 2, [0, 10**30], object()]
    shares = [[0.7, np.float32(0.7).astype(float), (0, 0.7), [0.0, np.float64(0.7)], np.array([0, 0.7])]]
    arguments: Arguments = {
        "pool": (shares, [*no_numbers, None]),
        "rows": ([[None], integers(3, 20)], [value for value in NO_RANGES if value is not None]),
        "writers": (
            [[None], *shares, [{"numbers": [3, 5]}, {"numbers": (3, np.int8(5))}, {"numbers": np.array([3, 5])}]],
            [*no_numbers, {"numbers": []}, {"numbers": 3}, {"numbers": [3.0]}, {"numbers": [77]}, {"number": [3]}],
        ),
        "classes": ([[None], [[3, 5], (5, np.int8(3)), {3, 5}, np.array([3, 5])]], [5, "35", [10], [-1], [2.0], []]),
    }
    assert arguments.keys() == inspect.signature(GlyphBank.restricted).parameters.keys() - {"self"}
    base = {"pool": 1, "rows": None, "writers": None, "classes": None}
    table(lambda **given: bank.restricted(**given).rows.tolist(), base, arguments)


ROWS: Sequence[Values] = [
    integer(3), integer(-1), integers(3, 0, 3), [[2, -1], np.array([2, -1]), (np.int8(2), np.array(-1))],
    [[], (), np.array([], int), slice(0, 0)], [range(1, 7, 2), [1, 3, 5], slice(1, 7, 2), slice(*map(np.int64, (1, 7,
    2)))],
]  # fmt: skip


def test_datasets(dataset: Path) -> None:
    arguments: Arguments = {
        "path": ([path(dataset)], NO_PATHS),
        "split": ([word("test")], [5, None, b"test", ["test"], np.array(["test"]), True]),
        "check_hashes": ([flag(True), flag(False)], NO_FLAGS),
        "cache_bytes": ([[0, np.int64(0)]], [1.5, "x", True, None]),
        "manifest": ([[None, DigitDataset(dataset, "test").manifest]], [5, "x", {}, dataset]),
    }
    assert arguments.keys() == inspect.signature(DigitDataset).parameters.keys()

    def call(**given: Any) -> Any:
        found = DigitDataset(**given)
        some = found[5:7]
        found.close()
        return type(found.split), found.split, told(some)

    table(call, {"path": dataset, "split": "test"}, arguments)
    with pytest.raises(DigitgenError, match="has no split 'half"):
        DigitDataset(dataset, "half \ud800")


def test_rows_of_datasets_and_batches(dataset: Path) -> None:
    found = DigitDataset(dataset, "test")
    batch = found[:]

    def call(of: Any, rows: Any) -> Any:
        some = of[rows]
        return told(some) if isinstance(some, Batch) else (some.index, some.text, some.image.tolist())

    for of in (found, batch):
        table(lambda rows, of=of: call(of, rows), {}, {"rows": (ROWS, NO_ROWS)})
        for rows in (40, -41, [0, 40], np.array([-41]), 10**30, [10**30], np.array([2**63], np.uint64), np.array(40)):
            with pytest.raises(IndexError, match="is out of range for 40 images"):
                of[rows]
    assert told(batch[np.arange(40)]) == told(batch)
    assert batch[3:5].images.base is batch.images


def test_arrays_of_datasets(dataset: Path) -> None:
    found = DigitDataset(dataset, "test")
    names = [
        ["labels", "lengths"],
        ("labels", "lengths"),
        np.array(["labels", "lengths"]),
        [np.str_("labels"), "lengths"],
    ]
    no_names = [
        "labels",
        "l",
        np.str_("labels"),
        5,
        None,
        ["no"],
        [5],
        [["labels"]],
        [None],
        {"labels"},
        b"labels",
        object(),
    ]
    arguments: Arguments = {
        "names": ([names], no_names),
        "index": (ROWS[2:], [*NO_ROWS, 5, np.int64(5), np.array(5)]),
    }
    assert arguments.keys() == inspect.signature(found.arrays).parameters.keys()
    table(
        lambda **given: {name: array.tolist() for name, array in found.arrays(**given).items()},
        {"names": ["labels", "sample_ids"]},
        arguments,
    )


def test_load_config(dataset: Path) -> None:
    file = dataset.parent / "config.yaml"
    overrides = [
        ["seed=5", "labels.masks=false"],
        ("seed=5", "labels.masks=false"),
        np.array(["seed=5", "labels.masks=false"]),
    ]
    arguments: Arguments = {
        "source": ([path(file)], NO_PATHS),
        "overrides": (
            [overrides, [[], (), np.array([], str)]],
            ["seed=5", 5, None, [5], [None], {"seed": 5}, b"seed=5", object()],
        ),
    }
    assert arguments.keys() == inspect.signature(load_config).parameters.keys()
    table(lambda **given: load_config(**given).to_yaml(), {"source": file}, arguments)


def test_build_dataset(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = load_config(dataset.parent / "config.yaml", ["splits.train.count=1", "splits.test.count=1"])
    lines: list[str] = []
    arguments: Arguments = {
        "config": ([[config]], [5, None, "config.yaml", dataset.parent / "config.yaml", {}, config.resolved()]),
        "out": ([path(tmp_path / "out")], NO_PATHS),
        "jobs": ([integer(1)], [*(each for each in NO_INTEGERS if each is not None), 0, -1]),
        "dask": ([[None]], [each for each in NO_WORDS if each is not None]),
        "ray": ([[None]], [each for each in NO_WORDS if each is not None]),
        "resume": ([flag(True), flag(False)], NO_FLAGS),
        "overwrite": ([flag(True), flag(False)], NO_FLAGS),
        "data_dir": ([[None, *path(tmp_path)]], [each for each in NO_PATHS if each is not None]),
        "fsync": ([flag(False)], NO_FLAGS),
        "progress": ([flag(False)], NO_FLAGS),
        "say": ([[print, lines.append]], NO_FUNCTIONS),
    }
    assert arguments.keys() == inspect.signature(build_dataset).parameters.keys()

    def call(**given: Any) -> Any:
        made = build_dataset(**given).model_dump()
        shutil.rmtree("out")
        return made

    table(call, {"config": config, "out": "out", "jobs": 1, "fsync": False}, arguments)
    assert not any(tmp_path.iterdir())  # what is refused makes nothing


def test_export_dataset(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    arguments: Arguments = {
        "path": ([path(dataset)], NO_PATHS),
        "to": ([word("png")], [*NO_WORDS, "jpeg"]),
        "out": ([path(tmp_path / "out")], [*NO_PATHS, "s3://bucket/out"]),
        "splits": ([[["test"], ("test",)]], [5, "test", [], [5], b"test"]),
        "images": ([flag(True)], [*NO_FLAGS, False]),
        "fsync": ([flag(False)], NO_FLAGS),
        "progress": ([flag(False)], NO_FLAGS),
        "say": ([[print, list[str]().append]], NO_FUNCTIONS),
    }
    assert arguments.keys() == inspect.signature(export_dataset).parameters.keys()

    def call(**given: Any) -> Any:
        done = export_dataset(**given)
        shutil.rmtree("out")
        return done.images, done.files, done.bytes

    table(call, {"path": dataset, "to": "png", "out": "out", "splits": ["test"], "fsync": False}, arguments)
    assert not any(tmp_path.iterdir())  # what is refused makes nothing


def test_build_part_and_finish_dataset(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = load_config(dataset.parent / "config.yaml", ["splits.train.count=1", "splits.test.count=1"])
    common: Arguments = {
        "out": ([path(tmp_path / "out")], NO_PATHS),
        "data_dir": ([path(dataset.parent)], [each for each in NO_PATHS if each is not None]),
        "fsync": ([flag(False)], NO_FLAGS),
        "progress": ([flag(False)], NO_FLAGS),
        "say": ([[print, list[str]().append]], NO_FUNCTIONS),
    }
    arguments: Arguments = {
        **common,
        "config": ([[config]], [5, None, "config.yaml", {}, config.resolved()]),
        "part": ([integer(1)], [*NO_INTEGERS, 0, -1, 2]),
        "of": ([integer(1)], [*NO_INTEGERS, 0, -1, 10**30]),
        "jobs": ([integer(1)], [*(each for each in NO_INTEGERS if each is not None), 0, -1]),
    }
    assert arguments.keys() == inspect.signature(build_part).parameters.keys()
    assert common.keys() == inspect.signature(finish_dataset).parameters.keys()

    def call(**given: Any) -> Any:
        made = build_part(**given)
        shutil.rmtree("out")
        return made

    base: dict[str, Any] = {"config": config, "out": "out", "part": 1, "of": 1, "jobs": 1, "fsync": False}
    table(call, base, arguments)
    assert not any(tmp_path.iterdir())  # what is refused makes nothing
    build_part(**base)
    table(finish_dataset, {"out": "out", "data_dir": dataset.parent, "fsync": False}, common)


def test_verify_dataset(dataset: Path) -> None:
    lines: list[str] = []
    arguments: Arguments = {
        "path": ([path(dataset)], NO_PATHS),
        "quick": ([flag(False)], NO_FLAGS),
        "regenerate": ([integer(5)], [*NO_INTEGERS, -1, 341, 10**30]),
        "data_dir": ([path(dataset.parent)], [each for each in NO_PATHS if each is not None]),
        "rng": (rngs(), NO_RNGS),
        "progress": ([flag(False)], NO_FLAGS),
        "say": ([[print, lines.append]], NO_FUNCTIONS),
    }
    assert arguments.keys() == inspect.signature(verify_dataset).parameters.keys()
    base = {"path": dataset, "regenerate": 1, "data_dir": dataset.parent}
    table(verify_dataset, base, arguments)


def test_every_public_name_is_in_one_of_these_tests() -> None:
    tried = {
        "Augmentation", "DigitDataset", "GlyphBank", "Labels", "augment_images", "augmentation", "build_dataset",
        "build_part", "cells_from", "content", "export_dataset", "finish_dataset",
        "generate_batch", "generate_numbers_sequence", "load_config", "stream", "verify_dataset", "write_idx_pair",
            "Baseline", "Spacing",
    }  # fmt: skip
    made_by_digitgen = {"Batch", "Exported", "Sample"}
    errors = {name for name in digitgen.__all__ if name.endswith("Error")}
    assert tried | made_by_digitgen | errors == set(digitgen.__all__)
