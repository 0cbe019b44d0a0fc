"""A view of a recipe: a split, how many of its images, and the things that are rendered into them."""

from dataclasses import dataclass, fields, replace
from typing import Any, Final

from digitgen.checks import check_flag, check_integer
from digitgen.errors import ArgumentError
from digitgen.messages import shown

MOST_IMAGES: Final = 48
MOST_COLUMNS: Final = 8
_MOST_PIXELS: Final = 1 << 22  # of all images together, before they are enlarged


@dataclass(frozen=True)
class Wanted:
    """A view of a recipe.

    Attributes
    ----------
    split : str or None
        Name of the split; by default, or if there is none of that name, train or the first.
    count : int
        Number of images, 1 to 48.
    columns : int or None
        Number of images beside each other, 1 to 8; as many as make a page by default.
    boxes, masks, pairs : bool
        As in `digitgen.look.preview.preview.preview`.
    """

    split: str | None = None
    count: int = 12
    columns: int | None = None
    boxes: bool = False
    masks: bool = False
    pairs: bool = False

    @classmethod
    def of(cls, given: Any) -> "Wanted":
        """Read what came from the page.

        Parameters
        ----------
        given : Any
            An object of JSON; keys that it lacks have their defaults.

        Returns
        -------
        Wanted
            The view.

        Raises
        ------
        ArgumentError
            If it is none.
        """
        keys = [field.name for field in fields(cls)]
        if not isinstance(given, dict) or given.keys() - set(keys):
            raise ArgumentError(f"view must have keys of {', '.join(keys)}; got {shown(given)}")
        wanted = cls(**given)
        if not isinstance(wanted.split, str | None):
            raise ArgumentError(f"split must be the name of one; got {shown(wanted.split)}")
        check_integer("count", wanted.count, least=1, below=MOST_IMAGES + 1)
        if wanted.columns is not None:
            check_integer("columns", wanted.columns, least=1, below=MOST_COLUMNS + 1)
        for name in ("boxes", "masks", "pairs"):
            check_flag(name, getattr(wanted, name))
        return wanted

    def fitted(self, width: int, height: int) -> "Wanted":
        """Take fewer images where they are so large that a sheet of all would take long.

        Parameters
        ----------
        width, height : int
            Size of an image, px.

        Returns
        -------
        Wanted
            The same view of at least one image.
        """
        each = width * height * (2 if self.pairs else 1)
        return replace(self, count=max(1, min(self.count, _MOST_PIXELS // each)))

    def options(self, split: str) -> list[str]:
        """Spell the view as options of `digitgen preview`, with the split that is shown."""
        words = ["--split", split, "--count", str(self.count)]
        if self.columns is not None:
            words += ["--columns", str(self.columns)]
        return words + [f"--{name}" for name in ("boxes", "masks", "pairs") if getattr(self, name)]
