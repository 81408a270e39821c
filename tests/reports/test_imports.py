"""The room is light to enter, knows no framework, and its public names are all there."""

from __future__ import annotations

import subprocess
import sys

import convoracle.reports


def test_entering_the_room_loads_nothing_heavy():
    heavy = ("torch", "tensorflow", "hypothesis", "pytest", "jinja2", "convoracle.suites")
    script = f"import sys, convoracle.reports; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_public_names():
    names = convoracle.reports.__all__
    assert len(set(names)) == len(names)
    assert all(hasattr(convoracle.reports, name) for name in names)
