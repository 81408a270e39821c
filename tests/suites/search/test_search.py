"""The search on a zoo of planted faults: each found, shrunk, told apart from others and reported once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.reports.records.record import CheckResult
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Limits, Reply, TimedOut
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.covering import covering
from convoracle.suites.cases.drawing import Shares
from convoracle.suites.cases.space import Space
from convoracle.suites.cases.usual import usual_cases
from convoracle.suites.search import agenda
from convoracle.suites.search.failure_store import FailureMemory
from convoracle.suites.search.hangs import WAITED_FOR

from ..searching import Told, searched

MUTANTS = Path(__file__).parents[1] / "mutants.py"


@contextmanager
def executor(name: str, *, isolated: bool = False, seconds: float = 3.0) -> Iterator[Executor]:
    source = f"{MUTANTS}:{name}"
    running = Isolated(source, Limits(seconds_per_call=seconds)) if isolated else InProcess(source)
    try:
        yield running
    finally:
        running.close()


CLASSIC = frozenset(("stride", "padding", "unequal padding", "dilation", "groups", "bias"))


def budget(cases: int = 60, *, seed: int = 0, faults: int = 20) -> Budget:
    return Budget(Space(max_products=1500, settings=CLASSIC), frozenset(Pass), cases, seed, faults)


def told_of(name: str, cases: int = 60, *, isolated: bool = False, seed: int = 0, seconds: float = 3.0) -> Told:
    with executor(name, isolated=isolated, seconds=seconds) as running:
        return searched(running, budget(cases, seed=seed))


def untold(told: Told) -> list[CheckResult]:
    """Mismatches that belong to no fault."""
    return [result for result in told.results if result.verdict.outcome.is_mismatch and result.fault is None]


VALUE_FAULTS = [
    ("KernelNotFlipped", "structure", "input_gradient", "value", "n1c1k1i2f2", {"a kernel above 1"}),
    ("PaddingSidesSwapped", "structure", "forward", "value", None, {"padding that differs between the sides"}),
    ("StrideIgnoredInWeightGradient", "structure", "weight_gradient", "value", "n1c1k1i3f1s2", {"stride above 1"}),
    ("BiasGradientOfOneImage", "structure", "bias_gradient", "value", "n2c1k1i1f1", {"a batch above 1"}),
    ("ReturnsNone", "structure", "bias_gradient", "type", "n1c1k1i1f1", set()),
    ("DropsAnAxis", "structure", "forward", "shape", "n1c1k1i1f1", set()),
    ("ReturnsFloat64", "structure", "forward", "dtype", "n1c1k1i1f1", set()),
    ("ScalesItsInput", "structure", "forward", "mutation", "n1c1k1i1f1", set()),
    ("ReturnsItsOperand", "structure", "bias_gradient", "alias", "n1c1k1i1f1", set()),
]


@pytest.mark.parametrize(("name", "check", "subject", "cause", "smallest", "needs"), VALUE_FAULTS, ids=lambda v: str(v))
def test_a_planted_fault_is_found_once_and_shrunk(
    name: str, check: str, subject: str, cause: str, smallest: str | None, needs: set[str]
) -> None:
    told = told_of(name)
    (fault,) = told.faults
    assert (fault.check, fault.subject, fault.outcome, fault.cause) == (check, subject, Outcome.VIOLATES, cause)
    assert needs <= fault.needs
    if smallest is not None:
        assert str(fault.shrunk.geometry) == smallest
    assert fault.shrunk.dtype == "float32"
    assert len([result for result in told.results if result.fault == fault.id]) > 1
    assert untold(told) == []


def test_the_honest_one_conforms_on_every_case() -> None:
    told = told_of("Honest", 150)
    assert told.faults == []
    outcomes = {r.verdict.outcome for r in told.results if r.subject != "update"}
    assert outcomes <= {Outcome.CONFORMS, Outcome.UNDECIDED}
    adjoint = [r.verdict.outcome for r in told.results if r.check == "adjoint"]
    assert set(adjoint) <= {Outcome.CONFORMS, Outcome.UNDECIDED}
    assert adjoint.count(Outcome.CONFORMS) > len(adjoint) / 2


def test_two_faults_of_one_pass_are_told_apart() -> None:
    faults = [fault for fault in told_of("DilationAndGroups", 100).faults if fault.is_of_values]
    assert sorted("dilation above 1" in fault.needs for fault in faults) == [False, True]
    assert sorted("groups above 1" in fault.needs for fault in faults) == [False, True]


def test_a_narrow_accumulator_fails_precision_too_where_the_lattice_is_within_its_range() -> None:
    faults = [fault for fault in told_of("HalfPrecisionAccumulator", 80).faults if fault.is_of_values]
    assert {"structure", "precision"} >= {fault.check for fault in faults}
    assert all(fault.subject == "forward" for fault in faults)
    assert faults


@pytest.mark.parametrize(
    ("name", "outcome", "cause", "subject", "smallest"),
    [
        ("SegfaultsOnStride", Outcome.CRASHED, "SIGSEGV", "forward", "n1c1k1i1f1s2"),
        ("ExitsOnEmptyBatch", Outcome.CRASHED, "exit code 3", "input_gradient", "n0c1k1i1f1"),
        ("RaisesOnGroups", Outcome.REFUSED, "ValueError", "forward", "n1c2k2i1f1g2"),
    ],
)
def test_crashes_and_refusals_are_shrunk_and_the_run_goes_on(
    name: str, outcome: Outcome, cause: str, subject: str, smallest: str
) -> None:
    told = told_of(name, 50, isolated=True)
    (fault,) = told.faults
    assert (fault.outcome, fault.subject, str(fault.shrunk.geometry)) == (outcome, subject, smallest)
    assert fault.cause.startswith(cause)
    last = told.records[-1].results
    assert any(result.verdict.outcome is Outcome.CONFORMS for result in last)


def test_a_hang_is_shrunk_and_not_waited_for_again_and_again() -> None:
    told = told_of("HangsOnDilation", 40, isolated=True, seconds=0.5)
    (fault,) = told.faults
    assert (fault.outcome, fault.subject) == (Outcome.HUNG, "weight_gradient")
    assert str(fault.shrunk.geometry) == "n1c1k1i1f1d2"
    outcomes = [r.verdict.outcome for r in told.results if r.subject == "weight_gradient"]
    assert 0 < outcomes.count(Outcome.HUNG) <= WAITED_FOR
    assert Outcome.CONFORMS in outcomes


class Patient(InProcess):
    """Times out on every dilated weight gradient, without waiting, and keeps which limits it was given."""

    def __init__(self) -> None:
        super().__init__("reference")
        self.limits: set[float | None] = set()
        self.hangs = 0

    def call(self, pass_: Pass, operands: Operands, geometry: ConvGeometry, **options: Any) -> Reply:
        self.limits.add(options.get("seconds"))
        if pass_ is Pass.WEIGHT_GRADIENT and max(geometry.dilation) > 1:
            self.hangs += 1
            return TimedOut(10.0)
        return super().call(pass_, operands, geometry, **options)


def test_a_call_that_is_known_to_hang_has_the_time_of_any_other_and_is_seldom_made() -> None:
    """Where it had less, a call that is only slow counted as the same hang on a busy machine."""
    executor = Patient()
    (fault,) = searched(executor, budget(60)).faults
    assert (fault.outcome, str(fault.shrunk.geometry)) == (Outcome.HUNG, "n1c1k1i1f1d2")
    assert executor.limits == {None}
    assert executor.hangs <= 8


class Noting(InProcess):
    """The reference, which keeps of which calls memory is filled: of those on ones alone, and of the others."""

    def __init__(self) -> None:
        super().__init__("reference")
        self.on_ones: list[bool] = []
        self.on_others: list[bool] = []

    def call(
        self, pass_: Pass, operands: Operands, geometry: ConvGeometry, *, is_filled: bool = True, **options: Any
    ) -> Reply:
        is_plain = all((array == 1).all() for array in operands.of(pass_).arrays().values())
        (self.on_ones if is_plain and geometry.products else self.on_others).append(is_filled)
        return super().call(pass_, operands, geometry, **options)


def test_memory_is_filled_while_the_domain_is_learned_and_where_results_are_looked_at_first() -> None:
    executor = Noting()
    searched(executor, budget(30))
    learned = executor.on_ones.index(False)
    assert learned > 10
    assert not any(executor.on_ones[learned:])
    assert 0.3 < sum(executor.on_others) / len(executor.on_others) < 0.9


def test_the_same_seed_gives_the_same_records() -> None:
    runs = [told_of("PaddingSidesSwapped", 40, seed=3) for _ in range(2)]
    shrunk = [[(fault.id, fault.found, fault.shrunk) for fault in told.faults] for told in runs]
    assert shrunk[0] == shrunk[1]
    assert runs[0].cases == runs[1].cases != told_of("PaddingSidesSwapped", 40, seed=4).cases


def test_a_rerun_tries_the_last_failure_first(tmp_path: Path) -> None:
    memory = FailureMemory((str(tmp_path),), "mutant")
    runs = []
    for seed in (0, 99):
        with executor("StrideIgnoredInWeightGradient") as running:
            runs.append(searched(running, budget(40, seed=seed), memory))
    assert runs[1].cases[0] == "n1c1k1i3f1s2/float32/uniform/0"


def test_an_unsupported_case_is_recorded_and_no_fault() -> None:
    few = replace(
        budget(10), space=Space(dtypes=("float32", "float64"), max_products=1500), passes=frozenset({Pass.FORWARD})
    )
    with executor("OffersOnlyFloat32") as running:
        told = searched(running, few)
    assert told.faults == []
    assert {parse_case(record.case).dtype for record in told.records} == {"float32", "float64"}
    for record in told.records:
        supported = "/float32/" in record.case
        unsupported = [r for r in record.results if r.verdict.outcome is Outcome.UNSUPPORTED]
        assert bool(unsupported) is not supported
        assert all("is not offered" in r.verdict.reason for r in unsupported)


def test_a_narrower_run_does_not_forget_what_it_did_not_try(tmp_path: Path) -> None:
    memory = FailureMemory((str(tmp_path),), "mutant")
    memory.prepare()
    memory.update(known := [parse_case(f"n1c1k1i3f1s{stride}/float32/uniform/0") for stride in (3, 2)], ())
    none_of_these = Budget(Space(dtypes=("float64",), max_products=1500), frozenset({Pass.BIAS_GRADIENT}), 5, 0)
    with executor("DilationAndGroups") as running:
        searched(running, none_of_these, memory)
    assert memory.recall() == known


def test_every_search_examines_the_covering_of_its_space() -> None:
    chosen = budget()
    with executor("Honest") as running:
        told = searched(running, chosen)
    assert told.faults == []
    assert len(told.cases) == chosen.cases
    covered = [str(case) for case in covering(chosen.space)]
    assert len(covered) > 3
    assert set(told.cases).issuperset(covered)


def test_every_search_examines_usual_layers_first() -> None:
    chosen = budget()
    with executor("Honest") as running:
        told = searched(running, chosen)
    assert told.cases[:24] == [str(case) for case in islice(usual_cases(chosen.space, chosen.seed), 24)]


def test_a_fault_that_a_usual_layer_shows_is_made_as_small_as_a_drawn_one(monkeypatch: pytest.MonkeyPatch) -> None:
    case = parse_case("n3c3k4i10x1f3x3s2x2p1x1/bias/float16/huge/578/broadcast")
    monkeypatch.setattr(agenda, "usual_cases", lambda space, seed: (case,))
    with executor("StrideIgnoredInWeightGradient") as running:
        (fault,) = searched(running, replace(budget(3), space=Space())).faults
    assert (str(fault.found), str(fault.shrunk)) == (str(case), "n1c1k1i3f1s2/float32/uniform/0")


def test_a_fault_that_the_covering_shows_is_shrunk_without_hypothesis(monkeypatch: pytest.MonkeyPatch) -> None:
    case = parse_case("n3c2k4i9x6f3x2s2x2p1x2g2/bias/float16/wide/77/strided")
    monkeypatch.setattr(agenda, "covering", lambda space: (case,))
    monkeypatch.setattr(agenda, "shares", lambda count, covering, usual: Shares(0, 0, 1))
    with executor("KernelNotFlipped") as running:
        (fault,) = searched(running, replace(budget(1), space=Space())).faults
    assert (str(fault.found), str(fault.shrunk)) == (str(case), "n1c1k1i2f2/float32/uniform/0")
    assert fault.subject == "input_gradient"
