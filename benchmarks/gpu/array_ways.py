"""Convolutions of CuPy and of JAX on device arrays, handed over by DLPack; on a CPU NumPy stands for CuPy."""

from __future__ import annotations

import os
from typing import ClassVar

from convoracle.suites.candidates.device import arrays_of

_ON_CPU = os.environ.get("GPU_DEVICE") == "cpu"


def windows_of(x, w, *, stride, padding):
    if _ON_CPU:
        import numpy as xp
    else:
        import cupy as xp
    x = xp.pad(x, ((0, 0), (0, 0), *((pad, pad) for pad in padding)))
    windows = xp.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return xp.einsum("ncijrs,kcrs->nkij", windows[:, :, :: stride[0], :: stride[1]], w)


def highest(x, w, *, stride, padding, dilation, groups):
    import jax

    sides = [(pad, pad) for pad in padding]
    settings = {"rhs_dilation": dilation, "feature_group_count": groups, "precision": "highest"}
    return jax.lax.conv_general_dilated(x, w, stride, sides, **settings)


class Windows:
    name = "CuPy's windows"
    domain: ClassVar = {"ranks": [2], "groups": [1], "dilations": [1], "transposed": "no", "bias": "no"}
    forward = staticmethod(windows_of)


class Highest:
    name = "JAX"
    conventions: ClassVar = {"algorithm": "transform", "repeatability": "varies"}
    domain: ClassVar = {"ranks": [2], "transposed": "no", "bias": "no"}
    forward = staticmethod(highest)


def __getattr__(name):
    """Each when it is asked for: one library may be there without the other."""
    if name == "by_cupy":
        return arrays_of(Windows, library="numpy" if _ON_CPU else "cupy", device="cpu" if _ON_CPU else "cuda")
    if name == "by_jax":
        return arrays_of(Highest, library="jax", device="cpu" if _ON_CPU else "cuda")
    raise AttributeError(name)
