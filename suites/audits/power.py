"""What a profile can see: for each fault model and pass, the cases that show the fault to one of the checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ...oracle.faults import CONTAMINATED, FAULT_MODELS, LATTICE, FaultModel, Kind
from ...oracle.judging.verdict import Outcome
from ...oracle.operands.data import Case, Numbers
from ...oracle.problem.passes import Pass, is_defined
from ..cases.covering import covering
from ..cases.drawing import drawn, shares
from ..cases.space import Space
from ..cases.usual import usual_cases
from ..checks.declared import arithmetic_of
from ..checks.examination import ask
from ..checks.inquiry import examine
from ..checks.registry import check_on
from ..checks.value import is_asked
from .planted import PlantedInProcess

ENOUGH = 5
"""After so many cases that see a fault in a pass, no more are looked for."""


@dataclass(frozen=True, slots=True)
class Power:
    """How a stream of cases sees one fault in one pass.

    Parameters
    ----------
    model : FaultModel
    pass_ : Pass
    seen : int
        In so many cases; `ENOUGH` stands for that many or more.
    first : int or None
        Number of the first of them, counted from 1; None where there is none.
    """

    model: FaultModel
    pass_: Pass
    seen: int
    first: int | None


def stream(space: Space, total: int, seed: int) -> tuple[Case, ...]:
    """The cases that a search with this seed examines, of a candidate that takes them all."""
    covering_cases, wild = covering(space), drawn(space, seed)
    usual = tuple(islice(usual_cases(space, seed), total))
    share = shares(total, len(covering_cases), len(usual))
    asked: dict[Case, None] = {}
    for cases, amount in (
        (iter(usual), share.usual),
        (wild, share.usual + share.drawn),
        (iter(covering_cases), share.usual + share.drawn + share.covering),
        (wild, total),
    ):
        while len(asked) < amount and (case := next(cases, None)) is not None:
            asked[case] = None
    return tuple(asked)


def powers(asked: Sequence[Case], models: Sequence[FaultModel] = FAULT_MODELS) -> Iterator[Power]:
    """The power of a stream of cases, for each model and each pass in which it can show."""
    for model in models:
        for pass_ in Pass:
            if pass_ in model.passes and can_show(model, pass_, asked):
                numbers = _sightings(model, pass_, asked)
                yield Power(model, pass_, len(numbers), numbers[0] if numbers else None)


def can_show(model: FaultModel, pass_: Pass, asked: Sequence[Case]) -> bool:
    """Whether a pass that a model names is one in which it shows; a bystander of wrong conduct is not."""
    return model.kind is not Kind.CONDUCT or any(model.shows(pass_, case.geometry) for case in asked)


def _sightings(model: FaultModel, pass_: Pass, asked: Sequence[Case]) -> list[int]:
    """Numbers of the first cases that see a fault."""
    numbers: list[int] = []
    executor = PlantedInProcess(model)
    for number, case in enumerate(asked, 1):
        if sees(executor, model, pass_, case):
            numbers.append(number)
        if len(numbers) == ENOUGH:
            break
    return numbers


def sees(executor: PlantedInProcess, model: FaultModel, pass_: Pass, case: Case) -> bool:
    """Whether a check that a case is asked convicts a fault, planted in the executor's candidate.

    One that comes of earlier calls is asked on every case, for what it remembers.
    """
    may_see = _may_see(model, pass_, case)
    if model.kind is Kind.CONDUCT and (may_see or model.needs.calls):
        fails = any(result.verdict.outcome.is_mismatch for result in examine(executor, case, [pass_]))
        return fails and may_see
    if not may_see:
        return False
    numbers = _numbers(model, case)
    if numbers is None or not is_asked(numbers, case, pass_, arithmetic_of(executor.info, case.dtype)):
        return False
    return ask(executor, numbers, case, pass_).verdict.outcome is Outcome.VIOLATES


def _may_see(model: FaultModel, pass_: Pass, case: Case) -> bool:
    needs = model.needs
    return (
        is_defined(pass_, case.dtype)
        and case.dtype in needs.dtypes
        and (not needs.layouts or case.layout in needs.layouts)
        and (case.bias or not needs.bias)
        and model.shows(pass_, case.geometry)
    )


def _numbers(model: FaultModel, case: Case) -> Numbers | None:
    """The kind of numbers that a model's faults show on, if the case is asked on them."""
    if LATTICE in model.needs.data:
        return Numbers.INTEGERS
    if CONTAMINATED in model.needs.data:
        return Numbers.CONTAMINATED if check_on(Numbers.CONTAMINATED).is_due(case) else None
    return Numbers.REALS if case.fill in model.needs.data else None
