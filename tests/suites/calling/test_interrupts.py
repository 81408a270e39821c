"""An interrupt that is raised in a callback of the garbage collector is not lost, and nothing is printed of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import gc, os, signal, sys, time
from convoracle.suites.calling.interrupts import interrupt, raise_unheard_again

signal.signal(signal.SIGTERM, interrupt)
{hear}

class Finalized:
    def __del__(self):
        {raises}

try:
    Finalized()
    time.sleep(5)
    print("slept")
except KeyboardInterrupt:
    print("interrupted")
"""
SIGNALLED = "os.kill(os.getpid(), signal.SIGTERM); time.sleep(0.05)"


def told(hear: str, raises: str) -> tuple[str, str]:
    script = SCRIPT.format(hear=hear, raises=raises).replace("sleep(5)", "sleep(0.5)")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip(), done.stderr


def test_it_comes_again() -> None:
    assert told("raise_unheard_again()", SIGNALLED) == ("interrupted", "")


def test_without_that_it_is_printed_and_lost() -> None:
    out, errors = told("", SIGNALLED)
    assert out == "slept"
    assert "KeyboardInterrupt" in errors


@pytest.mark.parametrize("hear", ["", "raise_unheard_again()"])
def test_what_else_is_raised_there_is_printed_as_ever(hear: str) -> None:
    out, errors = told(hear, "1 / 0")
    assert out == "slept"
    assert "ZeroDivisionError" in errors
