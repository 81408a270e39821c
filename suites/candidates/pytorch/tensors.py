"""Arrays as tensors and back: the same elements in the same places in memory, where PyTorch can say where they are.

The functions import nothing of convoracle: their text is what reproducers show.
"""

import ml_dtypes
import numpy as np
import torch


def to_tensor(array: np.ndarray) -> torch.Tensor:
    """The array as a tensor on the CPU, of the same strides; copied if one is negative, which a tensor cannot have."""
    if any(stride < 0 for stride in array.strides):
        array = array.copy(order="C")  # np.ascontiguousarray leaves a negative stride of an axis of size 1
    if hasattr(ml_dtypes, array.dtype.name):  # NumPy and PyTorch exchange its bits only, as integers
        integers = torch.from_numpy(array.view(f"i{array.itemsize}"))
        return integers.view(getattr(torch, array.dtype.name))
    return torch.from_numpy(array)


def to_array(tensor: torch.Tensor) -> np.ndarray:
    """The tensor's elements as an array, brought to the CPU if they lie elsewhere."""
    dense = tensor.detach().cpu().resolve_conj().resolve_neg()
    name = str(dense.dtype).removeprefix("torch.")
    if hasattr(ml_dtypes, name):
        integers = dense.view(torch.int8 if dense.itemsize == 1 else torch.int16)
        return integers.numpy().view(getattr(ml_dtypes, name))
    return dense.numpy()
