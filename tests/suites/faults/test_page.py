"""The page on faults: its tables are those that the tests here do for real, row by row."""

from __future__ import annotations

import re
from pathlib import Path

from .of_candidates import FAULTS
from .of_the_harness import HINDERED, SIGNALLED

PAGE = (Path(__file__).parents[3] / "docs" / "explanation" / "faults.md").read_text("utf-8")


def rows(title: str) -> list[tuple[str, ...]]:
    """The rows of the table under a heading."""
    (section,) = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]


def test_what_a_candidate_does_and_what_is_told_of_the_call() -> None:
    assert rows("A candidate that") == [(fault.does, fault.outcome) for fault in FAULTS]


def test_signals_and_the_exit_code() -> None:
    told = {True: "the report of what was finished", False: "the records of what was finished"}
    assert rows("Signals") == [(fault.what, str(fault.code), told[fault.has_page]) for fault in SIGNALLED]


def test_where_it_runs_and_the_exit_code() -> None:
    assert rows("Where it runs") == [(fault.what, str(fault.code)) for fault in HINDERED]
