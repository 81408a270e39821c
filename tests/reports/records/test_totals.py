"""What a stream of records adds up to is what the records themselves do, and none of them is kept."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CaseRecord, CheckResult, tally
from convoracle.reports.records import totals as module
from convoracle.reports.records.compared import KNOWN_HANG, compared
from convoracle.reports.records.line import TICK, Line, whole
from convoracle.reports.records.lines import LineDecoder, LineEncoder
from convoracle.reports.records.migration import CHECKS
from convoracle.reports.records.totals import totals

GEOMETRY = "n1c1k1i4f2"
VERDICTS = [
    Verdict(Outcome.CONFORMS, elements=3, resolution=0.0),
    Verdict(Outcome.CONFORMS, elements=3, ratio=0.25, resolution=0.5),
    Verdict(Outcome.CONFORMS, elements=3, ratio=1.0, resolution=7.1e-08),
    Verdict(Outcome.UNDECIDED, "would hide 2.5 terms", "resolution", elements=3, resolution=2.5),
    Verdict(Outcome.UNDECIDED, "a term is zero", "resolution", elements=3, resolution=math.inf),
    Verdict(Outcome.UNDECIDED, "no elements", "vacuous"),
    Verdict(Outcome.UNDECIDED, "not asked: it would hang again", KNOWN_HANG),
    Verdict(Outcome.UNSUPPORTED, "no groups"),
    Verdict(Outcome.VIOLATES, "1 of 3", "value", wrong=1, elements=3, ratio=math.inf),
    Verdict(Outcome.REFUSED, "raised E: no", "E"),
]
results = st.builds(
    CheckResult,
    st.sampled_from(["structure", "precision", "relation:stride"]),
    st.sampled_from(["forward", "jvp", "adjoint"]),
    st.sampled_from(VERDICTS),
    st.integers(0, 9).map(lambda ticks: TICK * ticks),
    st.sampled_from([None, None, None, "a-1", "a-2"]),
)
records = st.builds(
    CaseRecord,
    st.sampled_from([f"{GEOMETRY}/{dtype}/uniform/0" for dtype in ("float32", "float64", "int8")]),
    st.sampled_from(["a", "b"]),
    st.lists(results, max_size=6).map(tuple),
    declined=st.sampled_from([0, 0, 0, 3]),
)


def lines(some: Iterable[CaseRecord]) -> Iterator[Line]:
    """The records as they are read from a file."""
    encoder, decoder = LineEncoder(CHECKS), LineDecoder()
    for record in some:
        for text in encoder.lines(record).splitlines():
            line = decoder.read(text.encode(), file="x", line=1)
            if line is not None:
                yield line


@given(st.lists(records, max_size=8))
def test_a_stream_adds_up_to_what_its_records_do(some: list[CaseRecord]) -> None:
    """Row for row in the order in which they are met, share for share and reason for reason."""
    for found in (totals(lines(some), CHECKS), totals(map(whole, some), CHECKS)):
        expected = tally(some, CHECKS)
        assert [(key, replace(cell, seconds=0.0)) for key, cell in found.counts.cells.items()] == [
            (key, replace(cell, seconds=0.0)) for key, cell in expected.cells.items()
        ]
        for key, cell in expected.cells.items():
            assert found.counts.cells[key].seconds == pytest.approx(cell.seconds)
        assert (found.counts.faults, found.counts.cases) == (expected.faults, expected.cases)
        assert found.compared == compared(some, CHECKS)
        assert (found.records, found.cases) == (len(some), len({record.case for record in some}))
        heard = {record.candidate for record in some if any(result.verdict.elements for result in record.results)}
        assert found.heard == heard


def test_no_record_is_kept() -> None:
    verdicts = VERDICTS[:4]

    def many(count: int) -> Iterator[CaseRecord]:
        for seed in range(count):
            of_case = (CheckResult("precision", "forward", replace(each, ratio=seed / count)) for each in verdicts)
            yield CaseRecord(f"{GEOMETRY}/float32/uniform/{seed}", "a", tuple(of_case))

    count = 1000
    tracemalloc.start()
    try:
        found = totals(lines(many(count)), CHECKS)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (found.records, found.cases) == (count, count)
    assert peak < 500_000, f"{peak} bytes at the most, of records that have ten times as much"


@pytest.mark.parametrize("most", [1, 2, 1000])
def test_however_few_patterns_are_recognised_the_sums_are_the_same(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    some = [
        CaseRecord(
            f"{GEOMETRY}/float32/uniform/{seed}",
            "a",
            (
                CheckResult("precision", "forward", replace(VERDICTS[1 + seed % 2], ratio=seed / 100), 0.1),
                CheckResult("precision", "jvp", replace(VERDICTS[seed % 4], ratio=1 - seed / 100), 0.1),
                CheckResult("structure", "jvp", VERDICTS[8 if seed == 7 else 0], 0.1),
            ),
        )
        for seed in range(40)
    ]
    monkeypatch.setattr(module, "MOST_KNOWN", most)
    found, expected = totals(lines(some), CHECKS), tally(some, CHECKS)
    for key, cell in expected.cells.items():
        assert replace(found.counts.cells[key], seconds=0.0) == replace(cell, seconds=0.0)
    assert found.compared == compared(some, CHECKS)
