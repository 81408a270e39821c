"""Processes end with those that they belong to, and no others do."""

from __future__ import annotations

import subprocess
import sys

_FAMILY = """
import os, time
from convoracle.suites.calling.lifetime import adopt_orphans, bury_ended, children, end_strays

adopt_orphans()
said, heard = os.pipe()
if (parent := os.fork()) == 0:
    if (adopted := os.fork()) == 0:
        time.sleep(60)
    os.write(heard, b"%d " % adopted)
    os._exit(0)
if (stray := os.fork()) == 0:
    os.setsid()
    os.write(heard, b"0 ")
    time.sleep(60)
told = b""
while len(told.split()) < 2:
    told += os.read(said, 100)
os.waitid(os.P_PID, parent, os.WEXITED | os.WNOWAIT)
while len(children()) > 2:
    bury_ended(but={stray})
end_strays(())
(left,) = children()
print(str(left).encode() in told.split(b" "), left != stray)
os.kill(left, 9)
"""


def test_what_forks_for_another_executor_is_no_stray_also_where_it_was_adopted() -> None:
    done = subprocess.run([sys.executable, "-c", _FAMILY], capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.stderr) == ("True True\n", "")
