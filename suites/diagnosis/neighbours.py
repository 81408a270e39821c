"""The same case with other data: what must change along with it, and whether it does.

Whatever terms a pass sums, right or wrong, it is linear in each set of its
factors: operands times a power of two give results times that, opposite signs
opposite ones, and what two parts of an operand give adds up. All of that is
exact on the integer lattice. Where it does not hold, the fault depends on the data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...oracle.explaining.reproduction import Observation
from ...oracle.problem.layouts import BROADCAST
from ...oracle.problem.linearity import LINEAR_IN
from ...oracle.problem.passes import Array, Operands, Pass, real_parts
from ...reports.records.diagnosed import OF_CALLS, UNINITIALISED, UNREPEATABLE

Observe = Callable[[Operands], Observation | None]
"""The candidate asked on other operands of the same case."""

_LARGER, _SMALLER = 4.0, 0.25
_TURNS = 2


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What a candidate returned for other data.

    Parameters
    ----------
    observations : tuple of Observation
    objections : tuple of (str, str)
        A name and a sentence for each way in which the data decides, or that two calls
        differ; empty of a linear implementation.
    leaves_memory : bool
        Whether elements are what was in memory before.
    """

    observations: tuple[Observation, ...]
    objections: tuple[tuple[str, str], ...] = ()
    leaves_memory: bool = False

    @property
    def is_repeatable(self) -> bool:
        """Whether the same call returned the same, whatever was in memory."""
        return OF_CALLS.isdisjoint(dict(self.objections))

    def of_memory(self) -> Neighbourhood:
        """The same, in which what is never written may be any number."""
        return replace(self, observations=tuple(replace(each, is_of_memory=True) for each in self.observations))


def look_around(first: Observation, layout: str, observe: Observe) -> Neighbourhood:
    """Ask for the same case again, and with opposite, larger, smaller and partly zero operands.

    Parameters
    ----------
    first : Observation
        On the integer lattice.
    layout : str
        Of the operands; where elements share memory, none is set to zero.
    observe : callable
    """
    observations, objections = [], []
    again = observe(first.operands)
    if again is not None and not _same(again.actual, first.actual):
        return Neighbourhood((again,), ((UNREPEATABLE, "The same call returns something else the second time."),))
    for name, sentence, factor in _scalings(first):
        seen = observe(_scaled(first.operands, first.pass_, factor))
        if seen is not None:
            observations.append(seen)
            if not _same(real_parts(seen.actual), factor * real_parts(first.actual)):
                objections.append((name, f"{sentence}: {_where(first.actual, seen.actual, factor)}."))
    if layout != BROADCAST:
        parts = [observe(operands) for operands in _halves(first.operands, first.pass_)]
        results = [seen for seen in parts if seen is not None]
        observations += results
        if len(results) == len(parts) and not _adds_up(first, results):
            clause = "The results of two parts of an operand do not add up to that of the whole"
            objections.append(("not-additive", f"{clause}."))
    return Neighbourhood(tuple(observations), tuple(objections))


def what_memory_does(first: Observation, afresh: Observe, afresh_filled_otherwise: Observe) -> Neighbourhood | None:
    """What is told where the same call returns something else for other bytes in memory that nobody wrote; or None.

    Each call is the first of a process, and made in turns, so that no other cause looks like that.
    """
    others = []
    for _ in range(_TURNS):
        other = afresh_filled_otherwise(first.operands)
        if other is None or _same(other.actual, first.actual):
            return None
        others.append(other)
        usual = afresh(first.operands)
        if usual is None or not _same(usual.actual, first.actual) or not _same(other.actual, others[0].actual):
            return None
    other = others[0]
    is_left = _is_one_byte(first.actual, other.actual) and _is_one_byte(other.actual, first.actual)
    clause = "leaves elements of the result unwritten" if is_left else "reads memory that nobody wrote"
    told = f"It {clause}: with other bytes there {_where(first.actual, other.actual, 1)}."
    return Neighbourhood((other,), ((UNINITIALISED, told),), is_left)


def _is_one_byte(result: Array, other: Array) -> bool:
    """Whether elements in which a result differs from another have one byte over and over."""
    if result.shape != other.shape or result.dtype != other.dtype:
        return False
    is_other = (result != other) & ~(np.isnan(result) & np.isnan(other))
    each = np.ascontiguousarray(result[is_other]).view(np.uint8).reshape(np.count_nonzero(is_other), -1)
    return bool((each == each[:, :1]).all())


def _scalings(first: Observation) -> Iterator[tuple[str, str, float]]:
    named = _named(first.pass_)
    yield "sign", f"It depends on signs: the opposite {named} does not give the opposite result", -1.0
    if first.operands.input.dtype.kind not in "iu":
        yield "size", f"It depends on sizes: the {named} times 4 does not give 4 times the result", _LARGER
        yield "size", f"It depends on sizes: a quarter of the {named} does not give a quarter of the result", _SMALLER


def _named(pass_: Pass) -> str:
    return LINEAR_IN[pass_][0][0].replace("_", " ")


def _scaled(operands: Operands, pass_: Pass, factor: float) -> Operands:
    changed: dict[str, Any] = {
        name: (array * array.dtype.type(factor)).astype(array.dtype)
        for name, array in operands.arrays().items()
        if name in LINEAR_IN[pass_][0]
    }
    return replace(operands, **changed)


def _halves(operands: Operands, pass_: Pass) -> Iterator[Operands]:
    """Every other element of the operands in which the pass is linear, and the rest."""
    for kept in (0, 1):
        changed: dict[str, Any] = {}
        for name, array in operands.arrays().items():
            if name in LINEAR_IN[pass_][0]:
                mask = np.arange(array.size).reshape(array.shape) % 2 == kept
                changed[name] = np.where(mask, array, np.zeros((), array.dtype))
        yield replace(operands, **changed)


def _adds_up(whole: Observation, parts: list[Observation]) -> bool:
    shapes = {whole.actual.shape, *(part.actual.shape for part in parts)}
    if len(shapes) > 1:
        return False
    return _same(sum(real_parts(part.actual) for part in parts), real_parts(whole.actual))


def _same(one: Any, other: Any) -> bool:
    return bool(np.array_equal(real_parts(one), real_parts(other), equal_nan=True))


def _where(first: Array, other: Array, factor: float) -> str:
    """The first element that does not follow."""
    if first.shape != other.shape:
        return f"its shape is {other.shape} instead of {first.shape}"
    was, is_ = real_parts(first), real_parts(other)
    index = tuple(int(i) for i in np.argwhere(~((is_ == factor * was) | (np.isnan(is_) & np.isnan(was))))[0])
    return f"at {list(index)} {was[index]:.9g} becomes {is_[index]:.9g}"
