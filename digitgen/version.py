"""The version, in a module of its own so that nothing has to import the package's root for it."""

from typing import Final

VERSION: Final = "0.1.0"
