"""The same augmentation as other libraries do it: the other side of the ratios of `benchmarks.augment`.

They get the parameters of digitgen's steps as far as they have them; where one works differently, it gets no more to
do. Each is called as its users do: kornia with float batches, the others with one 8-bit image after the other.
Results stay in the type that a library returns. What is not installed gives no contenders.
"""

import math
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Work = Callable[[Image], object]
"""Takes one image, (28, W) uint8."""

PEERS: Final = {
    "albumentations": ("albumentations",),
    "kornia": ("kornia", "torch"),
    "scikit-image": ("scikit-image",),
    "scipy": ("scipy",),
}
"""The distributions that each needs."""

_MODULES: Final = {"scikit-image": "skimage"}

ANGLE: Final = 0.1  # rad, either way
SHEAR: Final = 0.2  # px/px, either way
SCALE: Final = (0.9, 1.1)
SIGMA: Final = 4.0  # px
RMS: Final = 1.386  # px
ALPHA: Final = 34.0  # px; what Simard et al. 2003 call it: with this sigma it gives this rms
_REACH: Final = 3  # standard deviations at which kornia's Gaussian ends; albumentations and scipy go to 4 by themselves


def installed(peer: str) -> bool:
    """Whether a peer can take part."""
    return all(find_spec(_MODULES.get(each, each)) for each in PEERS[peer])


def versions() -> str:
    """The versions of all that takes part."""
    names = ["opencv-python-headless", *(each for peer in PEERS if installed(peer) for each in PEERS[peer])]
    return ", ".join(f"{name} {version(name)}" for name in names)


def albumentations_warps() -> list[Any]:
    """An elastic field and an affine map."""
    a = import_module("albumentations")
    shear = {"x": _degrees(math.atan(SHEAR)), "y": (0, 0)}
    affine = a.Affine(scale=SCALE, rotate=_degrees(ANGLE), shear=shear, p=1)
    return [_albumentations_elastic(), affine]


def albumentations_seven() -> list[Any]:
    """An affine map, an elastic field, dilation, blur, contrast, noise, and cutout."""
    steps = _albumentations_transforms()
    names = ("dilate", "gaussian_blur", "contrast", "gaussian_noise", "cutout")
    return [*albumentations_warps(), *(steps[name] for name in names)]


def albumentations_composed(steps: list[Any]) -> Work:
    """Several transforms, one after the other."""
    return _calling(import_module("albumentations").Compose(steps))


def albumentations_steps() -> dict[str, Work]:
    """What does the work of a step of digitgen, by the step's name; called without the cost of a `Compose`."""
    cv2 = import_module("cv2")

    def in_colour(work: Work) -> Work:
        """For what takes nothing but colour."""
        return lambda image: cv2.cvtColor(work(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)), cv2.COLOR_RGB2GRAY)

    works = {name: _calling(transform) for name, transform in _albumentations_transforms().items()}
    works |= {name: in_colour(works[name]) for name in ("fog", "spatter")}
    return works | {"elastic_transform": albumentations_composed(albumentations_warps())}


def _calling(transform: Any) -> Work:
    return lambda image: transform(image=image)["image"]


def _albumentations_elastic() -> Any:
    """With its own kind of noise, which is Gaussian of variance 1, where that of Simard et al. has 1/3."""
    return import_module("albumentations").ElasticTransform(alpha=ALPHA / math.sqrt(3), sigma=SIGMA, p=1)


