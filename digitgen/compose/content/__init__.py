"""Laws of content: what strings say. The names of `catalogue` are loaded on first use, as most callers need one law."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digitgen.compose.content.catalogue import LAWS as LAWS
    from digitgen.compose.content.catalogue import MODIFIERS as MODIFIERS
    from digitgen.compose.content.catalogue import Amounts as Amounts
    from digitgen.compose.content.catalogue import Balanced as Balanced
    from digitgen.compose.content.catalogue import Checked as Checked
    from digitgen.compose.content.catalogue import Condition as Condition
    from digitgen.compose.content.catalogue import ContentLaw as ContentLaw
    from digitgen.compose.content.catalogue import Dates as Dates
    from digitgen.compose.content.catalogue import Digits as Digits
    from digitgen.compose.content.catalogue import Excluded as Excluded
    from digitgen.compose.content.catalogue import Modifier as Modifier
    from digitgen.compose.content.catalogue import NumberRange as NumberRange
    from digitgen.compose.content.catalogue import Only as Only
    from digitgen.compose.content.catalogue import Pattern as Pattern
    from digitgen.compose.content.catalogue import Strings as Strings
    from digitgen.compose.content.catalogue import Unique as Unique


def __getattr__(name: str) -> Any:
    """Load the module of all laws on first use of a name."""
    if not name.startswith("_"):
        catalogue = import_module("digitgen.compose.content.catalogue")
        if name in vars(catalogue):
            return vars(catalogue)[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    catalogue = import_module("digitgen.compose.content.catalogue")
    return sorted({*globals(), *vars(catalogue)})
