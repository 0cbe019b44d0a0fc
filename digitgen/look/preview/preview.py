"""Previews: choose images, put them into groups, and make a contact sheet of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from digitgen.arrays import Bools, Integers
from digitgen.compose.batch import Sample
from digitgen.errors import ArgumentError
from digitgen.look.kit.sheet import Group, picture_of, sheet
from digitgen.look.preview.fields import HAND
from digitgen.look.preview.view import View
from digitgen.look.preview.where import Condition, parse_condition, unknown_name
from digitgen.progress import progress_bar
from digitgen.rng import as_generator

_SINGLE: Final = 40  # images, unless told otherwise
_EACH: Final = 8  # of each group, likewise
_MOST_GROUPS: Final = 40
_KINDS: Final = 12  # of numbers; of more than that, ranges are made
_LOOKED_AT: Final = 1 << 14  # images of a split among which groups are looked for

Label = tuple[float, str]  # what groups are sorted by, and what stands above them


@dataclass(frozen=True)
class Choice:
    """The images that a preview shows.

    Attributes
    ----------
    index : tuple of int
        Indices of the images; all images if it is empty.
    where : str
        A condition that they must meet; see `parse_condition`.
    by : str
        A name that makes groups: one that a condition may have, or split, source or step.
    count : int or None
        Number of images, or of images of each group.
    seed : int or None
        Choose them at random from this seed; the first ones otherwise.
    """

    index: tuple[int, ...] = ()
    where: str = ""
    by: str = ""
    count: int | None = None
    seed: int | None = None


@dataclass
class _Found:
    """Images of one view that may be shown."""

    view: View
    indices: Integers
    columns: dict[str, NDArray[Any]] = field(default_factory=dict)


def preview(
    views: Sequence[View],
    choice: Choice,
    *,
    title: str = "",
    boxes: bool = False,
    masks: bool = False,
    pairs: bool = False,
    columns: int | None = None,
    progress: bool = False,
) -> Image.Image:
    """Render a contact sheet of some images.

    Parameters
    ----------
    views : sequence of View
        The splits; made for `masks` and `pairs`.
    choice : Choice
        The images to show.
    title : str, optional
        Title of the sheet.
    boxes, masks, pairs : bool
        As in `picture_of`.
    columns : int, optional
        Number of images beside each other; as many as make a page by default.
    progress : bool, default False
        Show a progress bar on stderr while images are looked for.

    Returns
    -------
    PIL.Image.Image
        In colour.

    Raises
    ------
    ArgumentError
        If no image is left to show, an index is out of range, or a name is not known.
    """
    known = _known(views)
    found = [_find(view, choice, known, _names_by(view, choice.by, known), progress) for view in views]
    if not any(len(each.indices) for each in found):
        where = f" that meets --where {choice.where!r}" if choice.where else ""
        raise ArgumentError(f"there is no image{where} in {', '.join(view.split for view in views)}")
    groups: dict[Label, list[tuple[View, int]]] = {}
    for each in found:
        for label, indices in _grouped(each, choice, found):
            groups.setdefault(label, []).extend((each.view, index) for index in indices.tolist())
    groups = {label: groups[label] for label in sorted(groups) if groups[label]}
    _check_groups(choice.by, len(groups))
    limit = choice.count or max(_EACH if choice.by else _SINGLE, len(choice.index))
    shown = {label: _some(members, limit, choice.seed) for label, members in groups.items()}
    samples = _samples(views, shown)
    several = len(views) > 1 and choice.by != "split"
    rendered = [
        Group(
            title_of,
            [
                picture_of(
                    samples[view.split, index],
                    note=f"{view.split} #{index}" if several else f"#{index}",
                    boxes=boxes,
                    masks=masks,
                    pairs=pairs,
                )
                for view, index in members
            ],
        )
        for (_, title_of), members in shown.items()
    ]
    subtitle = f"{len(samples):,} of {sum(view.count for view in views):,} images"
    subtitle += f" of {', '.join(view.split for view in views)}" + (f", where {choice.where}" if choice.where else "")
    subtitle += "; before augmentation at the left, after it at the right" if pairs else ""
    return sheet(rendered, title=title, subtitle=subtitle, columns=columns)


def _known(views: Sequence[View]) -> dict[str, type]:
    """List everything that can be asked of the images of any of the views."""
    known = {name: each.kind for view in views for name, each in view.fields.items()}
    return known | {"split": str, "source": str}


def _samples(views: Sequence[View], shown: dict[Label, list[tuple[View, int]]]) -> dict[tuple[str, int], Sample]:
    """Fetch the images to show, by split and index; those of a view are fetched together."""
    samples: dict[tuple[str, int], Sample] = {}
    for view in views:
        indices = np.unique([index for members in shown.values() for each, index in members if each is view])
        if indices.size:
            batch = view.images(indices.astype(np.int64))
            samples |= {(view.split, int(index)): batch[row] for row, index in enumerate(indices)}
    return samples


def _find(view: View, choice: Choice, known: dict[str, type], by: tuple[str, ...], progress: bool) -> _Found:
    """Find the images of a view that may be shown, with the facts that their groups depend on."""
    condition = parse_condition(choice.where, known) if choice.where else None
    if choice.index:
        if wrong := [index for index in choice.index if index >= view.count]:
            raise ArgumentError(f"--index {wrong[0]} is out of range: {view.split} has {view.count:,} images")
        parts = [_ask(view, slice(index, index + 1), condition, by) for index in choice.index]
    elif not condition and not by:
        if choice.seed is None:
            return _Found(view, np.arange(min(view.count, choice.count or _SINGLE)))
        chosen = as_generator(choice.seed).choice(view.count, min(view.count, choice.count or _SINGLE), replace=False)
        return _Found(view, np.sort(chosen))
    else:
        with progress_bar(shown=progress, total=view.count, unit="images", what=view.split) as bar:
            parts = list(_search(view, choice, condition, by, bar))
    indices = np.concatenate([part.indices for part in parts])
    return _Found(view, indices, {name: np.concatenate([part.columns[name] for part in parts]) for name in by})


def _search(
    view: View, choice: Choice, condition: Condition | None, by: tuple[str, ...], bar: "tqdm[NoReturn]"
) -> Iterator[_Found]:
    """Look through a view block by block, until there is enough."""
    enough = choice.count or _SINGLE
    found = 0
    for start in range(0, view.count, view.block):
        part = _ask(view, slice(start, min(start + view.block, view.count)), condition, by)
        found += len(part.indices)
        bar.update(min(view.block, view.count - start))
        yield part
        looked_at = start + view.block >= _LOOKED_AT
        if choice.seed is None and found >= enough and (looked_at or not by):
            return


def _ask(view: View, rows: slice, condition: Condition | None, by: tuple[str, ...]) -> _Found:
    """Keep those of some neighbouring images that meet the condition."""
    wanted = {*(condition.names if condition else ()), *by}
    names = wanted & set(view.fields)
    needed = list(dict.fromkeys(array for name in sorted(names) for array in view.fields[name].arrays))
    arrays = view.arrays(needed, rows)
    columns = {
        name: each.read({array: arrays[array] for array in each.arrays})
        for name, each in view.fields.items()
        if name in names
    }
    count = rows.stop - rows.start
    columns |= {"split": np.full(count, view.split), "source": np.full(count, view.source)}
    columns |= {name: np.full(count, np.nan) for name in wanted - set(columns)}  # what only other splits have
    kept = np.flatnonzero(condition(columns, count)) if condition else np.arange(count)
    return _Found(view, rows.start + kept, {name: columns[name][kept] for name in by})


def _names_by(view: View, by: str, known: dict[str, type]) -> tuple[str, ...]:
    """Name the facts that decide an image's group."""
    if by == "step":
        return view.steps
    if by and by not in known:
        raise ArgumentError(f"--by {by}: {unknown_name(by, dict.fromkeys((*known, 'step')))}")
    return (by,) if by else ()


