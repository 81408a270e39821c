"""Each check catches the faults that it is for, and none of them could go: some fault is caught by it alone.

Relations alone do not rest on the oracle's own sums: a mistake that it shares with
a candidate is theirs. The adjoint identity and company share one: results that change after they are
returned. The identity meets it only in one process with the candidate, where the
results of structure are the candidate's own memory; elsewhere it is a second witness
on results that structure has judged.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest

from convoracle.oracle.answers.exact import ExactResult
from convoracle.oracle.faults import FAULT_MODELS, LATTICE, FaultModel, Kind, fault_named, honest
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.numbers.dtypes import Arithmetic
from convoracle.oracle.numbers.scaled import scaled
from convoracle.oracle.operands.data import Case, Numbers
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.reports.records.record import kind_of
from convoracle.suites.audits.planted import PlantedInProcess
from convoracle.suites.checks.adjoint import ADJOINT
from convoracle.suites.checks.company import COMPANY
from convoracle.suites.checks.inquiry import examine
from convoracle.suites.checks.reach import REACH
from convoracle.suites.checks.registry import CHECKS as EVERY_CHECK
from convoracle.suites.checks.registry import checks_of_values
from convoracle.suites.checks.relations import CHECK as RELATION
from convoracle.suites.checks.value import answer, operands_of, standard

STRUCTURE, PRECISION, CONTAMINATION = checks_of_values()
GEOMETRIES = tuple(map(parse_geometry, ("n2c2k3i5x4f2x2p1x0", "n2c4k4i7f3s2p1+0g2", "n1c2k3i4f3s2to1")))
FOR = {
    Kind.TERMS: {STRUCTURE, ADJOINT, RELATION, COMPANY},
    Kind.ROUNDING: {STRUCTURE, PRECISION, CONTAMINATION, ADJOINT, RELATION, COMPANY},
    Kind.VALUES: {CONTAMINATION, PRECISION},
    Kind.CONDUCT: {STRUCTURE, PRECISION, CONTAMINATION, RELATION, COMPANY, ADJOINT},
}
"""Kind of fault -> the checks that are to catch it.

Conduct can spoil any call. Coarse rounding spoils integers, and narrow sums overflow beside a NaN.
"""
BY_ZERO_TERMS = ("low-padding-on-both-sides",)
"""Faults whose wrong terms can all be of a window too many: its cotangent is 0, so that only NaN and Inf tell of it."""
ALONE = {
    PRECISION: "factors-in-tfloat32",
    CONTAMINATION: "nan-taken-for-zero",
}
"""Check -> a fault that no other one sees."""


CHECKS = tuple(check for check in EVERY_CHECK if check != REACH)
"""All but the one that wants gigabytes of an implementation in NumPy."""


def checks_for(model: FaultModel) -> set[str]:
    """The checks that are to catch a fault: wrong integers of the lattice are wrong terms, whatever made them wrong.

    A fault of integers of the whole range can show on those of the lattice, too, where these are large.
    """
    on_integers = LATTICE in model.needs.data or model.needs.dtypes == ("int8",)
    by_zero_terms = {CONTAMINATION} if model.name in BY_ZERO_TERMS else set()
    return FOR[model.kind] | (FOR[Kind.TERMS] if on_integers else set()) | by_zero_terms


def convicting(
    model: FaultModel | None, checks: Collection[str] = CHECKS, seeds: Collection[int] = (0, 2, 6, 20, 40)
) -> set[str]:
    """The kinds of checks that find a fault on a few cases; every seed asks something else."""
    executor = PlantedInProcess(model)
    dtypes = ("float32",) if model is None or "float32" in model.needs.dtypes else model.needs.dtypes[:1]
    cases = [
        Case(geometry, True, dtype, "uniform", seed) for geometry in GEOMETRIES for dtype in dtypes for seed in seeds
    ]
    results = [result for case in cases for result in examine(executor, case, tuple(Pass), checks)]
    return {kind_of(result.check) for result in results if result.verdict.outcome.is_mismatch}


SAMPLE = (
    "kernel-rotated",
    "first-image-only",
    "sums-in-bfloat16",
    "nan-in-results-lost",
    "operand-changed",
)


def test_no_check_convicts_the_honest_implementation() -> None:
    assert convicting(None) == set()


@pytest.mark.parametrize("name", SAMPLE)
def test_the_checks_for_a_kind_of_fault_catch_it(name: str) -> None:
    model = fault_named(name)
    found = convicting(model)
    assert found
    assert found <= checks_for(model)


@pytest.mark.campaign
@pytest.mark.parametrize("model", FAULT_MODELS, ids=lambda model: model.name)
def test_only_the_checks_for_a_kind_of_fault_catch_it(model: FaultModel) -> None:
    assert convicting(model) <= checks_for(model)


@pytest.mark.parametrize("check", ALONE)
def test_without_a_check_a_fault_is_lost(check: str) -> None:
    model = fault_named(ALONE[check])
    assert convicting(model) == {check}
    assert convicting(model, set(CHECKS) - {check}) == set()


def test_without_company_and_the_adjoint_identity_shared_memory_is_lost() -> None:
    model = fault_named("result-memory-reused")
    assert COMPANY in convicting(model)
    assert convicting(model, set(CHECKS) - {COMPANY, ADJOINT}) == set()


def test_without_relations_a_mistake_that_the_oracle_shares_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """All passes agree on it, so the adjoint identity holds; relations alone expect nothing of the oracle's.

    Contamination and company, which rest on its sums as well, are left out: theirs are not replaced here.
    """
    model = fault_named("padding-sides-exchanged")
    faulty = model.plant(honest.evaluate)

    def mistaken(numbers: Numbers, case: Case, pass_: Pass, arithmetic: Arithmetic) -> ExactResult:
        wrong = faulty(pass_, operands_of(numbers, case), case.geometry)
        return replace(answer(numbers, case, pass_), value=scaled(wrong))

    monkeypatch.setattr("convoracle.suites.checks.examination.answer", mistaken)
    resting_on_sums = set(CHECKS) - {CONTAMINATION, COMPANY}
    seeds = range(0, 30, 2)
    assert convicting(model, resting_on_sums, seeds) == {RELATION}
    assert convicting(model, resting_on_sums - {RELATION}, seeds) == set()


def test_a_pass_that_needs_another_before_it_is_asked_without() -> None:
    """Such a bias gradient is right after a weight gradient of the same geometry, and 0 by itself."""
    model = fault_named("bias-gradient-with-weight-gradient-only")
    found = [convicting(model, {STRUCTURE}, (seed,)) for seed in range(4)]
    assert found == [set(), set(), set(), {STRUCTURE}]


def test_structure_alone_sees_one_missing_term_of_many() -> None:
    """So long a sum in float32 may be off by more than a term: only integers tell."""
    case = Case(parse_geometry("n1c1k1i8000f8000"), False, "float32", "uniform", 0)
    faulty = fault_named("last-tap-dropped").plant(honest.evaluate)
    outcomes = {}
    for check in (Numbers.INTEGERS, Numbers.REALS):
        operands, pass_ = operands_of(check, case), Pass.FORWARD
        required = standard(check, pass_, operands, answer(check, case, pass_), Arithmetic.of("float32"), case)
        outcomes[check] = required.judge(faulty(pass_, operands.of(pass_), case.geometry)).outcome
    assert outcomes[Numbers.INTEGERS] is Outcome.VIOLATES
    assert outcomes[Numbers.REALS] is not Outcome.VIOLATES
