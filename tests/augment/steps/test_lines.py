"""Lines, dots, zigzags, ruled lines and strike-throughs, each against its definition in plain loops."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from digitgen.augment.step import NO_CELL, Scene, cells_of
from digitgen.augment.steps.lines import FAMILY, dotted_line, line, ruled_lines, strike_through, zigzag
from digitgen.rng import Address, Noise
from tests.errors import naming

WIDTHS = (28, 56, 160)


def scene(count: int, width: int) -> Scene:
    noise = Noise(Address(11, (1,)), np.arange(count))
    return Scene(noise, width, np.tile(cells_of(width), (count, 1)))


def pictures(count: int, width: int) -> np.ndarray:
    rng = np.random.default_rng(2)
    return rng.integers(0, 256, (count, 28, width), np.uint8) * (rng.random((count, 28, width)) < 0.3).astype(np.uint8)


def drawn(name: str, count: int) -> dict[str, np.ndarray]:
    """Values from the default ranges."""
    rng = np.random.default_rng(4)
    values = {}
    for key, parameter in FAMILY[name].parameters.items():
        low, high = parameter.default
        uniform = rng.random(count)
        values[key] = np.floor(low + uniform * (high - low + 1)) if parameter.integer else low + uniform * (high - low)
    return values


def published_line(c0: float, r0: float, c1: float, r1: float, width: int) -> np.ndarray:
    """Intensity 1 + log(1 - d / 2.3) at vertical distance d, in the columns from c0 up to but not including c1."""
    out = np.zeros((28, width))
    if c0 == c1:
        return out
    for column in range(math.floor(c0), math.ceil(c1)):
        for row in range(28):
            d = abs(row - (r0 + (r1 - r0) / (c1 - c0) * (column - c0)))
            if d < 2.3:
                out[row, column] = max(0.0, 1 + math.log(1 - d / 2.3))
    return out


def published_zigzag(r0: float, r1: float, width: int) -> list[tuple[float, float]]:
    """The points of the published zigzag in columns 2 to width - 3: length 2, width 2."""
    c0, c1 = 2, width - 3
    theta = math.atan((r1 - r0) / (c1 - c0))
    d = (c1 - c0) / math.cos(theta)
    points = [(0.0, 0.0)]
    points += [(2.0 * (2 * i + 1), 2.0 * (-1) ** i) for i in range(int((d - 2) // 4) + 1)]
    rest = d - 4 * (d // 4)
    points.append((d, points[-1][1] / max(2 * rest, 1)))
    turned = [(x * math.cos(theta) - y * math.sin(theta), x * math.sin(theta) + y * math.cos(theta)) for x, y in points]
    return [(x + c0, y + r0) for x, y in turned]


@pytest.mark.parametrize("width", WIDTHS)
def test_line_is_as_published(width: int) -> None:
    images, where = pictures(30, width), scene(30, width)
    result = images.copy()
    line.apply(result, where)
    uniform = where.noise.uniform(4)
    for row in range(30):
        c0, c1 = int(uniform[row, 0] * 5), width - 6 + int(uniform[row, 1] * 5)
        r0, r1 = (int(each * 27) for each in uniform[row, 2:])
        expected = np.clip(images[row] / 255 + published_line(c0, r0, c1, r1, width), 0, 1) * 255
        assert np.abs(result[row] - expected).max() < 1.4  # rows are rounded to 1/175 px


@pytest.mark.parametrize("width", WIDTHS)
def test_dotted_line_is_as_published(width: int) -> None:
    images, where = pictures(30, width), scene(30, width)
    result = images.copy()
    dotted_line.apply(result, where)
    uniform = where.noise.uniform(2)
    for row in range(30):
        r0, r1 = (int(each * 27) for each in uniform[row])
        dots = published_line(0, r0, width - 1, r1, width)
        for column in range(0, width, 4):
            dots[:, column : column + 2] = 0
        assert np.abs(result[row] - np.clip(images[row] / 255 + dots, 0, 1) * 255).max() < 1.4


def test_zigzag_is_as_published() -> None:
    for width in (*WIDTHS, 29, 30, 31, 32, 33):
        with naming(width):
            images, where = pictures(40, width), scene(40, width)
            result = images.copy()
            zigzag.apply(result, where)
            uniform = where.noise.uniform(2)
            for row in range(40):
                r0 = int(uniform[row, 0] * 27)
                r1 = r0 + int(uniform[row, 1] * 10) - 5
                points = published_zigzag(r0, r1, width)
                expected = images[row] / 255
                for (x0, y0), (x1, y1) in pairwise(points):
                    expected = np.clip(expected + published_line(x0, y0, x1, y1, width), 0, 1)
                assert np.abs(result[row] - expected * 255).max() < 2.8  # two strokes may meet, and each is rounded


def covered(row: int, centre: float, thickness: float) -> float:
    """Share of a pixel's height between the edges of a line."""
    return max(0.0, min(row + 0.5, centre + thickness / 2) - max(row - 0.5, centre - thickness / 2))


