"""The memory of failing cases: what is kept comes back, and nothing else gets in."""

from __future__ import annotations

from pathlib import Path

import pytest

from convoracle.oracle.operands.data import parse_case
from convoracle.reports.errors import InvalidRecord
from convoracle.suites.search.failure_store import FailureMemory

CASES = [parse_case(text) for text in ("n1c1k1i3f2/float32/uniform/0", "n2c2k2i3x3f2x2s2x1g2/bias/bfloat16/wide/12")]


def test_what_is_kept_is_recalled_in_order_and_replaced_by_the_next(tmp_path: Path) -> None:
    memory = FailureMemory(tmp_path / "deep" / "folder", "kernels.py:conv2d")
    assert memory.recall() == []
    memory.keep(CASES)
    assert memory.recall() == CASES
    memory.keep(CASES[:1])
    assert memory.recall() == CASES[:1]
    memory.keep([])
    assert memory.recall() == []


def test_nothing_to_keep_makes_no_file(tmp_path: Path) -> None:
    FailureMemory(tmp_path / "folder", "torch").keep([])
    assert not (tmp_path / "folder").exists()


def test_candidates_do_not_share_a_memory(tmp_path: Path) -> None:
    FailureMemory(tmp_path, "a/b.py:conv").keep(CASES)
    assert FailureMemory(tmp_path, "a-b.py:conv").recall() == []


@pytest.mark.parametrize(
    "line", ["no case", "n1c1k1i1f0/float32/uniform/0", "\x00\xff", "n1c1k1i3f2/float32/uniform/0 x"]
)
def test_a_line_that_is_no_case_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    memory = FailureMemory(tmp_path, "torch")
    memory.keep(CASES)
    memory.path.write_text(memory.path.read_text() + line + "\n", encoding="utf-8")
    with pytest.raises(InvalidRecord, match=r"torch-.*:3"):
        memory.recall()
