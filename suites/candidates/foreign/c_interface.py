"""The structures and constants of convoracle.h for ctypes; the two change together."""

from __future__ import annotations

import ctypes
from pathlib import Path

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array

HEADER = Path(__file__).parent / "abi" / "convoracle.h"
"""The header file, in the folder that a compiler should search."""

ABI_VERSION = 1
"""CONVORACLE_ABI_VERSION of the header.

1: first version. Functions that a library may lack can be added without another.
"""

MAX_AXES = 8
MAX_RANK = 10
DEFAULT_FORMAT = 0
OK, UNSUPPORTED, ERROR, DEVICE_LOST = range(4)

DTYPE_CODES = {
    "float64": 1,
    "float32": 2,
    "float16": 3,
    "bfloat16": 4,
    "float8_e4m3fn": 5,
    "float8_e5m2": 6,
    "int8": 7,
    "int32": 8,
    "complex64": 9,
    "complex128": 10,
    "tfloat32": 11,
}
PADDING_MODE_CODES = {"zeros": 0, "reflect": 1, "replicate": 2, "circular": 3}

_Axes = ctypes.c_int64 * MAX_AXES
_Dimensions = ctypes.c_int64 * MAX_RANK


class Convolution(ctypes.Structure):
    """``convoracle_convolution``."""

    _fields_ = (
        ("rank", ctypes.c_int32),
        ("transposed", ctypes.c_int32),
        ("padding_mode", ctypes.c_int32),
        ("dtype", ctypes.c_int32),
        ("result_dtype", ctypes.c_int32),
        ("reserved", ctypes.c_int32),
        ("batch", ctypes.c_int64),
        ("in_channels", ctypes.c_int64),
        ("out_channels", ctypes.c_int64),
        ("groups", ctypes.c_int64),
        ("size", _Axes),
        ("kernel", _Axes),
        ("stride", _Axes),
        ("dilation", _Axes),
        ("pad_low", _Axes),
        ("pad_high", _Axes),
        ("output_padding", _Axes),
        ("output_size", _Axes),
    )

    @classmethod
    def of(cls, geometry: ConvGeometry, dtype: str, result_dtype: str) -> Convolution:
        """The description of a geometry; of at most `MAX_AXES` spatial axes."""
        low, high = zip(*geometry.padding, strict=True)
        return cls(
            rank=geometry.rank,
            transposed=geometry.transposed,
            padding_mode=PADDING_MODE_CODES[geometry.padding_mode],
            dtype=DTYPE_CODES[dtype],
            result_dtype=DTYPE_CODES[result_dtype],
            batch=geometry.batch,
            in_channels=geometry.in_channels,
            out_channels=geometry.out_channels,
            groups=geometry.groups,
            size=geometry.size,
            kernel=geometry.kernel,
            stride=geometry.stride,
            dilation=geometry.dilation,
            pad_low=low,
            pad_high=high,
            output_padding=geometry.output_padding,
            output_size=geometry.output_size,
        )


class Tensor(ctypes.Structure):
    """``convoracle_tensor``."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("dtype", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("shape", _Dimensions),
        ("strides", _Dimensions),
    )

    @classmethod
    def of(cls, array: Array, address: int) -> Tensor:
        """An array as described by NumPy, at another address."""
        return cls(address, DTYPE_CODES[array.dtype.name], array.ndim, array.shape, array.strides)


_TensorPointer = ctypes.POINTER(Tensor)


class OperandPointers(ctypes.Structure):
    """``convoracle_operands``."""

    _fields_ = (
        ("input", _TensorPointer),
        ("weight", _TensorPointer),
        ("bias", _TensorPointer),
        ("output_gradient", _TensorPointer),
        ("input_direction", _TensorPointer),
        ("weight_direction", _TensorPointer),
        ("bias_direction", _TensorPointer),
        ("learning_rate", ctypes.c_double),
    )


MESSAGE_ARGUMENTS = (ctypes.c_void_p, ctypes.c_size_t)
"""Types of the last arguments of whatever returns a status, an int32_t."""
PASS_ARGUMENTS = (ctypes.POINTER(Convolution), ctypes.POINTER(OperandPointers), _TensorPointer)
"""Types of the arguments of CONVORACLE_PASS before the message."""
DEVICE_ARGUMENTS = {
    "device_allocate": (ctypes.c_size_t, ctypes.POINTER(ctypes.c_void_p)),
    "device_free": (ctypes.c_void_p,),
    "device_write": (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t),
    "device_read": (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t),
}
"""Functions of the library's own device -> types of their arguments before the message."""
