"""Wrong for NaN, Inf, subnormals or overflow only; right for all ordinary numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from ..answers.exact import term_counts
from ..numbers.dtypes import DTYPES, FORMATS, WIDE_FLOATS, format_of
from ..problem.geometry import ConvGeometry
from ..problem.passes import FORWARDS, WEIGHT_GRADIENTS, Array, Operands, Pass
from .model import CONTAMINATED, FaultModel, Implementation, Kind, Needs
from .parts import has_terms, has_values
from .planting import EVERY, Change, planting, with_operands, with_result

_FLOATS = tuple(dtype for dtype in DTYPES if dtype in FORMATS and not format_of(dtype).is_integer)
_WITH_INFINITY = tuple(dtype for dtype in _FLOATS if dtype != "float8_e4m3fn")


def _is_float(array: Array) -> bool:
    return array.dtype.name in _FLOATS


def nan_to_zero(array: Array) -> Array:
    return np.where(np.isnan(array), np.zeros((), array.dtype), array) if _is_float(array) else array


def _clipped(array: Array) -> Array:
    """Inf replaced by the largest number of its sign."""
    if array.dtype.name not in _WITH_INFINITY:
        return array
    largest = np.array(format_of(array.dtype.name).largest).astype(array.dtype)
    return np.where(np.isinf(array), np.where(array > 0, largest, -largest), array).astype(array.dtype)


def _flushed(array: Array) -> Array:
    if not _is_float(array):
        return array
    smallest = 2.0 ** format_of(array.dtype.name).min_exponent
    return np.where(np.abs(array.astype(np.float64)) < smallest, np.zeros((), array.dtype), array)


def _flushing(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    return _flushed(implementation(pass_, operands.map(_flushed), geometry))


def _with_neighbours(operand: str, array: Array, geometry: ConvGeometry) -> Array:
    """NaN after an element that is NaN or infinite: what follows it was masked by a factor of zero."""
    if operand != "input" or not _is_float(array):
        return array
    spoilt = np.zeros(array.shape, bool)
    spoilt[..., 1:] = ~np.isfinite(array[..., :-1])
    return np.where(spoilt, np.array(np.nan).astype(array.dtype), array)


def _edge_in_padding(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The padding as the nearest element of the input times zero, which is NaN where that is not finite."""
    result = implementation(pass_, operands, geometry)
    if not _reads_padding(pass_, geometry) or not _is_float(operands.input):
        return result
    spoilt = replace(geometry, padding_mode="replicate")
    ones: dict[str, Any] = {
        name: np.isnan(array) | np.isinf(array) if name.startswith("input") else np.ones(array.shape)
        for name, array in operands.arrays().items()
        if not name.startswith("bias")
    }
    indicators: dict[str, Any] = {name: array.astype(np.float64) for name, array in ones.items()}
    marked = Operands(**({"bias": None} | indicators))
    reached, inside = (implementation(Pass.FORWARD, marked, each) for each in (spoilt, geometry))
    return np.where(reached > inside, np.array(np.nan).astype(result.dtype), result)


def _each(changed: Callable[[Array], Array]) -> Change:
    return with_operands(lambda operand, array, geometry: changed(array))


def wrong_values(
    name: str,
    sentence: str,
    explanation: str,
    change: Change,
    passes: Iterable[Pass],
    needs: Needs,
    can_show: Callable[[Pass, ConvGeometry], bool] = has_terms,
) -> FaultModel:
    """A model that is wrong for some values only."""
    passes = frozenset(passes)

    def shows(pass_: Pass, geometry: ConvGeometry) -> bool:
        return pass_ in passes and can_show(pass_, geometry)

    plant = planting(change, passes)
    return FaultModel(name, sentence, explanation, Kind.VALUES, passes, shows, plant, needs)


def _has_a_row(pass_: Pass, geometry: ConvGeometry) -> bool:
    """Whether an element is read that is not the first of its row."""
    readers = np.broadcast_to(term_counts(Pass.INPUT_GRADIENT, geometry), geometry.input_shape)
    return has_terms(pass_, geometry) and bool(readers[..., 1:].any())


def _reads_padding(pass_: Pass, geometry: ConvGeometry) -> bool:
    """Whether some window takes zeros from beside the input."""
    plain = geometry.padding_mode == "zeros" and not geometry.transposed and has_terms(pass_, geometry)
    return plain and not all(geometry.inside(axis).all() for axis in range(geometry.rank))


MODELS = (
    wrong_values(
        "nan-taken-for-zero",
        "NaN in an operand were zero",
        "Operands are cleaned before they are multiplied, or a comparison with NaN takes the other branch. Look at "
        "maxima, clamps and masks on the way of an operand.",
        _each(nan_to_zero),
        EVERY,
        Needs(dtypes=_FLOATS, data=(CONTAMINATED,)),
        has_values,
    ),
    wrong_values(
        "nan-in-results-lost",
        "NaN in a result were zero",
        "The result is clamped, or written through a comparison, which NaN fails. Look at what happens to a sum before "
        "it is stored.",
        with_result(lambda result, pass_, geometry: nan_to_zero(result)),
        EVERY,
        Needs(dtypes=_FLOATS, data=(CONTAMINATED,)),
        has_values,
    ),
    wrong_values(
        "infinity-saturates",
        "results that overflow were the largest finite number",
        "The conversion to the result's dtype saturates. Look at the mode of the last conversion, or at a clamp "
        "before it.",
        with_result(lambda result, pass_, geometry: _clipped(result)),
        EVERY,
        Needs(dtypes=WIDE_FLOATS, data=(CONTAMINATED,)),
        can_show=has_values,
    ),
    wrong_values(
        "nan-spreads-to-the-neighbour",
        "an element after NaN or Inf in a row of the input were NaN",
        "Elements that do not count are multiplied by zero instead of left out. Look at masked loads in the loop "
        "over a row.",
        with_operands(_with_neighbours),
        (*FORWARDS, *WEIGHT_GRADIENTS),
        Needs(dtypes=WIDE_FLOATS, data=(CONTAMINATED,)),
        _has_a_row,
    ),
    wrong_values(
        "nan-leaks-through-padding",
        "the padding next to NaN or Inf in the input were NaN",
        "Positions in the padding are read from the edge of the input and multiplied by zero. Look at how a load "
        "outside the input becomes zero.",
        _edge_in_padding,
        (Pass.FORWARD,),
        Needs(dtypes=WIDE_FLOATS, data=(CONTAMINATED,)),
        _reads_padding,
    ),
    wrong_values(
        "subnormals-flushed",
        "subnormal numbers were zero",
        "The processor or the compiler flushes subnormal operands and results to zero. Look at fast-math options and "
        "the flush-to-zero mode; declare it if it is meant.",
        _flushing,
        (*FORWARDS, Pass.INPUT_GRADIENT, Pass.DOUBLE_BACKWARD_INPUT, Pass.BIAS_GRADIENT),
        Needs(dtypes=WIDE_FLOATS, data=("subnormal_operands",)),
    ),
)
