"""The work for the live page: say where to start, make the images of a recipe, save it.

A recipe is what a configuration file would say. A finding is ``{"key": [...], "message": text}``: the way to what it is
about, and the words of the command line. A request of ``/render`` has a ``number``, a ``recipe`` and a ``view`` (see
`digitgen.live.view`). The reply has some of these:

=====================  ==========================================================================================
``number``             that of the request
``yaml``               the recipe as the file would say it: always there
``waiting``            the source that is being loaded; nothing else is there, and the page asks again
``errors``             findings; if there are any, nothing below is there
``cautions``           findings
``laws``               of strings and gaps, a line each
``commands``           that build and preview the recipe, with overrides where the file says something else
``build``              ``images``, ``bytes`` (``compressed`` if they become fewer), and about how many
                       ``images_per_second`` on how many ``cores``
``split``, ``splits``  the split that is shown, and all
``unfinished``         whether the source of another split is still being loaded, so that the page asks again
``texts``              the strings of the images, in order
``sheet``              ``png`` in base64, ``width`` and ``height``: pixel by pixel that of ``digitgen preview``
=====================  ==========================================================================================
"""

import base64
import contextlib
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from digitgen.build.kept import Kept
from digitgen.build.preflight import describe_content, describe_spacing, forecast_split
from digitgen.build.splits import Split, load_splits
from digitgen.build.workers import cpu_count
from digitgen.config.build_config import BuildConfig
from digitgen.config.sequence import Laws
from digitgen.errors import ArgumentError, ConfigError, DigitgenError
from digitgen.files import Stamp, stamp
from digitgen.findings import findings
from digitgen.live.commands import commands
from digitgen.live.controls import describe
from digitgen.live.fence import Fence
from digitgen.live.file import ConfigFile
from digitgen.live.loading import Loader
from digitgen.live.speed import Speed
from digitgen.live.view import Wanted
from digitgen.look.preview.preview import Choice, preview
from digitgen.look.preview.view import view_of_split
from digitgen.messages import one_line, shown
from digitgen.png import png_bytes
from digitgen.version import VERSION

Reply = dict[str, Any]

_LAWS: Final = 8  # of strings, that are kept


