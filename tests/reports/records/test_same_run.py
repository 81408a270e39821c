"""One run goes on with another where all that cases and verdicts follow from is the same; else what is not is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convoracle.reports import CandidateInfo, RunInfo
from convoracle.reports.records.record import Plan
from convoracle.reports.records.same_run import differences

TORCH = CandidateInfo("torch", "2.13", "torch", libraries=("openblas",), content="abc")
INFO = RunInfo(
    0, "quick", (TORCH,), "today", "check torch", (("platform", "Linux"),), plan=Plan((("seed", "0"),), 10, 5)
)


@pytest.mark.parametrize(
    "change",
    [
        {"started": "tomorrow"},
        {"command": "check torch --shard 1/2", "shard": "1/2"},
        {"environment": ()},
        {"candidates": (replace(TORCH, libraries=(), source="/elsewhere/torch"),)},
        {"profile": "another name"},
    ],
)
def test_when_where_and_how_far_makes_no_difference(change: dict[str, object]) -> None:
    assert differences(INFO, replace(INFO, **change)) == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"plan": Plan((("seed", "1"),), 10, 5)}, "seed: 0, not 1"),
        ({"plan": Plan((("seed", "0"), ("cases", "9")), 10, 5)}, "cases: not said, not 9"),
        ({"plan": Plan((("seed", "0"),), 10, 6)}, "cases of a part: 5, not 6"),
        ({"candidates": ()}, "candidates: torch, not none"),
        ({"candidates": (replace(TORCH, version="2.14"),)}, "torch: version 2.13, not 2.14"),
        ({"candidates": (replace(TORCH, content="abd"),)}, "torch: its file has changed"),
        ({"candidates": (replace(TORCH, threads="one"),)}, "torch: it declares something else"),
        ({"plan": Plan()}, "of a run of an earlier version it is not known what its cases follow from"),
    ],
)
def test_what_makes_one_is_told(change: dict[str, object], told: str) -> None:
    assert differences(INFO, replace(INFO, **change)) == (told,)
