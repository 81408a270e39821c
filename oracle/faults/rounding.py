"""The right terms in a worse arithmetic than the dtype's: of the sums, of the factors or of the result.

A result rounded first to a format between the accumulator's and its own is off by
hardly more than half a unit in its last place, which no bound can tell from
honest rounding: only formats narrower than the result's are here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..numbers.conversions import convert
from ..numbers.dtypes import COMPONENTS, DTYPES, WIDE_FLOATS, Format, format_of, result_dtype
from ..problem.geometry import ConvGeometry
from ..problem.passes import FORWARDS, INPUT_GRADIENTS, WEIGHT_GRADIENTS, Array, Operands, Pass, factors_of
from .model import FaultModel, Implementation, Kind, Needs
from .parts import has_terms, parts
from .planting import BACKWARDS, CONVOLVING, EVERY, Change, planting

REAL_FILLS = ("uniform", "normal", "wide")
_FACTORS = {
    "input": (*FORWARDS, *WEIGHT_GRADIENTS),
    "weight": (*FORWARDS, *INPUT_GRADIENTS),
    "output_gradient": BACKWARDS,
}
"""Operand -> the passes in which it, or its direction, is a factor."""
_PARTS = 7
_HEADROOM = 64


def _wider_than(form: Format, judged: Callable[[str], str]) -> tuple[str, ...]:
    """The real floating-point dtypes in which a rounding to `form` is worse than what the dtype itself does.

    Without those whose products `form` holds exactly.
    """
    floats = (dtype for dtype in DTYPES if dtype not in COMPONENTS and not format_of(dtype).is_integer)
    return tuple(
        dtype
        for dtype in floats
        if form.precision < min(format_of(judged(dtype)).precision, 2 * format_of(dtype).precision)
    )


def _rounded(array: Array, form: Format) -> Array:
    """The array rounded to a format, in its own dtype."""
    return convert(array.astype(np.float64), form).astype(array.dtype)


def _summing_in(form: Format) -> Change:
    """The sum in parts, each partial sum rounded to `form`."""

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        total: Array | None = None
        for part in parts(pass_, operands, _PARTS):
            share = implementation(pass_, part, geometry)
            total = _rounded(share if total is None else total + share, form)
        assert total is not None
        return (operands.weight + total).astype(total.dtype) if pass_ is Pass.UPDATE else total

    return change


def _factors_in(form: Format, *rounded: str) -> Change:
    """Factors of products rounded to `form`: those of these operands and their directions."""

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        factors = factors_of(pass_, geometry)
        arrays: dict[str, Any] = {
            name: _rounded(array, form)
            for name, array in operands.arrays().items()
            if name in factors and name.removesuffix("_direction") in rounded
        }
        return implementation(pass_, replace(operands, **arrays), geometry)

    return change


def _result_in(form: Format) -> Change:
    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        return _rounded(implementation(pass_, operands, geometry), form)

    return change


def _of_the_largest(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """Every element as coarse as one 64 times as large as the largest."""
    result = implementation(pass_, operands, geometry)
    finite = np.isfinite(result)
    largest = np.abs(result[finite]).max(initial=0) * result.dtype.type(_HEADROOM)
    return np.where(finite & np.isfinite(largest), (result + largest) - largest, result).astype(result.dtype)


def _model(
    name: str,
    sentence: str,
    explanation: str,
    change: Change,
    passes: tuple[Pass, ...],
    dtypes: tuple[str, ...],
    happens: Callable[[Pass, ConvGeometry], bool] = has_terms,
) -> FaultModel:
    def only_where_worse(
        implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry
    ) -> Array:
        wrong = change if operands.input.dtype.name in dtypes and happens(pass_, geometry) else None
        return wrong(implementation, pass_, operands, geometry) if wrong else implementation(pass_, operands, geometry)

    def shows(pass_: Pass, geometry: ConvGeometry) -> bool:
        return pass_ in passes and happens(pass_, geometry)

    plant = planting(only_where_worse, passes)
    needs = Needs(dtypes=dtypes, data=REAL_FILLS)
    return FaultModel(name, sentence, explanation, Kind.ROUNDING, frozenset(passes), shows, plant, needs)


def _sums(form: Format) -> FaultModel:
    return _model(
        f"sums-in-{form.name}",
        f"sums were kept in {form.name}",
        f"The accumulator is {form.name}, or partial sums are stored in it between blocks. Look at the type of the "
        "variable that products are added to, and of the workspace.",
        _summing_in(form),
        EVERY,
        _wider_than(form, result_dtype),
    )


def _factors(form: Format) -> FaultModel:
    return _model(
        f"factors-in-{form.name}",
        f"operands were rounded to {form.name} before they are multiplied",
        f"A fast mode converts operands to {form.name}. Look at the math mode or precision that the matrix product is "
        "called with, and at conversions before it.",
        _factors_in(form, *_FACTORS),
        CONVOLVING,
        _wider_than(form, str),
    )


_TOO_NEAR = ("float16",)
"""A step of a weight in float16 may be off by as much as one operand in bfloat16 is."""


def _one_factor(operand: str, form: Format) -> FaultModel:
    """One operand rounded, as where weights or activations are stored in fewer bits."""
    words = operand.replace("_", " ")
    return _model(
        f"{operand.replace('_', '-')}-in-{form.name}",
        f"the {words} were rounded to {form.name} before it is multiplied",
        f"The {words} is kept, packed or sent in {form.name}, and the other operand is not. Look at the type of every "
        f"copy of the {words}.",
        _factors_in(form, operand),
        _FACTORS[operand],
        tuple(dtype for dtype in _wider_than(form, str) if dtype not in _TOO_NEAR),
    )


def _when_aligned(channels: int) -> FaultModel:
    """A fast path in TF32, taken where a group's channels fill whole vectors."""

    def happens(pass_: Pass, geometry: ConvGeometry) -> bool:
        per_group = (geometry.in_channels // geometry.groups, geometry.out_channels // geometry.groups)
        return has_terms(pass_, geometry) and not any(number % channels for number in per_group)

    return _model(
        f"tfloat32-for-multiples-of-{channels}-channels",
        f"operands were rounded to tfloat32 where the channels of a group are multiples of {channels}",
        "Aligned sizes take a path through matrix units, in another precision than all others. Look at the condition "
        "under which that path is taken, and at the precision that it is called with.",
        _factors_in(format_of("tfloat32"), *_FACTORS),
        CONVOLVING,
        ("float32",),
        happens,
    )


def _results(form: Format) -> FaultModel:
    return _model(
        f"result-in-{form.name}",
        f"results were rounded to {form.name} and then to their own dtype",
        f"The result passes through an array of {form.name} and is rounded twice. Look at the type of every array "
        "between the sums and what is returned.",
        _result_in(form),
        EVERY,
        _wider_than(form, result_dtype),
    )


MODELS = (
    _sums(format_of("float16")),
    _sums(format_of("bfloat16")),
    _sums(format_of("float32")),
    _factors(format_of("tfloat32")),
    _factors(format_of("float16")),
    _factors(format_of("bfloat16")),
    _factors(format_of("float32")),
    *(_one_factor(operand, format_of(name)) for name in ("float16", "bfloat16") for operand in _FACTORS),
    _when_aligned(4),
    _when_aligned(8),
    _when_aligned(32),
    _results(format_of("float16")),
    _results(format_of("bfloat16")),
    _results(format_of("float32")),
    _model(
        "error-of-the-largest-element",
        "every element had the rounding error of the largest one",
        "A transform (Winograd, FFT) or a common scale rounds all elements to the same absolute precision, so that "
        "small ones are lost. Look at the algorithm that is chosen, and declare a transform if it is meant.",
        _of_the_largest,
        CONVOLVING,
        WIDE_FLOATS,
    ),
)
