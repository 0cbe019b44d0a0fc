"""Measures of the paper of a crop, and of how it was photographed or scanned."""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from digitgen.arrays import Bools, Floats
from digitgen.measure.ink import Ink

PAPER: Final = ("texture", "noise", "period", "peak", "line", "blur")
"""Columns of what is measured of the paper.

texture
    Standard deviation of the grey levels of the paper, at least 2 px from ink / contrast of ink and paper.
noise
    Standard deviation of the noise / contrast, by the mean response of the paper to a mask that answers to neither
    plains nor slopes: ``sqrt(pi / 2) mean|I * M| / 6``, M = [1 -2 1; -2 4 -2; 1 -2 1].
period, peak
    Of the strongest periodic pattern of the paper: its period, px, and its share of the paper's variance, by the
    highest peak (3x3 bins and their mirror) of the power spectrum, from 2 to 12 px, of the paper with ink blanked.
line
    1 if a straight line of ink runs across at least half of the width and 1.5 times the height of the digits.
blur
    Standard deviation of a Gaussian that makes of a sharp edge one as steep as the edges of ink, px of the crop:
    ``contrast / (sqrt(2 pi) s)``, s the 90th percentile of the slopes along the outline, less what the pixel and the
    difference blur themselves.

References
----------
Immerkaer 1996, Fast noise variance estimation, Computer Vision and Image Understanding 64, doi:10.1006/cviu.1996.0060
"""
_MASK: Final = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_PERIODS: Final = (2.0, 12.0)  # px
_FEW: Final = 50  # px of paper that tell nothing
_OWN_BLUR: Final = 1 / 3 + 1 / 12  # px squared: variance of a central difference, and of a pixel


@dataclass(frozen=True, eq=False)
class Paper:
    """Measures of one crop's paper and tones.

    Attributes
    ----------
    ink, paper : float
        Mean grey level of the ink in boxes, and median grey level of the paper.
    values : ndarray
        (6,) float64: the columns `PAPER`; NaN where there is too little paper.
    """

    ink: float
    paper: float
    values: Floats


def measure_paper(ink: Ink, grey: float) -> Paper:
    """Measure the paper of a crop.

    Parameters
    ----------
    ink : Ink
        The crop, and where it has ink.
    grey : float
        Mean grey level of its digits, 0 to 255; NaN if not known.

    Returns
    -------
    Paper
        What was measured; NaN where contrast or plain paper is missing.
    """
    values = np.full(len(PAPER), math.nan)
    contrast = abs(ink.paper - grey)
    values[4] = float(has_line(ink))
    if contrast >= 1 and math.isfinite(contrast):
        image = ink.crop.image.astype(np.float32)
        plain = _plain(ink, image.shape)
        values[5] = _blur(ink, contrast)
        if np.count_nonzero(plain) >= _FEW:
            values[0] = float(image[plain].std()) / contrast
            answer = cv2.filter2D(image, cv2.CV_32F, _MASK, borderType=cv2.BORDER_REFLECT)
            values[1] = math.sqrt(math.pi / 2) * float(np.abs(answer[plain]).mean()) / 6 / contrast
            values[2:4] = _pattern(image, plain)
    return Paper(grey, ink.paper, values)


def has_line(ink: Ink) -> bool:
    """Tell whether a straight line of ink runs across the crop."""
    width = ink.inked.shape[1]
    height = ink.height if math.isfinite(ink.height) else 0.0
    length = math.ceil(max(width / 2, 1.5 * height * ink.scale, 3))
    if length > width:
        return False
    thick = cv2.dilate(ink.inked.astype(np.uint8), np.ones((2 * ink.scale + 1, 1), np.uint8))  # a slope of some px
    runs = cv2.erode(thick, np.ones((1, length), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return bool(np.any(runs))


def _plain(ink: Ink, shape: tuple[int, ...]) -> Bools:
    """The pixels of a crop at least 2 px from ink."""
    near = cv2.dilate(ink.inked.astype(np.uint8), np.ones((4 * ink.scale + 1,) * 2, np.uint8))
    if ink.scale > 1:
        near = cv2.resize(near, shape[::-1], interpolation=cv2.INTER_NEAREST)
    plain: Bools = np.asarray(near) == 0
    return plain


def _pattern(image: Floats | np.ndarray, plain: Bools) -> tuple[float, float]:
    """Period and share of the variance of the strongest pattern."""
    rest = np.where(plain, image - image[plain].mean(), 0)
    window = np.outer(np.hanning(image.shape[0] + 2)[1:-1], np.hanning(image.shape[1] + 2)[1:-1])
    power = np.abs(np.fft.fft2(rest * window)) ** 2
    power[0, 0] = 0
    total = float(power.sum())
    across, down = np.fft.fftfreq(image.shape[1])[None], np.fft.fftfreq(image.shape[0])[:, None]
    frequency = np.hypot(across, down)
    allowed = (frequency >= 1 / _PERIODS[1]) & (frequency <= 1 / _PERIODS[0]) & (across >= 0)
    if not total or not allowed.any():
        return math.nan, math.nan
    near = np.sum([np.roll(power, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1)], axis=0)
    best = np.unravel_index(np.where(allowed, near, 0).argmax(), power.shape)
    return 1 / float(frequency[best]), min(1.0, 2 * float(near[best]) / total)


def _blur(ink: Ink, contrast: float) -> float:
    """Standard deviation of a Gaussian that makes edges as steep as these."""
    image = ink.crop.image.astype(np.float32)
    x = cv2.filter2D(image, cv2.CV_32F, np.array([[-0.5, 0, 0.5]], np.float32), borderType=cv2.BORDER_REPLICATE)
    y = cv2.filter2D(image, cv2.CV_32F, np.array([[-0.5], [0], [0.5]], np.float32), borderType=cv2.BORDER_REPLICATE)
    small = ink.inked[ink.scale // 2 :: ink.scale, ink.scale // 2 :: ink.scale].astype(np.uint8)
    edge = (cv2.dilate(small, np.ones((3, 3), np.uint8)) > 0) & (small == 0)
    edge |= (cv2.erode(small, np.ones((3, 3), np.uint8)) == 0) & (small > 0)
    steep = float(np.percentile(np.hypot(x, y)[edge], 90)) if edge.any() else 0.0
    if not steep:
        return math.nan
    return math.sqrt(max(0.0, (contrast / steep) ** 2 / (2 * math.pi) - _OWN_BLUR))
