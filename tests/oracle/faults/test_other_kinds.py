"""Rounding, values and conduct: each model shows where it says so, and the check that is meant for it convicts it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from convoracle.oracle.faults import CONTAMINATED, FAULT_MODELS, LATTICE, FaultModel, Implementation, Kind, honest
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.numbers.dtypes import Arithmetic, format_of
from convoracle.oracle.operands.data import Case, Numbers, lattice_operands, real_operands
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.layouts import arrange
from convoracle.oracle.problem.passes import Array, Operands, Pass, is_defined
from convoracle.reports.records.record import CandidateInfo
from convoracle.suites.calling.company import CompanyQuestion
from convoracle.suites.calling.company_calls import keep_company
from convoracle.suites.calling.execution import execute
from convoracle.suites.calling.replies import Returned
from convoracle.suites.checks.company import ask_company
from convoracle.suites.checks.conduct import judge_conduct
from convoracle.suites.checks.value import answer, operands_of, standard

ROUNDING = [model for model in FAULT_MODELS if model.kind is Kind.ROUNDING]
VALUES = [model for model in FAULT_MODELS if model.kind is Kind.VALUES]
CONDUCT = [model for model in FAULT_MODELS if model.kind is Kind.CONDUCT]
by_name = partial(pytest.mark.parametrize, "model", ids=lambda model: model.name)


def the_numbers(model: FaultModel) -> Numbers:
    if LATTICE in model.needs.data:
        return Numbers.INTEGERS
    return Numbers.CONTAMINATED if CONTAMINATED in model.needs.data else Numbers.REALS


def cases(model: FaultModel, geometry: ConvGeometry, dtype: str, seeds: int) -> list[Case]:
    fills = [name for name in model.needs.data if name not in (LATTICE, CONTAMINATED)] or ["uniform"]
    return [Case(geometry, geometry.products > 0, dtype, fill, seed) for fill in fills for seed in range(seeds)]


def verdict_of(implementation: Implementation, numbers: Numbers, pass_: Pass, case: Case) -> Verdict:
    operands = operands_of(numbers, case)
    wide = None if format_of(case.dtype).is_integer else "float64"
    arithmetic = Arithmetic.of(case.dtype, wide)
    required = standard(numbers, pass_, operands, answer(numbers, case, pass_), arithmetic, case)
    return required.judge(implementation(pass_, operands.of(pass_), case.geometry))


@by_name([*ROUNDING, *VALUES])
def test_the_check_for_it_convicts_it_and_not_the_honest_one(
    model: FaultModel, revealing: tuple[ConvGeometry, ...]
) -> None:
    check, planted = the_numbers(model), model.plant(honest.evaluate)
    for dtype in model.needs.dtypes:
        for pass_ in model.passes:
            if not is_defined(pass_, dtype):
                continue
            geometry = next(geometry for geometry in revealing if model.shows(pass_, geometry))
            outcomes = set()
            for case in cases(model, geometry, dtype, 40):
                assert verdict_of(honest.evaluate, check, pass_, case).outcome is not Outcome.VIOLATES
                outcomes.add(verdict_of(planted, check, pass_, case).outcome)
                if Outcome.VIOLATES in outcomes:
                    break
            assert Outcome.VIOLATES in outcomes, (dtype, str(pass_))


@by_name([*ROUNDING, *VALUES])
def test_it_makes_a_difference_where_it_shows_and_nowhere_else(
    model: FaultModel, any_geometry: Callable[[int], ConvGeometry]
) -> None:
    check, planted = the_numbers(model), model.plant(honest.evaluate)
    for seed in range(4):
        geometry = any_geometry(100 + seed)
        dtype = model.needs.dtypes[seed % len(model.needs.dtypes)]
        for pass_ in model.passes:
            if not is_defined(pass_, dtype):
                continue
            shows = model.shows(pass_, geometry)
            drawn = cases(model, geometry, dtype, 300 if shows else 3)
            seen = any(
                not np.array_equal(
                    planted(pass_, operands_of(check, case), geometry).astype(np.float64),
                    honest.evaluate(pass_, operands_of(check, case), geometry).astype(np.float64),
                    equal_nan=True,
                )
                for case in drawn
            )
            assert seen == shows, (str(pass_), dtype, str(geometry))


@by_name([*ROUNDING, *VALUES])
def test_ordinary_integers_and_other_dtypes_pass(model: FaultModel, revealing: tuple[ConvGeometry, ...]) -> None:
    """A fault of rounding in a dtype where it is none, and one of values on small integers, makes no difference."""
    planted = model.plant(honest.evaluate)
    dtypes = {"complex64", "int8"} if model.kind is Kind.ROUNDING else {"complex64", "float32"}
    for dtype in dtypes - set(model.needs.dtypes if model.needs.data == (LATTICE,) else ()):
        for geometry in revealing[:5]:
            operands = lattice_operands(Case(geometry, True, dtype, "uniform", 1))
            for pass_ in model.passes:
                if is_defined(pass_, dtype):
                    right = honest.evaluate(pass_, operands, geometry)
                    assert np.array_equal(planted(pass_, operands, geometry), right)


def seen_in_conduct(model: FaultModel, pass_: Pass, geometry: ConvGeometry, seed: int) -> bool:
    """Whether the calls that a model needs show it."""
    planted = model.plant(honest.evaluate)
    dtype = model.needs.dtypes[0] if len(model.needs.dtypes) == 1 else "float32"
    case = Case(geometry, geometry.products > 0, dtype, "uniform", seed)
    operands = lattice_operands(case)

    def is_wrong(given: Operands, geometry: ConvGeometry) -> bool:
        right = honest.evaluate(pass_, given, geometry)
        return not np.array_equal(planted(pass_, given, geometry), right)

    match model.needs.calls:
        case "once" if model.needs.layouts:
            return all(is_wrong(laid_out(case, layout), geometry) for layout in model.needs.layouts)
        case "once":
            before = {name: array.copy() for name, array in operands.arrays().items()}
            result = planted(pass_, operands, geometry)
            arrays = operands.arrays()
            changed = any(not np.array_equal(before[name], array) for name, array in arrays.items())
            return changed or any(np.may_share_memory(result, array) for array in arrays.values())
        case "again":
            planted(pass_, operands, geometry)
            return is_wrong(operands, geometry)
        case "with other data":
            kept = planted(pass_, operands, geometry)
            as_it_was = kept.copy()
            wrong = is_wrong(lattice_operands(replace(case, seed=seed + 1)), geometry)
            return wrong or not np.array_equal(kept, as_it_was)
        case "of another dtype":
            planted(pass_, real_operands(replace(case, dtype="float32")), geometry)
            return is_wrong(real_operands(case), geometry)
        case "of another shape":
            planted(pass_, operands, geometry)
            larger = replace(geometry, batch=geometry.batch + 1)
            return is_wrong(lattice_operands(replace(case, geometry=larger)), larger)
        case _:
            return is_wrong(operands, geometry)


def laid_out(case: Case, layout: str) -> Operands:
    operands = lattice_operands(replace(case, layout=layout))
    return operands.map(lambda array: arrange(array, layout))


@by_name(CONDUCT)
def test_its_calls_show_it_where_it_shows_and_nowhere_else(
    model: FaultModel, any_geometry: Callable[[int], ConvGeometry], revealing: tuple[ConvGeometry, ...]
) -> None:
    for geometry in (*revealing, *map(any_geometry, range(200, 203))):
        for pass_ in model.passes:
            if not is_defined(pass_, "float32"):
                continue
            shows = model.shows(pass_, geometry)
            if model.needs.calls == "of another shape" and not geometry.batch:
                continue
            seen = any(seen_in_conduct(model, pass_, geometry, seed) for seed in range(3))
            assert seen == shows, (str(pass_), str(geometry))


class Bound:
    """An implementation as a candidate in this process, new with every restart."""

    info = CandidateInfo("bound", accumulators=(("float32", "float64"), ("float64", "float64")))

    def __init__(self, model: FaultModel | None) -> None:
        self.model = model
        self.restart()

    def restart(self) -> None:
        self.implementation = self.model.plant(honest.evaluate) if self.model else honest.evaluate

    def limitation(self, *what: object) -> None:
        return None

    def why_indispensable(self, *what: object) -> None:
        return None

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        return self.implementation(pass_, operands, geometry)

    def call(self, pass_: Pass, operands: Operands, geometry: ConvGeometry, **limit: object) -> object:
        return execute(self, pass_, operands, geometry)  # type: ignore[arg-type]

    def call_in_company(self, question: CompanyQuestion, **limit: object) -> object:
        return keep_company(self, question)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name", [model.name for model in CONDUCT if model.needs.calls == "once" and not model.needs.layouts]
)
def test_conduct_is_judged(name: str) -> None:
    model = next(model for model in CONDUCT if model.name == name)
    geometry = ConvGeometry.of(size=(3, 4), kernel=1, in_channels=2, out_channels=2)
    operands = lattice_operands(Case(geometry, False, "float32", "uniform", 0))
    for planted, wrong in ((model, True), (None, False)):
        reply = execute(Bound(planted), Pass.FORWARD, operands, geometry)  # type: ignore[arg-type]
        assert isinstance(reply, Returned)
        assert (judge_conduct(reply) is not None) == wrong


@by_name([model for model in CONDUCT if model.needs.calls != "once" and model.needs.calls != "apart"])
def test_company_convicts_it(model: FaultModel) -> None:
    pass_ = Pass.UPDATE if Pass.FORWARD not in model.passes else Pass.FORWARD
    geometry = ConvGeometry.of(size=(5, 6), kernel=2, batch=2, in_channels=2, out_channels=3, padding=1)
    case = Case(geometry, True, "float32", "uniform", seed=0 if model.needs.calls == "of another dtype" else 1)
    for planted, outcome in ((model, Outcome.VIOLATES), (None, Outcome.CONFORMS)):
        asked = ask_company(Bound(planted), case, pass_)  # type: ignore[arg-type]
        assert asked is not None
        assert asked.verdict.outcome is outcome
