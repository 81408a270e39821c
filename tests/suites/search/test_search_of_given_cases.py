"""What a search makes of the cases it is given: what it takes up, explains, makes smaller, remembers and tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Case, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.reports.records.record import CheckResult
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.capabilities.offer import Offer
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.corpora.selection import CorpusCase, Provenance
from convoracle.suites.cases.space import Space
from convoracle.suites.checks.kind import OfCandidate
from convoracle.suites.checks.registry import FIRST
from convoracle.suites.search import search as module
from convoracle.suites.search.agenda import Agenda, Pause, Planned
from convoracle.suites.search.events import CaseExamined, FaultMerged, FaultMet, FaultShrunk
from convoracle.suites.search.examiner import BLOCK_CASES, LATER_CASES, Block, Examiner, Results
from convoracle.suites.search.failure_store import FailureMemory
from convoracle.suites.search.meanwhile import Meanwhile
from convoracle.suites.search.pursuit import Pursuit

from ..searching import Told, searched

SPACE = Space(ranks=(1,), dtypes=("float32",), max_products=100)
FORWARD, OTHER = Pass.FORWARD, Pass.WEIGHT_GRADIENT
PLAIN, STRIDED, DILATED, BOTH = (
    parse_case(f"n1c1k1i5f2{settings}/float32/uniform/1") for settings in ("", "s2", "d2", "s2d2")
)


def never(geometry: ConvGeometry) -> bool:
    return False


def strided(geometry: ConvGeometry) -> bool:
    return max(geometry.stride) > 1


def dilated(geometry: ConvGeometry) -> bool:
    return max(geometry.dilation) > 1


class Wrong(InProcess):
    """Too large by one where a pass is to be wrong."""

    def __init__(
        self, forward: Callable[[ConvGeometry], bool] = never, other: Callable[[ConvGeometry], bool] = never
    ) -> None:
        self.where = {FORWARD: forward, OTHER: other}
        super().__init__(self)

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return reference.forward(input, weight, geometry, bias) + np.float32(self.where[FORWARD](geometry))

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        right = reference.weight_gradient(input, output_gradient, geometry)
        return right + np.float32(self.where[OTHER](geometry))


def budget(*passes: Pass, faults: int = 20, checks: Iterable[str] = ("structure",), cases: int = 10) -> Budget:
    return Budget(SPACE, frozenset(passes or (FORWARD,)), cases, 0, faults, checks=frozenset(checks))


Given = Callable[..., None]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Given:
    """Has a search examine these cases after those remembered, of a candidate that takes all of the space."""

    def given(*cases: Case | Pause, is_small: bool = True) -> None:
        def planned(agenda: Agenda, remembered: Sequence[Case], apart: object) -> Iterator[Planned | Pause]:
            for each in (*remembered, *cases):
                yield each if isinstance(each, Pause) else Planned(each, is_small=is_small)

        monkeypatch.setattr(module, "learn", lambda asking, space, declined: Offer(space))
        monkeypatch.setattr(Agenda, "cases", planned)

    return given


def tags(told: Told) -> list[tuple[str, ...]]:
    """For each case the numbers of the faults that it shows; a question mark for one that belongs to none."""
    return [
        tuple(
            "?" if each.fault is None else each.fault[-1] for each in record.results if each.verdict.outcome.is_mismatch
        )
        for record in told.records
    ]


def test_each_case_is_told_in_its_turn_with_how_far_the_search_is(given: Given) -> None:
    cases = [replace(PLAIN, seed=seed) for seed in range(2 * BLOCK_CASES + 1)]
    given(*cases)
    told = searched(Wrong(), budget())
    assert told.cases == [str(case) for case in cases]
    events = [event for event in told.events if isinstance(event, CaseExamined)]
    assert [(event.done, event.total) for event in events] == [(number + 1, 10) for number in range(len(cases))]
    assert {record.origin for record in told.records} == {""}


def test_asked_are_the_passes_of_the_budget_that_a_candidate_offers(given: Given) -> None:
    given(PLAIN)
    asked = {result.subject for result in searched(Wrong(), budget(FORWARD, Pass.INPUT_GRADIENT)).results}
    assert asked == {"forward"}


def test_the_checks_are_those_of_the_budget_or_else_the_usual_ones(given: Given) -> None:
    given(replace(PLAIN, seed=0))
    named = {result.check for result in searched(Wrong(), budget()).results}
    usual = {result.check for result in searched(Wrong(), replace(budget(), checks=None)).results}
    assert named == {"structure"} < usual


def test_a_fault_that_is_met_again_is_explained_by_the_first_and_another_is_not(given: Given) -> None:
    given(STRIDED, PLAIN, DILATED, replace(STRIDED, seed=2))
    told = searched(Wrong(strided, dilated), budget(FORWARD, OTHER))
    assert tags(told) == [("1",), (), ("1",), ("1",)]
    assert [(fault.subject, fault.found) for fault in told.faults] == [
        ("forward", STRIDED),
        ("weight_gradient", DILATED),
    ]


def test_a_case_that_is_small_already_is_left_as_it_is_and_another_is_made_smaller(given: Given) -> None:
    shrunk = []
    for is_small in (True, False):
        given(BOTH, is_small=is_small)
        (fault,) = searched(Wrong(strided), budget()).faults
        shrunk.append(str(fault.shrunk.geometry))
    assert shrunk == [str(BOTH.geometry), "n1c1k1i1f1s2"]


def test_a_fault_that_proves_a_plainer_form_of_another_is_merged_into_it(given: Given) -> None:
    given(parse_case("n2c1k1i5f2s2/float32/uniform/1"), STRIDED)
    *_, met, merged, _ = searched(Wrong(strided), budget()).events
    assert isinstance(met, FaultMet)
    assert isinstance(merged, FaultMerged)
    assert (merged.plainer, merged.fault.id) == (met.fault, "Wrong-forward-1")
    assert merged.fault.shrunk == STRIDED


def not_dilated(geometry: ConvGeometry) -> bool:
    return not dilated(geometry)


@pytest.mark.parametrize(
    ("first", "second_tag"),
    [(strided, "?"), (not_dilated, "1")],
    ids=["shows where it is met only", "shows on the plainest case"],
)
def test_no_more_is_taken_up_after_the_most_faults_that_have_nothing_to_do_with_each_other(
    first: Callable[[ConvGeometry], bool], second_tag: str, given: Given
) -> None:
    given(STRIDED, DILATED)
    told = searched(Wrong(first, dilated), budget(FORWARD, OTHER, faults=1))
    assert tags(told) == [("1",), (second_tag,)]
    assert len(told.faults) == (1 if second_tag == "?" else 2)


def test_what_shrinking_one_fault_takes_of_the_attempts_is_not_there_for_the_next(
    given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[int, Pursuit]] = []

    class Watched(Pursuit):
        def __post_init__(self) -> None:
            begun.append((self.limit, self))
            super().__post_init__()

    monkeypatch.setattr(module, "Pursuit", Watched)
    for cases, attempts in ((83, 1000), (84, 1008)):
        begun.clear()
        given(STRIDED, DILATED, is_small=False)
        searched(Wrong(strided, dilated), budget(FORWARD, OTHER, cases=cases))
        (first, pursuit), (second, _) = begun
        assert (first, second) == (attempts, attempts - pursuit.attempts)


class KeepsItsFirst(Wrong):
    """Its forward pass comes to what the first call of a geometry did."""

    def __init__(self) -> None:
        self.kept: dict[ConvGeometry, Array] = {}
        super().__init__()

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return self.kept.setdefault(geometry, super().forward(input, weight, bias, geometry)).copy()

    def restart(self) -> None:
        self.kept.clear()


def test_what_earlier_calls_leave_behind_is_one_fault_that_is_established_once(
    given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    established = []
    history = Examiner.history

    def counted(*asked: object) -> object:
        established.append(asked)
        return history(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(Examiner, "history", counted)
    given(PLAIN, replace(PLAIN, seed=2), STRIDED, replace(STRIDED, seed=2))
    told = searched(KeepsItsFirst(), budget())
    assert tags(told) == [(), ("1",), (), ("1",)]
    (fault,) = told.faults
    assert fault.history == "right alone, wrong after the same call with other data"
    assert len(established) == 1


WRONG = Verdict(Outcome.VIOLATES, "wrong", "value")


@pytest.mark.parametrize(("alone", "taken_up"), [(DILATED, DILATED), (replace(STRIDED, seed=9), PLAIN)])
def test_a_wrong_call_behind_a_failure_is_taken_up_unless_it_is_known(
    alone: Case, taken_up: Case, given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The forward pass of strided cases is known to be wrong when the other pass fails on a plain one."""
    behind = {STRIDED: None, PLAIN: (CheckResult(FIRST.name, "forward", WRONG), alone)}
    monkeypatch.setattr(module, "wrong_call", lambda executor, result, case: behind[case])
    given(STRIDED, PLAIN)
    told = searched(Wrong(strided, lambda geometry: not strided(geometry)), budget(FORWARD, OTHER))
    first, second = told.faults
    assert first.found == STRIDED
    assert (second.subject, second.found) == ("forward" if taken_up == alone else "weight_gradient", taken_up)


