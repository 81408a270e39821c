"""Ratios are gathered by candidate, pass and dtype: all of them in bins, the worst, and some as they are."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CaseRecord, CheckResult, RunWriter, read_run
from convoracle.reports.records import ratios as module
from convoracle.reports.records.line import whole
from convoracle.reports.records.ratios import EXACT, INFINITE, MOST_POINTS, Gathering, Point


def record(ratio: float, number: int = 0, outcome: Outcome = Outcome.CONFORMS, check: str = "precision") -> CaseRecord:
    verdict = Verdict(outcome, elements=3, ratio=ratio, resolution=0.5)
    other = Verdict(Outcome.CONFORMS, elements=3, ratio=0.125, resolution=0.5)
    results = (CheckResult(check, "forward", verdict), CheckResult("precision", "jvp", other))
    return CaseRecord(f"n1c1k1i4f2/float32/uniform/{number}", "torch", results)


def gathered(info, *records: CaseRecord):
    gathering = Gathering(info.checks)
    for each in records:
        gathering.add(whole(each))
    return {(group.candidate, group.subject, group.dtype): group for group in gathering.result()}


@pytest.mark.parametrize(
    ("ratio", "place"),
    [(0.0, EXACT), (0.25, -2), (0.26, -1), (0.5, -1), (0.75, 0), (1.0, 0), (1.0001, 1), (2.0, 1), (math.inf, INFINITE)],
)
def test_a_bin_ends_with_its_power_of_two_so_that_a_ratio_of_one_is_within_the_bound(info, ratio, place):
    outcome = Outcome.VIOLATES if ratio > 1 else Outcome.CONFORMS
    group = gathered(info, record(ratio, outcome=outcome))["torch", "forward", "float32"]
    assert group.bins == {place: 1}
    assert group.worst == Point("n1c1k1i4f2/float32/uniform/0", ratio)
    assert group.count == 1


@pytest.mark.parametrize("outcome", [Outcome.UNDECIDED, Outcome.UNSUPPORTED, Outcome.CRASHED])
def test_what_is_undecided_or_no_result_is_left_out(info, outcome):
    assert set(gathered(info, record(0.5, outcome=outcome))) == {("torch", "jvp", "float32")}


def test_only_results_on_reals_have_ratios_that_tell_something(info):
    assert set(gathered(info, record(0.5, check="structure"))) == {("torch", "jvp", "float32")}


@pytest.mark.parametrize("together", [3, 10_000])
def test_many_are_counted_and_some_of_them_kept(info, tmp_path, monkeypatch, together):
    monkeypatch.setattr(module, "_TOGETHER", together)
    monkeypatch.setattr(module, "MOST_KNOWN", 0)
    many = 7 * MOST_POINTS
    with RunWriter.create(tmp_path / "out", info) as writer:
        for number in range(many):
            writer.append(record(0.5 + number / 1000, number))
        writer.append(record(0.0, many))
        writer.append(record(3.0, many + 1, outcome=Outcome.VIOLATES))
        writer.finish(1.0, False)
    gathering = Gathering(info.checks)
    read_run(tmp_path / "out", lambda _: gathering.add)
    group, other = gathering.result()
    assert (group.subject, other.subject) == ("forward", "jvp")
    assert group.bins == {-1: 1, 0: many - 1, EXACT: 1, 2: 1}
    assert group.worst == Point(f"n1c1k1i4f2/float32/uniform/{many + 1}", 3.0)
    assert MOST_POINTS / 4 < len(group.points) <= MOST_POINTS
    numbers = [int(point.case.rpartition("/")[2]) for point in group.points]
    steps = {after - before for before, after in pairwise(numbers)}
    assert len(steps) == 1
    assert all(
        point.ratio == pytest.approx(0.5 + number / 1000, rel=1e-2)
        for point, number in zip(group.points, numbers, strict=True)
        if number < many
    )
    assert other.bins == {-3: many + 2}


def test_units_in_the_last_place_are_counted_as_far_as_they_were_kept(info, tmp_path):
    """Also of results of which patterns tell; what has an error and no number of units is of an earlier schema."""
    kept = [(0.5, 1.5), (0.5, 0.5), (0.0, 0.0), (0.25, 0.0)]
    records = []
    for number, (ratio, ulps) in enumerate(kept):
        verdict = Verdict(Outcome.CONFORMS, elements=3, ratio=ratio, resolution=0.5, ulps=ulps)
        case = f"n1c1k1i4f2/float32/uniform/{number}"
        records.append(CaseRecord(case, "torch", (CheckResult("precision", "forward", verdict),)))
    expected = {1: 1, -1: 1, EXACT: 1}
    assert gathered(info, *records)["torch", "forward", "float32"].ulps == expected
    with RunWriter.create(tmp_path / "out", info) as writer:
        for each in records:
            writer.append(each)
    found = []
    read_run(tmp_path / "out", lambda info: found.append(Gathering(info.checks)) or found[0].add)
    (group,) = found[0].result()
    assert (group.ulps, group.count) == (expected, 4)
