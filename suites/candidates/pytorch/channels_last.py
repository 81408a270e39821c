"""The built-in candidate ``torch-channels-last``: convolution of tensors in channels-last memory formats."""

from __future__ import annotations

import torch

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Pass
from .arithmetic import cpu_accumulators, cpu_conventions
from .builtin import Builtin
from .convolution import convolution

_FORMATS = {4: torch.channels_last, 5: torch.channels_last_3d}
_PLACE = (
    "tensor.contiguous(memory_format={4: torch.channels_last, 5: torch.channels_last_3d}[tensor.ndim])"
    " if tensor.ndim > 3 else tensor"
)


def candidate() -> Builtin:
    """The built-in candidate ``torch-channels-last``."""
    return Builtin(
        convolution,
        name="torch-channels-last",
        accumulators=cpu_accumulators(),
        conventions=cpu_conventions(),
        place=_channels_last,
        place_text=_PLACE,
        limitation=_limitation,
    )


def _channels_last(tensor: torch.Tensor) -> torch.Tensor:
    memory_format = _FORMATS.get(tensor.ndim)
    return tensor if memory_format is None else tensor.contiguous(memory_format=memory_format)


def _limitation(pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
    return "PyTorch has no channels-last format for 1 spatial axis" if geometry.rank == 1 else None
