"""Laws of content: the law of the strings of a split, by the key that names it in a configuration."""

from typing import Final

from digitgen.compose.content.law import ContentLaw as ContentLaw
from digitgen.compose.content.uniform import UniformDigits as UniformDigits

LAWS: Final[dict[str, type[ContentLaw]]] = {
    "length": UniformDigits,
}
