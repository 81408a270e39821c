"""The soak: what several runs come to is counted in one file."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from .test_commands import FOLDER, run


def soaked(file: Path, case_passes: int) -> Any:
    told = run(
        "false_alarms.py",
        *("--workers", "1", "--only", "native", "--kept", str(file), "--case-passes", str(case_passes)),
    )
    kept = json.loads(file.read_text())
    assert f"{total(kept):,} case-passes in " in told
    return kept


def total(kept: Any) -> int:
    return sum(times for _, _, _, times in kept["counts"])


def test_what_is_kept_is_read_again(tmp_path: Path, benchmark_named: Callable[[str], ModuleType]) -> None:
    soaking = benchmark_named("false_alarms")
    file = tmp_path / "soak.json"
    assert soaking.read_soak(file, 7) == soaking.read_soak(None, 7) == soaking.Soak(7)
    soak = soaking.Soak(9, 1.5, Counter({("native", "float32", "structure"): 12}), {"native": 0.5}, ("an alarm",))
    soaking.write_soak(file, soak)
    assert soaking.read_soak(file, 7) == soak
    assert list(tmp_path.iterdir()) == [file]


def test_what_the_soak_came_to_is_told(benchmark_named: Callable[[str], ModuleType]) -> None:
    soak = benchmark_named("false_alarms").read_soak(FOLDER / "soak.json", 0)
    counted = f"{soak.counts.total():,} case-passes in {soak.minutes:.0f} minutes, "
    assert f"{counted}{len(soak.alarms)} searches with a false alarm" in (FOLDER / "README.md").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="only there a process can be told to end with its parent")
def test_no_process_of_a_soak_outlives_it() -> None:
    script = str(FOLDER / "false_alarms.py")
    soak = subprocess.Popen([sys.executable, script, "--workers", "1", "--only", "native"], stderr=subprocess.PIPE)
    assert soak.stderr is not None
    with soak, soak.stderr as told:
        while b"case-passes" not in (line := told.read1()):
            assert line, "it ended"
        searching = Path(f"/proc/{soak.pid}/task/{soak.pid}/children").read_text().split()
        soak.kill()
        assert len(searching) == 2, "the one that searches, and the one that sees to shared memory"
        for _ in range(100):
            if not any(Path("/proc", pid).exists() for pid in searching):
                return
            time.sleep(0.1)
    pytest.fail(f"{searching} go on")


@pytest.mark.campaign
def test_a_soak_goes_on_where_it_ended(tmp_path: Path) -> None:
    first = soaked(tmp_path / "soak.json", 1)
    assert (first["seed"], first["alarms"]) == (2, []), "one search more was begun"
    second = soaked(tmp_path / "soak.json", total(first) + 1)
    assert second["seed"] == 4
    assert total(second) > total(first)
    assert soaked(tmp_path / "soak.json", total(second)) == second
