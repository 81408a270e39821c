"""Updates and derivatives put together from the right parts in the wrong way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass
from .model import Implementation, Needs
from .planting import Change, wrong_terms

_COMPLEX = Needs(dtypes=("complex64", "complex128"))
_FIXED_RATE = 0.01


def _with_rate(rate: Callable[[float], float]) -> Change:
    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        return implementation(pass_, replace(operands, learning_rate=rate(operands.learning_rate)), geometry)

    return change


def _without(name: str) -> Change:
    """An operand taken for zero."""

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        array = getattr(operands, name)
        if array is None:
            return implementation(pass_, operands, geometry)
        zero: dict[str, Any] = {name: np.zeros_like(array)}
        return implementation(pass_, replace(operands, **zero), geometry)

    return change


def _not_conjugated(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The local gradient conjugated before the pass conjugates it; the old weight of an update is none."""
    name = "weight" if pass_ is Pass.INPUT_GRADIENT else "input"
    local: Array = getattr(operands, name)
    if local.dtype.kind != "c":
        return implementation(pass_, operands, geometry)
    conjugated: dict[str, Any] = {name: np.conj(local)}
    return implementation(pass_, replace(operands, **conjugated), geometry)


MODELS = (
    wrong_terms(
        "update-uphill",
        "the update added the gradient",
        "The sign of the step is wrong. Look at the sign of the learning rate.",
        _with_rate(lambda rate: -rate),
        (Pass.UPDATE,),
    ),
    wrong_terms(
        "learning-rate-hard-coded",
        "the learning rate were 0.01",
        "The update does not use the rate that it is given. Look at where the learning rate comes from.",
        _with_rate(lambda rate: _FIXED_RATE),
        (Pass.UPDATE,),
    ),
    wrong_terms(
        "update-of-nothing",
        "the update started from a weight of zero",
        "The step is returned instead of the weight after the step. Look at what the scaled gradient is subtracted "
        "from.",
        _without("weight"),
        (Pass.UPDATE,),
    ),
    wrong_terms(
        "gradient-not-conjugated",
        "the gradients used the operands as they are, not their conjugates",
        "The derivative by a complex number is multiplied with the conjugate of the other factor. Look at the "
        "conjugation of the weight in the input gradient and of the input in the weight gradient.",
        _not_conjugated,
        (Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.UPDATE),
        needs=_COMPLEX,
    ),
    *(
        wrong_terms(
            f"{prefix}-lacks-{what}-direction",
            f"the direction of the {what} were zero",
            f"The derivative of a product has two terms, and that of the {what} is missing. Look at the sum of the "
            "partial results, and at which of them are skipped for want of a tangent.",
            _without(f"{what}_direction"),
            (pass_,),
        )
        for prefix, pass_ in (
            ("jvp", Pass.JVP),
            ("double-backward", Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT),
        )
        for what in ("input", "weight")
    ),
)
