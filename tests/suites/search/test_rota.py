"""Every pass is asked in company in its turn, so that whatever it keeps from call to call shows in a quick run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Case, parse_case
from convoracle.oracle.problem.layouts import CONTIGUOUS
from convoracle.oracle.problem.passes import LINKED, Pass
from convoracle.reports.records.record import CheckResult
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.candidates.loading.source import bind_object
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.cases.space import Space
from convoracle.suites.checks.inquiry import examine
from convoracle.suites.search.examiner import BLOCK_CASES
from convoracle.suites.search.pursuit import Pursuit
from convoracle.suites.search.rota import Rota, has_turns

from ..searching import first_fault, searched
from ..stateful import FAULTY, CopiesItsCache, MakesItsPlanLater, ReturnsOneBuffer

QUICK = PROFILES["quick"].cases
FAST = Space(ranks=(1, 2), dtypes=("float32",), max_products=300)


class Fresh(InProcess):
    """A class in this process, with a new instance for each restart."""

    def __init__(self, candidate: type) -> None:
        super().__init__(candidate)
        self._candidate = candidate

    def restart(self) -> None:
        self._loaded = bind_object(self._candidate)


def asked(pass_: Pass) -> CheckResult:
    return CheckResult("company", str(pass_), Verdict(Outcome.CONFORMS))


@pytest.mark.parametrize(("count", "wait"), [(1, 5), (4, 8), (9, 12)])
def test_a_pass_is_due_after_so_many_cases(count: int, wait: int) -> None:
    passes = tuple(Pass)[:count]
    rota = Rota()
    for number in range(1, 3 * wait + 1):
        due = rota.due(passes)
        assert due == (frozenset(passes) if number % wait == 0 else frozenset())
        rota.note(passes, map(asked, due))


def test_turns_become_rare_in_long_searches() -> None:
    assert [number for number in range(40) if has_turns(number)] == [*range(7), 9, 16, 25, 36]


def test_every_pass_has_its_turn_in_a_block() -> None:
    rota, asked_in_company = Rota(), set[Pass]()
    for _ in range(BLOCK_CASES):
        due = rota.due(tuple(Pass))
        asked_in_company |= due
        rota.note(tuple(Pass), map(asked, due))
    assert asked_in_company == set(Pass)


def test_a_pass_that_could_not_be_asked_stays_due() -> None:
    rota = Rota()
    for _ in range(4):
        rota.note([Pass.FORWARD], [])
    for _ in range(5):
        assert rota.due([Pass.FORWARD]) == {Pass.FORWARD}
        rota.note([Pass.FORWARD], [])
    rota.note([Pass.FORWARD], [asked(Pass.FORWARD)])
    assert rota.due([Pass.FORWARD]) == frozenset()


def test_only_the_seed_says_it_where_no_run_does() -> None:
    case, executor = parse_case("n2c2k2i4f2/float32/uniform/20"), InProcess("reference")

    def subjects(case: Case, **options: object) -> set[str]:
        results = examine(executor, case, LINKED, ("company",), **options)  # type: ignore[arg-type]
        return {result.subject for result in results if result.check == "company"}

    assert subjects(case) == set(map(str, LINKED))
    assert subjects(replace(case, seed=21)) == set()
    assert subjects(case, due=()) == set()
    assert subjects(replace(case, seed=21), due=(Pass.BIAS_GRADIENT,)) == {"bias_gradient"}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("candidate", FAULTY, ids=lambda candidate: candidate.__name__)
def test_each_shows_in_a_quick_run(candidate: type, seed: int) -> None:
    pass_, cause = FAULTY[candidate]
    budget = Budget(FAST, frozenset(LINKED), QUICK, seed, checks=frozenset(("company",)))
    fault = first_fault(Fresh(candidate), budget)
    assert fault.subject == str(pass_)
    if fault.check == "company":
        assert fault.cause == cause


@pytest.mark.parametrize("candidate", [CopiesItsCache, MakesItsPlanLater], ids=lambda candidate: candidate.__name__)
def test_nothing_shows_where_state_is_kept_rightly(candidate: type) -> None:
    told = searched(Fresh(candidate), Budget(FAST, frozenset(LINKED), QUICK // 2, 0, checks=frozenset(("company",))))
    assert told.faults == []
    results = [result for result in told.results if result.check == "company"]
    assert {result.subject for result in results} == set(map(str, LINKED))
    assert {result.verdict.outcome for result in results} == {Outcome.CONFORMS}


def test_a_layout_is_no_need_of_what_is_asked_in_layouts_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the fault does not show when it is asked again in contiguous memory, as a race may not."""
    shown = Pursuit._verdict_if_shown

    def seldom(pursuit: Pursuit, case: Case) -> Verdict | None:
        return None if case.layout == CONTIGUOUS else shown(pursuit, case)

    monkeypatch.setattr(Pursuit, "_verdict_if_shown", seldom)
    for seed in range(3):
        budget = Budget(replace(FAST, settings=frozenset(("layout",))), frozenset((Pass.INPUT_GRADIENT,)), 30, seed)
        faults = searched(Fresh(ReturnsOneBuffer), budget).faults
        assert {fault.cause for fault in faults} == {"reuse"}
        assert {fault.shrunk.layout for fault in faults} == {CONTIGUOUS}
        assert not [need for fault in faults for need in fault.needs if "memory layout" in need]
