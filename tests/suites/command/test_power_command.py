"""`convoracle power`: a line for each fault, and 1 where no case sees one."""

from __future__ import annotations

import pytest

from convoracle.oracle.faults import FAULT_MODELS
from convoracle.suites.command.cli import main


def test_the_power_of_a_profile_is_a_line_for_each_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["power", "--fault", "kernel-not-rotated", "stride-ignored"]) == 0
    heading, first, second, *_, last = capsys.readouterr().out.splitlines()
    assert heading.split() == ["fault", "O", "dX", "dF", "db", "F'", "jvp", "ddO", "ddX", "ddF", "first"]
    assert first.split()[:3] == ["kernel-not-rotated", "5+", "5+"]
    assert 1 <= int(first.split()[3]) <= 5
    assert second.split()[0] == "stride-ignored"
    assert last.endswith(" cases of the profile quick, seed 0: 10 pairs of fault and pass, each is seen")


def test_a_profile_that_is_blind_to_a_fault_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["power", "--cases", "1", "--fault", "kernel-not-rotated"]) == 1
    assert "no case sees kernel-not-rotated in input_gradient" in capsys.readouterr().out
    assert main(["power", "--fault", "kernel-not-rotatd"]) == 2
    expected = f"should be the name of one of {len(FAULT_MODELS)} models, such as kernel-not-rotated,"
    assert expected in capsys.readouterr().err
