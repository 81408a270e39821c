"""Whether an otherwise right implementation with a fault returns what a candidate did; and counted effort."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..answers import reference
from ..answers.exact import ExactResult, most_terms
from ..answers.smallest import known
from ..faults import FaultModel, Implementation, honest, never_written
from ..numbers.arrays import Float64, Mask, widened
from ..numbers.dtypes import Arithmetic
from ..numbers.scaled import scaled, unit_of
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass, real_parts
from ..rounding.bounds import rounding_bound

Hypothesis = tuple[FaultModel, ...]
"""One model, or two planted one after the other."""

LEAVING_MEMORY = frozenset(("unreached-elements-not-zeroed", "empty-batch-uninitialised"))
"""Names of models that leave elements unwritten, which then hold whatever was in memory, in every implementation."""
_PRODUCTS_FOR_ONE = 10_000
_COARSEST_UNIT = 0.125
"""Halves, quarters and eighths are exact in every case."""


@dataclass(slots=True)
class Effort:
    """How much may still be computed: counted, so that what is found depends on no clock.

    Parameters
    ----------
    left : int
        Evaluations of a small case; a larger one counts for one more with every
        `_PRODUCTS_FOR_ONE` products.
    """

    left: int

    def spend(self, geometry: ConvGeometry, evaluations: int = 1) -> None:
        """Count evaluations of a geometry."""
        self.left -= evaluations * (1 + geometry.products // _PRODUCTS_FOR_ONE)

    @property
    def is_spent(self) -> bool:
        """Whether nothing more should be computed."""
        return self.left <= 0


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """What a candidate returned.

    Parameters
    ----------
    actual : ndarray
    pass_ : Pass
    operands : Operands
        In the memory layout in which the candidate was given them.
    geometry : ConvGeometry
    arithmetic : Arithmetic
        Of the candidate.
    exactly : bool
        Whether the operands are of the integer lattice and the arithmetic is exact there.
    name : str
        Of the case.
    is_of_memory : bool
        Whether what is never written may hold any wrong number: the same call was seen to return different ones.
    """

    actual: Array
    pass_: Pass
    operands: Operands
    geometry: ConvGeometry
    arithmetic: Arithmetic
    exactly: bool = True
    name: str = ""
    is_of_memory: bool = False


def explains(hypothesis: Hypothesis, seen: Observation) -> bool:
    """Whether a right implementation with these faults returns what was seen.

    It does if it gives exactly that, but for what is left unwritten, or on reals
    what rounding in the candidate's arithmetic can make of it.
    """
    wrong = evaluate(hypothesis, seen.pass_, seen.operands, seen.geometry)
    if wrong.shape != seen.actual.shape or (wrong.dtype.kind == "c") != (seen.actual.dtype.kind == "c"):
        return False
    actual, modelled = real_parts(seen.actual), real_parts(wrong)
    alike = _equal(actual, modelled) | _unwritten(hypothesis, modelled, seen)
    if alike.all():
        return True
    if seen.exactly and not _is_fractional(modelled, unit_of(seen.operands.learning_rate)):
        return False
    if not (np.isfinite(actual).all() and np.isfinite(modelled).all()):
        return False
    return bool((np.abs(actual - modelled) <= _allowed(hypothesis, seen)).all())


def is_partly_written(hypothesis: Hypothesis, seen: Observation) -> bool:
    """Whether by a hypothesis any element of what was seen was written, so that it could have been wrong."""
    modelled = real_parts(evaluate(hypothesis, seen.pass_, seen.operands, seen.geometry))
    return not modelled.size or not _unwritten(hypothesis, modelled, seen).all()


def evaluate(hypothesis: Hypothesis, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The result of an otherwise right implementation with these faults, in the dtype that it should have."""
    return _planted(hypothesis, honest.evaluate)(pass_, operands, geometry)


def _planted(hypothesis: Hypothesis, implementation: Implementation) -> Implementation:
    for model in hypothesis:
        implementation = model.plant(implementation)
    return implementation


def _unwritten(hypothesis: Hypothesis, modelled: Float64, seen: Observation) -> Mask:
    """The elements in which a model puts what is in memory: where the others by themselves give something else."""
    leaving = LEAVING_MEMORY | never_written.IN_PART if seen.is_of_memory else LEAVING_MEMORY
    others = tuple(model for model in hypothesis if model.name not in leaving)
    nowhere = np.zeros(modelled.shape, bool)
    if len(others) == len(hypothesis):
        return nowhere
    written = real_parts(evaluate(others, seen.pass_, seen.operands, seen.geometry))
    if written.shape != modelled.shape:
        return nowhere
    left = ~_equal(written, modelled)
    is_right = left & (real_parts(seen.actual) == written) & (written != 0)
    return nowhere if seen.is_of_memory and is_right.any() else left


def _equal(one: Array, other: Array) -> Mask:
    equal: Mask = (one == other) | (np.isnan(one) & np.isnan(other))
    return equal


def _is_fractional(values: Array, unit: float) -> bool:
    """Whether values are not multiples of the learning rate's unit: then they were divided, and rounded."""
    units = values / min(unit, _COARSEST_UNIT)
    return bool((np.isfinite(values) & (units != np.round(units))).any())


def _allowed(hypothesis: Hypothesis, seen: Observation) -> Array:
    """What rounding can make of each element of the wrong result.

    The sum of its absolute terms is what the faulty implementation makes of absolute operands; it
    is taken to have at most twice as many terms as the element with the most.
    """
    faulty = _planted(hypothesis, reference.evaluate)
    operands = seen.operands.map(widened)
    exact = faulty(seen.pass_, operands, seen.geometry)
    size = np.abs(faulty(seen.pass_, operands.map(np.abs), seen.geometry)) + np.abs(exact)
    values = np.where(np.isfinite(real_parts(exact)), real_parts(exact), 0.0)
    size = np.where(np.isfinite(size), size, 0.0)
    magnitude = np.broadcast_to(size[..., None], values.shape) if exact.dtype.kind == "c" else size
    most = 2 * most_terms(seen.pass_, seen.geometry) + 2
    terms = np.full(values.shape, most, np.int64)
    result = ExactResult(scaled(values), magnitude, known(magnitude), terms=terms)
    own = 2.0**-52 * most * magnitude
    return own + rounding_bound(seen.pass_, result, seen.operands, seen.arithmetic, seen.geometry)
