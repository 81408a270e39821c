"""Padding of the wrong size, on the wrong side or axis, or with the wrong content."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..geometry import ConvGeometry
from ..padding import NAMED_PADDINGS, PaddingSides
from ..passes import Array, Operands, Pass
from .model import Implementation, Misreading
from .planting import (
    FORWARDS,
    INPUT_GRADIENTS,
    WEIGHT_GRADIENTS,
    Change,
    altered,
    wrong_geometry,
    wrong_terms,
)


def _with_sides(change: Callable[[ConvGeometry], tuple[PaddingSides, ...]]) -> Misreading:
    return lambda geometry: altered(geometry, padding=change(geometry))


def _each(change: Callable[[int, int], PaddingSides]) -> Misreading:
    return _with_sides(lambda geometry: tuple(change(low, high) for low, high in geometry.padding))


def _same_on_the_other_side(geometry: ConvGeometry) -> tuple[PaddingSides, ...]:
    """The sides exchanged on every axis whose padding is SAME's."""

    def exchanged(axis: int) -> PaddingSides:
        sides = geometry.padding[axis]
        size = geometry.size[axis] * (geometry.stride[axis] if geometry.transposed else 1)
        numbers = (size, geometry.kernel[axis], geometry.stride[axis], geometry.dilation[axis])
        is_same = sides in (NAMED_PADDINGS["same_upper"](*numbers), NAMED_PADDINGS["same_lower"](*numbers))
        return sides[::-1] if is_same else sides

    return tuple(map(exchanged, range(geometry.rank)))


def _even_kernels_shifted(geometry: ConvGeometry) -> tuple[PaddingSides, ...]:
    return tuple(
        (low - 1, high + 1) if kernel % 2 == 0 and low else (low, high)
        for kernel, (low, high) in zip(geometry.kernel, geometry.padding, strict=True)
    )


def _not_complemented(geometry: ConvGeometry) -> tuple[PaddingSides, ...]:
    reach = [d * (r - 1) for d, r in zip(geometry.dilation, geometry.kernel, strict=True)]
    return tuple((max(whole - low, 0), high) for whole, (low, high) in zip(reach, geometry.padding, strict=True))


def _laid_out(positions: Callable[[ConvGeometry, int], Array | None]) -> Change:
    """The input copied into its padded form from the positions given for each axis; None leaves all as it is."""

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        sources = [positions(geometry, axis) for axis in range(geometry.rank)]
        if any(source is None for source in sources):
            return implementation(pass_, operands, geometry)
        taken = [source for source in sources if source is not None]
        explicit = replace(
            geometry, size=tuple(map(len, taken)), padding=((0, 0),) * geometry.rank, padding_mode="zeros"
        )
        arrays: dict[str, Any] = {
            name: _gathered(array, taken)
            for name, array in operands.arrays().items()
            if name in ("input", "input_direction")
        }
        result = implementation(pass_, replace(operands, **arrays), explicit)
        return _returned(result, taken, geometry) if pass_ in INPUT_GRADIENTS else result

    return change


def _gathered(array: Array, sources: list[Array]) -> Array:
    for axis, source in enumerate(sources):
        array = np.take(array, source, axis=2 + axis)
    return array


def _returned(gradient: Array, sources: list[Array], geometry: ConvGeometry) -> Array:
    """The adjoint of :func:`_gathered`."""
    for axis, source in enumerate(sources):
        moved = np.moveaxis(gradient, 2 + axis, 0)
        folded = np.zeros((geometry.size[axis], *moved.shape[1:]), gradient.dtype)
        np.add.at(folded, source, moved)
        gradient = np.moveaxis(folded, 0, 2 + axis)
    return np.ascontiguousarray(gradient)


def _padded_positions(geometry: ConvGeometry, axis: int) -> Array:
    low, high = geometry.padding[axis]
    return np.arange(-low, geometry.size[axis] + high)


def _symmetric(geometry: ConvGeometry, axis: int) -> Array | None:
    if geometry.padding_mode != "reflect":
        return None
    size = geometry.size[axis]
    around = _padded_positions(geometry, axis) % (2 * size)
    return np.where(around < size, around, 2 * size - 1 - around)


def _circular_off_by_one(geometry: ConvGeometry, axis: int) -> Array | None:
    """The repetition on either side begins one element too late."""
    if geometry.padding_mode != "circular":
        return None
    size, positions = geometry.size[axis], _padded_positions(geometry, axis)
    shifted = np.where(positions < 0, positions - 1, np.where(positions >= size, positions + 1, positions))
    return shifted % size


