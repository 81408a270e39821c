"""Every kind of check: asked of the cases whose seeds say so, on passes without a fault, and again by its name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Case, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.reports.records.record import CheckResult, kind_of
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.replies import Reply
from convoracle.suites.checks.inquiry import ask_again, examine
from convoracle.suites.checks.kind import CheckKind, InTurn, OfCandidate
from convoracle.suites.checks.registry import CHECKS

CASE = parse_case("n2c2k2i4x3f2x2s2x1p1x0/bias/float32/uniform/0")


class NanInNeighbours:
    """Right on numbers; one NaN in the input makes all of its image NaN."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        output = np.asarray(reference.forward(np.nan_to_num(input), weight, geometry, bias))
        return output + np.where(np.isnan(input).any(axis=(1, 2, 3), keepdims=True), np.nan, 0).astype(output.dtype)


class Counts:
    """Right three times, then one too many in every element, and so on."""

    calls = 0

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        Counts.calls += 1
        output = np.asarray(reference.forward(input, weight, geometry, bias))
        return output + (Counts.calls % 4 == 0)


def _kinds(case: Case, **options: object) -> set[str]:
    executor = InProcess("reference")
    return {kind_of(result.check) for result in examine(executor, case, list(Pass), **options)}  # type: ignore[arg-type]


def test_seed_zero_is_asked_all_there_is() -> None:
    assert _kinds(CASE) == {kind.name for kind in CHECKS.values() if not isinstance(kind.schedule, OfCandidate)}


def test_other_seeds_are_asked_less() -> None:
    assert _kinds(replace(CASE, seed=1)) == {"structure", "precision", "adjoint"}
    assert _kinds(replace(CASE, seed=2)) == {"structure", "precision", "adjoint", "contamination", "relation"}


class Ordered(InProcess):
    """The reference, which keeps the order in which its passes are called."""

    def __init__(self) -> None:
        super().__init__("reference")
        self.order: list[Pass] = []

    def call(self, pass_: Pass, *arguments: Any, **settings: Any) -> Reply:
        self.order.append(pass_)
        return super().call(pass_, *arguments, **settings)


def test_of_four_seeds_the_last_has_its_passes_asked_backwards_and_told_in_their_order() -> None:
    passes = [Pass.FORWARD, Pass.WEIGHT_GRADIENT]
    backwards = []
    for seed in range(8):
        executor = Ordered()
        results = examine(executor, replace(CASE, seed=seed), passes, ("structure",))
        assert [result.subject for result in results] == ["forward", "weight_gradient"]
        backwards.append(executor.order == passes[::-1])
        assert executor.order in (passes, passes[::-1])
    assert backwards == [False, False, False, True] * 2


def in_turn(case: Case, due: tuple[Pass, ...] | None) -> list[str]:
    """The subjects of a check that is asked in turn, of a right forward pass and a wrong weight gradient."""
    results = examine(InProcess(WrongWeightGradient), case, [Pass.FORWARD, Pass.WEIGHT_GRADIENT], ("toy",), due)
    return [result.subject for result in results if result.check == "toy"]


@pytest.mark.usefixtures("toy")
def test_where_no_run_says_whose_turn_it_is_the_seed_does() -> None:
    assert [seed for seed in range(7) if in_turn(replace(CASE, seed=seed), None)] == [0, 3, 6]
    assert in_turn(CASE, None) == ["forward"]


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize(("due", "subjects"), [((), []), ((Pass.FORWARD,), ["forward"]), ((Pass.WEIGHT_GRADIENT,), [])])
def test_a_pass_whose_turn_it_is_is_asked_if_it_was_found_without_a_fault(
    due: tuple[Pass, ...], subjects: list[str]
) -> None:
    for seed in (0, 1):
        assert in_turn(replace(CASE, seed=seed), due) == subjects


class WrongWeightGradient:
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return reference.forward(input, weight, geometry, bias)

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return np.zeros(geometry.weight_shape, input.dtype)


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that is asked in turn, where no run says whose, of every third seed."""

    def ask(examination: object, check: str, subject: str) -> CheckResult:
        return CheckResult(check, subject, Verdict(Outcome.CONFORMS))

    kind = CheckKind(name="toy", title="a toy", meaning="A toy.", schedule=InTurn(every=3), ask=ask)
    monkeypatch.setitem(CHECKS, kind.name, kind)


class Zero:
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return np.zeros(geometry.output_shape, input.dtype)


def test_a_pass_whose_structure_is_wrong_is_asked_nothing_more() -> None:
    results = examine(InProcess(Zero), CASE, [Pass.FORWARD])
    assert [(result.check, result.verdict.outcome) for result in results] == [("structure", Outcome.VIOLATES)]


def test_checks_can_be_chosen() -> None:
    assert _kinds(CASE, checks=("precision",)) == {"precision"}
    assert _kinds(CASE, checks=("structure", "company")) == {"structure", "company"}


@pytest.mark.parametrize("dtype", ["int8", "complex64"])
def test_there_is_no_contamination_without_nan(dtype: str) -> None:
    assert "contamination" not in _kinds(replace(CASE, dtype=dtype))


def test_overflow_is_judged_where_the_fill_is_huge() -> None:
    executor = InProcess("reference")
    verdicts = [ask_again(executor, "precision", "forward", replace(CASE, fill="huge", seed=seed)) for seed in range(9)]
    assert {result.verdict.outcome for result in verdicts if result is not None} == {Outcome.CONFORMS}
    assert ask_again(executor, "precision", "forward", replace(CASE, fill="huge", dtype="complex64")) is None


def test_contamination_beyond_the_receptive_field_is_found() -> None:
    executor = InProcess(NanInNeighbours())
    found = [ask_again(executor, "contamination", "forward", replace(CASE, seed=seed)) for seed in range(12)]
    assert Outcome.VIOLATES in {result.verdict.outcome for result in found if result is not None}
    structure = ask_again(executor, "structure", "forward", CASE)
    assert structure is not None
    assert structure.verdict.outcome is Outcome.CONFORMS


def test_a_call_that_remembers_others_is_found() -> None:
    results = [ask_again(InProcess(Counts()), "company", "forward", replace(CASE, seed=seed)) for seed in range(3)]
    assert {result.verdict.outcome for result in results if result is not None} == {Outcome.VIOLATES}


def test_any_question_is_asked_again_by_its_name() -> None:
    executor = InProcess("reference")
    for result in examine(executor, CASE, list(Pass)):
        again = ask_again(executor, result.check, result.subject, CASE)
        assert again is not None
        assert (again.check, again.subject, again.verdict.outcome) == (
            result.check,
            result.subject,
            result.verdict.outcome,
        )
