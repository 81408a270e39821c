"""The command: check candidates, replay a mismatch, render a report again, print the seed's equations.

Exit codes: 0 all conform, 1 mismatches found (or too little was compared), 2 wrong
usage, 3 the harness itself failed, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import shlex
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from importlib import import_module

from ...oracle.errors import InvalidArgument
from ...reports.errors import InvalidRecord
from ..calling.beginning import begun_ahead
from ..calling.interrupts import interrupt, raise_unheard_again
from ..candidates import CandidateError
from .options import parser

USAGE, FAILED, INTERRUPTED = 2, 3, 130
_LAST_STANDARD = 2
_CALLING = frozenset(("check", "replay", "certify", "adapter", "support"))
_WITHOUT = frozenset(("-h", "--help", "--in-process"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _occupy_standard_descriptors()
    raise_unheard_again()
    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # nohup ignores it, and so do we then
        signal.signal(signal.SIGHUP, interrupt)
    try:
        code = _run(words)
    except KeyboardInterrupt:  # one more, as it ended
        code = INTERRUPTED
    if arguments is None:  # all is done: what the interpreter still does is not to end in another way
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    return code


def _needs_a_process(words: Sequence[str]) -> bool:
    """Whether a command calls a candidate, and in a process of its own."""
    return bool(_CALLING.intersection(words[:1])) and not _WITHOUT.intersection(words)


def _run(words: Sequence[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        with begun_ahead() if _needs_a_process(words) else contextlib.nullcontext():
            return _done(words)
    except (CandidateError, InvalidArgument, InvalidRecord) as error:
        _complain(str(error))
        return USAGE
    except KeyboardInterrupt:
        _complain("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        _send_nowhere(1, _LAST_STANDARD)
        return FAILED
    except OSError as error:
        _complain(f"{error.filename or 'writing'}: {error.strerror}")
        _drop_unwritten()
        return FAILED
    except Exception:  # noqa: BLE001 - the boundary: whatever else goes wrong is ours, and must not look like a verdict
        traceback.print_exc()
        _complain("this is a failure of convoracle itself, not of a candidate; please report it")
        return FAILED


def _done(words: Sequence[str]) -> int:
    with _keeping_all():
        options = parser().parse_args(words)
        options.command = shlex.join(["convoracle", *words])
        module, function = options.run.split(":")
        does = getattr(import_module(f".{module}", __package__), function)
    return int(does(options))


def _occupy_standard_descriptors() -> None:
    """Where one of the first three is closed, the next file that is opened would be taken for it."""
    while (opened := os.open(os.devnull, os.O_RDWR)) <= _LAST_STANDARD:
        pass
    os.close(opened)


def _send_nowhere(*descriptors: int) -> None:
    """Have nobody read what is still to be written there, also as the interpreter ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in descriptors:
        os.dup2(nowhere, descriptor)


def _drop_unwritten() -> None:
    """What could not be written the interpreter would try to write once more as it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        _send_nowhere(1)


@contextlib.contextmanager
def _keeping_all() -> Iterator[None]:
    """While modules are imported: none of that is garbage, and looking for some takes a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _complain(message: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone
        print(f"convoracle: {message}", file=sys.stderr)
