"""Faults that depend on the data: what is right of one element, operand or result, is wrong of another by its value.

A sum of products is linear in each factor, whatever terms it has; what is done to
single values (a rectifier, a clamp, a conversion that wraps around) is not.
These are for diagnosis only, where a candidate was seen not to be linear. Some have a
number in them, such as the value that results are clipped to: it is read from the
results themselves, and must then hold in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from ..numbers.arrays import Float64
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Pass, factors_of
from .model import FaultModel, Implementation, Kind
from .parts import has_values
from .planting import EVERY, planting, with_operands, with_result

OfValues = Callable[[Float64], Float64]
"""From right values to wrong ones, element by element."""

_WRAPPED = (8, 16)
_CLAMPS = (1.0, 6.0, 127.0, 255.0)
_NO_ROUNDING = 2.0**-6
"""A factor that is as far from 1 is not what rounding makes of a right result."""


def of_results(right: Float64, actual: Float64) -> Iterator[FaultModel]:
    """The models by which right results may have become the actual ones, all the same element by element."""
    yield from _fixed("result", "a result", "results", _with_results)
    yield from _clipping(right, actual)
    yield from _thresholds(right, actual)
    yield from _slopes(right, actual)


def of_operands(pass_: Pass, geometry: ConvGeometry) -> Iterator[FaultModel]:
    """The models by which values of one operand of a pass are taken for others."""
    factors = factors_of(pass_, geometry) or {"output_gradient"}
    for name in sorted({factor.removesuffix("_direction") for factor in factors}):
        words = name.replace("_", " ")
        yield from _fixed(name, f"an element of the {words}", f"elements of the {words}", partial(_with_operand, name))


def _fixed(place: str, one: str, many: str, plant: Callable[[OfValues], Planting]) -> Iterator[FaultModel]:
    for name, what, change in (
        ("negative-zero", f"{many} below zero were zero (max(x, 0), a ReLU)", lambda x: np.maximum(x, 0)),
        ("positive-zero", f"{many} above zero were zero (min(x, 0))", lambda x: np.minimum(x, 0)),
        ("absolute", f"{many} had no sign (abs, or the root of a square)", np.abs),
        ("negative-absolute", f"all {many} were negative (-abs)", lambda x: -np.abs(x)),
        ("whole", f"{many} were cut to integers", np.trunc),
        ("nearest-whole", f"{many} were rounded to integers", np.rint),
        ("whole-below", f"{many} were rounded down to integers", np.floor),
        ("sign-only", f"only the sign of {one} counted", np.sign),
    ):
        yield _model(f"{place}-{name}", what, plant(change))
    for bits in _WRAPPED:
        half = 2.0 ** (bits - 1)
        wraps = f"{many} wrapped around as in an integer of {bits} bits"
        yield _model(f"{place}-wraps-{bits}", wraps, plant(partial(_wrapped, half=half)))
    for most in _CLAMPS:
        clamped = f"{many} were clipped to [0, {most:g}]"
        yield _model(f"{place}-clipped-0-{most:g}", clamped, plant(partial(np.clip, a_min=0.0, a_max=most)))
    if place != "result":
        for most in _CLAMPS:
            clamped = f"{many} were clipped to [-{most:g}, {most:g}]"
            yield _model(f"{place}-clipped-{most:g}", clamped, plant(partial(np.clip, a_min=-most, a_max=most)))


def _wrapped(values: Float64, half: float) -> Float64:
    return np.mod(np.trunc(values) + half, 2 * half) - half


def _clipping(right: Float64, actual: Float64) -> Iterator[FaultModel]:
    """Clipped to the largest and smallest result there is, if right results lie beyond them; not what is fixed."""
    most, least = float(actual.max(initial=-np.inf)), float(actual.min(initial=np.inf))
    above, below = bool((right > most).any()), bool((right < least).any())
    if above:
        yield _model("result-clipped-above", f"results above {most:.10g} were {most:.10g}", _clip(-np.inf, most))
    if below and least:
        yield _model("result-clipped-below", f"results below {least:.10g} were {least:.10g}", _clip(least, np.inf))
    if above and below and not (least == 0 and most in _CLAMPS):
        what = f"results were clipped to [{least:.10g}, {most:.10g}]"
        yield _model("result-clipped", what, _clip(least, most))


def _clip(least: float, most: float) -> Planting:
    return _with_results(lambda values: np.clip(values, least, most))


def _thresholds(right: Float64, actual: Float64) -> Iterator[FaultModel]:
    """Zero where the size is at most that of the largest result that became zero."""
    lost = (actual == 0) & (right != 0)
    if not lost.any() or not (actual != 0).any():
        return
    size = float(np.abs(right[lost]).max())

    def change(values: Float64) -> Float64:
        return np.where(np.abs(values) <= size, 0.0, values)

    yield _model(
        "result-small-zero",
        f"small results were zero, those of a size of {size:.10g} among them",
        _with_results(change),
    )


def _slopes(right: Float64, actual: Float64) -> Iterator[FaultModel]:
    """Negative results times a factor (a leaky ReLU), that of the largest of them."""
    if not (right < 0).any():
        return
    place = int(np.argmin(right))
    slope = float(actual.ravel()[place] / right.ravel()[place])
    if slope in (0.0, -1.0) or not abs(slope - 1) > _NO_ROUNDING:
        return

    def change(values: Float64) -> Float64:
        return np.where(values < 0, slope * values, values)

    what = f"results below zero were multiplied by {slope:.6g} (a leaky ReLU)"
    yield _model("result-negative-scaled", what, _with_results(change))


Planting = Callable[[Implementation], Implementation]


def _with_results(values: OfValues) -> Planting:
    def changed(result: Array, pass_: Pass, geometry: ConvGeometry) -> Array:
        return values(result.astype(np.float64)).astype(result.dtype)

    return planting(with_result(changed), EVERY)


def _with_operand(name: str, values: OfValues) -> Planting:
    def changed(operand: str, array: Array, geometry: ConvGeometry) -> Array:
        return values(array.astype(np.float64)).astype(array.dtype) if operand == name else array

    return planting(with_operands(changed), EVERY)


def _model(name: str, sentence: str, plant: Planting) -> FaultModel:
    return FaultModel(name, sentence, _EXPLANATION, Kind.VALUES, frozenset(EVERY), _shows, plant)


def _shows(pass_: Pass, geometry: ConvGeometry) -> bool:
    return has_values(pass_, geometry)


_EXPLANATION = (
    "The terms are right, and something is done to single values that depends on what they are. Look at activations, "
    "clamps and conversions before and after the sums."
)
