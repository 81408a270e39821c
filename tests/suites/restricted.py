"""Right kernels that take one thing only, in the ways in which real ones are restricted."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np

from convoracle.oracle.answers import reference
from convoracle.oracle.faults import honest
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.audits.planted import Planted
from convoracle.suites.candidates.calls.domain import half_sides


def conv2d(x: Array, w: Array, stride: tuple[int, ...], padding: tuple[int, ...], bias: Array | None = None) -> Array:
    """What most people write; restricted by its signature."""
    sizes = {"size": x.shape[2:], "kernel": w.shape[2:], "in_channels": x.shape[1], "out_channels": len(w)}
    geometry = ConvGeometry.of(**sizes, batch=len(x), stride=stride, padding=padding)
    return reference.forward(x, w, geometry, bias)


def conv1d(x: Array, w: Array, stride: tuple[int, ...]) -> Array:
    """One axis, without padding, in which nothing may be empty."""
    if any(size < 1 for size in (*x.shape, *w.shape)):
        raise NotImplementedError
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2], 2)[:, :, :: stride[0]]
    return np.einsum("ncor,kcr->nko", windows, w)


def _is_plain(geometry: ConvGeometry) -> bool:
    return not geometry.transposed and geometry.padding_mode == "zeros" and set(geometry.dilation) == {1}


def _is_same(geometry: ConvGeometry) -> bool:
    return geometry.padding == half_sides(geometry.kernel, geometry.dilation)


def _is_channelwise(geometry: ConvGeometry) -> bool:
    return geometry.groups == geometry.in_channels == geometry.out_channels


RESTRICTIONS: dict[str, Callable[[ConvGeometry], bool]] = {
    "1x1 only": lambda g: g.rank == 2 and set(g.kernel) == {1} and not g.transposed,
    "channels % 4": lambda g: g.rank == 2 and not g.in_channels % 4 and not g.out_channels % 4,
    "SAME padding": lambda g: g.rank == 2 and not g.transposed and _is_same(g),
    "3x3 s1": lambda g: g.rank == 2 and _is_plain(g) and g.kernel == (3, 3) and g.stride == (1, 1),
    "3x3 s1 p1 dense": lambda g: (
        (g.rank == 2 and _is_plain(g) and g.kernel == (3, 3) and g.stride == (1, 1) and _is_same(g)) and g.groups == 1
    ),
    "depthwise 3x3": lambda g: g.rank == 2 and _is_plain(g) and g.kernel == (3, 3) and _is_channelwise(g),
    "causal depthwise": lambda g: (
        g.rank == 1
        and not g.transposed
        and g.padding_mode == "zeros"
        and _is_channelwise(g)
        and g.stride == (1,)
        and g.padding == g.sides_named("causal")
    ),
    "image filter": lambda g: (
        g.rank == 2
        and _is_plain(g)
        and g.in_channels == g.out_channels == 1
        and g.stride in ((1, 1), (2, 2))
        and _is_same(g)
    ),
    "transposed only": lambda g: g.rank == 2 and g.transposed,
    "batch >= 4": lambda g: g.rank == 2 and g.batch >= 4,
    "batch % 8": lambda g: g.rank == 2 and g.batch % 8 == 0,
    "input width % 4": lambda g: g.rank == 2 and g.size[-1] % 4 == 0,
    "output width % 4": lambda g: g.rank == 2 and g.output_size[-1] % 4 == 0,
    "input width >= 16": lambda g: g.rank == 2 and g.size[-1] >= 16,
    "square, a power of 2": lambda g: g.rank == 2 and g.size in ((8, 8), (16, 16), (32, 32)),
    "two groups": lambda g: g.rank == 2 and g.groups == 2,
    "three inputs": lambda g: g.rank == 2 and g.in_channels == 3,
    "depthwise, multiplier 2": lambda g: g.rank == 2 and 2 * g.groups == 2 * g.in_channels == g.out_channels,
    "patches": lambda g: (
        g.rank == 2 and _is_plain(g) and g.stride == g.kernel and max(g.kernel) > 1 and not any(map(any, g.padding))
    ),
    "7x7": lambda g: g.rank == 2 and g.kernel == (7, 7),
    "dilation 4": lambda g: g.rank == 2 and g.dilation == (4, 4) and not g.transposed,
    "inputs % 4, outputs % 16": lambda g: g.rank == 2 and not g.in_channels % 4 and not g.out_channels % 16,
    "Winograd": lambda g: (
        (g.rank == 2 and _is_plain(g) and g.kernel == (3, 3) and g.stride == (1, 1) and g.groups == 1)
        and not any(each % 2 for each in g.output_size)
        and not g.in_channels % 4
        and not g.out_channels % 4
    ),
    "tiles of 8, 8 and 16": lambda g: (
        g.rank == 2
        and not g.in_channels % 8
        and not g.out_channels % 8
        and not g.output_size[0] * g.output_size[1] % 16
    ),
    "3x3 s1 p1, batch and width % 4": lambda g: (
        (g.rank == 2 and _is_plain(g) and g.kernel == (3, 3) and g.stride == (1, 1) and _is_same(g))
        and g.batch % 4 == g.size[-1] % 4 == 0
    ),
    "transposed 4x4 s2, channels % 8": lambda g: (
        (g.rank == 2 and g.transposed and g.kernel == (4, 4) and g.stride == (2, 2))
        and not g.in_channels % 8
        and not g.out_channels % 8
    ),
}
"""What a kernel takes, by what it is called in the tables."""

DECLARED: dict[str, dict[str, object]] = {
    "1x1 only": {"ranks": [2], "kernels": [1], "transposed": "no"},
    "3x3 s1 p1 dense": {
        "ranks": [2],
        "kernels": [3],
        "strides": [1],
        "dilations": [1],
        "paddings": ["half"],
        "padding_modes": ["zeros"],
        "groups": [1],
        "transposed": "no",
    },
    "depthwise 13x13": {"ranks": [2], "kernels": [13], "paddings": ["half"], "groups": ["channelwise"]},
    "channels % 6": {"input_channel_multiple": 6, "output_channel_multiple": 6, "transposed": "no"},
    "strided causal": {"ranks": [1], "strides": [6], "paddings": ["causal"], "padding_modes": ["zeros"]},
    "transposed only": {"ranks": [2], "transposed": "only", "axes": "alike"},
}


class Limited(Planted):
    """Says what it does not take; right, or with a fault."""

    def __init__(self, restriction: str, model: object = None) -> None:
        super().__init__(model)
        self.takes = RESTRICTIONS[restriction]
        self.name = restriction

    def limitation(self, pass_, geometry, dtype):
        return None if self.takes(geometry) else "not this one"


class Raising(Planted):
    """Finds out in the call, as most do."""

    def __init__(self, restriction: str, model: object = None) -> None:
        super().__init__(model)
        self.takes = RESTRICTIONS[restriction]
        self.name = restriction
        right = self.implementation

        def answer(pass_, operands, geometry):
            if not self.takes(geometry):
                raise NotImplementedError(f"not {geometry}")
            return right(pass_, operands, geometry)

        self.implementation = answer


class ChannelsLast:
    """Takes arrays in one memory layout only, with a bias, and in one dtype, and raises otherwise."""

    name = "channels last, a bias, float16"
    accumulators = MappingProxyType({"float16": "float64"})

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        if bias is None or input.dtype != "float16" or geometry.rank != 2 or input.strides[1] != input.itemsize:
            raise NotImplementedError(self.name)
        return honest.evaluate(Pass.FORWARD, Operands(input, weight, bias, np.empty(geometry.output_shape)), geometry)


class Declaring(Planted):
    """Declares its domain, and fails outside of it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.domain = DECLARED[name]
