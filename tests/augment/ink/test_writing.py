"""Marks are placed by where strings stand; of images without a layout, that is looked for."""

import numpy as np

from digitgen.augment.ink.writing import extent_of, found_ink, writing_of
from digitgen.augment.step import NO_CELL, Scene
from digitgen.rng import Address, Noise

NONE = [NO_CELL] * 4


def test_the_extent_of_a_string_is_the_box_around_its_digits() -> None:
    ink = np.array([[[3, 5, 9, 20], [12, 2, 20, 25]], [[4, 6, 8, 11], NONE]])
    assert extent_of(ink).tolist() == [[3, 2, 20, 25], [4, 6, 8, 11]]


def test_first_and_last_digit_and_mean_height_are_those_that_there_are() -> None:
    ink = np.array([[[3, 5, 9, 20], [12, 2, 20, 25]], [[4, 6, 8, 11], NONE]])
    scene = Scene(Noise(Address(1), np.arange(2)), 40, ink[:, :, 0], ink=ink, extent=extent_of(ink))
    writing = writing_of(scene)
    assert writing.first.tolist() == [[2.5, 4.5, 8.5, 19.5], [3.5, 5.5, 7.5, 10.5]]
    assert writing.last.tolist() == [[11.5, 1.5, 19.5, 24.5], [3.5, 5.5, 7.5, 10.5]]
    assert writing.height.tolist() == [19, 5]


def test_ink_is_found_in_cells_of_images_without_a_layout() -> None:
    images = np.zeros((2, 40, 100), np.uint8)
    images[0, 10:30, 12:25] = 200
    images[0, 5:8, 70:75] = 120
    images[0, 35, 1:99] = 90  # too faint
    cells = np.tile([8, 36, 64], (2, 1))
    found = found_ink(images, cells)
    assert found[0].tolist() == [[12, 10, 25, 30], [70, 5, 75, 8], NONE]
    assert found[1].tolist() == [[12, 10, 32, 30], [40, 10, 60, 30], [68, 10, 88, 30]]  # pretended