def _out_of_bounds(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The padding read from where its coordinates lead in memory."""
    if geometry.padding_mode != "zeros" or geometry.transposed or 0 in geometry.size:
        return implementation(pass_, operands, geometry)
    elements = math.prod(geometry.size)
    flat = np.zeros((1,) * geometry.rank, np.int64)
    for axis in range(geometry.rank):
        own = _padded_positions(geometry, axis).reshape(-1, *(1,) * (geometry.rank - 1 - axis))
        flat = flat * geometry.size[axis] + own
    arrays: dict[str, Any] = {
        name: np.take(array.reshape(*array.shape[:2], elements), flat % elements, axis=2)
        for name, array in operands.arrays().items()
        if name in ("input", "input_direction")
    }
    explicit = replace(geometry, size=flat.shape, padding=((0, 0),) * geometry.rank)
    return implementation(pass_, replace(operands, **arrays), explicit)


MODELS = (
    wrong_geometry(
        "padding-axes-exchanged",
        "the paddings of the spatial axes were exchanged",
        "Height and width, or a list in the opposite order, are confused. Look at the order in which the padding's "
        "numbers are taken.",
        _with_sides(lambda geometry: geometry.padding[::-1]),
        seen_in="autogluon PR#438",
    ),
    wrong_geometry(
        "padding-sides-exchanged",
        "low and high padding were exchanged",
        "The padding is laid after the data where it belongs before them. Look at the sign and the side of the offset "
        "that the padding adds to a position.",
        _each(lambda low, high: (high, low)),
        seen_in="root#21737",
    ),
    wrong_geometry(
        "same-odd-element-on-the-other-side",
        "SAME padding had its odd element on the other side",
        "SAME_UPPER and SAME_LOWER, or the conventions of two frameworks, are confused. Look at which half is "
        "rounded down when the whole padding is divided by two.",
        _with_sides(_same_on_the_other_side),
        seen_in="root#21737",
    ),
    wrong_geometry(
        "low-padding-on-both-sides",
        "the low padding were used on both sides",
        "Only one number per axis reaches the kernel. Look at where four (low, high) numbers become two.",
        _each(lambda low, high: (low, low)),
        seen_in="opencv PR#20394, tvm PR#6646, aimet PR#2873",
    ),
    wrong_geometry(
        "high-padding-on-both-sides",
        "the high padding were used on both sides",
        "Only one number per axis reaches the kernel, and it is the last. Look at where four (low, high) numbers "
        "become two.",
        _each(lambda low, high: (high, high)),
    ),
    wrong_geometry(
        "padding-shared-evenly",
        "the padding were shared evenly between the two sides",
        "The whole padding of an axis is divided by two, whatever its sides are. Look at where the padding is halved.",
        _each(lambda low, high: ((low + high) // 2, low + high - (low + high) // 2)),
    ),
    wrong_geometry(
        "padding-ignored",
        "there were no padding",
        "The padding does not reach the loops: windows start at the first element. Look at the offset that is "
        "subtracted from a position.",
        _each(lambda low, high: (0, 0)),
    ),
    wrong_geometry(
        "even-kernel-off-centre",
        "kernels of even length were centred one element further on",
        "The padding is computed from the kernel's centre, which an even length does not have. Look at divisions of "
        "the kernel's length by two.",
        _with_sides(_even_kernels_shifted),
        seen_in="ComputeLibrary#78",
    ),
    wrong_geometry(
        "padding-not-complemented",
        "the input gradient were padded like the forward pass",
        "The correlation that computes the input gradient needs d (R - 1) - p zeros before the output gradient, not p. "
        "Look at the padding of the input gradient's correlation.",
        _with_sides(_not_complemented),
        INPUT_GRADIENTS,
    ),
    wrong_geometry(
        "padding-mode-ignored",
        "the padding were zeros",
        "The padding mode does not reach this pass. Look at what is read where a window leaves the input.",
        lambda geometry: altered(geometry, padding_mode="zeros"),
    ),
    wrong_terms(
        "reflection-repeats-the-edge",
        "reflection repeated the edge element",
        "Reflection about the edge element and about the border beside it are confused. Look at the index of the "
        "first element of the padding: it is 1, not 0.",
        _laid_out(_symmetric),
    ),
    wrong_terms(
        "circular-padding-off-by-one",
        "circular padding skipped one element",
        "The first repeated element is one too far from the border. Look at the modulo of a position left of zero.",
        _laid_out(_circular_off_by_one),
    ),
    wrong_terms(
        "padding-read-from-memory",
        "positions in the padding were read from where they lead in memory",
        "The test that a position lies inside the input is missing or too late: the end of the row before, or of "
        "another one, is read. Look at the bounds check of each axis.",
        _out_of_bounds,
        (*FORWARDS, *WEIGHT_GRADIENTS),
        "FlagGems PR#5231, pytorch#187081",
    ),
)