def _albumentations_transforms() -> dict[str, Any]:
    a, cv2 = import_module("albumentations"), import_module("cv2")
    pair = {"downscale": cv2.INTER_AREA, "upscale": cv2.INTER_NEAREST}
    shear = {"x": _degrees(0.3), "y": (0, 0)}
    return {
        "rotate": a.Rotate(limit=_degrees(0.1), p=1),
        "shear": a.Affine(shear=shear, p=1),
        "slant": a.Affine(shear=shear, p=1),
        "scale": a.Affine(scale=(1 / 1.1, 1 / 0.95), keep_ratio=False, p=1),
        "translate": a.Affine(translate_px=(-2, 2), p=1),
        "perspective": a.Perspective(scale=(0.05, 0.1), p=1),
        "elastic": _albumentations_elastic(),
        "brightness": a.RandomBrightnessContrast(brightness_limit=0.1, contrast_limit=0, p=1),
        "contrast": a.RandomBrightnessContrast(brightness_limit=0, contrast_limit=0.3, p=1),
        "gamma": a.RandomGamma(gamma_limit=(70, 140), p=1),
        "inverse": a.InvertImg(p=1),
        "quantize": a.Posterize(num_bits=(3, 6), p=1),
        "gaussian_noise": a.GaussNoise(std_range=(0.02, 0.1), p=1),
        "shot_noise": a.ShotNoise(scale_range=(1 / 250, 1 / 60), p=1),
        "impulse_noise": a.SaltAndPepper(amount=(0.01, 0.06), p=1),
        "speckle_noise": a.MultiplicativeNoise(multiplier=(0.75, 1.25), elementwise=True, p=1),
        "cutout": a.CoarseDropout(num_holes_range=(1, 1), hole_height_range=(6, 14), hole_width_range=(6, 14), p=1),
        "fog": a.RandomFog(p=1),
        "spatter": a.Spatter(mode="mud", p=1),
        "gaussian_blur": a.GaussianBlur(blur_limit=0, sigma_limit=(0.3, 1.0), p=1),
        "motion_blur": a.MotionBlur(blur_limit=(5, 11), p=1),
        "glass_blur": a.GlassBlur(sigma=0.55, max_delta=1, iterations=1, p=1),
        "defocus_blur": a.Defocus(radius=(1, 2), alias_blur=(0.3, 0.5), p=1),
        "zoom_blur": a.ZoomBlur(max_factor=(1.05, 1.2), step_factor=(1 / 64, 1 / 64), p=1),  # 8 factors on average
        "jpeg_compression": a.ImageCompression(quality_range=(15, 50), p=1),
        "pixelate": a.Downscale(scale_range=(0.5, 0.9), interpolation_pair=pair, p=1),
        "dilate": a.Morphological(scale=(2, 3), operation="dilation", p=1),
        "erode": a.Morphological(scale=(2, 2), operation="erosion", p=1),
    }


def _degrees(angle: float) -> tuple[float, float]:
    return -math.degrees(angle), math.degrees(angle)


