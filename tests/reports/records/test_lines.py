"""A record's line tells what reports show of it, and is read back as the same; every other line is refused."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from convoracle.oracle.judging.verdict import Discrepancy, Outcome, Verdict
from convoracle.reports import CaseRecord, CheckResult, InvalidRecord
from convoracle.reports.records import lines
from convoracle.reports.records.line import TICK, Line, Pattern
from convoracle.reports.records.lines import LineDecoder, LineEncoder
from convoracle.reports.records.migration import CHECKS
from convoracle.reports.records.serialization import to_json

CASE = "n2c3k4i7x7f3x3/bias/complex64/uniform/7"
WITHIN = "within the bound, which would hide a fault of up to 2.76 times the smallest term"


def told(records: Iterable[CaseRecord]) -> list[str]:
    encoder = LineEncoder(CHECKS)
    return "".join(map(encoder.lines, records)).splitlines()


def read(texts: Iterable[str | bytes], decoder: LineDecoder | None = None) -> list[Line]:
    decoder = decoder or LineDecoder()
    data = (text.encode() if isinstance(text, str) else text for text in texts)
    found = (decoder.read(each, file="records.jsonl", line=number) for number, each in enumerate(data, 1))
    return [line for line in found if line is not None]


def again(*records: CaseRecord) -> list[CaseRecord]:
    return [line.record() for line in read(told(records))]


def result(verdict: Verdict, check: str = "precision", subject: str = "forward", **more: object) -> CheckResult:
    return CheckResult(check, subject, verdict, **more)  # type: ignore[arg-type]


def of(*results: CheckResult, **more: object) -> CaseRecord:
    return CaseRecord(CASE, "torch", results, **more)  # type: ignore[arg-type]


PLAIN = of(
    result(Verdict(Outcome.CONFORMS, elements=400, resolution=0.0), "structure", seconds=12 * TICK),
    result(Verdict(Outcome.CONFORMS, elements=400, ratio=0.191, resolution=7.1e-08), seconds=79 * TICK),
    result(Verdict(Outcome.UNDECIDED, WITHIN, "resolution", elements=216, resolution=2.76), subject="weight_gradient"),
    result(Verdict(Outcome.UNDECIDED, "a term is zero", "resolution", elements=8, resolution=math.inf), subject="jvp"),
    result(Verdict(Outcome.UNDECIDED, "no elements", "vacuous"), subject="update"),
    result(Verdict(Outcome.UNSUPPORTED, "no directions"), subject="double_backward_input"),
    result(Verdict(Outcome.CONFORMS, elements=3), "adjoint", "adjoint"),
)


def test_a_plain_record_is_read_back_from_a_short_line() -> None:
    assert again(PLAIN) == [PLAIN]
    *_, line = told([PLAIN])
    assert line == f'["{CASE}",0,[0,1,2,3,4,5],[0.191],[7.1e-08,2.76],[12,79,0,0,0,0,0],[]]'


def test_what_has_been_told_is_not_told_again() -> None:
    first, second = told([PLAIN]), told([PLAIN, replace(PLAIN, candidate="tensorflow")])
    assert second[: len(first)] == first
    assert [line[:13] for line in second[len(first) :]] == ['{"candidate":', f'["{CASE[:11]}']


def test_three_digits_are_kept_and_the_worst_element_is_not() -> None:
    worst = Discrepancy((0, 0, 1, 2, 0), 1.25, 1.0, 0.25, 0.5, 3.0)
    verdict = Verdict(Outcome.CONFORMS, "", "", worst, 0, 400, None, 0.123456, 1.23456e-300)
    (kept,) = again(of(result(verdict, seconds=0.0012345)))
    shown = Verdict(Outcome.CONFORMS, elements=400, ratio=0.123, resolution=1.23e-300)
    assert kept.results[0] == result(shown, seconds=pytest.approx(0.00123))
    assert again(kept) == [kept]


@pytest.mark.parametrize(
    ("ulps", "power"), [(0.5, -1), (0.51, 0), (1.0, 0), (1.5, 1), (3e300, 999), (5e-324, -1074), (1.7e308, 1023)]
)
def test_of_units_in_the_last_place_the_power_of_two_is_kept(ulps: float, power: int) -> None:
    verdict = Verdict(Outcome.CONFORMS, elements=400, ratio=0.5, ulps=ulps)
    record = of(result(verdict))
    assert told([record])[-1].endswith(f",[{power}]]")
    (kept,) = again(record)
    assert kept.results[0].verdict.ulps == 2.0**power
    assert again(kept) == [kept]


def test_a_reason_tells_the_resolution_of_its_record() -> None:
    larger = WITHIN.replace("2.76", "1.89e+06")
    other = Verdict(Outcome.UNDECIDED, larger, "resolution", elements=400, ratio=0.5, resolution=1.89e6)
    first = of(result(replace(other, reason=WITHIN, resolution=2.76)))
    lines = told([first, of(result(other))])
    assert sum("times the smallest term" in line for line in lines) == 1
    assert again(first, of(result(other))) == [first, of(result(other))]


WORST = Discrepancy((0, 0, 0, 0, 1), math.nan, 1.0, math.inf, 0.0, math.inf)
REGION = ((0, 1), (0, 1), (0, 1), (0, 3), (1, 2))
VIOLATES = Verdict(Outcome.VIOLATES, "3 of 400", "value", WORST, 3, 400, REGION, math.inf, 0.123456789)


@pytest.mark.parametrize(
    "verdict",
    [
        VIOLATES,
        Verdict(Outcome.REFUSED, "raised ValueError: \u2028", "ValueError"),
        Verdict(Outcome.CONFORMS, elements=400, ratio=1.5),
        Verdict(Outcome.CONFORMS, elements=400, resolution=-1.0),
        Verdict(Outcome.CONFORMS, elements=400, resolution=1.7976931348623157e308),
        Verdict(Outcome.UNDECIDED, "{resolution}, not 0.5", elements=400, resolution=0.5),
        Verdict(Outcome.UNDECIDED, wrong=1, elements=400),
        Verdict(Outcome.UNDECIDED, elements=400, region=((0, 1),)),
    ],
)
def test_what_is_not_plain_is_kept_whole_and_the_rest_is_short(verdict: Verdict) -> None:
    record = of(*PLAIN.results[:2], result(verdict, subject="jvp", seconds=0.123456789, fault="torch-jvp-1"))
    if "nan" not in told([record])[-1]:
        assert again(record) == [record]
    (line,) = read(told([record]))
    assert isinstance(line.parts[0], Pattern)
    assert repr(line.record()) == repr(record)


def test_a_plain_verdict_on_a_known_fault_is_kept_with_it() -> None:
    record = of(replace(PLAIN.results[0], fault="torch-forward-1", seconds=1 / 3))
    assert again(record) == [record]


def test_a_declined_case_is_kept_whole_with_its_number() -> None:
    record = of(result(Verdict(Outcome.UNSUPPORTED, "no groups"), seconds=1 / 3), declined=12)
    assert again(record) == [record]


def test_the_values_of_a_subject_in_two_places_are_one_question() -> None:
    first, second = PLAIN.results[:2]
    record = of(first, PLAIN.results[2], second)
    (line,) = read(told([record]))
    assert len(line.parts) == 1
    assert line.record() == record


def test_elements_that_do_not_follow_from_the_case_are_told() -> None:
    verdict = Verdict(Outcome.CONFORMS, elements=5)
    for record in (of(result(verdict)), replace(of(result(verdict)), case="no case"), of(result(verdict, subject="x"))):
        assert again(record) == [record]


seconds = st.integers(0, 10**6).map(lambda ticks: TICK * ticks)
texts = st.sampled_from(["", "a", "2.76", WITHIN, "{resolution}"]) | st.text(max_size=5)
verdicts = st.builds(
    Verdict,
    st.sampled_from(Outcome),
    texts,
    texts,
    wrong=st.sampled_from([0, 0, 1]),
    elements=st.sampled_from([0, 400, 3]),
    ratio=st.sampled_from([0.0, 0.25, 1.0, 2.0, math.inf]),
    resolution=st.sampled_from([None, 0.0, 2.76, math.inf, 1e-310]) | st.integers(1, 999).map(lambda n: n / 1000),
)
checks, subjects = (
    st.sampled_from(["structure", "precision", "relation:stride"]),
    st.sampled_from(["forward", "jvp", "x"]),
)
results = st.builds(CheckResult, checks, subjects, verdicts, seconds, st.sampled_from([None, None, "torch-jvp-1"]))
several = st.lists(results, max_size=5).map(tuple)
records = st.builds(CaseRecord, st.sampled_from([CASE, "no case"]), texts, several, texts, st.sampled_from([0, 0, 2]))


@given(st.lists(records, max_size=4))
@example([PLAIN, of(), PLAIN])
def test_every_record_is_read_back(some: list[CaseRecord]) -> None:
    assert again(*some) == some


def test_files_can_be_put_together() -> None:
    other = of(result(Verdict(Outcome.CONFORMS, elements=3), "adjoint", "adjoint"))
    texts = [*told([PLAIN]), *told([replace(other, candidate="jax"), PLAIN]), *told([other])]
    expected = [PLAIN, replace(other, candidate="jax"), PLAIN, other]
    assert [line.record() for line in read(texts)] == expected


def test_a_record_of_an_earlier_schema_is_read_between_others() -> None:
    body = json.loads(to_json(replace(PLAIN, origin="own.txt:small")))
    before = json.dumps(body | {"schema": 4})
    assert [line.record() for line in read([before, *told([PLAIN])])] == [replace(PLAIN, origin="own.txt:small"), PLAIN]


def test_all_is_told_anew_before_it_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST_PATTERNS", 2)
    encoder = LineEncoder(CHECKS)
    fullness = []
    for subject in ("forward", "forward", "jvp"):
        encoder.lines(of(result(Verdict(Outcome.CONFORMS, elements=5), subject=subject)))
        fullness.append(encoder.is_full)
    assert fullness == [False, False, True]


TOLD = told([PLAIN])
HEADER, RECORD = TOLD[0], TOLD[-1]


def changed(entry: int, value: object) -> str:
    return json.dumps([value if place == entry else kept for place, kept in enumerate(json.loads(RECORD))])


@pytest.mark.parametrize(
    ("line", "field", "problem"),
    [
        ("[]", "", "should have the entries case, candidate, patterns, "),
        (json.dumps([*json.loads(RECORD), "", 0, 0]), "", "should have the entries"),
        (changed(0, 7), "[0]", "should be text, not 7"),
        (changed(1, 1), "[1]", "should be the number of a candidate told before, not 1"),
        (changed(1, -1), "[1]", "should be the number of a candidate told before, not -1"),
        (changed(1, False), "[1]", "should be the number of a candidate told before, not False"),
        (changed(2, 3), "[2]", "should be a list, not 3"),
        (changed(2, [0, 6]), "[2][1]", "should be the number of a pattern told before, or a list of results, not 6"),
        (changed(2, [-1]), "[2][0]", "should be the number of a pattern told before"),
        (changed(2, [True]), "[2][0]", "should be the number of a pattern told before"),
        (changed(2, [0, [{}]]), "[2][1][0]", "should have the field 'check'"),
        (changed(2, [0]), "[4]", "should have 1 entries, as its patterns say, not 2"),
        (changed(3, []), "[3]", "should have 1 entries, as its patterns say, not 0"),
        (changed(3, [1.001]), "[3]", "should be from 0 to 1, not [1.001]"),
        (changed(3, ["inf"]), "[3]", "should be a list of numbers"),
        (changed(3, {}), "[3]", "should be a list of numbers"),
        (changed(4, [-1, 1]), "[4]", "should be from 0 to 1.79"),
        (changed(5, [0.5] * 7), "[5]", "should be a list of numbers"),
        (changed(5, [-1] * 7), "[5]", "should be from 0"),
        (changed(6, [0]), "[6]", "should have 0 entries, as its patterns say, not 1"),
        (changed(6, [0.5]), "[6]", "should be a list of numbers"),
        (changed(6, [1024]), "[6]", "should be from -1074 to 1023"),
        (changed(6, [-1075]), "[6]", "should be from -1074 to 1023"),
        (RECORD[:-1] + ",5]", "[7]", "should be text, not 5"),
        (RECORD[:-1] + ',"",-1]', "[8]", "should be an integer of at least 0, not -1"),
        (RECORD.replace("7.1e-08", "1e999"), "[4]", "should be from 0 to 1.79"),
        (RECORD.replace("7.1e-08", "NaN"), "", "is not JSON: NaN stands where a number should be"),
        (RECORD.replace("[12,", f"[{'9' * 4000},"), "[5]", "should be from 0"),
        (RECORD.replace("[12,", f"[{'9' * 5000},"), "", "holds a number that is not read"),
        (HEADER.replace("check", "cheque"), "", 'should be {"schema":7'),
        (HEADER.replace(":7,", ":8,"), "schema", "written by a newer convoracle (schema 8; this one reads 7): upgrade"),
        ('{"answer":[0]}', "answer", "should be a machine, a candidate, a plain verdict or a pattern"),
        ('{"machine":["x"]}', "machine[0]", "should be a list"),
        ('{"candidate":1}', "candidate", "should be text, not 1"),
        ('{"pattern":[7]}', "pattern", "should be from 0 to 6, not [7]"),
        (TOLD[2].replace("conforms", "violates"), "plain", "should be no verdict against a candidate"),
        (TOLD[2].replace("null", "-1"), "plain", "should be no verdict against a candidate"),
        (TOLD[2].replace("null", "1.5"), "plain[5]", "should be an integer, not 1.5"),
        (TOLD[2].replace("0.0", '"nan"'), "plain", "should be no verdict against a candidate"),
        (TOLD[2].replace("0.0", "-0.5"), "plain", "should be no verdict against a candidate"),
        ("7", "", "should be an object, not 7"),
    ],
)
def test_other_lines_are_refused(line: str, field: str, problem: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        read([*TOLD, line])
    assert str(caught.value).startswith(f"records.jsonl:{len(TOLD) + 1}:")
    assert (caught.value.field, problem in caught.value.problem) == (field, True), caught.value.problem


def test_whole_results_are_in_their_range_too() -> None:
    record = of(result(VIOLATES))
    assert read(told([record]))
    for good, bad in (('"wrong":3', '"wrong":-3'), ('"seconds":0.0', '"seconds":-1.0'), ("[0,3]", "[3,0]")):
        *before, last = told([record])
        assert good in last
        with pytest.raises(InvalidRecord, match=r"\[2\]\[0\]\[0\]\."):
            read([*before, last.replace(good, bad)])


def test_nothing_is_told_before_the_first_line() -> None:
    for line in itertools.islice(TOLD, 1, None):
        with pytest.raises(InvalidRecord):
            read([line])
    with pytest.raises(InvalidRecord):
        read([*TOLD, HEADER, RECORD])
