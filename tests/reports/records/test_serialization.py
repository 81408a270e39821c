"""Every document survives its JSON form; everything else is refused with its place."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoracle.oracle.judging.verdict import Discrepancy, Outcome, Verdict
from convoracle.reports import SCHEMA_VERSION, CaseRecord, InvalidRecord, Mismatch, RunInfo, mismatch_id
from convoracle.reports.records.codec import WrongField
from convoracle.reports.records.naming import check_id
from convoracle.reports.records.serialization import Finished, StoredMismatch, from_json, to_json

NEXT = SCHEMA_VERSION + 1
counts = st.integers(0, 10**12)
seconds = st.floats(0, 1e9)
st.register_type_strategy(
    Discrepancy,
    st.builds(Discrepancy, index=st.lists(counts, max_size=5).map(tuple), bound=st.floats(0)),
)
st.register_type_strategy(
    Verdict,
    st.builds(
        Verdict,
        wrong=counts,
        elements=counts,
        region=st.none() | st.lists(st.tuples(counts, counts).map(lambda pair: tuple(sorted(pair)))).map(tuple),
    ),
)
ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._+=@-]{0,20}", fullmatch=True).filter(str.isascii)
mismatches = st.builds(Mismatch, id=ids)


def case_records() -> st.SearchStrategy[CaseRecord]:
    return st.from_type(CaseRecord).map(
        lambda case: replace(case, results=tuple(replace(result, seconds=1.25) for result in case.results))
    )


@given(
    case_records()
    | st.builds(RunInfo, seed=st.integers(0, 2**128))
    | st.builds(StoredMismatch, mismatches, learning_rate=st.floats(-1e9, 1e9))
    | st.builds(Finished, seconds)
)
def test_round_trip(document):
    text = to_json(document)
    assert "\n" not in text
    again = from_json(type(document), text.encode(), file="x")
    assert to_json(again) == text
    if "nan" not in text:
        assert again == document
    assert to_json(from_json(type(document), to_json(document, indent=2).encode(), file="x")) == text


def test_non_finite_numbers_are_text():
    verdict = Verdict(Outcome.VIOLATES, worst=Discrepancy((0,), math.nan, -math.inf, math.inf, 0.0, math.inf))
    record = CaseRecord("c", "x", ())
    record = replace(record, results=(_result(verdict),))
    text = to_json(record)
    worst = json.loads(text)["results"][0]["verdict"]["worst"]
    assert [worst[name] for name in ("actual", "expected", "error")] == ["nan", "-inf", "inf"]


def test_numbers_of_numpy_are_written():
    verdict = Verdict(Outcome.CONFORMS, wrong=np.int64(3), ratio=np.float32(0.5), resolution=np.float64(0.1))
    text = to_json(CaseRecord("c", "x", (_result(verdict),)))
    assert from_json(CaseRecord, text.encode(), file="x").results[0].verdict.wrong == 3


def _result(verdict):
    from convoracle.reports import CheckResult

    return CheckResult("structure", "forward", verdict)


def edited(record: CaseRecord, edit) -> bytes:
    body = json.loads(to_json(record))
    edit(body)
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    ("edit", "field", "problem"),
    [
        (lambda b: b.pop("case"), "", "should have the field 'case'"),
        (lambda b: b.update(extra=1), "extra", "is not a field of this document"),
        (lambda b: b.update(schema=NEXT), "schema", f"a newer convoracle (schema {NEXT}; this one reads {NEXT - 1})"),
        (
            lambda b: (b.update(schema=1), b.pop("origin")),
            "schema",
            "written by an older convoracle (schema 1; this one reads 2 and later): run the check again",
        ),
        (lambda b: b.update(schema="1"), "", "should have a field 'schema'"),
        (lambda b: b.update(schema=True), "", "should have a field 'schema'"),
        (lambda b: b.pop("schema"), "", "should have a field 'schema'"),
        (lambda b: b.update(document="run"), "document", "should be a document of the kind 'case', not 'run'"),
        (lambda b: b.update(case=7), "case", "should be text, not 7"),
        (lambda b: b.update(results={}), "results", "should be a list, not {}"),
        (lambda b: b["results"][0].update(seconds="inf"), "results[0].seconds", "should be finite"),
        (lambda b: b["results"][0].update(seconds=True), "results[0].seconds", "should be a number"),
        (lambda b: b["results"][1]["verdict"].update(outcome="fine"), "results[1].verdict.outcome", "should be one of"),
        (lambda b: b["results"][0]["verdict"].update(wrong=1.0), "results[0].verdict.wrong", "should be an integer"),
        (lambda b: b["results"][0]["verdict"].update(wrong=-1), "results[0].verdict.wrong", "should be at least 0"),
        (lambda b: b["results"][0]["verdict"].update(region=[[0]]), "results[0].verdict.region[0]", "2 entries, not 1"),
        (lambda b: b["results"][0]["verdict"].update(region=[[3, 1]]), "results[0].verdict.region", "low <= high"),
    ],
)
def test_wrong_fields(record, edit, field, problem):
    with pytest.raises(InvalidRecord) as caught:
        from_json(CaseRecord, edited(record, edit), file="records.jsonl", line=41)
    assert caught.value.field == field
    assert problem in caught.value.problem
    assert str(caught.value).startswith("records.jsonl:41:")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is not JSON"),
        (b'{"schema": 1, "doc', "is not JSON"),
        (b"[1]", "should be an object"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
        (b'{"schema": NaN}', "NaN stands where a number should be"),
        (b'{"schema": 1e999}', "beyond the range of float64"),
        (b'{"schema": ' + b"9" * 5000 + b"}", "integer of 5000 digits"),
        (b'{"schema": 1, "schema": 1}', "holds a field twice"),
        (b'{"schema": "\xff"}', "is not UTF-8"),
        (b" " * (2**24 + 1), "should have at most"),
        (b"\x80\x04cos\nsystem\n", "is not UTF-8"),
    ],
)
def test_hostile_documents(data, problem):
    with pytest.raises(InvalidRecord, match=problem):
        from_json(CaseRecord, data, file="records.jsonl", line=3)


def test_the_line_and_column_are_those_of_the_field(info):
    lines = to_json(info, indent=2).splitlines()
    number = next(index for index, line in enumerate(lines) if '"profile"' in line)
    lines[number] = '  "profile": 3,'
    with pytest.raises(InvalidRecord) as caught:
        from_json(RunInfo, "\n".join(lines).encode(), file="run.json")
    assert (caught.value.line, caught.value.column) == (number + 1, 14)
    assert str(caught.value) == f"run.json:{number + 1}:14: profile: should be text, not 3"


@pytest.mark.parametrize("hostile", ["", "../x", "/etc/passwd", "a/b", "a\\b", ".hidden", "..", "a\n", "é", "x" * 151])
def test_ids_that_are_no_folder_names(hostile):
    with pytest.raises(WrongField):
        check_id(hostile)


@given(st.text(), st.text())
def test_a_made_id_is_a_folder_name(candidate, subject):
    check_id(mismatch_id(candidate, subject, 3))
    check_id(mismatch_id("kernels.py:conv2d", "forward", 1))
