"""Evidence: asked again in a fresh process, put to witnesses, and written in the seed's notation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.answers import exact, reference
from convoracle.oracle.faults import fault_named
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Case, lattice_operands, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.reports.records.record import Mismatch, Witness
from convoracle.suites.audits.planted import Planted, PlantedInProcess
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.cases.corpora.selection import Provenance
from convoracle.suites.checks.company import COMPANY
from convoracle.suites.checks.inquiry import ask_again
from convoracle.suites.checks.value import _kept_answer
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.diagnosis.framework_witness import Frameworks
from convoracle.suites.diagnosis.history import Question
from convoracle.suites.search.counterexample import build

MUTANTS = Path(__file__).parents[1] / "mutants.py"
PLAINEST = parse_case("n1c1k1i1f1/float32/uniform/0")
CONTAMINATED = parse_case("n1c1k1i9f1/float32/uniform/3")
"""A NaN in the sixth element of its input."""
WRONG = Verdict(Outcome.VIOLATES, "wrong", "value")


def fault(
    subject: str = "forward", case: Case = PLAINEST, verdict: Verdict = WRONG, check: str = "structure", **more: Any
) -> Fault:
    return Fault(f"me-{subject}-1", check, subject, verdict.outcome, verdict.cause, case, case, verdict, **more)


def fault_of(executor: Executor, subject: str, text: str) -> Fault:
    """The fault of structure that a case shows, which is not one that the oracle audits."""
    case = parse_case(f"{text}/float32/uniform/1")
    result = ask_again(executor, "structure", subject, case)
    assert result is not None
    assert result.verdict.outcome.is_mismatch
    return fault(subject, case, result.verdict)


class Forward:
    """A forward pass, wrong by one on those of its calls that are to be; what is made of its result is returned."""

    def __init__(self, is_wrong: Callable[[int], bool], made: Callable[[Array], Array] = np.asarray) -> None:
        self.is_wrong, self.made, self.calls = is_wrong, made, 0

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        self.calls += 1
        return self.made(reference.forward(input, weight, geometry, bias) + np.float32(self.is_wrong(self.calls)))


def test_witnesses_and_equations_are_heard() -> None:
    executor = InProcess(f"{MUTANTS}:StrideIgnoredInWeightGradient")
    witnesses = {"reference": InProcess("reference"), "honest": InProcess(f"{MUTANTS}:Honest")}
    mismatch, evidence = build(fault_of(executor, "weight_gradient", "n1c1k1i3f1s2"), executor, witnesses)
    assert mismatch.repeats
    assert [(w.name, w.outcome) for w in mismatch.witnesses] == [
        ("equations", Outcome.CONFORMS),
        ("reference", Outcome.CONFORMS),
        ("honest", Outcome.CONFORMS),
    ]
    assert mismatch.equations == ("∂L/∂F₁ = ∂L/∂O₁·X₁ + ∂L/∂O₂·X₃",)
    assert evidence.wrong.all()
    assert evidence.actual is not None
    assert evidence.actual != evidence.expected


def test_a_witness_with_the_same_fault_says_so() -> None:
    executor = InProcess(f"{MUTANTS}:KernelNotFlipped")
    mismatch, _ = build(
        fault_of(executor, "input_gradient", "n1c1k1i2f2"), executor, {"twin": executor}, is_shrunk=False
    )
    assert mismatch.witnesses[1].outcome is Outcome.VIOLATES


@pytest.fixture
def _fresh_answers() -> Iterator[None]:
    """Wrong answers must not stay in the cache that other tests share."""
    _kept_answer.cache_clear()
    yield
    _kept_answer.cache_clear()


@pytest.mark.usefixtures("_fresh_answers")
def test_an_oracle_that_is_wrong_itself_is_told_by_the_equations(monkeypatch: pytest.MonkeyPatch) -> None:
    executor = InProcess(f"{MUTANTS}:Honest")
    true_sums = exact.evaluate

    def wrong_sums(pass_, operands, geometry):
        result = true_sums(pass_, operands, geometry)
        result.value.integers[...] += pass_ is Pass.FORWARD
        return result

    monkeypatch.setattr(exact, "evaluate", wrong_sums)
    mismatch, _ = build(fault_of(executor, "forward", "n1c1k1i1f1"), executor, {})
    assert mismatch.witnesses[0].outcome is Outcome.VIOLATES
    assert "the oracle itself is wrong here" in mismatch.witnesses[0].note


@pytest.mark.parametrize(("wrong", "repeats", "calls"), [(1, True, 1), (2, True, 2), (5, True, 5), (6, False, 5)])
def test_a_fault_that_shows_now_and_then_is_asked_for_five_times(wrong: int, repeats: bool, calls: int) -> None:
    candidate = Forward(lambda call: call == wrong)
    met = fault(history="not diagnosed, so that no more calls are made")
    mismatch, evidence = build(met, InProcess(candidate), {})
    assert (mismatch.repeats, candidate.calls) == (repeats, calls)
    assert bool(evidence.wrong.all()) is repeats
    assert (mismatch.verdict == WRONG) is not repeats


def test_a_fault_that_does_not_show_again_has_the_verdict_with_which_it_was_met() -> None:
    mismatch, evidence = build(fault(), InProcess("reference"), {})
    assert (mismatch.repeats, mismatch.verdict) == (False, WRONG)
    assert (mismatch.diagnosis, mismatch.equations) == ((), ())
    assert not evidence.wrong.any()


def test_operands_are_those_of_the_case() -> None:
    executor = InProcess(f"{MUTANTS}:PaddingSidesSwapped")
    met = fault_of(executor, "forward", "n1c1k1i1f1p0+1")
    _, evidence = build(met, executor, {})
    for name, array in lattice_operands(met.shrunk).of(Pass.FORWARD).arrays().items():
        assert np.array_equal(array, evidence.operands.arrays()[name])


def test_sums_in_an_order_that_varies_are_no_state_but_a_convention_to_declare() -> None:
    turns = [1, -1]

    def varying(x: np.ndarray, w: np.ndarray, stride: tuple[int, ...]) -> np.ndarray:
        turns.reverse()
        if x.shape[2:] != w.shape[2:] or x.ndim != 3:
            raise NotImplementedError("a kernel as wide as its sequence")
        total = np.zeros((len(x), len(w), 1), x.dtype)
        for channel in range(x.shape[1])[:: turns[0]]:
            total[:, :, 0] += x[:, channel] @ w[:, channel].T
        return total

    executor = InProcess(varying)
    case = parse_case("n2c33k2i1f1/float32/uniform/0")
    result = ask_again(executor, COMPANY, "forward", case)
    assert result is not None
    met = fault("forward", case, result.verdict, COMPANY, history=result.verdict.reason)
    mismatch, _ = build(met, executor, {})
    assert mismatch.diagnosed == ('conventions = {"repeatability": "varies"}',)
    assert mismatch.history == ""


def test_a_fault_in_company_that_is_no_convention_depends_on_earlier_calls_also_where_it_is_diagnosed() -> None:
    verdict = replace(WRONG, cause="mutation")
    met = fault(verdict=verdict, check=COMPANY, history="changed its operand")
    mismatch, _ = build(met, InProcess("reference"), {})
    assert (mismatch.diagnosed, mismatch.history) == (("operand-changed",), "changed its operand")


def wrong(executor: Executor, subject: str, text: str, **options: Any) -> Mismatch:
    return build(fault_of(executor, subject, text), executor, {}, **options)[0]


def test_what_was_only_just_met_is_not_diagnosed_yet() -> None:
    executor = InProcess(Planted(fault_named("stride-ignored-in-weight-gradient")))
    for subject, follows in (("weight_gradient", ()), ("update", ("weight_gradient",))):
        told = wrong(executor, subject, "n1c1k1i3f1s2")
        just_met = wrong(executor, subject, "n1c1k1i3f1s2", is_shrunk=False)
        assert told.diagnosis
        assert told.follows == follows
        assert just_met == replace(told, diagnosis=(), diagnosed=(), follows=())


@pytest.mark.parametrize(
    ("text", "terms"), [("n5c10k10i10f1", ["equations"]), ("n3c1k1i1667f1", [])], ids=["5000", "5001"]
)
def test_the_equations_are_asked_term_by_term_up_to_so_many_products(text: str, terms: list[str]) -> None:
    case = parse_case(f"{text}/float32/uniform/0")
    mismatch, _ = build(fault(case=case), InProcess("reference"), {})
    assert [witness.name for witness in mismatch.witnesses] == terms


def test_the_equations_say_nothing_of_numbers_that_are_none() -> None:
    executor = InProcess(f"{MUTANTS}:Honest")
    mismatch, evidence = build(fault(check="contamination", case=CONTAMINATED), executor, {"reference": executor})
    assert mismatch.witnesses == (Witness("reference", Outcome.CONFORMS),)
    assert evidence.actual is not None
    assert np.array_equal(np.isnan(evidence.actual[0, 0]), np.arange(9) == 5)


def test_what_special_numbers_make_is_expected_where_the_result_is_wrong_and_elsewhere_what_it_is() -> None:
    class TakesNaNForZero(Forward):
        def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
            return super().forward(np.nan_to_num(input), weight, bias, geometry)

    executor = InProcess(TakesNaNForZero(lambda call: False))
    mismatch, evidence = build(fault(check="contamination", case=CONTAMINATED), executor, {})
    assert mismatch.repeats
    assert evidence.actual is not None
    assert np.array_equal(evidence.wrong[0, 0], np.arange(9) == 5)
    assert np.array_equal(evidence.expected[~evidence.wrong], evidence.actual[~evidence.wrong])
    assert (evidence.actual[0, 0, 5], np.isnan(evidence.expected[0, 0, 5])) == (0, True)


def test_a_result_of_another_shape_is_kept_and_marked_nowhere() -> None:
    executor = InProcess(Forward(lambda call: True, lambda result: np.append(result, result[..., :1], -1)))
    _, evidence = build(fault(case=CONTAMINATED), executor, {}, is_shrunk=False)
    assert evidence.actual is not None
    assert (evidence.actual.shape, evidence.expected.shape) == ((1, 1, 10), (1, 1, 9))
    assert not evidence.wrong.any()


def test_what_is_expected_of_reals_is_the_exact_sum_also_where_the_result_is_not_wrong() -> None:
    case = parse_case("n1c3k1i5f2/float32/uniform/0")
    executor = InProcess(Forward(lambda call: False, lambda result: result + np.float32([1, 0, 0, 0])))
    _, evidence = build(fault(case=case, check="precision"), executor, {}, is_shrunk=False)
    assert evidence.actual is not None
    assert evidence.wrong.ravel().tolist() == [True, False, False, False]
    assert (evidence.expected != evidence.actual).all()
    assert np.allclose(evidence.expected[0, 0, 1:], evidence.actual[0, 0, 1:], rtol=1e-5, atol=0)


def test_three_equations_of_wrong_elements_are_written_of_no_more_than_24_terms() -> None:
    executor = InProcess(Forward(lambda call: True))
    assert len(wrong(executor, "forward", "n1c1k1i3f1", is_shrunk=False).equations) == 3
    assert len(wrong(executor, "forward", "n1c1k1i4f1", is_shrunk=False).equations) == 3
    (longest,) = wrong(executor, "forward", "n1c24k1i1f1", is_shrunk=False).equations
    assert longest.count("F") == 24
    assert wrong(executor, "forward", "n1c25k1i1f1", is_shrunk=False).equations == ()
    (with_bias,) = wrong(executor, "forward", "n1c23k1i1f1/bias", is_shrunk=False).equations
    assert with_bias.count("F") == 23
    assert wrong(executor, "forward", "n1c24k1i1f1/bias", is_shrunk=False).equations == ()


def test_equations_of_complex_numbers_are_of_elements_and_not_of_their_parts() -> None:
    executor = InProcess(Forward(lambda call: True))
    met = fault(case=parse_case("n1c1k1i2f1/complex64/uniform/0"))
    mismatch, evidence = build(met, executor, {})
    assert evidence.wrong.shape == (1, 1, 2, 2)
    assert mismatch.equations == wrong(executor, "forward", "n1c1k1i2f1", is_shrunk=False).equations
    assert len(mismatch.equations) == 2


@pytest.mark.parametrize(
    ("provenance", "found", "origin"),
    [
        (None, "n1c1k1i2f1", ""),
        (Provenance("layer"), "n1c1k1i1f1", "layer"),
        (Provenance("layer"), "n1c1k1i2f1", "layer, shrunk"),
        (Provenance("layer", is_shrunk=True), "n1c1k1i1f1", "layer, shrunk"),
    ],
)
def test_the_origin_says_whether_the_case_is_smaller_than_there(
    provenance: Provenance | None, found: str, origin: str
) -> None:
    met = fault(provenance=provenance)
    met.found = parse_case(f"{found}/float32/uniform/7")
    assert build(met, InProcess("reference"), {})[0].origin == origin


def test_what_depends_on_a_known_call_is_asked_after_it_in_a_fresh_process() -> None:
    asked: list[str] = []

    class Watched(PlantedInProcess):
        def restart(self) -> None:
            asked.append("restart")

        def call(self, pass_: Pass, *given: Any, **named: Any) -> Any:
            asked.append(str(pass_))
            return super().call(pass_, *given, **named)

    def before(question: Question) -> Question:
        return Question("structure", "weight_gradient", replace(question.case, seed=9))

    executor = Watched(fault_named("returns-zeros"))
    mismatch, _ = build(fault(history="wrong after others", before=before), executor, {})
    assert asked == ["restart", "weight_gradient", "forward"]
    assert mismatch.after == (("structure", "weight_gradient", "n1c1k1i1f1/float32/uniform/9"),)
    assert (mismatch.repeats, mismatch.history, mismatch.diagnosis) == (False, "wrong after others", ())
    assert mismatch.verdict.outcome is Outcome.VIOLATES
    assert mismatch.verdict != WRONG


def test_a_check_of_several_calls_has_the_operands_of_its_pass_and_no_expected_result() -> None:
    case = parse_case("n1c1k1i5f1s2/float32/uniform/0")
    executor = InProcess(Planted(fault_named("stride-ignored-in-weight-gradient")))
    met = fault("weight_gradient", case, check="relation:stride")
    others = {"honest": InProcess(Planted()), "none": InProcess(Forward(lambda call: False))}
    mismatch, evidence = build(met, executor, others)
    assert mismatch.repeats
    assert mismatch.verdict != WRONG
    assert mismatch.witnesses == (Witness("honest", Outcome.CONFORMS),)
    assert evidence.actual is None
    assert evidence.expected.shape == evidence.bound.shape == evidence.wrong.shape == case.geometry.weight_shape
    assert not evidence.expected.any()
    assert not evidence.wrong.any()
    assert np.array_equal(evidence.operands.input, lattice_operands(case).input)
    assert mismatch.call


def test_a_check_of_no_single_pass_has_no_call_to_write() -> None:
    executor = InProcess("reference")
    mismatch, evidence = build(fault("adjoint", check="adjoint"), executor, {"other": executor})
    assert (mismatch.call, mismatch.equations) == ("", ())
    assert (mismatch.repeats, mismatch.verdict) == (False, WRONG)
    assert evidence.expected.shape == ()
    assert [witness.name for witness in mismatch.witnesses] == ["other"]


def test_what_cannot_be_asked_again_has_the_verdict_with_which_it_was_met() -> None:
    executor = InProcess(Forward(lambda call: False))
    mismatch, _ = build(fault("weight_gradient", check="relation:stride"), executor, {})
    assert (mismatch.repeats, mismatch.verdict) == (True, WRONG)


def test_a_framework_that_does_the_very_same_is_a_witness_once_and_named_with_its_version() -> None:
    class Resting(Forward):
        rests_on = "torch"

    class Torch(Forward):
        name, version = "torch", "2.0"

    executor = InProcess(Resting(lambda call: True))
    for is_same, framework in ((True, "torch 2.0"), (False, "")):
        torch = InProcess(Torch(lambda call, is_same=is_same: is_same))  # type: ignore[misc]
        others = {"torch": torch, "honest": InProcess(Planted())}
        met = fault_of(executor, "forward", "n1c1k1i1f1")
        mismatch, _ = build(met, executor, others, Frameworks(named=others), is_shrunk=False)
        assert mismatch.framework == framework
        assert [witness.name for witness in mismatch.witnesses] == ["torch", "equations", "honest"]
        alone, _ = build(met, executor, others, is_shrunk=False)
        assert (alone.framework, [witness.name for witness in alone.witnesses]) == (
            "",
            ["equations", "torch", "honest"],
        )


def test_a_witness_without_the_pass_says_nothing() -> None:
    executor = InProcess(Planted(fault_named("stride-ignored-in-weight-gradient")))
    others = {"none": InProcess(Forward(lambda call: False)), "honest": InProcess(Planted())}
    mismatch, _ = build(fault_of(executor, "weight_gradient", "n1c1k1i3f1s2"), executor, others, is_shrunk=False)
    assert [witness.name for witness in mismatch.witnesses] == ["equations", "honest"]


@pytest.mark.parametrize(("check", "calls"), [("structure", 0), (COMPANY, 0)])
def test_a_hang_is_not_waited_for_again_by_who_wants_to_go(check: str, calls: int) -> None:
    candidate = Forward(lambda call: False)
    hung = Verdict(Outcome.HUNG, "no answer within 10 s", "hung")
    mismatch, evidence = build(fault(verdict=hung, check=check), InProcess(candidate), {}, is_shrunk=False)
    assert candidate.calls == calls
    assert mismatch.verdict == hung
    assert evidence.actual is None
    assert evidence.operands.input.shape == (1, 1, 1)
    build(fault(verdict=hung, check=check), InProcess(candidate), {})
    assert candidate.calls > 0
