"""The speed of a build, measured while images are shown."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from digitgen.build.splits import Split
from digitgen.compose.plan import plan_chunk
from digitgen.compose.render import render
from digitgen.config.build_config import BuildConfig
from digitgen.format import CHUNK

T = TypeVar("T")

_RESTS: Final = 1.5  # seconds for which a measurement holds although values have changed; and at least
_SHARE: Final = 20  # times as long as it took
_SECONDS: Final = 0.008  # that a measurement should take
_LONG: Final = 0.1  # seconds for an image, which then are not made in numbers
_FEW: Final = 16  # images
_TIMES: Final = 4  # as many
_BYTES_PER_SECOND: Final = {"none": 2e9, "deflate": 8e8}  # of arrays, that one worker hashes and writes


@dataclass(frozen=True)
class _Measured:
    """Seconds of one core for an image."""

    of: Any  # what the images depend on
    seconds: float
    until: float  # when it is to be made again, if values have changed


class Speed:
    """Measures one split at each call, and remembers the others."""

    def __init__(self) -> None:
        self._known: dict[str, _Measured] = {}

    def seconds(self, config: BuildConfig, splits: Mapping[str, Split], shown: str) -> float:
        """Estimate the seconds of one core that a build would take.

        Parameters
        ----------
        config : BuildConfig
            The configuration.
        splits : mapping of str to Split
            All of its splits.
        shown : str
            The one that is looked at, and measured first.

        Returns
        -------
        float
            Seconds.
        """
        self._known = {name: each for name, each in self._known.items() if name in splits}
        for name in sorted(splits, key=lambda each: each != shown):
            if self._is_due(config, name):
                begin = time.monotonic()
                seconds = _measure(config, name, splits[name])
                end = time.monotonic()
                until = end + max(_RESTS, _SHARE * (end - begin))
                self._known[name] = _Measured(_facts(config, name), seconds, until)
                break
        usual = self._known[shown].seconds
        return sum(config.splits[name].count * self._of(name, usual) for name in splits)

    def _of(self, name: str, usual: float) -> float:
        """The seconds for an image of a split; until it is measured, as usual."""
        return self._known[name].seconds if name in self._known else usual

    def _is_due(self, config: BuildConfig, name: str) -> bool:
        """Whether a split is to be measured."""
        known = self._known.get(name)
        if known is None:
            return True
        facts = _facts(config, name)
        if facts == known.of:
            return False
        return facts[0] != known.of[0] or time.monotonic() > known.until


def _facts(config: BuildConfig, name: str) -> tuple[Any, Any]:
    """The facts that decide how long an image takes, and those that do so within limits."""
    augmentation = config.augmentation(name)
    steps = [[setting.name for setting in stage] for stage in (augmentation.glyphs, augmentation.sequence)]
    size = config.image_width, config.image_height
    return (steps, size, config.labels, config.output.compression), (
        augmentation,
        config.layout,
        config.splits[name],
        config.sequence,
    )


def _measure(config: BuildConfig, name: str, split: Split) -> float:
    """Make some images, and more of them, and see how long one more takes."""
    recipe = split.recipe
    planned, plan = _timed(lambda: plan_chunk(recipe, config.seed, config.address_name(name), 0))

    def make(count: int) -> float:
        out = recipe.empty_batch(count)
        return _timed(lambda: render(recipe, plan[:count], 0, out))[0]

    make(1)  # and what is made once
    written = recipe.empty_batch(1).nbytes / _BYTES_PER_SECOND[config.output.compression]
    if (one := make(1)) > _LONG:
        return planned / CHUNK + one + written
    few, count = make(_FEW), _TIMES * _FEW
    many = make(count)
    if many < _SECONDS:  # too short to tell
        few, count = many, _TIMES * count
        many = make(count)
    rendered = max(many - few, 0.1 * many) / (count - count // _TIMES)
    return planned / CHUNK + rendered + written


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds of processors that some work takes, and what comes of it."""
    begin = time.process_time()
    done = work()
    return time.process_time() - begin, done
