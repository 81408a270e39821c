"""What becomes of NaN and Inf in code that cleans, clamps or multiplies by zeros; for diagnosis only.

What is plainest of this is among the models of `values`. These are of one operand only, of
both NaN and Inf, or of the zeros with which kernels are spread and groups are filled up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from ..answers import reference
from ..numbers.dtypes import format_of
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass
from .model import NO_NEEDS, FaultModel, Implementation
from .parts import has_terms, has_values
from .planting import EVERY, Change, with_operands, with_result
from .values import nan_to_zero, wrong_values

_OPERANDS = ("input", "weight", "output_gradient")


def _largest(array: Array) -> Array:
    return np.array(format_of(array.dtype.name).largest).astype(array.dtype)


def _nan_to_num(array: Array) -> Array:
    """As NumPy's function of that name: NaN is zero, Inf the largest number of its sign."""
    return np.clip(nan_to_zero(array), -_largest(array), _largest(array)).astype(array.dtype)


def _clamped(array: Array) -> Array:
    """Between the lowest and the largest number, by comparisons that NaN fails."""
    lowest = -_largest(array)
    return np.where(np.isnan(array), lowest, np.clip(array, lowest, _largest(array))).astype(array.dtype)


def _clamped_from_above(array: Array) -> Array:
    largest = _largest(array)
    return np.where(np.isnan(array), largest, np.clip(array, -largest, largest)).astype(array.dtype)


def _of_one(name: str, changed: Callable[[Array], Array]) -> Change:
    return with_operands(lambda operand, array, geometry: changed(array) if operand == name else array)


def _of_results(changed: Callable[[Array], Array]) -> Change:
    return with_result(lambda result, pass_, geometry: changed(result))


def _reached(operands: Operands, dense: ConvGeometry) -> Array:
    """Where NaN or Inf in the input is multiplied by any element of the dense weight."""
    indicator = (~np.isfinite(operands.input.astype(np.float64))).astype(np.float64)
    ones = np.ones(dense.weight_shape)
    result: Array = reference.forward(indicator, ones, dense) > 0
    return result


def _between_taps(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The kernel spread by zeros to a dense one."""
    reach = tuple(span + 1 for span in geometry.span)
    dense = replace(geometry, kernel=reach, dilation=(1,) * geometry.rank)
    return _with_nan(implementation, pass_, operands, geometry, dense)


def _between_groups(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The weight filled up with zeros to one group."""
    return _with_nan(implementation, pass_, operands, geometry, replace(geometry, groups=1))


def _with_nan(
    implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry, dense: ConvGeometry
) -> Array:
    result = implementation(pass_, operands, geometry)
    if geometry.transposed:
        return result
    spoilt = _reached(operands, dense) & ~_reached(operands, geometry)
    return np.where(spoilt, np.array(np.nan).astype(result.dtype), result)


def _model(
    name: str,
    sentence: str,
    explanation: str,
    change: Change,
    passes: tuple[Pass, ...] = EVERY,
    can_show: Callable[[Pass, ConvGeometry], bool] = has_values,
) -> FaultModel:
    return wrong_values(name, sentence, explanation, change, passes, NO_NEEDS, can_show=can_show)


_CLEANED = "Look at what cleans values, as nan_to_num, before or after the sums."
_COMPARED = "A comparison with NaN takes the other branch. Look at minima, maxima and clamps of results."
_MULTIPLIED = (
    "Zero times NaN or Inf is NaN, where there is no term at all. Look at how the kernel is laid out, and declare "
    'conventions = {"contamination": "spreads"} if it is meant.'
)


def _spreading() -> Iterator[FaultModel]:
    for name in _OPERANDS:
        words, kept = name.replace("_", " "), name.replace("_", "-")
        yield _model(
            f"nan-taken-for-zero-in-{kept}", f"NaN in the {words} were zero", _CLEANED, _of_one(name, nan_to_zero)
        )
        yield _model(
            f"nan-to-num-of-{kept}",
            f"NaN in the {words} were zero, and Inf the largest number",
            _CLEANED,
            _of_one(name, _nan_to_num),
        )
    yield _model(
        "nan-to-num-of-results",
        "NaN in a result were zero, and Inf the largest number",
        _CLEANED,
        _of_results(_nan_to_num),
    )
    for name, what, changed in (
        ("lowest", "the lowest number, and Inf the largest one of its sign", _clamped),
        ("largest", "the largest number, as Inf", _clamped_from_above),
    ):
        yield _model(f"nan-becomes-the-{name}", f"NaN in a result were {what}", _COMPARED, _of_results(changed))
    yield _model(
        "zeros-between-taps",
        "the zeros between the taps of a dilated kernel were multiplied",
        _MULTIPLIED,
        _between_taps,
        (Pass.FORWARD,),
        lambda pass_, geometry: has_terms(pass_, geometry) and max(geometry.dilation) > 1,
    )
    yield _model(
        "zeros-between-groups",
        "the input channels of all groups were multiplied, by zeros for those of other groups",
        _MULTIPLIED,
        _between_groups,
        (Pass.FORWARD,),
        lambda pass_, geometry: has_terms(pass_, geometry) and geometry.groups > 1,
    )


MODELS = tuple(_spreading())
