"""A pass as a sum of passes of parts of its operands, and whether there is anything to sum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from ..answers.exact import most_terms
from ..problem.geometry import ConvGeometry
from ..problem.passes import FORWARDS, INPUT_GRADIENTS, Operands, Pass, products


@lru_cache(maxsize=4096)
def has_terms(pass_: Pass, geometry: ConvGeometry) -> bool:
    """Whether any element of the result is a sum of at least one product, or output gradient."""
    return 0 not in pass_.result_shape(geometry) and most_terms(pass_, geometry) > 0


def has_values(pass_: Pass, geometry: ConvGeometry) -> bool:
    """Whether the result is more than zeros and bias: it has terms, or is a weight after a step, even of zero."""
    return has_terms(pass_, geometry) or (pass_ is Pass.UPDATE and 0 not in pass_.result_shape(geometry))


def read_arrays(pass_: Pass, geometry: ConvGeometry) -> tuple[str, ...]:
    """Names of the operands that a pass cannot do without, factors of products first."""
    if pass_ is Pass.BIAS_GRADIENT:
        return ("output_gradient",)
    names = dict.fromkeys(name for part in products(pass_, geometry) for name in (part.left, part.right))
    return (*names, "weight") if pass_ is Pass.UPDATE else tuple(names)


def without_bias(operands: Operands) -> Operands:
    """The operands of a case that has none."""
    return replace(operands, bias=None, bias_direction=None)


def parts(pass_: Pass, operands: Operands, count: int) -> Iterator[Operands]:
    """Operands whose results add up to that of `operands`; of an update, to its step alone.

    Every `count`-th element of the weight (and its direction), or of the output
    gradient, is kept in each, and the bias in the first.
    """
    split = ("weight", "weight_direction") if pass_ in (*FORWARDS, *INPUT_GRADIENTS) else ("output_gradient",)
    arrays = operands.arrays()
    for index in range(count):
        changed: dict[str, Any] = {}
        for name in split:
            if name in arrays:
                kept = np.arange(arrays[name].size).reshape(arrays[name].shape) % count == index
                changed[name] = np.where(kept, arrays[name], np.zeros((), arrays[name].dtype))
        if pass_ is Pass.UPDATE:
            changed["weight"] = np.zeros_like(operands.weight)
        if index and pass_ in FORWARDS:
            changed |= {"bias": None, "bias_direction": None}
        yield replace(operands, **changed)
