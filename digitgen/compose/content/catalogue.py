"""All laws of content: the law of the strings of a split, by the key that names it in a configuration.

Keys beside that one modify the law. They apply in the order of `MODIFIERS`, in whatever order a configuration has them.
"""

from typing import Final

from digitgen.compose.content.law import ContentLaw as ContentLaw
from digitgen.compose.content.laws.amounts import Amounts as Amounts
from digitgen.compose.content.laws.dates import Dates as Dates
from digitgen.compose.content.laws.digits import Digits as Digits
from digitgen.compose.content.laws.number_range import NumberRange as NumberRange
from digitgen.compose.content.laws.pattern import Pattern as Pattern
from digitgen.compose.content.laws.strings import Strings as Strings
from digitgen.compose.content.modifiers.balanced import Balanced as Balanced
from digitgen.compose.content.modifiers.checked import Checked as Checked
from digitgen.compose.content.modifiers.condition import Condition as Condition
from digitgen.compose.content.modifiers.modifier import Modifier as Modifier
from digitgen.compose.content.modifiers.restricted import Excluded as Excluded
from digitgen.compose.content.modifiers.restricted import Only as Only
from digitgen.compose.content.modifiers.unique import Unique as Unique

LAWS: Final[dict[str, type[ContentLaw]]] = {
    "length": Digits,
    "pattern": Pattern,
    "range": NumberRange,
    "strings": Strings,
    "dates": Dates,
    "amount": Amounts,
}

MODIFIERS: Final[dict[str, type[Modifier]]] = {
    "check": Checked,
    "exclude": Excluded,
    "only": Only,
    "balance": Balanced,
    "unique": Unique,
}
