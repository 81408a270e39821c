"""`convoracle adapter`: exit codes, and what is printed."""

from __future__ import annotations

import pytest

from convoracle.suites.command.cli import main


@pytest.mark.usefixtures("quick_candidates")
def test_an_adapter_has_a_line_for_each_thing_and_ends_with_1_where_one_is_bad(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["adapter", "zero.py:conv1d"]) == 1
    *lines, last = capsys.readouterr().out.splitlines()
    bad = sum(line.startswith("✗ ") for line in lines)
    assert bad > 0
    assert sum(line.startswith("– ") and "not supported" in line for line in lines) > 0
    assert bad + sum(line.startswith(("✓ ", "– ")) for line in lines) == len(lines)
    assert last == f"zero.py:conv1d: {bad} to be mended"
