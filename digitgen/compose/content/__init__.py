"""What the strings say: the laws of content, by the key that names each in a configuration."""

from typing import Final

from digitgen.compose.content.law import ContentLaw as ContentLaw
from digitgen.compose.content.uniform import UniformDigits as UniformDigits

LAWS: Final[dict[str, type[ContentLaw]]] = {
    "length": UniformDigits,
}