def skimage_steps() -> dict[str, Work]:
    """What does the work of a step of digitgen, by the step's name."""
    draw, exposure, feature, filters, morphology, transform, util = (
        import_module(f"skimage.{name}")
        for name in ("draw", "exposure", "feature", "filters", "morphology", "transform", "util")
    )
    rng = np.random.default_rng(0)

    def between(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    def affine(**parameters: Callable[[], Any]) -> Work:
        """Without moving the origin to the centre, which would only cost more."""
        return lambda image: transform.warp(
            image, transform.AffineTransform(**{name: drawn() for name, drawn in parameters.items()}), order=1
        )

    def perspective(image: Image) -> object:
        matrix = np.eye(3)
        matrix[2, 0], matrix[2, 1] = between(-0.15, 0.15) / (image.shape[1] / 2), between(-0.1, 0.1) / 14
        return transform.warp(image, transform.ProjectiveTransform(matrix), order=1)

    def wave(image: Image) -> object:
        y, x = np.indices(image.shape, float)
        turns = x / between(60, 160) + between(0, 1)
        return transform.warp(image, np.stack([y + between(0.5, 2) * np.sin(2 * np.pi * turns), x]), order=1)

    def pixelate(image: Image) -> object:
        share = between(0.5, 0.9)
        small = transform.resize(image, (int(28 * share), int(image.shape[1] * share)), order=1, anti_aliasing=False)
        return transform.resize(small, image.shape, order=0)

    def line(image: Image) -> object:
        row, column, value = draw.line_aa(rng.integers(28), 0, rng.integers(28), image.shape[1] - 1)
        out = image.copy()
        out[row, column] = np.minimum(out[row, column] + 255 * value, 255).astype(np.uint8)
        return out

    def noise(mode: str, **parameters: Callable[[], float]) -> Work:
        return lambda image: util.random_noise(
            image, mode, rng=rng, **{name: drawn() for name, drawn in parameters.items()}
        )

    def disk() -> Any:
        return morphology.disk(1)

    slanted = affine(shear=lambda: (between(-0.3, 0.3), 0))
    return {
        "rotate": lambda image: transform.rotate(image, between(*_degrees(0.1)), order=1),
        "shear": slanted,
        "slant": slanted,
        "scale": affine(scale=lambda: (between(0.95, 1.1), between(0.95, 1.1))),
        "translate": affine(translation=lambda: (between(-2, 2), between(-2, 2))),
        "perspective": perspective,
        "wave": wave,
        "gamma": lambda image: exposure.adjust_gamma(image, between(0.7, 1.4)),
        "inverse": util.invert,
        "gaussian_noise": noise("gaussian", var=lambda: between(0.02, 0.1) ** 2),
        "shot_noise": noise("poisson"),
        "impulse_noise": noise("s&p", amount=lambda: between(0.01, 0.06)),
        "speckle_noise": noise("speckle", var=lambda: between(0.05, 0.25) ** 2),
        "line": line,
        "gaussian_blur": lambda image: filters.gaussian(image, between(0.3, 1.0)),
        "pixelate": pixelate,
        "canny_edges": feature.canny,
        "dilate": lambda image: morphology.dilation(image, disk()),
        "erode": lambda image: morphology.erosion(image, disk()),
    }


def kornia_warps(images: NDArray[np.uint8]) -> Callable[[], object]:
    """An affine map and an elastic field for a batch; nobody counts how long it takes to make floats of it."""
    torch, k = import_module("torch"), import_module("kornia.augmentation")
    torch.set_num_threads(1)
    size = 2 * math.ceil(_REACH * SIGMA) + 1
    height, width = images.shape[1:]
    affine = k.RandomAffine(
        math.degrees(ANGLE), scale=SCALE, shear=_degrees(math.atan(SHEAR)), padding_mode="zeros", p=1.0
    )
    # Displacements are in halves of the image's sides.
    alpha = (2 * ALPHA / width, 2 * ALPHA / height)
    elastic = k.RandomElasticTransform((size, size), (SIGMA, SIGMA), alpha, p=1.0)
    batch = torch.from_numpy(images[:, None].astype(np.float32) / 255)

    def work() -> object:
        with torch.no_grad():
            return elastic(affine(batch))

    return work


def scipy_warps() -> Work:
    """The recipe that people pass on: smoothed noise and an affine map, in one interpolation."""
    ndimage = import_module("scipy.ndimage")
    rng = np.random.default_rng(0)

    def work(image: Image) -> object:
        height, width = image.shape
        angle, slant = rng.uniform(-ANGLE, ANGLE), rng.uniform(-SHEAR, SHEAR)
        down, along = rng.uniform(*SCALE, 2)
        dx, dy = (
            ndimage.gaussian_filter(rng.uniform(-1, 1, image.shape), SIGMA, mode="constant") * ALPHA for _ in range(2)
        )
        y, x = np.meshgrid(np.arange(height) - (height - 1) / 2, np.arange(width) - (width - 1) / 2, indexing="ij")
        x = along * (x + slant * y)
        y = down * y
        turned_x = x * math.cos(angle) - y * math.sin(angle)
        turned_y = x * math.sin(angle) + y * math.cos(angle)
        points = [turned_y + (height - 1) / 2 + dy, turned_x + (width - 1) / 2 + dx]
        return ndimage.map_coordinates(image, points, order=1, mode="constant")

    return work
