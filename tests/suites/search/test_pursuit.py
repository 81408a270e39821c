"""The pursuit of one fault: as small as it gets, within its attempts, and never away from the fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from convoracle.oracle.faults import fault_named
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Case, parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.reports.records.record import CheckResult
from convoracle.suites.audits.planted import PlantedInProcess
from convoracle.suites.capabilities.offer import Offer
from convoracle.suites.cases.space import Space
from convoracle.suites.checks.inquiry import ask_again
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.diagnosis.history import Question
from convoracle.suites.search import pursuit as module
from convoracle.suites.search.ledger import Ledger
from convoracle.suites.search.pursuit import Pursuit

SPACE = Space(ranks=(1, 2), dtypes=("float32", "float64"), max_products=500)
MET = parse_case("n2c2k2i7f2s3g2/bias/float64/wide/41/strided")
SMALLEST = "n1c1k1i3f1s2/float32/uniform/0"
MANY = 1000


def pursuit(name: str, case: Case, limit: int = MANY, known: tuple[Fault, ...] = ()) -> Pursuit:
    """Of a fault that was met in the weight gradient of a case."""
    executor = PlantedInProcess(fault_named(name))
    result = ask_again(executor, "structure", "weight_gradient", case)
    assert result is not None
    assert result.verdict.outcome is Outcome.VIOLATES
    ledger = Ledger(name, 20, list(known))
    fault = ledger.take_up(result, case, None)
    return Pursuit(executor, Offer(SPACE), ledger.faults, fault, limit)


def test_a_case_is_made_small_step_by_step() -> None:
    pursued = pursuit("stride-ignored-in-weight-gradient", MET)
    assert not pursued.begin()
    pursued.shrink()
    pursued.conclude()
    assert (str(pursued.fault.shrunk), str(pursued.fault.found)) == (SMALLEST, str(MET))
    assert pursued.fault.needs == {"stride above 1", "several windows"}
    assert 10 < pursued.attempts < MANY


def test_it_begins_at_the_plainest_case_that_shows_it() -> None:
    pursued = pursuit("returns-zeros", MET)
    assert pursued.begin()
    assert str(pursued.smallest) == "n1c1k1i1f1/float32/uniform/0"
    pursued.shrink()
    assert str(pursued.smallest) == "n1c1k1i1f1/float32/uniform/0"


def test_it_begins_where_a_fault_that_ends_alike_was_shrunk_to() -> None:
    older = pursuit("stride-ignored-in-weight-gradient", MET)
    older.shrink()
    older.conclude()
    older.fault.subject = str(Pass.FORWARD)
    newer = pursuit("stride-ignored-in-weight-gradient", MET, known=(older.fault,))
    assert newer.begin()
    assert str(newer.smallest) == SMALLEST


@pytest.mark.parametrize("limit", [0, 1, 5, 20])
def test_no_more_cases_are_asked_than_there_are_attempts(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    shown = Pursuit._verdict_if_shown

    def counted(pursued: Pursuit, case: Case) -> object:
        asked.append(case)
        return shown(pursued, case)

    monkeypatch.setattr(Pursuit, "_verdict_if_shown", counted)
    pursued = pursuit("stride-ignored-in-weight-gradient", MET, limit)
    pursued.begin()
    pursued.shrink()
    pursued.conclude()
    assert len(asked) == limit
    assert pursued.shows(pursued.fault.shrunk)
    assert limit or pursued.fault.shrunk == MET


def test_a_case_that_can_be_another_known_fault_does_not_count() -> None:
    older = pursuit("stride-ignored-in-weight-gradient", MET)
    older.shrink()
    older.conclude()
    newer = pursuit("returns-zeros", MET, known=(older.fault,))
    assert newer.shows(parse_case("n1c1k1i1f1/float32/uniform/0"))
    assert not newer.shows(parse_case("n1c1k1i5f1s2/float32/uniform/0"))


RIGHT, WRONG = Verdict(Outcome.CONFORMS), Verdict(Outcome.VIOLATES, "wrong", "value")
PLAINEST = parse_case("n1c1k1i1f1/float32/uniform/0")


def answered(monkeypatch: pytest.MonkeyPatch, verdict_of: Callable[[Case], Verdict]) -> list[Question]:
    """Whatever is asked is answered so; what is."""
    asked = []

    def ask_again(executor: object, check: str, subject: str, case: Case) -> CheckResult:
        asked.append(Question(check, subject, case))
        return CheckResult(check, subject, verdict_of(case))

    monkeypatch.setattr(module, "ask_again", ask_again)
    return asked


def where(shows: Callable[[Case], bool], verdict: Verdict = WRONG) -> Callable[[Case], Verdict]:
    return lambda case: verdict if shows(case) else RIGHT


def fault(case: Case = MET, verdict: Verdict = WRONG, number: int = 1, check: str = "structure") -> Fault:
    return Fault(f"me-forward-{number}", check, "forward", verdict.outcome, verdict.cause, case, case, verdict)


def pursued(met: Fault, *known: Fault, offer: Offer = Offer(SPACE), limit: int = MANY) -> Pursuit:  # noqa: B008 - frozen
    return Pursuit(PlantedInProcess(), offer, (*known, met), met, limit)


def refused(reason: str) -> Verdict:
    return Verdict(Outcome.REFUSED, reason, "ValueError")


@pytest.mark.parametrize(
    ("outcome", "check", "history", "limit"),
    [
        (Outcome.VIOLATES, "structure", "", 1000),
        (Outcome.REFUSED, "structure", "", 1000),
        (Outcome.CRASHED, "structure", "", 200),
        (Outcome.HUNG, "structure", "", 200),
        (Outcome.VIOLATES, "company", "", 60),
        (Outcome.VIOLATES, "structure", "wrong the second time", 0),
        (Outcome.VIOLATES, "relation:stride", "wrong the second time", 100),
        (Outcome.VIOLATES, "company", "wrong the second time", 60),
    ],
)
def test_so_many_cases_may_be_asked_of_a_fault(
    outcome: Outcome, check: str, history: str, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(monkeypatch, lambda case: RIGHT)
    met = replace(fault(verdict=Verdict(outcome), check=check), history=history)
    for most, expected in ((10_000, limit), (7, min(limit, 7))):
        pursuing = pursued(met, limit=most)
        assert not pursuing.begin()
        assert pursuing.limit == expected


def test_what_depends_on_a_known_call_is_asked_after_it_each_time_in_a_fresh_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def before(question: Question) -> Question | None:
        first = replace(question.case, seed=question.case.seed + 1)
        return None if question.case.geometry.rank == 2 else Question("precision", "weight_gradient", first)

    asked, restarts = answered(monkeypatch, lambda case: WRONG), []
    monkeypatch.setattr(PlantedInProcess, "restart", lambda executor: restarts.append(len(asked)))
    pursuing = pursued(replace(fault(), history="wrong the second time", before=before))
    assert pursuing.begin()
    assert pursuing.limit == 42
    assert pursuing.smallest == PLAINEST
    assert asked == [
        Question("precision", "weight_gradient", replace(PLAINEST, seed=1)),
        Question("structure", "forward", PLAINEST),
    ]
    assert restarts == [0]
    assert not pursuing.shows(parse_case("n1c1k1i1x1f1x1/float32/uniform/0"))
    assert len(asked) == 2
    other = pursued(replace(fault(), history="wrong the second time", before=before))
    monkeypatch.setattr(module, "ask_again", lambda *question: CheckResult("structure", "forward", RIGHT))
    other.begin()
    assert other.limit == 100


@pytest.mark.parametrize(("limit", "asked"), [(0, []), (1, ["n1c1k1i1f1"])])
def test_nothing_is_begun_without_attempts(limit: int, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    questions = answered(monkeypatch, lambda case: RIGHT)
    pursuing = pursued(fault(), limit=limit)
    assert not pursuing.begin()
    assert [str(question.case.geometry) for question in questions] == asked
    assert pursuing.attempts == 1 + len(asked)


def test_it_begins_at_the_plainest_case_and_then_at_the_six_smallest_to_which_others_were_shrunk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    questions = answered(monkeypatch, lambda case: RIGHT)
    met = fault(parse_case("n1c1k1i9f1/float32/uniform/0"))
    sizes = (8, 2, 7, 3, 6, 4, 5)
    others = [fault(parse_case(f"n1c1k1i{size}f1/float32/uniform/0"), number=size) for size in sizes]
    hung = fault(parse_case("n1c1k1i1f1s2/float32/uniform/0"), Verdict(Outcome.HUNG), 10)
    of_history = replace(fault(parse_case("n1c1k1i1f1s3/float32/uniform/0"), number=11), history="wrong after others")
    assert not pursued(met, hung, *others, of_history).begin()
    asked = [str(question.case.geometry) for question in questions]
    assert asked == ["n1c1k1i1f1", *(f"n1c1k1i{size}f1" for size in (2, 3, 4, 5, 6, 7))]


def test_it_begins_at_no_case_as_large_as_where_it_was_met_unless_its_batch_is_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    questions = answered(monkeypatch, lambda case: RIGHT)
    others = [
        fault(parse_case(f"{text}/float32/uniform/0"), number=2 + number)
        for number, text in enumerate(("n0c1k1i2f1", "n1c1k1i1f2", "n2c1k1i2f3", "n1c1k1i1f1s2"))
    ]
    for met, asked in (("n1c1k1i1f3", ["n0c1k1i2f1"]), ("n1c1k1i1f1d3", ["n0c1k1i2f1", "n1c1k1i1f2", "n2c1k1i2f3"])):
        questions.clear()
        assert not pursued(fault(parse_case(f"{met}/float32/uniform/0")), *others).begin()
        assert [str(question.case.geometry) for question in questions] == ["n1c1k1i1f1", *asked]


STRIDED = parse_case("n1c1k1i1f1s2/float32/uniform/0")


@pytest.mark.parametrize(
    ("other", "limit"),
    [
        (refused("stride 3 is not 1"), 3),  # the numbers in an error differ from case to case
        (refused("no such stride"), 43),
        (WRONG, 43),
    ],
)
def test_what_ends_as_another_fault_is_not_made_smaller_than_that_and_anything_else_only_a_little(
    other: Verdict, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = refused("stride 2 is not 1") if other.outcome is Outcome.REFUSED else WRONG
    answered(monkeypatch, where(lambda case: case.geometry == STRIDED.geometry, verdict))
    older = fault(STRIDED, other, 2)
    older.subject = "weight_gradient"
    pursuing = pursued(fault(MET, verdict), older)
    assert pursuing.begin()
    assert (pursuing.smallest, pursuing.limit) == (STRIDED, limit)
    few = pursued(fault(MET, verdict), older, limit=2)
    assert few.begin()
    assert few.limit == 2


def test_the_plainest_case_is_made_only_a_little_smaller_whatever_it_ends_in(monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = refused("no")
    answered(monkeypatch, lambda case: verdict)
    pursuing = pursued(fault(MET, verdict))
    assert pursuing.begin()
    assert (pursuing.smallest, pursuing.limit) == (PLAINEST, 42)


def test_no_more_than_eight_may_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    hung = Verdict(Outcome.HUNG)
    questions = answered(monkeypatch, where(lambda case: case.seed % 2 == 0, hung))
    pursuing = pursued(fault(verdict=hung))
    shown = [pursuing.shows(replace(MET, seed=seed)) for seed in range(100, 130)]
    assert shown == [True, False] * 7 + [True] + [False] * 15
    assert [question.case.seed for question in questions] == list(range(100, 115))


def test_what_hangs_grows_from_plain_cases_and_anything_else_is_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    met = parse_case("n2c1k1i9f2d3/bias/float32/uniform/41")
    for verdict, first in ((WRONG, (41, "n2c1k1i9f2d3")), (Verdict(Outcome.HUNG), (0, "n2c1k1i1f1"))):
        questions = answered(monkeypatch, where(lambda case: case.geometry.dilation != (1,), verdict))
        pursuing = pursued(fault(met, verdict))
        pursuing.shrink()
        assert (questions[0].case.seed, str(questions[0].case.geometry)) == first
        assert str(pursuing.smallest) == "n1c1k1i1f1d2/float32/uniform/0"


def test_smaller_and_plainer_take_turns_three_times_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """A size less shows with the same data only, and then a seed less: each makes room for the other."""
    steps = {(size, seed) for size in range(1, 10) for seed in (size - 2, size - 3) if seed >= 2}
    answered(monkeypatch, where(lambda case: (case.geometry.size[0], case.seed) in steps))
    pursuing = pursued(fault(parse_case("n1c1k1i9f1/float32/uniform/7")))
    pursuing.shrink()
    assert str(pursuing.smallest) == "n1c1k1i5f1/float32/uniform/2"


@pytest.mark.parametrize(("shows", "seed"), [({7, 20}, 7), ({8, 20}, 20), ({3, 5, 20}, 3), ({20}, 20)])
def test_the_first_eight_seeds_are_tried(shows: set[int], seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(monkeypatch, where(lambda case: case.seed in shows))
    pursuing = pursued(fault(replace(PLAINEST, seed=20)))
    pursuing.shrink()
    assert pursuing.smallest.seed == seed


@pytest.mark.parametrize(
    ("dtypes", "found", "plainest", "asked"),
    [
        (("float32", "complex64", "complex128"), "complex128", "complex64", {"float32", "complex64"}),
        (("float32", "complex64", "float64"), "float64", "float64", {"float32", "float64"}),
        (("float32", "complex128"), "complex128", "complex128", {"float32", "complex128"}),
    ],
)
def test_the_plainest_dtype_is_taken_and_of_complex_numbers_the_plainest_of_these(
    dtypes: tuple[str, ...], found: str, plainest: str, asked: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = answered(monkeypatch, where(lambda case: case.dtype != "float32"))
    space = replace(SPACE, dtypes=dtypes)
    pursuing = pursued(fault(replace(PLAINEST, dtype=found, seed=5)), offer=Offer(space))
    pursuing.shrink()
    assert pursuing.smallest == replace(PLAINEST, dtype=plainest)
    assert {question.case.dtype for question in questions} == asked


@pytest.mark.parametrize(
    ("verdict", "check", "dtype", "is_asked"),
    [
        (refused("no"), "structure", "float32", False),
        (refused("no"), "structure", "float64", True),
        (WRONG, "structure", "float32", True),
        (refused("no"), "adjoint", "float32", True),
    ],
)
def test_an_error_where_a_pass_takes_nothing_is_not_this_one(
    verdict: Verdict, check: str, dtype: str, is_asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = answered(monkeypatch, lambda case: verdict)
    met, offer = fault(MET, verdict, check=check), Offer(SPACE, untaken={(Pass.FORWARD, "float32"): "no loop"})
    if check == "adjoint":
        met.subject = "adjoint"
    assert pursued(met, offer=offer).shows(replace(PLAINEST, dtype=dtype)) is is_asked
    assert bool(questions) is is_asked


def test_a_check_that_rests_on_structure_counts_only_where_that_is_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    strided, asked = parse_case("n1c1k1i3f1s2/float32/uniform/0"), []

    def ask_again(executor: object, check: str, subject: str, case: Case) -> CheckResult:
        asked.append((check, case))
        return CheckResult(check, subject, RIGHT if (check, case) == ("structure", PLAINEST) else WRONG)

    monkeypatch.setattr(module, "ask_again", ask_again)
    resting = pursued(fault(check="precision"))
    assert (resting.shows(PLAINEST), resting.shows(strided)) == (True, False)
    assert pursued(fault(check="structure")).shows(strided)
    assert asked == [
        ("precision", PLAINEST), ("structure", PLAINEST), ("precision", strided), ("structure", strided),
        ("structure", strided),
    ]  # fmt: skip


def test_integers_are_not_asked_where_a_check_of_reals_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def ask_again(executor: object, check: str, subject: str, case: Case) -> CheckResult:
        asked.append(check)
        return CheckResult(check, subject, RIGHT)

    monkeypatch.setattr(module, "ask_again", ask_again)
    assert not pursued(fault(check="precision")).shows(PLAINEST)
    assert not pursued(fault(check="company")).shows(PLAINEST)
    assert asked == ["precision", "structure", "company"]


def test_what_cannot_be_asked_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ask_again", lambda *question: None)
    assert not pursued(fault()).shows(PLAINEST)


def test_a_smaller_case_keeps_to_the_axes_of_the_space_and_tries_the_seeds_of_its_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    questions = answered(monkeypatch, where(lambda case: case.geometry.size != (1, 1) or case.seed == 1))
    space = replace(SPACE, ranks=(2,))
    met = fault(parse_case("n1c1k1i2x1f1x1/float32/uniform/9"))
    pursuing = pursued(met, offer=Offer(space))
    pursuing.shrink()
    assert str(pursuing.smallest) == "n1c1k1i1x1f1x1/float32/uniform/1"
    assert {question.case.geometry.rank for question in questions} == {2}
