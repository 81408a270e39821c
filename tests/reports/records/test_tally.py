"""Counts of parts add up to those of the whole."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CaseRecord, CheckResult, Row, Tally, tally
from convoracle.reports.records.earlier import CHECKS

results = st.builds(
    CheckResult,
    check=st.sampled_from(["structure", "precision"]),
    subject=st.sampled_from(["forward", "update"]),
    verdict=st.builds(
        Verdict,
        outcome=st.sampled_from(Outcome),
        ratio=st.integers(0, 9).map(float),
        resolution=st.none() | st.integers(0, 9).map(float),
    ),
    seconds=st.integers(0, 9).map(float),
    fault=st.none() | st.sampled_from(["a-1", "a-2"]),
)
records = st.lists(
    st.builds(CaseRecord, st.just("c"), st.sampled_from("ab"), st.lists(results, max_size=4).map(tuple)), max_size=6
)


@given(records, records)
def test_tallies_add_up(first, second):
    assert tally(first, CHECKS) + tally(second, CHECKS) == tally(first + second, CHECKS)
    assert tally(first, CHECKS) + Tally() == tally(first, CHECKS)


@given(records)
def test_every_verdict_is_counted_once(some):
    counts = tally(some, CHECKS)
    verdicts = [result.verdict for record in some for result in record.results]
    total = counts.total()
    assert total.verdicts == len(verdicts)
    assert total.mismatches == sum(verdict.outcome.is_mismatch for verdict in verdicts)
    assert total.ratio == max((verdict.ratio for verdict in verdicts), default=0.0)
    assert sum(counts.of(name).verdicts for name in counts.candidates()) == len(verdicts)
    assert counts.cases == len(some)


def test_a_cell(record):
    counts = tally([record, replace(record, candidate="other")], CHECKS)
    cell = counts.cell("torch", Row("precision", "forward"))
    assert (cell.conforming, cell.ratio, cell.finest, cell.coarsest, cell.decided) == (1, 0.25, 0.5, 0.5, 1)
    unsupported = counts.cell("torch", Row("structure", "bias_gradient"))
    assert (unsupported.decided, unsupported.verdicts) == (0, 1)
    assert counts.cell("nobody", Row("structure", "forward")).verdicts == 0