@pytest.mark.parametrize("width", WIDTHS)
def test_ruled_lines_are_parallel_bands_of_the_thickness_and_spacing_that_were_set(width: int) -> None:
    images, values, where = pictures(12, width), drawn("ruled_lines", 12), scene(12, width)
    result = images.copy()
    ruled_lines.apply(result, where, **values)
    uniform = where.noise.uniform(1)[:, 0]
    for each in range(12):
        at = {name: column[each] for name, column in values.items()}
        expected = images[each].astype(float)
        first = uniform[each] * (27 - (at["number"] - 1) * at["spacing"])
        for number in range(int(at["number"])):
            for column in range(width):
                centre = first + number * at["spacing"] - at["slope"] * (column - (width - 1) / 2)
                for row in range(28):
                    grey = at["intensity"] * covered(row, centre, at["thickness"])
                    expected[row, column] = max(expected[row, column], grey)
        assert np.abs(result[each] - expected).max() < 2.1  # rows and edges are rounded to 1/256 px


def test_ruled_lines_that_fit_lie_inside_the_image() -> None:
    images = np.zeros((200, 28, 40), np.uint8)
    values = drawn("ruled_lines", 200)
    values |= {"number": np.full(200, 3.0), "slope": np.zeros(200), "thickness": np.ones(200)}
    ruled_lines.apply(images, scene(200, 40), **values)
    ink = images[:, :, 0].sum(axis=1)
    assert np.abs(ink - 3 * values["intensity"]).max() < 15


def test_a_strike_through_crosses_all_cells_and_nothing_beside_them() -> None:
    count, width = 50, 200
    cells = np.full((count, 3), NO_CELL)
    cells[:, 0] = np.arange(count)
    cells[::2, 1] = 40 + np.arange(0, count, 2)
    where = Scene(Noise(Address(1), np.arange(count)), width, cells)
    images = np.zeros((count, 28, width), np.uint8)
    values = drawn("strike_through", count)
    strike_through.apply(images, where, **values)
    columns = images.max(axis=1) > 0
    for row in range(count):
        seen = np.flatnonzero(columns[row])
        start, end = cells[row, 0], cells[row].max() + 28
        assert start <= seen.min() <= start + 7
        assert end - 8 <= seen.max() <= end
        assert len(seen) == seen.max() - seen.min() + 1


def test_a_strike_through_has_the_thickness_height_and_rise_that_were_set() -> None:
    count, width = 12, 84
    values, where = drawn("strike_through", count), scene(count, width)
    images = pictures(count, width)
    result = images.copy()
    strike_through.apply(result, where, **values)
    uniform = where.noise.uniform(2)
    for each in range(count):
        at = {name: column[each] for name, column in values.items()}
        expected = images[each].astype(float)
        left, right = 7 * uniform[each, 0], 83 - 7 * uniform[each, 1]
        slope = at["rise"] / (right - left)
        for column in range(math.floor(left), math.ceil(right) + 1):
            centre = 13.5 - at["height"] - slope * (column - (left + right) / 2)
            for row in range(28):
                grey = at["intensity"] * covered(row, centre, at["thickness"] * math.hypot(1, slope))
                expected[row, column] = max(expected[row, column], grey)
        assert np.abs(result[each] - expected).max() < 2.1


def test_a_strike_through_without_any_cell_crosses_the_whole_image() -> None:
    images = np.zeros((2, 28, 60), np.uint8)
    where = Scene(Noise(Address(1), np.arange(2)), 60, np.full((2, 2), NO_CELL))
    strike_through.apply(images, where, **drawn("strike_through", 2))
    assert images[:, :, 8:51].any(axis=1).all()


def test_lines_of_intensity_0_change_nothing() -> None:
    for name in ("ruled_lines", "strike_through"):
        with naming(name):
            images = pictures(5, 60)
            result = images.copy()
            FAMILY[name].apply(result, scene(5, 60), **{**drawn(name, 5), "intensity": np.zeros(5)})
            assert np.array_equal(result, images)


def test_lines_only_add_ink() -> None:
    for name in FAMILY:
        with naming(name):
            images = pictures(20, 100)
            result = images.copy()
            FAMILY[name].apply(result, scene(20, 100), **drawn(name, 20))
            assert (result >= images).all()
            assert (result > images).any(axis=(1, 2)).all()


def test_an_image_does_not_depend_on_the_images_beside_it() -> None:
    for name in FAMILY:
        for width in (28, 160, 1024):
            with naming(f"{name}, {width}"):
                images, values, where = pictures(20, width), drawn(name, 20), scene(20, width)
                together = images.copy()
                FAMILY[name].apply(together, where, **values)
                for rows in (np.array([3]), np.array([0, 7, 8, 9, 19])):
                    part: Any = {key: each[rows] for key, each in values.items()}
                    alone = images[rows]
                    FAMILY[name].apply(alone, where[rows], **part)
                    assert np.array_equal(alone, together[rows])
