"""Crashes of a library in C, injected for real: which are one and which are two, and whom a late one is blamed on."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest

from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.reports.records.native_frames import crash_site
from convoracle.reports.records.record import Mismatch
from convoracle.reports.views.causes import causes
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.machine_code import is_known
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.space import Space
from convoracle.suites.diagnosis.late_crash import TOLD
from convoracle.suites.search.collected import examine_all

from ..candidates.foreign.compiling import EXAMPLES, compile_library, needs_compiler

pytestmark = needs_compiler
SOURCE = Path(__file__).with_name("crashing.c")


def found(candidate: object, seed: int, cases: int = 16) -> tuple[Mismatch, ...]:
    space = Space(ranks=(1,), dtypes=("float32",), max_products=20_000)
    passes = frozenset({Pass.FORWARD, Pass.WEIGHT_GRADIENT})
    budget = Budget(space, passes, cases, seed, checks=frozenset({"structure"}))
    with closing(Isolated(candidate)) as executor:
        return examine_all(executor, budget).mismatches


def compiled(macro: str, folder: Path) -> str:
    return str(compile_library(SOURCE, folder, f"-I{EXAMPLES / 'c'}", f"-D{macro}"))


def test_crashes_in_two_functions_are_two_causes(tmp_path: Path) -> None:
    mismatches = found(compiled("TWO_PLACES", tmp_path), seed=0)
    assert [cause.title.partition(" of ")[0] for cause in causes(mismatches)] == ["forward", "weight_gradient"]
    for each in mismatches:
        assert each.needs == ("stride above 1",)
        assert f"in conv_{each.subject}" in each.verdict.reason


@pytest.mark.skipif(not is_known(), reason="no native frames on this processor")
def test_crashes_in_one_function_are_one_cause_whoever_calls_it(tmp_path: Path) -> None:
    mismatches = found(compiled("FUNCTIONS", tmp_path), seed=0)
    where = {each.id: (each.subject, str(crash_site(each.verdict))) for each in mismatches}
    assert [sorted(where[each] for each in cause.mismatches) for cause in causes(mismatches)] == [
        [("forward", "step_over of libcrashing.so"), ("weight_gradient", "step_over of libcrashing.so")],
        [("forward", "spread_out of libcrashing.so")],
    ]
    first, _ = causes(mismatches)
    assert first.title.endswith("SIGSEGV (segmentation fault), in step_over of libcrashing.so")
    assert first.evidence == "All processes end in step_over of libcrashing.so."


_TWO_SITES = """
import ctypes

def conv(x, w, stride=1, dilation=1):
    if stride[0] > 1:
        ctypes.string_at(1)
    if dilation[0] > 1:
        ctypes.string_at(2)
    raise NotImplementedError
"""


def test_crashes_at_two_sites_are_two_causes_however_many_parts_meet_them(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(_TWO_SITES)
    met = [each for seed in range(2) for each in found(f"{tmp_path / 'mine.py'}:conv", seed)]
    told = causes(met)
    assert len(told) == 2 < len(met)
    by_line = {re.findall(r"line (\d+) in conv", each.verdict.reason)[-1]: each.needs for each in met}
    assert by_line == {"6": ("stride above 1",), "8": ("dilation above 1",)}


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.campaign) for seed in range(1, 5))])
def test_who_spoils_memory_of_which_others_die_is_blamed(seed: int, tmp_path: Path) -> None:
    (blamed,) = found(compiled("GUARDED", tmp_path), seed, cases=40)
    assert max(parse_case(blamed.case).geometry.dilation) > 1
    assert (blamed.subject, blamed.history) == ("forward", TOLD)
    assert "SIGABRT" in blamed.verdict.reason


def test_who_spoils_the_heap_is_blamed_wherever_its_memory_lies(tmp_path: Path) -> None:
    """When the others die, and whether they do, is not the same in each process: more may be told than who it is."""
    mismatches = found(compiled("HEAP", tmp_path), 0, cases=40)
    blamed = [each for each in mismatches if max(parse_case(each.case).geometry.dilation) > 1]
    assert len(causes(blamed)) == 1
    for each in blamed:
        assert each.subject == "forward"
        assert each.history in (TOLD, "")
        assert "SIGABRT" in each.verdict.reason
