"""On which machines a cause was met: only of those that were asked the same, and no surer than their numbers are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports.records.compared import Compared, Share
from convoracle.reports.records.machine_kinds import MachineKind, kind_of_machine
from convoracle.reports.records.record import Mismatch
from convoracle.reports.views.machines import machines_sentence

VERDICT = Verdict(Outcome.VIOLATES, "", "value")
MISMATCH = Mismatch("x-forward-1", "x", "structure", "forward", "n1c1k1i3f2/bfloat16/uniform/0", "c", VERDICT)


def kind(instructions: str, shown: int, asked: int, dtype: str = "bfloat16", **more: int) -> MachineKind:
    shares = [
        Share("x", "forward", dtype, asked),
        *(Share("x", "forward", each, count) for each, count in more.items()),
    ]
    return kind_of_machine(instructions, Compared(tuple(shares)), {"x-forward-1": shown} if shown else {})


@pytest.mark.parametrize(
    ("kinds", "told"),
    [
        (
            [kind("avx2 avx512_bf16", 20, 100), kind("avx2", 0, 100)],
            "Met with avx512_bf16 (20 of 100 results), not without (0 of 100).",
        ),
        (
            [kind("avx2 avx512_bf16", 0, 900), kind("avx2", 20, 100)],
            "Met without avx512_bf16 (20 of 100 results), not with (0 of 900).",
        ),
        (
            [kind("avx2 amx_bf16", 2, 100), kind("avx2 sse4a", 0, 30), kind("avx2", 0, 10)],
            "Met with amx_bf16 (2 of 100 results), not without (0 of 40), which may be chance.",
        ),
        (
            [kind("avx2 a", 9, 10), kind("avx2 b", 9, 10), kind("avx2", 0, 20), kind("a b", 0, 20)],
            "Met on some machines (18 of 20 results), not on those with other instruction sets (0 of 40).",
        ),
        (
            [kind("a b c d e", 20, 1000), kind("", 0, 1000)],
            "Met with a, b, c and 2 more (20 of 1,000 results), not without (0 of 1,000).",
        ),
        (
            [kind("a", 5, 5, float32=5), kind("b", 0, 1, float32=9)],
            "Met with a (5 of 10 results), not without (0 of 10).",
        ),
    ],
)
def test_where_it_was_met_and_where_not(kinds: list[MachineKind], told: str) -> None:
    assert machines_sentence([MISMATCH], kinds) == told


def test_where_all_who_were_asked_met_it_nothing_is_told() -> None:
    met = kind("avx2 avx512_bf16", 20, 100)
    for others in ((), (kind("avx2", 1, 100),), (kind("avx2", 0, 100, "float32"),), (kind("avx2", 0, 0),)):
        assert machines_sentence([MISMATCH], [met, *others]) == "", others
    assert machines_sentence([MISMATCH], [kind("avx2", 0, 9), kind("sse", 0, 9)]) == ""
    assert machines_sentence([replace(MISMATCH, subject="adjoint")], [met, kind("avx2", 0, 100)]) == ""


def test_several_mismatches_of_a_cause_count_together() -> None:
    other = replace(MISMATCH, id="x-forward-2")
    kinds = [kind("avx2 a", 20, 100), kind("avx2", 0, 100).told_as({}), kind("avx2 b", 3, 100)]
    kinds[2] = kinds[2].told_as({"x-forward-1": other.id})
    assert machines_sentence([MISMATCH], kinds).startswith("Met with a (20 of 100 results), not without (0 of 200)")
    assert machines_sentence([MISMATCH, other], kinds).startswith("Met on some machines (23 of 200 results)")
    assert (kinds[0] + kinds[0]).asked == {("x", "forward", "bfloat16"): 200}