def _grouped(found: _Found, choice: Choice, everything: Sequence[_Found]) -> Iterator[tuple[Label, Integers]]:
    """Yield the groups of a view, and the images in each."""
    if not choice.by:
        yield (0, ""), found.indices
    elif choice.by == "step":
        touched = np.zeros((1 + len(found.view.steps), len(found.indices)), bool)
        for place, name in enumerate(found.view.steps, 1):
            touched[place] = found.columns[name] != 0
        touched[0] = ~touched.any(axis=0)
        alone = np.argsort(touched.sum(axis=0), kind="stable")  # what one step does is seen where others do little
        for place, name in enumerate(("no step", *found.view.steps)):
            yield (float(place), f"touched by {name}"), found.indices[alone[touched[place, alone]]]
    else:
        values = found.columns[choice.by]
        all_values = np.concatenate([each.columns[choice.by] for each in everything])
        if values.dtype.kind == "U":
            kinds = np.unique(all_values)
            _check_groups(choice.by, len(kinds))
            rank = float(everything.index(found)) if choice.by == "split" else 0.0  # splits keep their order
            named: list[tuple[Label, Bools]] = [((rank, str(kind)), values == kind) for kind in kinds]
        else:
            named = _ranges(choice.by, values, all_values)
        for label, rows in named:
            yield label, found.indices[rows]


def _check_groups(by: str, count: int) -> None:
    """Refuse more groups than a sheet can show."""
    if count > _MOST_GROUPS:
        raise ArgumentError(
            f"--by {by} makes {count} groups, and at most {_MOST_GROUPS} are shown; choose some with --where"
        )


def _ranges(name: str, values: NDArray[Any], all_values: NDArray[Any]) -> list[tuple[Label, Bools]]:
    """Make groups by a number: one for each value, or five ranges if there are many; those without it come first.

    Hands have no order, and no ranges.
    """
    there = all_values[~np.isnan(all_values.astype(np.float64))]
    kinds = np.unique(there)
    groups: list[tuple[Label, Bools]]
    if values.dtype.kind == "b":
        groups = [((float(kind), f"{name}" if kind else f"not {name}"), values == kind) for kind in kinds]
    elif len(kinds) <= _KINDS or name == HAND:
        _check_groups(name, len(kinds))
        shown = ".0f" if kinds.dtype.kind in "iu" else "g"
        groups = [((float(kind), f"{name} {kind:{shown}}"), values == kind) for kind in kinds]
    else:
        edges = np.linspace(kinds[0], kinds[-1], 6)
        place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, 4)
        groups = [
            ((float(low), f"{name} {low:.3g} to {high:.3g}"), (place == k) & ~np.isnan(values.astype(np.float64)))
            for k, (low, high) in enumerate(pairwise(edges))
        ]
    absent = np.isnan(values.astype(np.float64))
    return [((-np.inf, f"no {name}"), absent), *groups]


def _some(members: list[tuple[View, int]], limit: int, seed: int | None) -> list[tuple[View, int]]:
    """Choose as many as are wanted: the first ones, or at random."""
    if seed is None or len(members) <= limit:
        return members[:limit]
    chosen = np.sort(as_generator(seed).choice(len(members), limit, replace=False))
    return [members[place] for place in chosen.tolist()]
