"""The bias added to the wrong elements, and its gradient summed over the wrong ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..problem.geometry import ConvGeometry
from ..problem.passes import FORWARDS, Array, Operands, Pass, offset
from .model import Implementation, Needs
from .planting import Change, omitting, rearranging, wrong_terms
from .terms_channels import channels_last
from .terms_sums import divided, other_images

_WITH_BIAS = Needs(bias=True)


def _other_positions(axis: int) -> Callable[[tuple[int, ...], ConvGeometry], Array]:
    """All positions but the last of a spatial axis, counted from the end or the beginning."""

    def mask(shape: tuple[int, ...], geometry: ConvGeometry) -> Array:
        positions = np.arange(shape[2:][axis]) < shape[2:][axis] - 1
        apart: Array = positions.reshape(tuple(-1 if i == axis % geometry.rank else 1 for i in range(geometry.rank)))
        return apart

    return mask


def _bias_changed(changed: Callable[[Array], Array | None]) -> Change:
    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        name = offset(pass_) or ""
        column = getattr(operands, name)
        if column is None:
            return implementation(pass_, operands, geometry)
        arrays: dict[str, Any] = {name: changed(column)}
        return implementation(pass_, replace(operands, **arrays), geometry)

    return change


def _bias_by_position(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The bias added along the last axis instead of along the channels."""
    name = offset(pass_) or ""
    column = getattr(operands, name)
    if column is None or column.size < 2:
        return implementation(pass_, operands, geometry)
    absent: dict[str, Any] = {name: None}
    result = implementation(pass_, replace(operands, **absent), geometry)
    total: Array = result + np.resize(column, result.shape[-1]).astype(result.dtype)
    return total.astype(result.dtype)


MODELS = (
    wrong_terms(
        "bias-gradient-without-batch",
        "the bias gradient were that of the first image",
        "The sum over the batch is missing. Look at the axes over which the output gradient is summed.",
        omitting("output_gradient", other_images),
        (Pass.BIAS_GRADIENT,),
    ),
    wrong_terms(
        "bias-gradient-without-last-axis",
        "the bias gradient were not summed along the last axis",
        "The sum over one spatial axis is missing, and one position is taken. Look at the axes over which the output "
        "gradient is summed.",
        omitting("output_gradient", _other_positions(-1)),
        (Pass.BIAS_GRADIENT,),
    ),
    wrong_terms(
        "bias-gradient-without-first-axis",
        "the bias gradient were not summed along the first spatial axis",
        "The sum over one spatial axis is missing, and one position is taken. Look at the axes over which the output "
        "gradient is summed.",
        omitting("output_gradient", _other_positions(0)),
        (Pass.BIAS_GRADIENT,),
    ),
    wrong_terms(
        "bias-gradient-of-channels-last",
        "the bias gradient were summed over the axes that are right for channels last",
        "The channel axis is taken to be the last one in memory. Look at the axes over which the output gradient is "
        "summed.",
        rearranging("output_gradient", channels_last),
        (Pass.BIAS_GRADIENT,),
    ),
    wrong_terms(
        "bias-gradient-is-a-mean",
        "the bias gradient were the mean over batch and positions",
        "A mean takes the place of a sum, which differs where the loss is not a mean. Look at the reduction of the "
        "output gradient.",
        divided(lambda geometry: geometry.batch * math.prod(geometry.output_size)),
        (Pass.BIAS_GRADIENT,),
    ),
    wrong_terms(
        "bias-by-position",
        "the bias were indexed by the position on the last axis",
        "The bias is broadcast along the wrong axis. Look at the index of the bias, or the shape to which it is "
        "reshaped.",
        _bias_by_position,
        FORWARDS,
        _WITH_BIAS,
    ),
    wrong_terms(
        "bias-ignored",
        "there were no bias",
        "The bias, or in a derivative its direction, is accepted and not added. Look at where a sum's first value is "
        "set.",
        _bias_changed(lambda column: None),
        FORWARDS,
        needs=_WITH_BIAS,
    ),
    wrong_terms(
        "bias-added-twice",
        "the bias were added twice",
        "The bias is added in two places, such as to the first value of a sum and after it. Look at where the bias is "
        "added.",
        _bias_changed(lambda column: column + column),
        FORWARDS,
        needs=_WITH_BIAS,
    ),
)
