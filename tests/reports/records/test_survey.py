"""What is counted of every case: standings that are never greener than their verdicts, by pass, check and trait."""

from __future__ import annotations

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CaseRecord, CheckResult, RunWriter
from convoracle.reports.files.reading import read_run
from convoracle.reports.records import survey as module
from convoracle.reports.records.line import whole
from convoracle.reports.records.survey import PLAIN, Said, Surveying, Traits, standing, traits_of

CASE = "n1c1k1i4f2/float32/uniform/0"
VALUES = frozenset({"structure", "precision"})


def said(check: str, outcome: Outcome) -> Said:
    return Said(check, "forward", outcome, None)


@pytest.mark.parametrize(
    ("told", "comes_to"),
    [
        ([("structure", Outcome.CONFORMS), ("precision", Outcome.UNDECIDED)], Outcome.CONFORMS),
        ([("structure", Outcome.UNDECIDED), ("precision", Outcome.UNDECIDED)], Outcome.UNDECIDED),
        ([("structure", Outcome.UNSUPPORTED)], Outcome.UNSUPPORTED),
        ([("structure", Outcome.UNSUPPORTED), ("company", Outcome.CONFORMS)], Outcome.UNSUPPORTED),
        ([("structure", Outcome.UNDECIDED), ("company", Outcome.CONFORMS)], Outcome.UNDECIDED),
        ([("company", Outcome.CONFORMS)], Outcome.CONFORMS),
        ([("structure", Outcome.CONFORMS), ("company", Outcome.VIOLATES)], Outcome.VIOLATES),
        ([("structure", Outcome.VIOLATES), ("precision", Outcome.CRASHED)], Outcome.CRASHED),
        ([("structure", Outcome.REFUSED), ("precision", Outcome.HUNG)], Outcome.HUNG),
    ],
)
def test_a_standing_is_the_worst_and_green_only_where_values_were_compared(told, comes_to):
    assert standing([said(*each) for each in told], VALUES) is comes_to


@pytest.mark.parametrize(
    ("case", "traits"),
    [
        (CASE, Traits("float32", "contiguous", ("1 spatial axis", PLAIN))),
        (f"{CASE}/channels_last", Traits("float32", "channels_last", ("1 spatial axis", PLAIN))),
        ("n1c1k1i4f2/bias/int8/uniform/0", Traits("int8", "contiguous", ("1 spatial axis", "bias"))),
        (
            "n0c2k2i5x4f2x2s2x1p1x0+1d1x2g2/float64/huge/3",
            Traits(
                "float64", "contiguous",
                ("2 spatial axes", "stride", "padding", "unequal padding", "dilation", "groups", "an empty batch"),
            ),
        ),
        ("no case at all", Traits("", "contiguous", ())),
    ],
)  # fmt: skip
def test_the_traits_of_a_case(case, traits):
    assert traits_of(case) == traits


def surveyed(info, *records: CaseRecord):
    surveying = Surveying(info.checks)
    for record in records:
        surveying.add(whole(record))
    return surveying.result()


def record(*results: tuple[str, str, Outcome], case: str = CASE, declined: int = 0) -> CaseRecord:
    made = tuple(CheckResult(check, subject, Verdict(outcome)) for check, subject, outcome in results)
    return CaseRecord(case, "torch", made, declined=declined)


def test_cases_are_counted_by_pass_and_within_it(info):
    right, wrong = ("structure", "forward", Outcome.CONFORMS), ("precision", "forward", Outcome.VIOLATES)
    found = surveyed(
        info,
        record(right, ("precision", "forward", Outcome.UNDECIDED)),
        record(right, wrong, case="n1c1k1i4f2s2/bfloat16/uniform/0/strided"),
        record(right, declined=7),
    )
    assert (found.records, found.declined) == (3, 1)
    assert found.at("torch", "forward") == {Outcome.CONFORMS: 1, Outcome.VIOLATES: 1}
    assert found.at("torch", "forward", "check", "structure") == {Outcome.CONFORMS: 2}
    assert found.at("torch", "forward", "check", "precision") == {Outcome.UNDECIDED: 1, Outcome.VIOLATES: 1}
    assert found.at("torch", "forward", "dtype", "bfloat16") == {Outcome.VIOLATES: 1}
    assert found.at("torch", "forward", "layout", "strided") == {Outcome.VIOLATES: 1}
    assert found.at("torch", "forward", "feature", "stride") == {Outcome.VIOLATES: 1}
    assert found.at("torch", "forward", "feature", "1 spatial axis") == {Outcome.CONFORMS: 1, Outcome.VIOLATES: 1}
    assert found.at("other", "forward") == {}
    assert found.subjects() == ("forward",)
    assert found.values("forward", "dtype") == ("float32", "bfloat16")


def test_subjects_of_one_row_are_one_subject(info):
    calls = [("illegal", f"stride {n} [forward]", Outcome.CONFORMS) for n in range(3)]
    surveying = Surveying(info.checks)
    surveying.add(whole(record(*calls)))
    (kind,) = surveying.kinds
    assert kind.said == (Said("illegal", "calls", Outcome.CONFORMS, None),)
    assert surveying.result().at("torch", "calls") == {Outcome.CONFORMS: 1}


def test_patterns_are_recognised_and_forgotten_without_a_difference(info, tmp_path, monkeypatch):
    """Records read from a file are told by patterns; however few of them are remembered, the counts are the same."""
    with RunWriter.create(tmp_path / "out", info) as writer:
        for number in range(40):
            outcome = Outcome.CONFORMS if number % 3 else Outcome.UNDECIDED
            writer.append(
                record(("structure", "forward", outcome), case=f"n1c1k1i4f{1 + number % 2}/float32/uniform/0")
            )
        writer.finish(1.0, False)
    found = []
    for most in (1, 1000):
        monkeypatch.setattr(module, "MOST_KNOWN", most)
        surveying = Surveying(info.checks)
        read_run(tmp_path / "out", lambda _, surveying=surveying: surveying.add)
        assert (len(surveying.kinds), len(surveying.traits)) == (2, 1)
        found.append(surveying.result())
    assert found[0] == found[1]
    assert found[0].at("torch", "forward") == {Outcome.UNDECIDED: 14, Outcome.CONFORMS: 26}
