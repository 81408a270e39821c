"""A campaign finds what it looks for: readers that raise, run, unpickle, write elsewhere, hang, or want much memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLANTED = """
import os, pickle, signal, subprocess, sys
from pathlib import Path
from tests.fuzz.campaign import Campaign, guard, hang, limit

def writes_elsewhere(data, scratch):
    (scratch.parent / "elsewhere").write_bytes(data)

def stays(data, scratch):
    (scratch / "file").write_bytes(data)
    (scratch / "file").unlink()
    return True

class Evil:
    def __reduce__(self):
        return print, ()

readers = {
    "raises": lambda data, scratch: {}[data],
    "unpickles": lambda data, scratch: pickle.loads(pickle.dumps(Evil())),
    "runs": lambda data, scratch: subprocess.run(["true"]),
    "calls": lambda data, scratch: os.system("true"),
    "evaluates": lambda data, scratch: eval("1 + 1"),
    "writes": writes_elsewhere,
    "hangs": lambda data, scratch: [None for _ in iter(int, 1)],
    "allocates": lambda data, scratch: bytearray(2**31),
    "recurses": lambda data, scratch: readers["recurses"](data, scratch),
    "stays": stays,
}
signal.signal(signal.SIGALRM, hang)
scratch = Path(sys.argv[1]) / "scratch"
scratch.mkdir()
campaign = Campaign(readers[sys.argv[2]], scratch, scratch / "findings", seconds=0.5)
guard(campaign)
limit()
campaign.one(b"x")
print(campaign.executions, campaign.values, *campaign.found)
"""


@pytest.mark.parametrize(
    ("reader", "found"),
    [
        ("raises", "KeyError"), ("unpickles", "Forbidden"), ("runs", "Forbidden"), ("calls", "Forbidden"),
        ("evaluates", "Forbidden"), ("writes", "Forbidden"), ("hangs", "Hang"), ("allocates", "MemoryError"),
        ("recurses", "RecursionError"), ("stays", ""),
    ],
)  # fmt: skip
def test_a_reader_that_does_what_none_should_is_found(tmp_path: Path, reader: str, found: str) -> None:
    command = [sys.executable, "-c", PLANTED, tmp_path, reader]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    executions, values, *kinds = done.stdout.split()
    assert (executions, values, kinds[:1]) == ("1", "0" if found else "1", [found] if found else [])


def test_the_command_tells_of_a_target(tmp_path: Path) -> None:
    options = ["--executions", "60", "--target", "geometry", "--unguided", "--findings", str(tmp_path)]
    command = [sys.executable, "-m", "tests.fuzz.campaign", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("| geometry | 60 |")
    assert done.stdout.splitlines()[-1].endswith("| found nothing |")
    assert list(tmp_path.iterdir()) == []
