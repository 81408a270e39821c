"""What earlier calls leave behind: stale results, plans and state, and sums that come out otherwise every other time.

Each planted implementation has its own memory of the calls made.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np

from ..answers import reference
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass
from .model import Implementation, Needs
from .parts import has_terms, has_values, parts, without_bias
from .planting import EVERY, Change, misreading, planting, probe, wrong_conduct

_FRICTION = 0.5
_AGAIN = Needs(calls="again")
_OTHER_DATA = Needs(calls="with other data")


def _losing_updates() -> Change:
    """Every other call loses what the elements of even index contribute, as if two threads wrote at once."""
    calls = count()

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        if next(calls) % 2 == 0:
            return implementation(pass_, operands, geometry)
        *_, kept = parts(pass_, operands, 2)
        with_bias = replace(kept, bias=operands.bias, bias_direction=operands.bias_direction)
        share = implementation(pass_, with_bias, geometry)
        return (operands.weight + share).astype(share.dtype) if pass_ is Pass.UPDATE else share

    return change


def _returning_the_previous() -> Change:
    previous: dict[Pass, Array] = {}

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        result = implementation(pass_, operands, geometry)
        last, previous[pass_] = previous.get(pass_), result.copy()
        return last if last is not None and (last.shape, last.dtype) == (result.shape, result.dtype) else result

    return change


def _adding_to_the_previous() -> Change:
    previous: dict[Pass, Array] = {}

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        result = implementation(pass_, operands, geometry)
        last = previous.get(pass_)
        if last is not None and (last.shape, last.dtype) == (result.shape, result.dtype):
            result = (result + last).astype(result.dtype)
        previous[pass_] = result.copy()
        return result

    return change


def _returning_one_buffer() -> Change:
    buffers: dict[tuple[object, ...], Array] = {}

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        result = implementation(pass_, operands, geometry)
        buffer = buffers.setdefault((pass_, result.shape, result.dtype), np.empty_like(result))
        buffer[...] = result
        return buffer

    return change


def _with_the_first_geometry() -> Change:
    """A plan is kept for channels and kernel, and used for any batch and size."""
    plans: dict[tuple[object, ...], ConvGeometry] = {}

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        key = (pass_, geometry.in_channels, geometry.out_channels, geometry.groups, geometry.kernel)
        plan = plans.setdefault(key, geometry)
        return misreading(lambda _: plan)(implementation, pass_, operands, geometry)

    return change


def _with_the_first_dtype() -> Change:
    """A plan is kept for a geometry, and used for operands of any dtype."""
    plans: dict[tuple[Pass, ConvGeometry], np.dtype[Any]] = {}

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        own = operands.input.dtype
        dtype = plans.setdefault((pass_, geometry), own)
        if dtype == own or {dtype.name, own.name} != {"float32", "float64"}:
            return implementation(pass_, operands, geometry)
        return implementation(pass_, operands.map(lambda array: array.astype(dtype)), geometry).astype(own)

    return change


def _only_beside_the_weight_gradient() -> Change:
    """The bias gradient is computed by the weight gradient, and zero where that was not called before."""
    called: set[ConvGeometry] = set()

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        result = implementation(pass_, operands, geometry)
        if pass_ is Pass.WEIGHT_GRADIENT:
            called.add(geometry)
        return result if pass_ is Pass.WEIGHT_GRADIENT or geometry in called else np.zeros_like(result)

    return change


def _with_momentum() -> Change:
    """Half of the step before is taken once more."""
    steps: dict[ConvGeometry, Array] = {}

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        result = implementation(pass_, operands, geometry)
        step = steps.get(geometry)
        if step is not None and step.dtype == result.dtype:
            result = (result + step * step.dtype.type(_FRICTION)).astype(result.dtype)
        steps[geometry] = (result - operands.weight).astype(result.dtype)
        return result

    return change


def _loses_an_update(pass_: Pass, geometry: ConvGeometry) -> bool:
    operands = without_bias(probe(geometry))
    faulty = planting(_losing_updates(), EVERY)(reference.evaluate)
    first, second = (faulty(pass_, operands, geometry) for _ in range(2))
    return not np.array_equal(first, second)


MODELS = (
    wrong_conduct(
        "result-memory-reused",
        "results of the same shape shared their memory",
        "The result lies in a workspace that the next call writes to. Look at who owns the memory that is returned.",
        _returning_one_buffer,
        EVERY,
        has_values,
        _OTHER_DATA,
    ),
    wrong_conduct(
        "race-between-threads",
        "some of the contributions to a sum were lost in every other call",
        "Two threads read, add and write the same element without an atomic operation. Look at which threads write to "
        "an element of the result.",
        _losing_updates,
        EVERY,
        _loses_an_update,
        _AGAIN,
    ),
    wrong_conduct(
        "returns-the-previous-result",
        "a call returned what the call before it should have",
        "The result is read before it is computed, or a cache has too few keys. Look at synchronisation before the "
        "result is read.",
        _returning_the_previous,
        EVERY,
        has_values,
        _OTHER_DATA,
    ),
    wrong_conduct(
        "added-to-the-previous-result",
        "a call added to the result of the call before it",
        "The result's memory is cleared when it is allocated and not when it is used again. Look at where an "
        "accumulator is set to zero.",
        _adding_to_the_previous,
        EVERY,
        has_values,
        _AGAIN,
    ),
    wrong_conduct(
        "plan-without-size-in-its-key",
        "the first batch and size met with a kernel held for all later ones",
        "A plan or a compiled kernel is kept by channels and kernel alone. Look at what the cache's key lacks.",
        _with_the_first_geometry,
        EVERY,
        has_terms,
        Needs(calls="of another shape"),
    ),
    wrong_conduct(
        "plan-without-dtype-in-its-key",
        "the first dtype met with a geometry held for all later ones",
        "A plan or a compiled kernel is kept without the dtype. Look at what the key of the cache leaves out.",
        _with_the_first_dtype,
        EVERY,
        has_values,
        Needs(dtypes=("float64",), data=("uniform", "normal"), calls="of another dtype"),
    ),
    wrong_conduct(
        "bias-gradient-with-weight-gradient-only",
        "the bias gradient were zero unless the weight gradient was asked for before",
        "The kernel of the weight gradient computes the bias gradient on its way. Look at the condition under which "
        "the bias gradient is computed.",
        _only_beside_the_weight_gradient,
        (Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT),
        lambda pass_, geometry: pass_ is Pass.BIAS_GRADIENT and has_terms(pass_, geometry),
        Needs(calls="apart"),
    ),
    wrong_conduct(
        "momentum-left-in",
        "half of the update's last step were taken once more",
        "The state of an optimiser with momentum outlives the call. Look at what is kept between two updates.",
        _with_momentum,
        (Pass.UPDATE,),
        has_terms,
        _AGAIN,
    ),
)
