"""A block of cases: which passes are asked on each, and that nothing but the block decides what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Case, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.reports.records.compared import KNOWN_HANG
from convoracle.reports.records.record import CheckResult
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.replies import Reply, TimedOut
from convoracle.suites.capabilities.offer import Offer
from convoracle.suites.cases.space import Space
from convoracle.suites.search.examiner import BLOCK_CASES, Block, Entry, Examiner

PASSES = (Pass.FORWARD, Pass.WEIGHT_GRADIENT)
PLAIN, DILATED = map(parse_case, ("n1c1k1i3f1/float32/uniform/0", "n1c1k1i3f1d2/float32/uniform/0"))


class Hanging(InProcess):
    """The reference, which times out on some geometries, on dilated ones if nothing is said, without waiting."""

    def __init__(self, hangs: Callable[[ConvGeometry], bool] = lambda geometry: max(geometry.dilation) > 1) -> None:
        super().__init__("reference")
        self.asked: list[Pass] = []
        self.hangs = hangs

    def call(self, pass_: Pass, operands: Operands, geometry: ConvGeometry, **options: Any) -> Reply:
        self.asked.append(pass_)
        if self.hangs(geometry):
            return TimedOut(10.0)
        return super().call(pass_, operands, geometry, **options)


class Restarted(InProcess):
    """The reference, which counts how often it was restarted."""

    def __init__(self) -> None:
        super().__init__("reference")
        self.restarts = 0

    def restart(self) -> None:
        self.restarts += 1


def examiner(offer: Offer) -> tuple[Examiner, Hanging]:
    executor = Hanging()
    return Examiner(executor, PASSES, ("structure",), offer), executor


def outcomes(results: tuple[CheckResult, ...]) -> dict[str, Outcome]:
    return {result.subject: result.verdict.outcome for result in results}


def only(examined: Examiner, entry: Entry) -> tuple[CheckResult, ...]:
    (results,) = examined.examine(Block((entry,)))
    return results


def test_a_pass_that_would_hang_is_not_asked() -> None:
    examined, executor = examiner(Offer(Space()))
    *_, not_asked = only(examined, Entry(PLAIN, ((Pass.FORWARD, "hang-1"),)))
    assert (not_asked.subject, not_asked.verdict.outcome) == ("forward", Outcome.UNDECIDED)
    assert (not_asked.verdict.reason, not_asked.verdict.cause) == (
        "not asked: it would hang again as in hang-1",
        KNOWN_HANG,
    )
    assert set(executor.asked) == {Pass.WEIGHT_GRADIENT}


def test_a_block_ends_with_the_first_case_that_hangs() -> None:
    examined, _ = examiner(Offer(Space()))
    first, second = examined.examine(Block((Entry(PLAIN), Entry(DILATED), Entry(PLAIN))))
    assert outcomes(first) == dict.fromkeys(("forward", "weight_gradient"), Outcome.CONFORMS)
    assert outcomes(second) == dict.fromkeys(("forward", "weight_gradient"), Outcome.HUNG)


def test_a_block_is_examined_in_a_fresh_process_where_passes_have_their_turn_in_company() -> None:
    executor = Restarted()
    cases = [replace(PLAIN, seed=seed) for seed in range(1, BLOCK_CASES + 1)]
    block = Block(tuple(map(Entry, cases)))
    examined = Examiner(executor, PASSES, ("structure", "company"), Offer(Space()))
    once, again = list(examined.examine(block)), list(examined.examine(block))
    in_company = [[result.check for result in results].count("company") for results in once]
    assert in_company == [[result.check for result in results].count("company") for results in again]
    assert in_company == [2 if number % 5 == 0 else 0 for number in range(1, BLOCK_CASES + 1)]
    assert executor.restarts == 2 * (1 + sum(in_company))


def test_in_a_block_without_turns_no_pass_is_asked_in_company() -> None:
    examined = Examiner(InProcess("reference"), PASSES, ("structure", "company"), Offer(Space()))
    entries = tuple(Entry(replace(PLAIN, seed=seed)) for seed in range(1, BLOCK_CASES + 1))
    results = [result for each in examined.examine(Block(entries, has_turns=False)) for result in each]
    assert {result.check for result in results} == {"structure"}


class WrongAtTheThird(InProcess):
    """The forward pass is one too large from the third kind of convolution on that its process sees."""

    def __init__(self) -> None:
        self.seen: set[ConvGeometry] = set()
        super().__init__(self)

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        self.seen.add(geometry)
        return reference.forward(input, weight, geometry, bias) + input.dtype.type(len(self.seen) > 2)

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return reference.weight_gradient(input, output_gradient, geometry)

    def restart(self) -> None:
        self.seen.clear()


EARLIER = [parse_case(f"n1c1k1i{size}f1/float32/uniform/0") for size in (5, 6, 7)]


def told_of(earlier: Iterable[Case]) -> str:
    executor = WrongAtTheThird()
    examined = Examiner(executor, PASSES, ("structure",), Offer(Space()))
    result = CheckResult("structure", "forward", Verdict(Outcome.VIOLATES, "one too large", "value"))
    history = examined.history(result, PLAIN, Block(tuple(map(Entry, earlier))))
    assert history is not None
    return history.told


def test_the_cases_before_are_examined_anew_until_the_same_question_fails_again() -> None:
    assert told_of(EARLIER) == "right alone, wrong after the 2 cases before it"
    assert told_of(EARLIER[:1]) == "right alone, and not seen to be wrong again after the calls before it"


def test_what_a_pass_cannot_take_is_told_and_not_asked() -> None:
    examined, executor = examiner(Offer(Space(), untaken={(Pass.FORWARD, "float32"): "no loop for float32"}))
    conforms, unsupported = only(examined, Entry(PLAIN))
    assert (conforms.subject, conforms.verdict.outcome) == ("weight_gradient", Outcome.CONFORMS)
    assert (unsupported.subject, unsupported.verdict.outcome) == ("forward", Outcome.UNSUPPORTED)
    assert unsupported.verdict.reason == "no loop for float32"
    assert set(executor.asked) == {Pass.WEIGHT_GRADIENT}
