"""What a profile can see: for each fault model and pass, the cases that show the fault to one of the checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from hypothesis import find
from hypothesis.errors import NoSuchExample

from ..oracle.data import Case
from ..oracle.faults import CONTAMINATED, FAULTS, LATTICE, FaultModel, Kind
from ..oracle.passes import Pass, is_defined
from ..oracle.verdict import Outcome
from .checks.value import Check, is_asked
from .examination import arithmetic_of, ask
from .inquiry import CONTAMINATION_EVERY, examine
from .planted import PlantedInProcess
from .search import DRAWING, examples_of, quiet_settings
from .strategies import Space, cases

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


def drawn(space: Space, count: int, seed: int) -> tuple[Case, ...]:
    """The first cases that a search with this seed draws of a candidate without a fault that offers everything."""
    found: dict[Case, None] = {}

    def keep(case: Case) -> bool:
        found[case] = None
        return False

    before, number = -1, 0
    while before < len(found) < count:
        before = len(found)
        quiet = quiet_settings(examples_of(count - before, DRAWING), DRAWING)
        with suppress(NoSuchExample):
            find(cases(space=space), keep, settings=quiet, random=Random(f"{seed}/{number}"))
        number += 1
    return tuple(found)


def powers(stream: Sequence[Case], models: Sequence[FaultModel] = FAULTS) -> Iterator[Power]:
    """The power of a stream of cases, for each model and each pass in which it can show."""
    for model in models:
        for pass_ in Pass:
            if pass_ in model.passes and _can_show(model, pass_, stream):
                numbers = _sightings(model, pass_, stream)
                yield Power(model, pass_, len(numbers), numbers[0] if numbers else None)


def _can_show(model: FaultModel, pass_: Pass, stream: Sequence[Case]) -> bool:
    """Whether a pass that a model names is one in which it shows; a bystander of wrong conduct is not."""
    return model.kind is not Kind.CONDUCT or any(model.shows(pass_, case.geometry) for case in stream)


def _sightings(model: FaultModel, pass_: Pass, stream: Sequence[Case]) -> list[int]:
    """Numbers of the first cases that see a fault."""
    numbers: list[int] = []
    executor = PlantedInProcess(model)
    for number, case in enumerate(stream, 1):
        if _may_see(model, pass_, case) and _sees(executor, model, pass_, case):
            numbers.append(number)
        if len(numbers) == ENOUGH:
            break
    return numbers


def _may_see(model: FaultModel, pass_: Pass, case: Case) -> bool:
    needs = model.needs
    return (
        is_defined(pass_, case.dtype)
        and case.dtype in needs.dtypes
        and (not needs.layouts or case.layout in needs.layouts)
        and (case.bias or not needs.bias)
        and model.shows(pass_, case.geometry)
    )


def _sees(executor: PlantedInProcess, model: FaultModel, pass_: Pass, case: Case) -> bool:
    """Whether a check that the case is asked convicts the fault."""
    if model.kind is Kind.CONDUCT:
        return any(result.verdict.outcome.is_mismatch for result in examine(executor, case, [pass_]))
    check = _check(model, case)
    if check is None or not is_asked(check, case, pass_, arithmetic_of(executor.info, case.dtype)):
        return False
    return ask(executor, check, case, pass_).verdict.outcome is Outcome.VIOLATES


def _check(model: FaultModel, case: Case) -> Check | None:
    """The check of values that is for a model's kind of data, if the case is asked it."""
    if LATTICE in model.needs.data:
        return Check.STRUCTURE
    if CONTAMINATED in model.needs.data:
        return Check.CONTAMINATION if case.seed % CONTAMINATION_EVERY == 0 else None
    return Check.PRECISION if case.fill in model.needs.data else None
