"""The top of the page: a verdict that is good only where all was compared, how sure it is, what candidates declare."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CandidateInfo, CaseRecord, CheckResult, Run, tally
from convoracle.reports.records.baseline import Held, Known
from convoracle.reports.records.certified import CertificateRow, Certificates
from convoracle.reports.records.compared import Compared, Reason, Share
from convoracle.reports.records.identity import IdentityCards, Section
from convoracle.reports.records.line import whole
from convoracle.reports.records.migration import CHECKS
from convoracle.reports.records.stopped import Stopped
from convoracle.reports.records.totals import Beside, totals
from convoracle.reports.site.summary import Measure, candidate_view, compared_view, run_headline

CASE = "n1c1k1i4f2/float32/uniform/0"
RIGHT = Verdict(Outcome.CONFORMS, elements=3, ratio=0.25, resolution=0.5)
UNDECIDED = Verdict(Outcome.UNDECIDED, "too coarse", elements=3)
DECLINED = Verdict(Outcome.UNSUPPORTED, "no groups")


def record(*verdicts, candidate="torch", check="precision", subject="forward", case=CASE):
    return CaseRecord(case, candidate, tuple(CheckResult(check, subject, verdict, 0.5) for verdict in verdicts))


@pytest.fixture
def headline_of(info):
    """The headline of a run of two candidates."""

    def made(*records, mismatches=(), known=(), finished=True, seconds=0.0, least=0.5, quarantined=(), stopped=()):
        counted = totals(map(whole, records), info.checks)
        told = {"audited": 471, "stopped": stopped}
        run = Run(replace(info, min_compared=least), counted, (*mismatches, *known), finished, seconds, **told)
        names = tuple(candidate.name for candidate in info.candidates)
        return run_headline(
            run, names, Held(mismatches, ((Known("torch", "T1"), known),) if known else (), quarantined=quarantined)
        )

    return made


def both(*verdicts):
    return [record(*verdicts, candidate=name) for name in ("torch", "reference")]


def test_all_conform(headline_of):
    found = headline_of(*both(RIGHT), seconds=185.0)
    assert (found.tone, found.symbol, found.title) == ("good", "✓", "All candidates conform")
    assert found.lines == ("2 verdicts on 1 case and 2 candidates", "3 min 5 s")
    assert found.measures == (
        Measure("100 %", "of what was asked was compared", 100.0),
        Measure("0 %", "of the verdicts on values are undecided", 0.0),
        Measure("471", "exact results were computed again, term by term"),
    )


def test_what_is_not_yet_good(headline_of, flipped):
    bad = headline_of(*both(RIGHT), mismatches=(flipped[0],))
    assert (bad.tone, bad.title) == ("bad", "1 cause, 1 mismatch found")
    raw = headline_of(record(Verdict(Outcome.VIOLATES), RIGHT))
    assert (raw.tone, raw.title) == ("bad", "1 verdict against a candidate, not yet reduced to a smallest case")
    none = headline_of(*both(UNDECIDED, DECLINED))
    assert (none.tone, none.title) == ("none", "Nothing was compared: this run proves nothing")
    assert [(each.figure, each.share) for each in none.measures[:3]] == [
        ("100 %", 100.0),
        ("100 %", 100.0),
        ("2", None),
    ]
    assert headline_of().tone == "none"


def test_what_is_known_is_neither_new_nor_a_success(headline_of, flipped):
    known = headline_of(*both(RIGHT), known=(flipped[0],))
    assert (known.tone, known.title) == ("known", "No new mismatch: 1 cause, 1 mismatch, all of them known")
    assert Measure("1 of 1", "mismatches are in the baseline, as known") in known.measures
    short = headline_of(*both(RIGHT), known=(flipped[0],), finished=False)
    assert (short.tone, short.title) == ("warn", "Only known mismatches so far: the run did not finish")
    new = headline_of(*both(RIGHT), known=(flipped[0],), mismatches=(replace(flipped[0], id="b"),))
    assert (new.tone, new.title) == ("bad", "1 cause, 1 mismatch found, beside 1 that are known")


def test_what_was_not_asked_is_no_success(headline_of):
    """What is in quarantine, or did not fit into the time."""
    quiet = headline_of(*both(RIGHT), quarantined=(Known("torch", "T9", quarantine=True),))
    assert (quiet.tone, quiet.title) == ("known", "No mismatch in what was asked; what is in quarantine was not")
    late = headline_of(*both(RIGHT), stopped=(Stopped("torch", 1, 10),))
    assert (late.tone, late.title) == (
        "warn", "No mismatch in the time there was, but too few cases were examined",
    )  # fmt: skip
    assert headline_of(*both(RIGHT), stopped=(Stopped("torch", 9, 10),)).tone == "good"


def test_a_candidate_that_was_not_compared_is_named(headline_of):
    idle = headline_of(record(RIGHT))
    assert (idle.tone, idle.title) == ("warn", "No mismatch, but not every candidate was compared")
    assert idle.lines[-1] == "nothing was compared for reference"
    assert headline_of(record(RIGHT), record(UNDECIDED, candidate="reference")).title == idle.title


def test_too_little_or_too_short_a_run_is_no_success(headline_of):
    declined = [record(DECLINED, case=f"{CASE}{n}") for n in range(3)]
    little = headline_of(*both(RIGHT), *declined)
    assert (little.tone, little.title) == ("warn", "No mismatch, but too little of what was asked was compared")
    assert headline_of(*both(RIGHT), *declined, least=0.25).tone == "good"
    short = headline_of(*both(RIGHT), finished=False)
    assert (short.tone, short.title) == ("warn", "No mismatch so far: the run did not finish")


def test_what_was_compared_by_dtype():
    shares = (
        Share("torch", "forward", "float32", 4, 3),
        Share("torch", "jvp", "float64", 900, 1),
        Share("torch", "update", "float32", 8, 6),
        Share("a\x1b", "forward", "float64", 1, 1),
    )
    found = compared_view(Compared(shares, (Reason("torch", "no groups", 2), Reason("torch", "no bias", 1))))
    assert found.dtypes == ("float32", "float64")
    assert [(row.candidate, row.subjects, row.cells) for row in found.rows] == [
        ("torch", ("forward", "update"), ("75 %", "–")),
        ("torch", ("jvp",), ("–", "under 1 %")),
        (r"a\x1b", ("forward",), ("–", "100 %")),
    ]
    assert found.reasons == (("torch", "no groups (2 times); no bias (1 time)"),)


PROVEN = CertificateRow("a", "forward", "float32", CASE, Outcome.CONFORMS, "right", 3, 2.0**-41, 0.1, 0.2)
WRONG_LAYER = CertificateRow("b", "forward", "float32", CASE, Outcome.VIOLATES, "violates", 3, None, 0.1, 0.2)
BESIDE = Beside(
    (IdentityCards("torch", "2.13.0", "", (Section("float32", ()), Section("float16", ())), ""),),
    (Certificates("torch", "2.13.0", "", (PROVEN, WRONG_LAYER)),),
)


def test_a_layer_that_is_wrong_makes_no_conformance_whatever_the_cases_say(info, make_mismatch):
    counted = totals(map(whole, [record(RIGHT)]), info.checks)
    plain = Run(replace(info, candidates=info.candidates[:1], min_compared=0.0), counted, (), True)
    assert run_headline(plain, ("torch",), Held(())).tone == "good"
    found = run_headline(replace(plain, beside=BESIDE), ("torch",), Held(()))
    assert (found.tone, found.title) == (
        "bad",
        "No mismatch in generated cases, but 1 result of a whole layer is wrong",
    )
    assert Measure("1 of 2", "results of whole layers are proven right", 50.0) in found.measures
    mismatch, _ = make_mismatch(CASE, "forward", ((0, 0, 1),))
    beside = run_headline(replace(plain, beside=BESIDE, mismatches=(mismatch,)), ("torch",), Held((mismatch,)))
    assert beside.title == "1 cause, 1 mismatch found, and 1 result of a whole layer is wrong"


def test_the_facts_of_a_candidate():
    cell = tally([record(RIGHT, DECLINED)], CHECKS).of("torch")
    info = CandidateInfo("torch", "2.13.0", "torch", (("float16", "float32"), ("bfloat16", "float32")))
    found = candidate_view(info, cell, BESIDE)
    assert (found.name, found.version, found.source) == ("torch", "2.13.0", "torch")
    assert found.arithmetic == "float16 accumulates in float32; bfloat16 accumulates in float32"
    assert (found.verdicts, found.ratio, found.seconds) == ("2", "0.25", "1.0 s")
    idle = candidate_view(CandidateInfo("a\x1b"), tally([record(UNDECIDED)], CHECKS).of("torch"), BESIDE)
    assert (idle.name, idle.arithmetic) == (r"a\x1b", "every type accumulates in itself")
    assert (found.layers, found.probed) == ("1 of 2 proven right", "float32, float16")
    assert (idle.layers, idle.probed) == ("", "")
    assert (idle.verdicts, idle.ratio, idle.seconds) == ("1", "–", "0.5 s")
    assert candidate_view(CandidateInfo("a"), tally((), CHECKS).of("a"), Beside()).verdicts == "none"
