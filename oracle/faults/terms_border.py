"""The border: padding of the right size with the wrong content, and windows that reach into it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..problem.geometry import ConvGeometry
from ..problem.passes import FORWARDS, INPUT_GRADIENTS, WEIGHT_GRADIENTS, Array, Operands, Pass
from .model import Implementation
from .parts import without_bias
from .planting import Change, along, omitting, wrong_terms


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


def _one_further(geometry: ConvGeometry, axis: int) -> Array:
    """The padded positions, those on either side of the data one further away from them."""
    size, positions = geometry.size[axis], _padded_positions(geometry, axis)
    return np.where(positions < 0, positions - 1, np.where(positions >= size, positions + 1, positions))


def _circular_off_by_one(geometry: ConvGeometry, axis: int) -> Array | None:
    """The repetition on either side begins one element too late."""
    if geometry.padding_mode != "circular":
        return None
    around: Array = _one_further(geometry, axis) % geometry.size[axis]
    return around


def _reflection_off_by_one(geometry: ConvGeometry, axis: int) -> Array | None:
    """The reflection on either side begins one element too late, and turns round where it reaches the other edge."""
    if geometry.padding_mode != "reflect":
        return None
    period = max(2 * (geometry.size[axis] - 1), 1)
    around = _one_further(geometry, axis) % period
    folded: Array = np.minimum(around, period - around)
    return folded


def _wrapped_around(geometry: ConvGeometry, axis: int) -> Array | None:
    if geometry.padding_mode != "zeros" or geometry.transposed or 0 in geometry.size:
        return None
    around: Array = _padded_positions(geometry, axis) % geometry.size[axis]
    return around


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


def _beginning_in_padding(shape: tuple[int, ...], geometry: ConvGeometry) -> Array | None:
    """The output positions on the last axis whose window begins before the input."""
    if geometry.transposed:
        return None
    begins = geometry.stride[-1] * np.arange(shape[-1]) - geometry.padding[-1][0]
    return along(len(shape) - 1, begins < 0, len(shape))


def _outermost_tap_dropped(
    implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry
) -> Array:
    """Windows that begin before the input, without the first of their taps on the first axis that lies in it."""
    result = implementation(pass_, operands, geometry)
    if geometry.transposed or geometry.padding_mode != "zeros":
        return result
    inside = geometry.inside(0)
    entering = inside.any(axis=1) & ~inside[:, 0]
    outermost = np.argmax(inside, axis=1)
    for tap in np.unique(outermost[entering]):
        taps = np.arange(geometry.kernel[0]) == tap
        result = result - _share(implementation, pass_, operands, geometry, taps, entering & (outermost == tap))
    return result


def _share(
    implementation: Implementation,
    pass_: Pass,
    operands: Operands,
    geometry: ConvGeometry,
    taps: Array,
    positions: Array,
) -> Array:
    """What some taps of some output positions, by masks of the first axis, contribute to a result or a step."""
    taps, positions = (along(2, mask, 2 + geometry.rank) for mask in (taps, positions))
    plain = without_bias(operands)
    if pass_ is Pass.UPDATE:
        plain = replace(plain, weight=np.zeros_like(plain.weight))
    kept = {"weight": taps, "weight_direction": taps, "output_gradient": positions}
    arrays: dict[str, Any] = {name: array * kept[name] for name, array in plain.arrays().items() if name in kept}
    share: Array = implementation(pass_, replace(plain, **arrays), geometry)
    written = positions if pass_ in FORWARDS else taps if pass_ in WEIGHT_GRADIENTS else np.ones(1, bool)
    return (share * written).astype(share.dtype)


MODELS = (
    wrong_terms(
        "windows-from-the-padding-dropped",
        "windows that begin in the padding of the last axis did not exist",
        "The loop over output positions starts where windows lie in the input as a whole. Look at the first position "
        "of the innermost loop, which each tap has its own of.",
        omitting("output_gradient", _beginning_in_padding),
    ),
    wrong_terms(
        "outermost-tap-dropped-at-the-border",
        "windows that begin in the padding of the first axis lost the first of their taps in the input",
        "The kernel is clipped one tap too far where it enters the input. Look at the first tap of a window that "
        "begins in the padding.",
        _outermost_tap_dropped,
    ),
    wrong_terms(
        "reflection-repeats-the-edge",
        "reflection repeated the edge element",
        "Reflection about the edge element and about the border beside it are confused. Look at the index of the "
        "first element of the padding: it is 1, not 0.",
        _laid_out(_symmetric),
    ),
    wrong_terms(
        "reflection-skips-an-element",
        "reflection left out the element next to the edge",
        "The first element of the padding is taken one too far from the edge. Look at the index of the first element "
        "of the padding: it is 1, not 2.",
        _laid_out(_reflection_off_by_one),
    ),
    wrong_terms(
        "circular-padding-off-by-one",
        "circular padding skipped one element",
        "The first repeated element is one too far from the border. Look at the modulo of a position left of zero.",
        _laid_out(_circular_off_by_one),
    ),
    wrong_terms(
        "transform-wraps-around",
        "the padding held the other end of the input",
        "A discrete Fourier transform of the input's own length gives a circular convolution. Look at the length of "
        "the transform: the input must be padded with zeros before it.",
        _laid_out(_wrapped_around),
    ),
    wrong_terms(
        "padding-read-from-memory",
        "positions in the padding were read from where they lead in memory",
        "The test that a position lies inside the input is missing or too late: the end of the row before, or of "
        "another one, is read. Look at the bounds check of each axis.",
        _out_of_bounds,
        (*FORWARDS, *WEIGHT_GRADIENTS),
    ),
)
