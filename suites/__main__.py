"""`python -m convoracle.suites`: the command, where its script is not on the path."""

import sys

from .command.cli import main

sys.exit(main())
