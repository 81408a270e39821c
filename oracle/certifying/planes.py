"""Planes: all positions of one pair of a result's first two axes, which is what a smaller convolution gives.

A plane of the output comes of one image and one filter, O[n, k] = X[n, group of k] ⋆ F[k]; one of the input gradient
of one image and one input channel; one of the weight gradient of one channel of each, over all images; the bias
gradient of an output channel of that channel alone, whatever the input. Each element is the sum of the same terms as in
the whole, so that what is proven of sums of so many terms holds of a plane alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass

_INPUTS = ("input", "input_direction")
_WEIGHTS = ("weight", "weight_direction")


@dataclass(frozen=True, slots=True)
class Plane:
    """A part of a result, and the smaller convolution whose result it is.

    Parameters
    ----------
    pair : tuple of int
        Of the first two axes, 0-based; of a bias gradient, the one axis that it has.
    geometry : ConvGeometry
    operands : Operands
        Views of the layer's.
    """

    pair: tuple[int, ...]
    geometry: ConvGeometry
    operands: Operands

    def of(self, result: Array) -> Array:
        """This part of a whole result, in the shape of the smaller one."""
        return result[tuple(slice(index, index + 1) for index in self.pair)]


def plane(pass_: Pass, operands: Operands, geometry: ConvGeometry, pair: tuple[int, ...]) -> Plane:
    """The plane of a result that has these indices.

    Parameters
    ----------
    pass_ : Pass
    operands : Operands
    geometry : ConvGeometry
    pair : tuple of int
        Indices of the first two axes of the result, or of the one of a bias gradient.
    """
    groups, inputs, outputs = geometry.groups, geometry.in_channels, geometry.out_channels
    of_inputs, of_outputs = inputs // groups, outputs // groups
    images = slice(0, geometry.batch)
    match pass_.result_like:
        case "output":
            images, group, output = _one(pair[0]), pair[1] // of_outputs, _one(pair[1])
            input = _of_group(group, of_inputs)
        case "input":
            images, group, input = _one(pair[0]), pair[1] // of_inputs, _one(pair[1])
            output = _of_group(group, of_outputs)
        case "bias":
            group, output = pair[0] // of_outputs, _one(pair[0])
            input = _one(group * of_inputs)
        case _:
            row, column = pair
            group = row // (of_inputs if geometry.transposed else of_outputs)
            input, output = _one(row), _one(group * of_outputs + column)
            if not geometry.transposed:
                input, output = _one(group * of_inputs + column), _one(row)
    return _cut(operands, geometry, pair, (images, input, output), group)


def _one(index: int) -> slice:
    return slice(index, index + 1)


def _of_group(group: int, size: int) -> slice:
    return slice(group * size, (group + 1) * size)


def _cut(
    operands: Operands, geometry: ConvGeometry, pair: tuple[int, ...], kept: tuple[slice, slice, slice], group: int
) -> Plane:
    """With some images, input and output channels alone, all of one group."""
    images, inputs, outputs = kept
    first, second = (inputs, outputs) if geometry.transposed else (outputs, inputs)
    across = geometry.weight_shape[1]
    second = slice(second.start - group * across, second.stop - group * across)
    parts: dict[str, tuple[slice, ...]] = dict.fromkeys(_WEIGHTS, (first, second))
    parts |= dict.fromkeys(_INPUTS, (images, inputs)) | {"output_gradient": (images, outputs)}
    parts |= dict.fromkeys(("bias", "bias_direction"), (outputs,))
    arrays: dict[str, Any] = {name: array[parts[name]] for name, array in operands.arrays().items()}
    smaller = replace(
        geometry,
        batch=images.stop - images.start,
        in_channels=inputs.stop - inputs.start,
        out_channels=outputs.stop - outputs.start,
        groups=1,
    )
    return Plane(pair, smaller, replace(operands, **arrays))


def some_pairs(pass_: Pass, geometry: ConvGeometry, count: int, seed: int) -> tuple[tuple[int, ...], ...]:
    """Indices of so many planes, in order: of the first and the last one, where tiles end, and of others at random.

    Fewer where there are fewer.
    """
    shape = pairs_of(pass_, geometry)
    many = math.prod(shape)
    ends = (0, many - 1)[:many]
    rng = np.random.default_rng([seed, *shape])
    others = rng.choice(many, min(count, many), replace=False)
    kept = sorted([*dict.fromkeys((*ends, *map(int, others)))][:count])
    return tuple(tuple(map(int, np.unravel_index(number, shape))) for number in kept)


def pairs_of(pass_: Pass, geometry: ConvGeometry) -> tuple[int, ...]:
    """How many planes a result has along its first two axes; along the one of a bias gradient."""
    return pass_.result_shape(geometry)[: 1 if pass_.result_like == "bias" else 2]
