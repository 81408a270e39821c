"""Faults of a geometry as they come in plain code: the size of the result follows the mistake.

The models that show in a covering return arrays of the right shape, since a
wrong shape is seen without them. For a diagnosis, each model that is the misreading of
a geometry is also tried as what that geometry gives, whatever its shape; and so
are readings that hardly ever have the right one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from ..problem.geometry import ConvGeometry
from ..problem.padding import named_sides
from ..problem.passes import INPUT_GRADIENTS, WEIGHT_GRADIENTS, Array, Operands, Pass, shape_of
from .model import FaultModel, Implementation, Kind, Misreading
from .parts import has_terms
from .planting import CONVOLVING, Change, altered, fitted, planting


def natural(model: FaultModel) -> FaultModel | None:
    """A misreading with results of its own shape; None of a model that is none."""
    if model.misread is None:
        return None
    return _changed(model, _reading(model.misread), model.misread)


def _changed(model: FaultModel, change: Change, reading: Misreading) -> FaultModel:
    def shows(pass_: Pass, geometry: ConvGeometry) -> bool:
        return pass_ in model.passes and has_terms(pass_, geometry) and reading(geometry) not in (None, geometry)

    return replace(model, plant=planting(change, model.passes), shows=shows)


def _reading(wrong: Misreading) -> Change:
    """The pass of another geometry, of operands cut or continued with zeros where they do not fit it."""

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        other = wrong(geometry)
        if other is None or other == geometry:
            return implementation(pass_, operands, geometry)
        shapes = {name: shape_of(name, other) for name in operands.arrays()}
        arrays: dict[str, Any] = {name: fitted(array, shapes[name]) for name, array in operands.arrays().items()}
        return implementation(pass_, replace(operands, **arrays), other)

    return change


def _padded(sides: Callable[[ConvGeometry], tuple[tuple[int, int], ...]]) -> Misreading:
    return lambda geometry: None if geometry.transposed else altered(geometry, padding=sides(geometry))


def _full(geometry: ConvGeometry) -> tuple[tuple[int, int], ...]:
    return tuple((span, span) for span in geometry.span)


def _half(geometry: ConvGeometry) -> tuple[tuple[int, int], ...]:
    return tuple((span // 2, span // 2) for span in geometry.span)


def _half_without_dilation(geometry: ConvGeometry) -> tuple[tuple[int, int], ...]:
    return tuple((kernel // 2, kernel // 2) for kernel in geometry.kernel)


def _same_without_stride(geometry: ConvGeometry) -> tuple[tuple[int, int], ...]:
    ones = (1,) * geometry.rank
    return named_sides("same_upper", geometry.size, geometry.kernel, ones, geometry.dilation)


def _direct(geometry: ConvGeometry) -> ConvGeometry | None:
    """A transposed convolution taken for a direct one with the same arguments."""
    square = geometry.in_channels == geometry.out_channels
    plain = altered(geometry, transposed=False, output_padding=())
    return plain if geometry.transposed and square else None


def _transposed(geometry: ConvGeometry) -> ConvGeometry | None:
    square = geometry.in_channels == geometry.out_channels
    return altered(geometry, transposed=True) if square and not geometry.transposed else None


def _sides_exchanged_by_axis(geometry: ConvGeometry) -> tuple[tuple[int, int], ...]:
    """Pads listed side by side for each axis taken for all low ones, then all high ones."""
    flat = [side for pair in geometry.padding for side in pair]
    rank = geometry.rank
    return tuple((flat[axis], flat[rank + axis]) for axis in range(rank))


def _pairs_exchanged_by_side(geometry: ConvGeometry) -> tuple[tuple[int, int], ...]:
    """Pads listed low ones first taken for pairs of each axis."""
    lows, highs = zip(*geometry.padding, strict=True)
    flat = (*lows, *highs)
    return tuple((flat[2 * axis], flat[2 * axis + 1]) for axis in range(geometry.rank))


def _remainder_left_out(
    implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry
) -> Array:
    """The input gradient of the part that windows reach, without the elements that they leave over."""
    result = implementation(pass_, operands, geometry)
    if geometry.transposed:
        return result
    sizes = (max(size - rest, 0) for size, rest in zip(geometry.size, geometry.remainders, strict=True))
    return fitted(result, (*result.shape[:2], *sizes))


def _with_remainder(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The weight gradient as the whole correlation of the input with the spread output gradient."""
    if geometry.transposed or not any(geometry.remainders):
        return implementation(pass_, operands, geometry)
    axes = zip(geometry.kernel, geometry.remainders, geometry.dilation, strict=True)
    longer = altered(geometry, kernel=tuple(kernel + rest // d for kernel, rest, d in axes))
    if longer is None or longer.output_size != geometry.output_size:
        return implementation(pass_, operands, geometry)
    weight = fitted(operands.weight, longer.weight_shape)
    direction = operands.weight_direction
    enlarged = replace(
        operands,
        weight=weight,
        weight_direction=None if direction is None else fitted(direction, longer.weight_shape),
    )
    return implementation(pass_, enlarged, longer)


def _with_remainders(geometry: ConvGeometry) -> ConvGeometry | None:
    """Not the geometry itself wherever windows leave a remainder."""
    has_remainder = not geometry.transposed and any(geometry.remainders)
    return altered(geometry, batch=geometry.batch + 1) if has_remainder else None


_FORMULA = "Look at the formula of the output size, and at what it is given."


def _model(
    name: str,
    sentence: str,
    reading: Misreading,
    explanation: str = _FORMULA,
    passes: tuple[Pass, ...] = CONVOLVING,
    change: Change | None = None,
) -> FaultModel:
    plain = FaultModel(
        name, sentence, explanation, Kind.TERMS, frozenset(passes), lambda pass_, geometry: False, lambda given: given
    )
    return _changed(plain, change or _reading(reading), reading)


READINGS = (
    _model("padding-full", "the padding were full: every window that meets the input", _padded(_full)),
    _model("padding-half-the-kernel", "the padding were half of the kernel's reach", _padded(_half)),
    _model(
        "padding-half-without-dilation",
        "the padding were half of the kernel, whatever its dilation",
        _padded(_half_without_dilation),
    ),
    _model(
        "padding-same-instead",
        "the padding were SAME",
        _padded(lambda geometry: geometry.sides_named("same_upper")),
    ),
    _model("padding-same-without-stride", "the padding were SAME's of stride 1", _padded(_same_without_stride)),
    _model(
        "pads-by-side-for-pads-by-axis",
        "the pads of each axis were taken for all low ones, then all high ones",
        _padded(_sides_exchanged_by_axis),
        "Libraries list pads by axis or by side. Look at the order in which the list is read.",
    ),
    _model(
        "pads-by-axis-for-pads-by-side",
        "the low pads, then the high ones, were taken for those of each axis",
        _padded(_pairs_exchanged_by_side),
        "Libraries list pads by axis or by side. Look at the order in which the list is read.",
    ),
    _model(
        "direct-for-transposed",
        "the transposed convolution were a direct one",
        _direct,
        "The two differ in what spreads the kernel. Look at which of them is called.",
    ),
    _model(
        "transposed-for-direct",
        "the convolution were a transposed one",
        _transposed,
        "The two differ in what spreads the kernel. Look at which of them is called.",
    ),
    _model(
        "input-gradient-without-remainder",
        "the input gradient ended with the last element that a window reaches",
        _with_remainders,
        "A stride that does not divide leaves elements over, whose gradient is zero. Look at the size of the result.",
        INPUT_GRADIENTS,
        _remainder_left_out,
    ),
    _model(
        "weight-gradient-with-remainder",
        "the weight gradient had more taps, as many as the elements left over give",
        _with_remainders,
        "Correlating the whole input with the spread output gradient gives more positions than the kernel has taps. "
        "Look at where the result is cut.",
        WEIGHT_GRADIENTS,
        _with_remainder,
    ),
)
"""Misreadings whose results have a shape of their own; for diagnosis only."""


def natural_models(models: tuple[FaultModel, ...]) -> Iterator[FaultModel]:
    """Every misreading among `models` with results of its own shape, and the readings that are for diagnosis only."""
    yield from (found for found in map(natural, models) if found is not None)
    yield from READINGS