class Session:
    """One run of ``digitgen try``: the configuration that it may save, and what it keeps between requests.

    Parameters
    ----------
    config : Path or None
        The configuration to start from and to save to; None starts from a shipped one and saves nothing.
    data_dir : Path, optional
        Folder with the files of published sources, looked in first.

    Raises
    ------
    ConfigError
        If there is no such file.
    """

    def __init__(self, config: Path | None, data_dir: Path | None = None) -> None:
        self._file = ConfigFile(config)
        self._fence = Fence(self._file.tree, self._file.folder)
        self._data_dir = data_dir
        self._kept = Kept()
        self._laws = Laws(most=_LAWS)
        self._read: dict[Path, Stamp] = {}  # by laws
        self._loader = Loader(self._kept, data_dir)
        self._speed = Speed()

    @property
    def problem(self) -> str | None:
        """Why the configuration cannot be read; None if it can."""
        return self._file.problem

    @cached_property
    def _controls(self) -> Reply:
        """The controls of the page."""
        return describe()

    def start(self) -> Reply:
        """Give what the page begins with.

        Returns
        -------
        dict
            The reply to ``/start``.
        """
        self._file.read()
        self._fence = Fence(self._file.tree, self._file.folder)
        with contextlib.suppress(_RefusedError):  # which the first images tell
            self._loader.begin(self._check(self._file.tree))
        return {
            "config": self._file.name,
            "recipe": self._file.tree,
            "controls": self._controls,
            "yaml": self._file.written(self._file.tree),
            "version": VERSION,
            "problem": self.problem,
        }

    def render(self, request: Reply) -> Reply:
        """Make the images of a recipe, and say all about it.

        Parameters
        ----------
        request : dict
            What came to ``/render``.

        Returns
        -------
        dict
            The reply.

        Raises
        ------
        ArgumentError
            If the request is not what it should be. What is wrong with the recipe is part of the reply.
        """
        recipe, wanted = _recipe_in(request), Wanted.of(request.get("view", {}))
        reply: Reply = {"number": request.get("number"), "yaml": self._file.written(recipe)}
        try:
            config = self._check(recipe)
            waiting = self._loader.ask(config)
            if waiting and _split_of(config, wanted) not in self._loader.there(config):
                return reply | {"waiting": waiting}
            wanted = wanted.fitted(config.image_width, config.image_height)
            splits = self._load(config)
            return reply | {"errors": []} | self._said(recipe, config, splits, wanted) | _shown(config, splits, wanted)
        except _RefusedError as refused:
            return reply | {"errors": [_at(each.key, each.message) for each in refused.found], "cautions": []}
        except DigitgenError as error:
            return reply | {"errors": [_at(getattr(error, "key", ()), str(error))], "cautions": []}

    def save(self, request: Reply) -> Reply:
        """Write a recipe to the configuration.

        Parameters
        ----------
        request : dict
            What came to ``/save``.

        Returns
        -------
        dict
            The reply.

        Raises
        ------
        ArgumentError
            If there is no configuration to save to, or something is wrong with the recipe.
        ChangedError
            If somebody else has changed the file meanwhile.
        """
        recipe, force = _recipe_in(request), request.get("force", False)
        if not isinstance(force, bool):
            raise ArgumentError(f"force must be true or false; got {shown(force)}")
        try:
            self._check_glyphs(self._check(recipe))
        except _RefusedError as refused:
            first, *more = refused.found
            others = f", and {len(more)} more" if more else ""
            raise ArgumentError(f"a recipe with errors is not saved: {first}{others}") from None
        text, note = self._file.save(recipe, force=force)
        return {"saved": self._file.name, "yaml": text, "note": note}

    def _check(self, recipe: Reply) -> BuildConfig:
        """Check a recipe, or raise everything that is wrong with it; other files than it may name are not opened."""
        forbidden, folder = self._fence.errors(recipe), self._file.folder
        if any(stamp(path) != before for path, before in self._read.items()):
            self._laws, self._read = Laws(most=_LAWS), {}
        try:
            config = BuildConfig.check(recipe, folder, read_strings=not forbidden, laws=self._laws)
        except ValidationError as error:
            raise _RefusedError([*forbidden, *findings(error)]) from None
        if forbidden:
            raise _RefusedError(forbidden)
        self._read |= {path: stamp(path) for each in config.string_files.values() if (path := folder / each)}
        return config

    def _check_glyphs(self, config: BuildConfig) -> None:
        """Check a recipe against its glyphs; one whose glyphs are not there, or cannot be had now, may be right."""
        with contextlib.suppress(DigitgenError):
            self._loader.ask(config)
        try:
            self._load(config)
        except ConfigError as error:
            raise _RefusedError([ArgumentError(str(error))]) from None

    def _load(self, config: BuildConfig) -> dict[str, Split]:
        """The splits whose sources are there, checked against each other."""
        there = self._loader.there(config)
        return load_splits(config, self._data_dir, lambda _: None, there, self._kept) if there else {}

    def _commands(self, config: BuildConfig, recipe: Reply, view: list[str]) -> list[str]:
        """The commands for the file, or for the one that would be downloaded."""
        if self._file.shown is None:
            return commands(f"{config.name}.yaml", recipe, config, recipe, view)
        return commands(self._file.shown, self._file.tree, config, recipe, view)

    def _said(self, recipe: Reply, config: BuildConfig, splits: dict[str, Split], wanted: Wanted) -> Reply:
        """Say of a recipe that works the same as `digitgen build --dry-run` does."""
        plans = [forecast_split(config, name, split) for name, split in splits.items()]
        name = _split_of(config, wanted)
        missing = [each for each in config.splits if each not in splits]
        unchecked = [(("splits", each, "source"), "is being loaded; the split is not checked yet") for each in missing]
        said = {
            "cautions": [_at(*each) for each in (*config.cautions(), *self._loader.notes(config), *unchecked)],
            "laws": [*map(one_line, describe_content(config, plans)), *describe_spacing(plans)],
            "commands": self._commands(config, recipe, wanted.options(name)),
            "splits": list(config.splits),
            "unfinished": bool(unchecked),
        }
        if unchecked:
            return said
        cores, images = cpu_count(), sum(plan.count for plan in plans)
        build = {
            "images": images,
            "bytes": sum(plan.bytes for plan in plans),
            "compressed": config.output.compression != "none",
            "images_per_second": cores * images / self._speed.seconds(config, splits, name),
            "cores": cores,
        }
        return said | {"build": build}


def _shown(config: BuildConfig, splits: dict[str, Split], wanted: Wanted) -> Reply:
    """The images of a recipe, as `digitgen preview` shows them."""
    name = _split_of(config, wanted)
    view = view_of_split(config, name, splits[name], masks=wanted.masks, clean=wanted.pairs)
    sheet = preview(
        [view],
        Choice(count=wanted.count),
        title=config.name,
        boxes=wanted.boxes,
        masks=wanted.masks,
        pairs=wanted.pairs,
        columns=wanted.columns,
    )
    texts = view.fields["text"]
    labels = view.arrays(texts.arrays, slice(0, wanted.count))
    return {
        "split": name,
        "texts": texts.read(labels).tolist(),
        "sheet": {
            "png": base64.b64encode(png_bytes(sheet, effort=1)).decode(),
            "width": sheet.width,
            "height": sheet.height,
        },
    }


class _RefusedError(Exception):
    """A recipe that nothing can be made of."""

    def __init__(self, found: list[ArgumentError]) -> None:
        super().__init__(found)
        self.found = found


def _recipe_in(request: Reply) -> Reply:
    """The recipe of a request."""
    recipe = request.get("recipe")
    if not isinstance(recipe, dict):
        raise ArgumentError(f"recipe must be a section of keys and values; got {shown(recipe)}")
    return recipe


def _split_of(config: BuildConfig, wanted: Wanted) -> str:
    """The split that is shown: the one that was asked for if there is one of that name, or as `digitgen preview`."""
    if wanted.split in config.splits:
        return wanted.split
    return "train" if "train" in config.splits else next(iter(config.splits))


def _at(key: tuple[str | int, ...], message: str) -> Reply:
    """Something to be said at a control; what is said of the whole is said of the width, too small for the digits."""
    return {"key": list(key or ("image_width",)), "message": message}
