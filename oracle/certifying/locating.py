"""Where a result is wrong: what combinations of it are off by, and which element that comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..numbers.arrays import Float64
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass, tensor_of
from .combinations import Combinations
from .held import NONE_HELD, Held
from .projections import expected, projected


@dataclass(frozen=True, slots=True)
class Problem:
    """What is compared: a result, or the part of some groups.

    Parameters
    ----------
    pass_ : Pass
    operands : Operands
        On the integer lattice.
    actual : ndarray
    geometry : ConvGeometry
    largest_operand, largest_result : float
        No element is larger: of the operands, and of the result in units of which all are multiples.
    held : mapping of str to Held
        Operands that are read on a device.
    """

    pass_: Pass
    operands: Operands
    actual: Array | Held
    geometry: ConvGeometry
    largest_operand: float
    largest_result: float
    held: Mapping[str, Held]

    def residual(self, combinations: Combinations) -> Float64:
        """(t, *positions) what combinations of the result are off by; without the first axis where that is summed."""
        off = projected(self.actual, combinations, self.largest_result)
        off -= expected(self.pass_, self.operands, self.geometry, combinations, self.largest_operand, self.held)
        return off


def located(problem: Problem, combinations: Combinations, place: tuple[int, ...]) -> tuple[int, ...]:
    """A wrong element in a place where a combination is off: half of its elements are left out, over and over.

    What a combination is off by is the sum of what its halves are off by, so that one of them is off. Groups are left
    out with their operands, so that all of these halves together are read about twice; of what one group has, the
    factors are zero instead.
    """
    one = next(
        each for each in (_Located(problem, part, place) for part in combinations.parts(1)) if each.is_off(each.factors)
    )
    group = 0
    while one.problem.geometry.groups > 1:
        middle = one.problem.geometry.groups // 2
        low = one.of_groups(slice(0, middle))
        is_low = low.is_off(low.factors)
        one = low if is_low else one.of_groups(slice(middle, one.problem.geometry.groups))
        group += 0 if is_low else middle
    row, column = one.pair()
    if problem.pass_.result_like == "weight":
        return (row + group * one.problem.actual.shape[0], column, *place)
    return (row, column + group * one.problem.actual.shape[1], *place)


@dataclass(frozen=True, slots=True)
class _Located:
    """A combination that is off in a place."""

    problem: Problem
    factors: Combinations
    place: tuple[int, ...]

    def is_off(self, factors: Combinations) -> bool:
        """Whether it still is with these, some of which are zero."""
        return bool(self.problem.residual(factors)[(0, *self.place)])

    def of_groups(self, groups: slice) -> _Located:
        """With some groups alone: views of the tensors."""
        problem, geometry = self.problem, self.problem.geometry
        inputs, outputs = (
            slice(groups.start * count // geometry.groups, groups.stop * count // geometry.groups)
            for count in (geometry.in_channels, geometry.out_channels)
        )
        rows = inputs if geometry.transposed else outputs
        parts: dict[str, tuple[slice, ...]] = {
            "input": (slice(None), inputs), "output": (slice(None), outputs), "weight": (rows,), "bias": (outputs,),
        }  # fmt: skip
        arrays: dict[str, Any] = {
            name: array[parts[tensor_of(name)]] for name, array in problem.operands.arrays().items()
        }
        smaller = replace(
            geometry,
            in_channels=inputs.stop - inputs.start,
            out_channels=outputs.stop - outputs.start,
            groups=groups.stop - groups.start,
        )
        like = problem.pass_.result_like
        if like == "weight":
            factors = self.factors.of_groups(groups)
        else:
            factors = replace(self.factors, second=self.factors.second[..., parts[like][1]])
        operands = replace(problem.operands, **arrays)
        actual = problem.actual[parts[like]]
        kept = replace(problem, operands=operands, actual=actual, geometry=smaller, held=NONE_HELD)
        return replace(self, problem=kept, factors=factors)

    def pair(self) -> tuple[int, int]:
        """Of one group, the indices of the first two axes of an element that is wrong."""
        whole, (rows, columns, *_) = self.factors, self.problem.actual.shape

        def of_rows(kept: slice) -> Combinations:
            return replace(whole, first=_kept(whole.first, kept))

        row = _bisected(rows, lambda kept: self.is_off(of_rows(kept)))
        of_row = of_rows(slice(row, row + 1))
        column = _bisected(columns, lambda kept: self.is_off(replace(of_row, second=_kept(whole.second, kept))))
        return row, column


def _kept(factors: Float64, kept: slice) -> Float64:
    """The factors with all others zero."""
    left = np.zeros_like(factors)
    left[..., kept] = factors[..., kept]
    return left


def _bisected(size: int, is_off: Callable[[slice], bool]) -> int:
    low, high = 0, size
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_off(slice(low, middle)) else (middle, high)
    return low
