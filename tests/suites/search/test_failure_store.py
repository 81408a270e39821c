"""The memory of failing cases: what is kept comes back, and nothing else gets in."""

from __future__ import annotations

import os
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from convoracle.oracle.errors import InvalidArgument
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


@pytest.mark.parametrize(
    ("source", "readable"),
    [("torch", "torch"), ("/deep/kernels.py:conv_2d", "deep-kernels-py-conv-2d"), ("x" * 61, "x" * 60)],
)
def test_a_file_has_a_readable_name_that_no_other_candidate_has(tmp_path: Path, source: str, readable: str) -> None:
    digest = sha256(source.encode()).hexdigest()[:12]
    assert FailureMemory(tmp_path, source).path == tmp_path / f"{readable}-{digest}.txt"


def test_no_more_than_a_thousand_cases_are_kept_the_first_ones(tmp_path: Path) -> None:
    memory = FailureMemory(tmp_path, "torch")
    many = [replace(CASES[0], seed=seed) for seed in range(1001)]
    memory.keep(many)
    assert memory.path.read_text().splitlines() == [str(case) for case in many[:1000]]


def test_no_more_than_a_thousand_lines_are_read(tmp_path: Path) -> None:
    memory = FailureMemory(tmp_path, "torch")
    many = [replace(CASES[0], seed=seed) for seed in range(1000)]
    memory.path.write_text("".join(f"{case}\n" for case in many) + "no case\n")
    assert memory.recall() == many


def test_a_line_is_read_up_to_a_thousand_characters(tmp_path: Path) -> None:
    memory, text = FailureMemory(tmp_path, "torch"), str(CASES[1])
    memory.path.write_text(f"{text:>1000}\n")
    assert memory.recall() == [CASES[1]]
    memory.path.write_text(f"{text:>1001}\n")
    with pytest.raises(InvalidRecord, match=r"torch-.*:2"):
        memory.recall()


def test_empty_lines_are_no_cases_and_count_as_lines(tmp_path: Path) -> None:
    memory = FailureMemory(tmp_path, "torch")
    memory.path.write_text(f"\n {CASES[0]} \n\n")
    assert memory.recall() == [CASES[0]]
    memory.path.write_text("\n\nno case\n")
    with pytest.raises(InvalidRecord, match=r"torch-.*:3: .*; remove that line"):
        memory.recall()


def test_what_was_kept_stays_whole_where_writing_the_next_does_not_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = FailureMemory(tmp_path, "torch")
    memory.keep(CASES)
    assert list(tmp_path.iterdir()) == [memory.path]

    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        memory.keep(CASES[:1])
    assert memory.recall() == CASES


def test_a_folder_is_made_before_it_is_wanted(tmp_path: Path) -> None:
    memory = FailureMemory(tmp_path / "deep" / "folder", "torch")
    for _ in range(2):
        memory.prepare()
        assert list(memory.path.parent.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidArgument, match=r"memory='.*file', but should be a folder: File exists \[check\]"):
        FailureMemory(tmp_path / "file", "torch").prepare()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: (path, mode) != (tmp_path, os.W_OK))
    with pytest.raises(InvalidArgument, match=r"should be a folder that can be written \[check\]"):
        FailureMemory(tmp_path, "torch").prepare()


def test_a_damaged_file_is_told_beforehand(tmp_path: Path) -> None:
    memory = FailureMemory(tmp_path, "torch")
    memory.path.write_text("no case\n")
    with pytest.raises(InvalidRecord, match=r"torch-.*:1"):
        memory.prepare()


def test_a_huge_case_is_not_asked_first(tmp_path: Path) -> None:
    memory = FailureMemory(tmp_path, "torch")
    memory.path.write_text(
        f"n1c1k1i999999999999f1/float32/uniform/0\n{CASES[0]}\nn1c1k1i9999999f999999/float32/uniform/0\n"
    )
    assert memory.recall() == CASES[:1]


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    memory = FailureMemory(tmp_path, "torch")
    memory.path.mkdir()
    with pytest.raises(InvalidRecord, match="should be a file"):
        memory.recall()
