"""`python -m digitgen` is the command `digitgen`."""

import sys

from digitgen.cli import main

if __name__ == "__main__":
    sys.exit(main())
