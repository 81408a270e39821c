"""What the tests of the built-in candidates share: a handful of geometries, and equality with the equations."""

from __future__ import annotations

import numpy as np

from convoracle.oracle.equations import evaluate
from convoracle.oracle.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.passes import Operands, Pass
from convoracle.suites.isolation import Executor
from convoracle.suites.replies import Reply, Returned

GEOMETRIES = tuple(
    map(
        parse_geometry,
        (
            "n2c4k4i5f3",
            "n2c4k4i5f3s2p1+2d2g2",
            "n2c4k6i6x5f2x3",
            "n1c2k3i6x5f2x3s2x1p1x0+1",
            "n2c3k2i7x5f3x2s1x1p2x1d2x2",
            "n1c4k4i5x4f2x2s2x2g2",
            "n2c3k6i6x5f3x2s2x2p1+2x0+1g3",
            "n1c2k2i3x4x3f2x2x1s1x2x1p1x0x0+1",
        ),
    )
)
"""One to three spatial axes, each of stride, padding of both kinds, dilation, groups and depthwise."""

DTYPES = ("float64", "float32", "float16", "bfloat16")


def integer_operands(geometry: ConvGeometry, dtype: str, *, bias: bool = True) -> Operands:
    """Operands of integers in -2 .. 2, so small that every sum of products is exact in each dtype."""
    generator = np.random.default_rng(0)

    def draw(shape: tuple[int, ...]) -> np.ndarray:
        return generator.integers(-2, 3, shape).astype(np.dtype(dtype))

    drawn = [draw(shape) for shape in (geometry.input_shape, geometry.weight_shape, geometry.bias_shape)]
    return Operands(drawn[0], drawn[1], drawn[2] if bias else None, draw(geometry.output_shape), 0.5)


def ask(executor: Executor, pass_: Pass, geometry: ConvGeometry, dtype: str) -> Reply:
    """The reply on integer operands, after comparing a returned array with the exact equations."""
    operands = integer_operands(geometry, dtype)
    reply = executor.call(pass_, operands, geometry, seconds=60)
    if isinstance(reply, Returned):
        assert_exact(reply.value, pass_, operands, geometry, dtype)
        assert (reply.mutated, reply.aliased) == ((), None)
    return reply


def assert_exact(value: np.ndarray, pass_: Pass, operands: Operands, geometry: ConvGeometry, dtype: str) -> None:
    """Equality with the equations, after rounding to the dtype: an exact sum may need more digits than it has."""
    exact = evaluate(pass_, operands, geometry).astype(np.float64)
    assert value.dtype == np.dtype(dtype)
    assert np.array_equal(value.astype(np.float64), exact.astype(value.dtype).astype(np.float64))


def run_call_text(executor: Executor, pass_: Pass, geometry: ConvGeometry, dtype: str) -> None:
    """The text to paste computes the same as the candidate should."""
    for bias in (False, True):
        operands = integer_operands(geometry, dtype, bias=bias)
        namespace: dict[str, object] = {**operands.arrays(), "learning_rate": operands.learning_rate}
        exec(executor.call_text(pass_, geometry, dtype, bias), namespace)
        actual = namespace["actual"]
        assert isinstance(actual, np.ndarray)
        assert_exact(actual, pass_, operands, geometry, dtype)
