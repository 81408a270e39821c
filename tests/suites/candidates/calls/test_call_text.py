"""The call that a reproducer makes: it runs by itself, and finds what the candidate's file finds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.candidates.calls.binding import BoundFunction
from convoracle.suites.candidates.calls.call_text import Origin, write_own_call

MODULE = """from __future__ import annotations
import dataclasses
from beside_it import factor

@dataclasses.dataclass
class Settings:
    factor: dataclasses.InitVar[int] = factor

def twice(x, w):
    return x * w * factor
"""


def test_a_file_finds_its_neighbours_and_may_define_dataclasses(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "beside_it.py").write_text("factor = 2")
    (folder / "kernels.py").write_text(MODULE)
    origin = Origin(f"{folder / 'kernels.py'}:twice", "kernels.py:twice", "function")
    call = BoundFunction(print, (), (("x", "input"), ("w", "weight")), None)
    text = write_own_call(origin, Pass.FORWARD, call, ConvGeometry.of(size=(1,), kernel=1), bias=False)
    script = tmp_path / "reproduce.py"
    script.write_text(f"import numpy as np\ninput, weight = np.array([3.0]), np.array([5.0])\n{text}print(actual)\n")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[30.]", "")
