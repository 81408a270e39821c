"""Operands written to or returned, and arrays whose layout in memory is misread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np

from ..answers import reference
from ..problem.geometry import ConvGeometry
from ..problem.layouts import BROADCAST, arrange
from ..problem.passes import Array, Operands, Pass, shape_of
from .model import NO_NEEDS, Implementation, Needs
from .parts import read_arrays, without_bias
from .planting import BACKWARDS, EVERY, Change, probe, wrong_conduct

Shows = Callable[[Pass, ConvGeometry], bool]


def _spoiling(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The first element of the first operand is negated afterwards, where it may be written."""
    result = implementation(pass_, operands, geometry)
    array = operands.arrays()[read_arrays(pass_, geometry)[0]]
    if array.size and array.flags.writeable:
        array[(0,) * array.ndim] = -array[(0,) * array.ndim]
    return result


def _in_place(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The result written over an operand of its shape."""
    result = implementation(pass_, operands, geometry)
    for name in reversed(read_arrays(pass_, geometry)):
        array = operands.arrays()[name]
        if array.shape == result.shape and array.dtype == result.dtype and array.flags.writeable:
            array[...] = result
            return array
    return result


def _has_room(pass_: Pass, geometry: ConvGeometry) -> bool:
    shapes = {shape_of(name, geometry) for name in read_arrays(pass_, geometry)}
    return pass_.result_shape(geometry) in shapes


def _dense(array: Array) -> Array:
    """As many elements as the array has, read one after the other from where its first one lies in memory."""
    if array.flags.c_contiguous or not array.size:
        return array
    owner = array
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    memory = owner.reshape(-1, order="A").view(np.uint8)
    start = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    dense = np.take(memory, np.arange(start, start + array.nbytes), mode="wrap")
    return dense.view(array.dtype).reshape(array.shape)


def _strides_ignored(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    return implementation(pass_, operands.map(_dense), geometry)


def _first_element_only(
    implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry
) -> Array:
    """An output gradient of stride zero is read as its first element and zeros."""
    array = operands.output_gradient
    if not array.size or not any(step == 0 < size - 1 for step, size in zip(array.strides, array.shape, strict=True)):
        return implementation(pass_, operands, geometry)
    read = np.zeros(array.shape, array.dtype)
    read[(0,) * array.ndim] = array[(0,) * array.ndim]
    return implementation(pass_, replace(operands, output_gradient=read), geometry)


def _differs(change: Change, laid_out: Callable[[Operands], Operands]) -> Shows:
    """Whether a call on integers, laid out in memory in some way, is wrong."""

    @lru_cache(maxsize=4096)
    def shows(pass_: Pass, geometry: ConvGeometry) -> bool:
        operands = laid_out(without_bias(probe(geometry)))
        right = reference.evaluate(pass_, operands, geometry)
        return not np.array_equal(change(reference.evaluate, pass_, operands, geometry), right)

    return shows


def _arranged(layout: str) -> Callable[[Operands], Operands]:
    return lambda operands: operands.map(partial(arrange, layout=layout))


def _constant(operands: Operands) -> Operands:
    """The output gradient a broadcast constant."""
    constant = np.broadcast_to(np.array(3.0), operands.output_gradient.shape)
    return replace(operands, output_gradient=constant)


def _is_filled(pass_: Pass, geometry: ConvGeometry) -> bool:
    return 0 not in pass_.result_shape(geometry)


def _has_first_element(pass_: Pass, geometry: ConvGeometry) -> bool:
    return 0 not in shape_of(read_arrays(pass_, geometry)[0], geometry)


MODELS = (
    wrong_conduct(
        "operand-changed",
        "a call left another number in its first operand",
        "An operand is padded, scaled or conjugated in place. Look at every write to an array that was passed in.",
        lambda: _spoiling,
        EVERY,
        _has_first_element,
        NO_NEEDS,
    ),
    wrong_conduct(
        "result-in-an-operand",
        "the result were written over an operand of the same shape",
        "The memory of an operand is reused for the result, which the caller still needs. Look at what the result's "
        "memory is.",
        lambda: _in_place,
        EVERY,
        lambda pass_, geometry: _is_filled(pass_, geometry) and _has_room(pass_, geometry),
        NO_NEEDS,
    ),
    wrong_conduct(
        "strides-ignored",
        "every operand were contiguous in memory",
        "An array is handed on by its address, and its strides are not. Look at where a pointer is taken, and for a "
        "copy into contiguous memory before it.",
        lambda: _strides_ignored,
        EVERY,
        _differs(_strides_ignored, _arranged("strided")),
        Needs(layouts=("strided",)),
    ),
    wrong_conduct(
        "stride-zero-misread",
        "an output gradient of stride 0 were its first element and zeros",
        "A broadcast array, as the gradient of a sum is, has less memory than elements. Look at how the output "
        "gradient's memory is read, and for a copy into contiguous memory before it.",
        lambda: _first_element_only,
        (*BACKWARDS, Pass.BIAS_GRADIENT),
        _differs(_first_element_only, _constant),
        Needs(layouts=(BROADCAST,)),
    ),
)
