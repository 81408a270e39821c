"""Evidence: asked again in a fresh process, put to witnesses, and written in the seed's notation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.answers import exact
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.operands.data import lattice_operands, parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.strategies import Space
from convoracle.suites.checks.company import COMPANY
from convoracle.suites.checks.inquiry import ask_again
from convoracle.suites.checks.value import _kept_answer
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.search import counterexample
from convoracle.suites.search.counterexample import build

from ..searching import searched

MUTANTS = Path(__file__).parents[1] / "mutants.py"


def fault_of(executor) -> Fault:
    budget = Budget(Space(max_products=500), frozenset(Pass), 40, 0)
    return searched(executor, budget).faults[0]


def test_witnesses_and_equations_are_heard() -> None:
    executor = InProcess(f"{MUTANTS}:StrideIgnoredInWeightGradient")
    witnesses = {"reference": InProcess("reference"), "honest": InProcess(f"{MUTANTS}:Honest")}
    mismatch, evidence = build(fault_of(executor), executor, witnesses)
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
    mismatch, _ = build(fault_of(executor), executor, {"twin": InProcess(f"{MUTANTS}:KernelNotFlipped")})
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
    fault = fault_of(executor)
    mismatch, _ = build(fault, executor, {})
    assert mismatch.witnesses[0].outcome is Outcome.VIOLATES
    assert "the oracle itself is wrong here" in mismatch.witnesses[0].note


def test_a_fault_that_does_not_show_again_says_so() -> None:
    calls = []

    class FirstCallsOnly:
        def forward(self, input, weight, bias, geometry):
            calls.append(geometry)
            return np.zeros(geometry.output_shape, input.dtype)

    executor = InProcess(FirstCallsOnly())
    fault = fault_of(executor)
    mismatch, _ = build(fault, InProcess("reference"), {})
    assert not mismatch.repeats
    assert mismatch.verdict == fault.verdict


def test_a_fault_that_shows_now_and_then_is_asked_for_several_times(tmp_path: Path) -> None:
    source = tmp_path / "moody.py"
    source.write_text(
        "from convoracle.oracle.answers import reference\n"
        "calls = 0\n"
        "def conv1d(x, w, stride):\n"
        "    global calls\n"
        "    calls += 1\n"
        "    from convoracle.oracle.problem.geometry import ConvGeometry\n"
        "    n, c, i = x.shape\n"
        "    sizes = {'size': i, 'kernel': w.shape[2], 'batch': n, 'in_channels': c, 'out_channels': len(w)}\n"
        "    return reference.forward(x, w, ConvGeometry.of(stride=stride, **sizes)) + (calls % 3 == 0)\n"
    )
    with Isolated(f"{source}:conv1d") as executor:
        mismatch, _ = build(fault_of(executor), executor, {})
    assert mismatch.repeats
    assert counterexample._CONFIRMATIONS >= 3


def test_operands_are_those_of_the_case() -> None:
    executor = InProcess(f"{MUTANTS}:PaddingSidesSwapped")
    fault = fault_of(executor)
    _, evidence = build(fault, executor, {})
    for name, array in lattice_operands(fault.shrunk).of(Pass(fault.subject)).arrays().items():
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
    told = result.verdict.reason
    fault = Fault("x-1", COMPANY, "forward", Outcome.VIOLATES, "repeat", case, case, result.verdict, history=told)
    mismatch, _ = build(fault, executor, {})
    assert mismatch.diagnosed == ('conventions = {"repeatability": "varies"}',)
    assert mismatch.history == ""
