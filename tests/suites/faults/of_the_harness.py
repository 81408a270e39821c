"""What can happen to convoracle itself, and what it ends with: the second table of docs/explanation/faults.md."""

from __future__ import annotations

import signal
from dataclasses import dataclass


@dataclass(frozen=True)
class Signalled:
    """A run that gets signals.

    Parameters
    ----------
    what : str
    numbers : tuple of Signals
    code : int
    has_page : bool
        Whether a report is made for sure; who is told twice makes none, unless it was there by then. The records are
        there in any case.
    """

    what: str
    numbers: tuple[signal.Signals, ...]
    code: int
    has_page: bool


@dataclass(frozen=True)
class Hindered:
    """A run in a shell that hinders it.

    Parameters
    ----------
    what : str
    script : str
    code : int
    told : str
        A pattern in what it says on standard error; empty if it says nothing there.
    """

    what: str
    script: str
    code: int
    told: str = ""


SIGNALLED = (
    Signalled("Ctrl-C", (signal.SIGINT,), 130, True),
    Signalled("Ctrl-C twice", (signal.SIGINT, signal.SIGINT), 130, False),
    Signalled("SIGTERM", (signal.SIGTERM,), 130, True),
    Signalled("SIGTERM twice", (signal.SIGTERM, signal.SIGTERM), 130, False),
    Signalled("SIGHUP, as of a terminal that is closed", (signal.SIGHUP,), 130, True),
    Signalled("a terminal that changes its size", (signal.SIGWINCH, signal.SIGWINCH, signal.SIGINT), 130, True),
)
_FEW = "$CHECK --cases 6"
_NO_SUCH_PYTHON = (
    "import sys; sys.executable = '/nonexistent/python'; from convoracle.suites.command.cli import main; "
    "sys.exit(main(sys.argv[1:]))"
)
_CLOCK_BACK = (
    "import sys, time; real = time.time; time.time = lambda: real() - 1e6 * (real() % 2 > 1); "
    "from convoracle.suites.command.cli import main; sys.exit(main(sys.argv[1:]))"
)
HINDERED = (
    Hindered("standard input is closed", f"{_FEW} <&-", 0),
    Hindered("standard output is closed", f"{_FEW} >&-", 0),
    Hindered("standard input, output and error are closed", f"{_FEW} <&- >&- 2>&-", 0),
    Hindered("standard output is a pipe that nobody reads", f"set -o pipefail; {_FEW} | head -1", 3),
    Hindered("standard output is a full disk", f"{_FEW} > /dev/full", 3, r"convoracle: .*No space left on device"),
    Hindered("there is no home", f"env -u HOME {_FEW}", 0),
    Hindered("the home is missing", f"HOME=/nonexistent {_FEW}", 0),
    Hindered("the folder for temporary files is missing", f"TMPDIR=/nonexistent {_FEW}", 0),
    Hindered("the locale is C, the encoding ASCII", f"LC_ALL=C PYTHONUTF8=0 PYTHONIOENCODING=ascii {_FEW}", 0),
    Hindered("the report's folder is a file", f"touch run; {_FEW}", 2, "should be a folder"),
    Hindered("the report's folder cannot be written", f"{_FEW} --out /proc/run", 2, "should be a folder that can be"),
    Hindered("files can have no more than 16 KiB", "ulimit -f 16; $CHECK --cases 300", 3, "convoracle: .*File too l"),
    Hindered("few files can be open", f"ulimit -n 12; {_FEW}", 3, "convoracle: .*Too many open files"),
    Hindered(
        "a worker cannot start",
        f'python=${{CHECK%% *}}; $python -c "{_NO_SUCH_PYTHON}" ${{CHECK#*suites }} --cases 6',
        3,
        "convoracle: /nonexistent/python: No such file",
    ),
    Hindered(
        "the clock jumps back and forth",
        f'python=${{CHECK%% *}}; $python -c "{_CLOCK_BACK}" ${{CHECK#*suites }} --cases 6',
        0,
    ),
)
