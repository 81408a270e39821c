"""`convoracle diff` of two runs of a kernel that was changed between them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest

from convoracle.suites.command.cli import main

Check = Callable[..., int]


def test_what_a_change_broke_is_told_with_1_and_what_it_mended_with_0(
    check_conv1d: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_conv1d("right", "--out", "before", "--memory", "before.memory") == 0
    assert check_conv1d("rotated", "--out", "after", "--memory", "after.memory") == 1
    capsys.readouterr()

    assert main(["diff", "before", "after"]) == 1
    told = capsys.readouterr().out
    assert told.startswith("1 fault is new")
    assert "wrong, and right before:\n  forward of kernel.py:conv1d, structure (" in told

    assert main(["diff", "after", "before"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("nothing is wrong that was not wrong before;")
    assert "right, and wrong before:\n  forward of kernel.py:conv1d, structure (" in told

    assert main(["diff", "after", "after"]) == 0
    assert capsys.readouterr().out.startswith("nothing is wrong that was not wrong before, 1 fault is as before;")


def test_the_page_leads_to_the_faults_and_the_runs_from_where_it_lies(
    check_conv1d: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    check_conv1d("right", "--out", "before", "--memory", "before.memory")
    check_conv1d("rotated", "--out", "after 2", "--memory", "after.memory")
    Path("pages").mkdir()
    assert main(["diff", "before", "after 2", "--page", "pages/diff.html"]) == 1
    text = Path("pages/diff.html").read_text()
    assert "1 fault is new" in text
    assert "Wrong, and right before" in text
    ways = [unquote(way) for way in re.findall(r'href="([^"#]+)"', text)]
    assert "../after 2/mismatches/kernel.py-conv1d-forward-1/index.html" in ways
    assert "../before/index.html" in ways
    assert [way for way in ways if not (Path("pages") / way).exists()] == []
    assert main(["diff", "after 2", "before", "--page", "pages/diff.html"]) == 0
    text = Path("pages/diff.html").read_text()
    assert "Right, and wrong before" in text
    assert "../after%202/mismatches/kernel.py-conv1d-forward-1/index.html" in text
    assert main(["diff", "before", "before", "--page", "pages/diff.html"]) == 0
    assert "Nothing differs" in Path("pages/diff.html").read_text()
    capsys.readouterr()
    assert main(["diff", "before", "before", "--page", "nowhere/diff.html"]) == 2
    assert "page='nowhere/diff.html', but should be a file that can be written" in capsys.readouterr().err


def test_a_check_that_is_gone_is_told_as_not_compared(check_conv1d: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_conv1d("right", "--out", "before") == 0
    assert check_conv1d("right", "--out", "after", "--checks", "structure") == 0
    capsys.readouterr()
    assert main(["diff", "before", "after"]) == 0
    told = capsys.readouterr().out
    assert re.search(
        r"not compared any more:\n.*forward of kernel\.py:conv1d, precision: .*not asked at all", told, re.S
    )


def test_a_folder_that_is_no_run_is_told(own_folder: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "nowhere", "nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err