def once_asked(monkeypatch: pytest.MonkeyPatch, answers: dict[Case, Verdict | None]) -> None:
    """Has a candidate asked one thing on each of these cases, once."""
    questions = OfCandidate(lambda passes, ranks: [(case, "calls") for case in answers], lambda info: True, "")
    once = replace(FIRST, name="once", schedule=questions)
    monkeypatch.setattr(module, "CHECKS", {"once": once, "other": replace(once, name="other"), FIRST.name: FIRST})

    def ask_again(executor: object, check: str, subject: str, case: Case) -> CheckResult | None:
        verdict = answers[case]
        return None if verdict is None else CheckResult("structure", "forward", verdict)

    monkeypatch.setattr(module, "ask_again", ask_again)


def test_what_is_asked_once_is_told_first_with_a_fault_for_each_mismatch_up_to_the_most(
    given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Verdict(Outcome.CONFORMS)
    once_asked(monkeypatch, {PLAIN: right, STRIDED: WRONG, BOTH: None, DILATED: WRONG})
    given(replace(PLAIN, seed=2))
    told = searched(Wrong(), budget(checks=("structure", "once")))
    assert told.cases == [*map(str, (PLAIN, STRIDED, DILATED)), str(replace(PLAIN, seed=2))]
    assert [(fault.found, fault.shrunk) for fault in told.faults] == [(STRIDED, STRIDED), (DILATED, DILATED)]
    assert [type(event) for event in told.events[1:3]] == [FaultMet, FaultShrunk]
    few = searched(Wrong(), budget(checks=("structure", "once"), faults=1))
    assert [fault.found for fault in few.faults] == [STRIDED]


def test_what_failed_is_remembered_with_what_was_not_tried_again(given: Given, tmp_path: Path) -> None:
    memory = FailureMemory((str(tmp_path),), "mine")
    memory.prepare()
    memory.update([PLAIN, STRIDED], ())
    given(DILATED)
    told = searched(Wrong(dilated), budget(), memory)
    assert told.cases == [str(case) for case in (STRIDED, PLAIN, DILATED)]
    assert memory.recall() == [DILATED]
    untried = replace(BOTH, geometry=replace(BOTH.geometry, batch=9))
    memory.update([STRIDED, BOTH, untried], [DILATED])
    with closing(module.search(Wrong(dilated), budget(), memory)) as events:
        for event in events:
            if isinstance(event, FaultShrunk):
                break
    assert memory.recall() == [BOTH, untried]


class WithoutBias:
    """Takes no bias."""

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        return reference.forward(input, weight, geometry, None)

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return reference.weight_gradient(input, output_gradient, geometry)


@pytest.mark.parametrize(
    ("executor", "passes", "is_biased"),
    [
        (Wrong(), (FORWARD, OTHER), True),
        (Wrong(), (OTHER,), False),
        (InProcess(WithoutBias()), (FORWARD, OTHER), False),
    ],
)
def test_cases_of_a_corpus_have_a_bias_where_a_pass_that_adds_one_takes_it(
    executor: InProcess, passes: tuple[Pass, ...], is_biased: bool
) -> None:
    of_corpus = (CorpusCase(PLAIN, Provenance("layer")),)
    (record,) = searched(executor, replace(budget(*passes), corpus_cases=of_corpus)).records
    assert (record.case, record.origin) == (str(replace(PLAIN, bias=is_biased)), "layer")


class Scripted:
    """Hands that examine nothing, and keep which blocks they were given."""

    ahead = 0
    blocks: list[Block]

    def __init__(self, examiner: Examiner, spare: object) -> None:
        Scripted.blocks = []

    def begin(self, block: Block) -> None:
        self.blocks.append(block)

    def examined(self, block: Block) -> Iterator[Results]:
        return iter([()] * len(block.entries))

    def apart(self, does: Callable[[], object]) -> Meanwhile[object]:
        return Meanwhile(does)

    def close(self) -> None:
        pass


def test_of_later_blocks_few_have_turns_and_the_others_are_longer(
    given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "Hands", Scripted)
    given(*(replace(PLAIN, seed=seed) for seed in range(8 * BLOCK_CASES + 2 * LATER_CASES + 3)))
    searched(Wrong(), budget())
    assert LATER_CASES > 2 * BLOCK_CASES
    lengths = [len(block.entries) for block in Scripted.blocks]
    assert lengths == [*[BLOCK_CASES] * 7, *[LATER_CASES] * 2, BLOCK_CASES, 3]
    assert [block.has_turns for block in Scripted.blocks] == [*[True] * 7, False, False, True, False]


@pytest.mark.parametrize(("over_after", "looked_at"), [(9, "13"), (2, "13"), (1, "1"), (0, "")])
def test_as_many_blocks_as_hands_want_are_begun_ahead_and_they_are_looked_at_while_the_next_case_is_being_chosen(
    given: Given, monkeypatch: pytest.MonkeyPatch, over_after: int, looked_at: str
) -> None:
    done: list[str] = []

    class TwoAhead(Scripted):
        ahead = 2

        def begin(self, block: Block) -> None:
            done.append(f"begin {block.entries[0].case.seed}")

        def examined(self, block: Block) -> Iterator[Results]:
            done.append(f"look at {block.entries[0].case.seed}")
            return super().examined(block)

    monkeypatch.setattr(module, "Hands", TwoAhead)
    monkeypatch.setattr(module, "BLOCK_CASES", 2)
    one, two, *others = (replace(PLAIN, seed=seed) for seed in range(1, 12))
    asked = iter(range(99))
    given(one, two, *others[:3], Pause(lambda: next(asked) >= over_after), *others[3:])
    searched(Wrong(), budget())
    before = ["begin 1", "begin 3", *(f"look at {seed}" for seed in looked_at)]
    assert done[: len(before) + 1] == [*before, "begin 5"]
    assert [each for each in done if each.startswith("begin")] == [f"begin {seed}" for seed in range(1, 12, 2)]
    looks = [place for place, each in enumerate(done) if each.startswith("look")]
    assert [done[place] for place in looks] == [f"look at {seed}" for seed in range(1, 12, 2)]
    ahead = [sum(each.startswith("begin") for each in done[:place]) - order for order, place in enumerate(looks)]
    assert max(ahead) == TwoAhead.ahead + 1
