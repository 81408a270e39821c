"""Whether a case sees a known fault in a pass, and whether the wrong result has the right shape there."""

from __future__ import annotations

from enum import IntEnum
from functools import cache, lru_cache
from typing import Any

import numpy as np

from ...oracle.explaining.reproduction import evaluate
from ...oracle.faults import FaultModel, Kind
from ...oracle.operands.data import Case, Numbers
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import ARRAYS, Array, Operands, Pass, is_defined, shape_of
from ..checks.value import operands_of
from .planted import PlantedInProcess
from .power import sees

Pair = tuple[FaultModel, Pass]
"""A fault model in one pass."""


class Sighting(IntEnum):
    """How a case sees a fault.

    IN_SHAPE: numbers differ, and code with this fault gives them without an array of another shape.
    FITTED: numbers differ, but code that computes its sizes with this fault would have other shapes, too.
    """

    NOT_AT_ALL = 0
    FITTED = 1
    IN_SHAPE = 2


@lru_cache(maxsize=100_000)
def sighting(model: FaultModel, pass_: Pass, case: Case) -> Sighting:
    """How a case sees a fault in a pass, as the first case asked."""
    if not is_defined(pass_, case.dtype) or not model.shows(pass_, case.geometry):
        return Sighting.NOT_AT_ALL
    if model.kind is Kind.TERMS:
        seen = case.dtype in model.needs.dtypes and (case.bias or not model.needs.bias) and _differs(model, pass_, case)
    else:
        executor = _planted(model)
        executor.restart()
        seen = sees(executor, model, pass_, case)
    if not seen:
        return Sighting.NOT_AT_ALL
    return Sighting.IN_SHAPE if keeps_shapes(model, pass_, case.geometry) else Sighting.FITTED


@cache
def _planted(model: FaultModel) -> PlantedInProcess:
    return PlantedInProcess(model)


def _differs(model: FaultModel, pass_: Pass, case: Case) -> bool:
    """Whether wrong terms give other numbers on the case's integer lattice."""
    wrong = evaluate((model,), pass_, operands_of(Numbers.INTEGERS, case), case.geometry)
    return not np.array_equal(_right(pass_, case), wrong)


@lru_cache(maxsize=512)
def _right(pass_: Pass, case: Case) -> Array:
    return evaluate((), pass_, operands_of(Numbers.INTEGERS, case), case.geometry)


def keeps_shapes(model: FaultModel, pass_: Pass, geometry: ConvGeometry) -> bool:
    """Whether a fault leaves all shapes as they are: those of the operands and of the result.

    A fault that reads the convolution as another one asks the implementation in which it is planted for that one.
    Of zeros every result is zeros.
    """
    kept = True

    def shaped(asked: Pass, operands: Operands, other: ConvGeometry) -> Array:
        nonlocal kept
        arrays = {name: array.shape for name, array in operands.arrays().items()}
        kept = kept and asked.result_shape(other) == pass_.result_shape(geometry)
        kept = kept and all(shape == shape_of(name, geometry) for name, shape in arrays.items())
        return np.zeros(asked.result_shape(other))

    model.plant(shaped)(pass_, _zeros(geometry), geometry)
    return kept


@lru_cache(maxsize=64)
def _zeros(geometry: ConvGeometry) -> Operands:
    arrays: dict[str, Any] = {name: np.zeros(shape_of(name, geometry)) for name in ARRAYS}
    return Operands(**arrays)
