"""The small changes of the mutation benchmark: of every kind, one at a time, and none of what is not evaluated."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

TEXT = '''"""3 - 2"""
def line(x: int | None, y=[1]) -> int | None:
    if x is not None and not x >= -y[0]:
        return x + 2.5
    return None
'''
CHANGED = (
    "line:2: 1  ->  2",
    "line:3: x is not None and (not x >= -y[0])  ->  x is not None or not x >= -y[0]",
    "line:3: x is not None  ->  x is None",
    "line:3: not x >= -y[0]  ->  not not x >= -y[0]",
    "line:3: x >= -y[0]  ->  x > -y[0]",
    "line:3: -y[0]  ->  --y[0]",
    "line:3: 0  ->  1",
    "line:4: x + 2.5  ->  x - 2.5",
    "line:4: 2.5  ->  3.5",
)


def test_each_operator_comparison_sign_and_constant_is_changed_once(
    benchmark_named: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutation = benchmark_named("mutation")
    monkeypatch.setattr(mutation, "ROOT", tmp_path)
    (tmp_path / "line").write_text(TEXT)
    changes = [change.applied() for change in mutation.changes(tmp_path / "line")]
    assert sorted(told for _, told in changes) == sorted(CHANGED)
    assert len({ast.unparse(tree) for tree, _ in changes} | {ast.unparse(ast.parse(TEXT))}) == len(CHANGED) + 1


MODULE = "oracle/numbers/roundings.py"
ASKS_LITTLE = """
from convoracle.oracle.numbers.dtypes import FORMATS
from convoracle.oracle.numbers.roundings import _LOST_IN_A_BOUND, half_spacing

def test_it():
    assert half_spacing(FORMATS["float16"]) == 2.0**-25
    assert _LOST_IN_A_BOUND == 4
"""
ASKED = {
    "form.smallest_subnormal / 2 or form.smallest_subnormal  ->  "
    "form.smallest_subnormal / 2 and form.smallest_subnormal",
    "form.smallest_subnormal / 2  ->  form.smallest_subnormal * 2",
    "2  ->  3",
    "4  ->  5",
}


def tried(tests: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "test_little.py").write_text(tests)
    script = Path(__file__).parents[2] / "benchmarks" / "mutation.py"
    command = [sys.executable, script, MODULE, "--tests", folder / "test_little.py"]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_a_change_is_noticed_by_a_test_that_asks_for_it_and_by_no_other(tmp_path: Path) -> None:
    """In a function, which gets other code, and in a constant of the module, which is imported anew."""
    done = tried(ASKS_LITTLE, tmp_path)
    *lines, last = done.stdout.splitlines()
    outcomes = [line.split(": ", 2) for line in lines]
    noticed = [change for outcome, _, change in outcomes if outcome == "noticed"]
    assert sorted(noticed) == sorted(ASKED)
    assert last == f"4 of {len(lines)} noticed, of {len(lines)} possible changes"


def test_tests_that_fail_without_a_change_end_it(tmp_path: Path) -> None:
    done = tried("def test_it():\n    assert 1 == 2\n", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "test_little.py::test_it: should pass without a change" in done.stderr
