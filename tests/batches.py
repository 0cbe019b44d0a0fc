"""The images of a split of any glyphs and any law, without a configuration."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.compose.batch import Batch
from digitgen.compose.batches import endless_batches
from digitgen.compose.content.law import ContentLaw
from digitgen.compose.content.laws.digits import Digits
from digitgen.compose.hands import Hand, Hands, hand_share
from digitgen.compose.layout import Layout
from digitgen.compose.named import named_bank
from digitgen.compose.recipe import Recipe
from digitgen.glyphs.bank import GlyphBank

UP_TO_FIVE_DIGITS: Final = Digits((1, 5))


def batches_of(
    spacing_range: tuple[int, int],
    image_width: int,
    *,
    content: ContentLaw = UP_TO_FIVE_DIGITS,
    glyphs: GlyphBank | None = None,
    hand: Hand = "mixed",
    seed: int = 0,
    split: str = "train",
    batch_size: int = 256,
    first: int = 0,
    shard: tuple[int, int] = (0, 1),
    worker: tuple[int, int] = (0, 1),
    **options: Any,
) -> Iterator[Batch]:
    """Batches without end of the images of one split; `options` are fields of a layout or of a recipe."""
    share = hand_share(hand)
    bank = glyphs or named_bank(writers=bool(share))
    placed = {each.name: options.pop(each.name) for each in fields(Layout) if each.name in options}
    layout = Layout(image_width, spacing_range, **placed)
    recipe = Recipe(bank, layout, content, hands=Hands.of(bank, content.classes, share) if share else None, **options)
    return endless_batches(recipe, seed, split, batch_size=batch_size, first=first, shard=shard, worker=worker)


def joined(batches: Iterable[Batch]) -> dict[str, NDArray[Any]]:
    """The arrays of batches, one after the other."""
    arrays = [batch.arrays() for batch in batches]
    return {name: np.concatenate([each[name] for each in arrays]) for name in arrays[0]}


def assert_equal(found: Mapping[str, NDArray[Any]], expected: Mapping[str, NDArray[Any]]) -> None:
    """Arrays have the same names, types, shapes and values."""
    assert found.keys() == expected.keys()
    for name, array in found.items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name, strict=True)
