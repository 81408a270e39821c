"""The small changes of the mutation benchmark: of every kind, one at a time, and none of what is not evaluated."""

from __future__ import annotations

import ast
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
