"""Arrays as tensors and back: the same elements in the same places in memory, where PyTorch can say where they are."""

from __future__ import annotations

import warnings

import ml_dtypes
import numpy as np
import torch

from ....oracle.problem.passes import Array

_VIEWS = {
    "bfloat16": (np.int16, torch.int16, torch.bfloat16),
    "float8_e4m3fn": (np.uint8, torch.uint8, torch.float8_e4m3fn),
    "float8_e5m2": (np.uint8, torch.uint8, torch.float8_e5m2),
}
"""Dtypes that NumPy and PyTorch exchange as integers of the same width only: NumPy's, PyTorch's, and the dtype."""
_NAMES = {dtype: name for name, (_, _, dtype) in _VIEWS.items()}


def to_tensor(array: Array) -> torch.Tensor:
    """The array as a tensor on the CPU, of the same strides; copied if one is negative, which a tensor cannot have."""
    if array.dtype.name in _VIEWS:
        integers, _, dtype = _VIEWS[array.dtype.name]
        return _shared(array.view(integers)).view(dtype)
    return _shared(array)


def to_array(tensor: torch.Tensor) -> Array:
    """The tensor's elements as an array, brought to the CPU if they lie elsewhere."""
    dense = tensor.detach().cpu().resolve_conj().resolve_neg()
    if dense.dtype in _NAMES:
        name = _NAMES[dense.dtype]
        integers: Array = dense.view(_VIEWS[name][1]).numpy()
        return integers.view(getattr(ml_dtypes, name))
    array: Array = dense.numpy()
    return array


def _shared(array: Array) -> torch.Tensor:
    if any(stride < 0 for stride in array.strides):
        array = array.copy(order="C")  # np.ascontiguousarray leaves a negative stride of an axis of size 1
    if array.flags.writeable:
        return torch.from_numpy(array)
    with warnings.catch_warnings():  # a write through the tensor is what the caller looks for
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(array)
