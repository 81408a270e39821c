"""The built-in candidate ``torch-channels-last``: convolution of tensors in channels-last memory formats."""

from __future__ import annotations

import numpy as np
import torch

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Pass
from .arithmetic import cpu_accumulators, cpu_conventions
from .builtin import Builtin
from .tensors import to_tensor


def candidate() -> Builtin:
    """The built-in candidate ``torch-channels-last``."""
    return Builtin(
        name="torch-channels-last",
        accumulators=cpu_accumulators(),
        conventions=cpu_conventions(),
        to_tensor=channels_last,
        limitation=_limitation,
    )


def channels_last(array: np.ndarray) -> torch.Tensor:
    tensor = to_tensor(array)
    if tensor.dim() < 4:  # the bias
        return tensor
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    return tensor.contiguous(memory_format=formats[tensor.dim()])


def _limitation(pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
    return "PyTorch has no channels-last format for 1 spatial axis" if geometry.rank == 1 else None
