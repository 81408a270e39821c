"""A verdict is plain where its pattern, its case and three digits give it again; a line gives back its record."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from convoracle.oracle.judging.verdict import Discrepancy, Outcome, Verdict
from convoracle.reports import CaseRecord, CheckResult
from convoracle.reports.records.codec import WrongField
from convoracle.reports.records.line import TICK, Line, Pattern, Plain, plain_verdict, whole

CASE = "n2c3k4i7x7f3x3/float32/uniform/7"
RIGHT = CheckResult("precision", "forward", Verdict(Outcome.CONFORMS, elements=200, ratio=0.5, resolution=0.01), TICK)
PRECISION = Plain("precision", "forward", Outcome.CONFORMS, "", "", None, None, True, True, False)
STRUCTURE = Plain("structure", "forward", Outcome.CONFORMS, "", "", None, 0.0, False, False, False)


def plain(**changed: object) -> Plain | None:
    """What a right result comes to with another verdict."""
    fields = plain_verdict(replace(RIGHT, verdict=replace(RIGHT.verdict, **changed)), CASE)  # type: ignore[arg-type]
    return None if fields is None else Plain(*fields)  # type: ignore[arg-type]


def test_what_differs_from_case_to_case_is_left_to_the_record() -> None:
    assert plain() == PRECISION
    worst = Discrepancy((0, 0, 0, 0), 1.0, 1.5, 0.5, 1.0, 2.0)
    assert plain(worst=worst, ratio=0.123456789, resolution=1e-300) == PRECISION
    assert plain(ratio=0.0) == replace(PRECISION, own_ratio=False)


@pytest.mark.parametrize("resolution", [None, 0.0, math.inf])
def test_a_resolution_that_many_have_is_not_their_own(resolution: float | None) -> None:
    assert plain(resolution=resolution) == replace(PRECISION, resolution=resolution, own_resolution=False)


def test_elements_that_follow_from_the_case_are_not_told() -> None:
    assert plain(elements=100) == replace(PRECISION, elements=100)
    assert plain(elements=0) == replace(PRECISION, elements=0)
    assert plain_verdict(RIGHT, CASE.replace("float32", "complex64")) != plain_verdict(RIGHT, CASE)
    for unknown in (replace(RIGHT, subject="adjoint"), CASE), (RIGHT, "no case"):
        fields = plain_verdict(*unknown)
        assert fields is not None
        assert fields[5] == 200


def test_a_result_without_elements_says_so_also_where_its_case_has_none() -> None:
    empty = Verdict(Outcome.UNDECIDED, "no elements", "vacuous")
    fields = plain_verdict(CheckResult("structure", "forward", empty), "n0c1k1i4f2/float32/uniform/0")
    assert fields is not None
    assert fields[5] == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"outcome": Outcome.VIOLATES},
        {"outcome": Outcome.REFUSED},
        {"wrong": 1},
        {"region": ((0, 1),)},
        {"ratio": 1.0000001},
        {"ratio": math.nan},
        {"resolution": -1.0},
        {"resolution": math.nan},
        {"resolution": 1.7976931348623157e308},
        {"reason": "{resolution} beside 0.01"},
    ],
)
def test_what_would_not_be_read_back_is_not_plain(changed: dict[str, object]) -> None:
    assert plain(**changed) is None


def test_nor_is_an_instance_of_a_fault_nor_a_time_that_is_none() -> None:
    for result in (replace(RIGHT, fault="x-1"), *(replace(RIGHT, seconds=each) for each in (-1.0, math.inf, math.nan))):
        assert plain_verdict(result, CASE) is None


def test_a_line_gives_its_record() -> None:
    pattern = Pattern(
        (STRUCTURE, replace(PRECISION, reason="up to {resolution} of it", subject="bias_gradient")), 1, 1, 0
    )
    wrong = CheckResult("structure", "jvp", Verdict(Outcome.VIOLATES, "wrong"), 0.25, "x-1")
    line = Line(CASE, "x", (pattern, (wrong,), pattern), (0.5, 0.25), (0.01, 3), (1, 2, 3, 4), (), "own.txt:small")
    first, second = (
        Verdict(Outcome.CONFORMS, f"up to {resolution:g} of it", "", None, 0, 4, None, ratio, resolution)
        for ratio, resolution in ((0.5, 0.01), (0.25, 3))
    )
    right = Verdict(Outcome.CONFORMS, elements=200, resolution=0.0)
    assert line.record() == CaseRecord(
        CASE,
        "x",
        (
            CheckResult("structure", "forward", right, 1 * TICK),
            CheckResult("precision", "bias_gradient", first, 2 * TICK),
            wrong,
            CheckResult("structure", "forward", right, 3 * TICK),
            CheckResult("precision", "bias_gradient", second, 4 * TICK),
        ),
        "own.txt:small",
    )


def test_a_case_that_is_none_has_no_elements() -> None:
    line = Line("no case", "x", (Pattern((STRUCTURE,), 0, 0, 0),), times=(1,))
    with pytest.raises(WrongField, match="should be a case of which forward has a result, not 'no case'"):
        line.record()


def test_a_whole_record_is_a_line_without_patterns() -> None:
    record = CaseRecord(CASE, "x", (RIGHT, RIGHT), "somewhere", 3)
    assert whole(record).parts == ((RIGHT, RIGHT),)
    assert whole(record).record() == record
