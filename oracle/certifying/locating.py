"""Where a result is wrong: what combinations of it are off by, and which element that comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..numbers.arrays import Float64
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass, tensor_of
from .combinations import Combinations
from .projections import expected, projected


def residual(
    pass_: Pass, operands: Operands, actual: Array, geometry: ConvGeometry, combinations: Combinations
) -> Float64:
    """(t, *positions) what combinations of a result are off by."""
    off = projected(actual, combinations)
    off -= expected(pass_, operands, geometry, combinations)
    return off


def located(
    pass_: Pass,
    operands: Operands,
    actual: Array,
    geometry: ConvGeometry,
    combinations: Combinations,
    place: tuple[int, ...],
) -> tuple[int, ...]:
    """A wrong element in a place where a combination is off: half of its elements are left out, over and over.

    What a combination is off by is the sum of what its halves are off by, so that one of them is off. Groups are left
    out with their operands, so that all of these halves together are read about twice; of what one group has, the
    factors are zero instead.
    """
    problem = _Problem(pass_, operands, actual, geometry, combinations)
    one = next(
        each for each in (replace(problem, combinations=part) for part in combinations.parts(1)) if each.off(place)
    )
    group = 0
    while one.geometry.groups > 1:
        middle = one.geometry.groups // 2
        low = one.of_groups(slice(0, middle))
        is_low = low.off(place)
        one = low if is_low else one.of_groups(slice(middle, one.geometry.groups))
        group += 0 if is_low else middle
    row, column = one.pair(place)
    if pass_.result_like == "weight":
        return (row + group * one.actual.shape[0], column, *place)
    return (row, column + group * one.actual.shape[1], *place)


@dataclass(frozen=True, slots=True)
class _Problem:
    """What is compared: a result, or the part of some groups."""

    pass_: Pass
    operands: Operands
    actual: Array
    geometry: ConvGeometry
    combinations: Combinations

    def off(self, place: tuple[int, ...]) -> bool:
        """Whether the one combination is, there."""
        found = residual(self.pass_, self.operands, self.actual, self.geometry, self.combinations)
        return bool(found[(0, *place)])

    def of_groups(self, groups: slice) -> _Problem:
        """With some groups alone: views of the tensors."""
        inputs, outputs = (
            slice(groups.start * count // self.geometry.groups, groups.stop * count // self.geometry.groups)
            for count in (self.geometry.in_channels, self.geometry.out_channels)
        )
        rows = inputs if self.geometry.transposed else outputs
        parts: dict[str, tuple[slice, ...]] = {
            "input": (slice(None), inputs), "output": (slice(None), outputs), "weight": (rows,), "bias": (outputs,),
        }  # fmt: skip
        arrays: dict[str, Any] = {name: array[parts[tensor_of(name)]] for name, array in self.operands.arrays().items()}
        smaller = replace(
            self.geometry,
            in_channels=inputs.stop - inputs.start,
            out_channels=outputs.stop - outputs.start,
            groups=groups.stop - groups.start,
        )
        like = self.pass_.result_like
        if like == "weight":
            combinations = self.combinations.of_groups(groups)
        else:
            second = self.combinations.second[..., parts[like][1]]
            combinations = replace(self.combinations, second=second)
        return _Problem(self.pass_, replace(self.operands, **arrays), self.actual[parts[like]], smaller, combinations)

    def pair(self, place: tuple[int, ...]) -> tuple[int, int]:
        """Of one group, the indices of the first two axes of an element that is wrong."""
        whole = self.combinations

        def first_only(kept: slice) -> Combinations:
            return replace(whole, first=_kept(whole.first, kept))

        def is_off(halved: Combinations) -> bool:
            return replace(self, combinations=halved).off(place)

        row = _bisected(self.actual.shape[0], lambda kept: is_off(first_only(kept)))
        of_row = first_only(slice(row, row + 1))
        column = _bisected(self.actual.shape[1], lambda kept: is_off(replace(of_row, second=_kept(whole.second, kept))))
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
