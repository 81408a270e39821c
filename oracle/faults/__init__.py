"""Models of the ways in which real implementations get a convolution wrong.

What cannot be seen is not among them: the sign of a zero is never judged.
"""

from __future__ import annotations

from difflib import get_close_matches

from ..errors import InvalidArgument
from . import (
    conduct,
    history,
    integers,
    never_written,
    rounding,
    terms_bias,
    terms_border,
    terms_channels,
    terms_kernel,
    terms_memory,
    terms_padding,
    terms_steps,
    terms_stride,
    terms_sums,
    terms_transposed,
    terms_windows,
    tiles,
    values,
)
from .model import CONTAMINATED, LATTICE, FaultModel, Implementation, Kind, Misreading, Needs

__all__ = [
    "CONTAMINATED",
    "FAULT_MODELS",
    "LATTICE",
    "FaultModel",
    "Implementation",
    "Kind",
    "Misreading",
    "Needs",
    "fault_named",
]

FAULT_MODELS: tuple[FaultModel, ...] = (
    *terms_kernel.MODELS,
    *terms_padding.MODELS,
    *terms_border.MODELS,
    *terms_stride.MODELS,
    *terms_windows.MODELS,
    *terms_transposed.MODELS,
    *terms_channels.MODELS,
    *terms_memory.MODELS,
    *terms_sums.MODELS,
    *terms_bias.MODELS,
    *terms_steps.MODELS,
    *tiles.MODELS,
    *never_written.MODELS,
    *rounding.MODELS,
    *values.MODELS,
    *integers.MODELS,
    *conduct.MODELS,
    *history.MODELS,
)
"""Every model, those of wrong terms first."""

_BY_NAME = {model.name: model for model in FAULT_MODELS}


def fault_named(name: str) -> FaultModel:
    """The model with this name.

    Raises
    ------
    InvalidArgument
        If there is none.
    """
    model = _BY_NAME.get(name)
    if model is None:
        closest = get_close_matches(name, _BY_NAME, cutoff=0.0)
        expected = f"should be the name of one of {len(FAULT_MODELS)} models, such as {', '.join(closest)}"
        raise InvalidArgument("name", name, expected, where="fault_named")
    return model
