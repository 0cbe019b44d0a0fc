"""A modifier: a law that is another law, but for a condition or an addition."""

from dataclasses import dataclass

from digitgen.compose.content.law import ContentLaw


@dataclass(frozen=True)
class Modifier(ContentLaw):
    """A law made of another.

    A modifier is a frozen dataclass in a module of this package, with a line in ``MODIFIERS``. Beside the law, it has
    one field, named as its key in a configuration and annotated with a `Key`. A configuration that leaves the key out,
    or says false, has the law without it.

    Attributes
    ----------
    law : ContentLaw
        The other law, whose alphabet it has.
    """

    law: ContentLaw

    def __post_init__(self) -> None:
        object.__setattr__(self, "alphabet", self.law.alphabet)
