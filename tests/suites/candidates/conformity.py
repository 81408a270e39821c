"""What the tests of the built-in candidates share: a handful of geometries, and equality with the exact results."""

from __future__ import annotations

import ast
from itertools import product
from pathlib import Path

import numpy as np

from convoracle.oracle.answers.exact import evaluate
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.numbers.dtypes import numpy_dtype, result_dtype
from convoracle.oracle.operands.data import Case, real_operands
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.layouts import CONTIGUOUS
from convoracle.oracle.problem.padding import PADDING_MODES
from convoracle.oracle.problem.passes import ARRAYS, Operands, Pass, is_defined, real_parts, shape_of
from convoracle.suites import candidates
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.replies import Reply, Returned, Unsupported

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


def random_geometry(seed: int, *, transposed: bool = False, padding_mode: str = "zeros") -> ConvGeometry:
    """A small legal geometry with a bit of everything, padding of different sides included."""
    generator = np.random.default_rng(seed)

    def draw(low: int, high: int) -> tuple[int, ...]:
        return tuple(int(value) for value in generator.integers(low, high, rank, endpoint=True))

    while True:
        rank, groups = (int(value) for value in generator.integers(1, 3, 2, endpoint=True))
        batch, channels, filters = (int(value) for value in generator.integers(1, 2, 3, endpoint=True))
        stride = draw(1, 3)
        extra = tuple(int(generator.integers(0, each)) for each in stride) if transposed else (0,) * rank
        try:
            geometry = ConvGeometry(
                batch=batch,
                in_channels=groups * channels,
                out_channels=groups * filters,
                size=draw(1, 5),
                kernel=draw(1, 3),
                stride=stride,
                padding=tuple(zip(draw(0, 2), draw(0, 2), strict=True)),
                dilation=draw(1, 2),
                groups=groups,
                padding_mode=padding_mode,
                transposed=transposed,
                output_padding=extra,
            )
        except InvalidArgument:
            continue
        if not geometry.is_degenerate:
            return geometry


def integer_operands(geometry: ConvGeometry, dtype: str, *, bias: bool = True) -> Operands:
    """Operands of integers in -2 .. 2, so small that every sum of products is exact in each dtype."""
    generator = np.random.default_rng(0)

    def draw(shape: tuple[int, ...]) -> np.ndarray:
        real, imaginary = generator.integers(-2, 3, (2, *shape))
        return (real + 1j * imaginary if dtype.startswith("complex") else real).astype(numpy_dtype(dtype))

    drawn = {name: draw(shape_of(name, geometry)) for name in ARRAYS}
    if not bias:
        drawn |= {"bias": None, "bias_direction": None}
    return Operands(**drawn, learning_rate=-0.5 if geometry.batch > 1 else 0.5)


def ask(
    executor: Executor, pass_: Pass, geometry: ConvGeometry, dtype: str, *, bias: bool = True, layout: str = CONTIGUOUS
) -> Reply:
    """The reply on integer operands, after comparing a returned array with the exact result."""
    operands = integer_operands(geometry, dtype, bias=bias)
    reply = executor.call(pass_, operands, geometry, seconds=60, layout=layout)
    if isinstance(reply, Returned):
        assert_exact(reply.value, pass_, operands, geometry, dtype)
        assert (reply.mutated, reply.aliased) == ((), None)
    return reply


def assert_exact(value: np.ndarray, pass_: Pass, operands: Operands, geometry: ConvGeometry, dtype: str) -> None:
    """Equality with the exact result, after rounding to the dtype: a sum may need more digits than it has."""
    exact = evaluate(pass_, operands, geometry).value.to_float64()
    assert value.dtype == numpy_dtype(result_dtype(dtype))
    parts = np.float32 if dtype == "complex64" else np.float64 if dtype == "complex128" else value.dtype
    assert np.array_equal(real_parts(value), exact.astype(parts).astype(np.float64))


def run_call_text(executor: Executor, pass_: Pass, geometry: ConvGeometry, dtype: str) -> None:
    """The text to paste computes the same as the candidate should."""
    for bias in (False, True):
        operands = integer_operands(geometry, dtype, bias=bias)
        namespace: dict[str, object] = {**operands.arrays(), "learning_rate": operands.learning_rate}
        exec(executor.call_text(pass_, geometry, dtype, bias), namespace)
        actual = namespace["actual"]
        assert isinstance(actual, np.ndarray)
        assert_exact(actual, pass_, operands, geometry, dtype)


def assert_texts_are_code(executor: Executor) -> None:
    """The texts compute bit for bit what the candidate does: of every pass in each dtype, over all kinds of padding."""
    kinds = (*PADDING_MODES, "transposed")
    passes = [each for each in Pass if each in executor.passes]
    done = set[Pass]()
    for number, (dtype, pass_) in enumerate(product(executor.info.dtypes, passes)):
        kind = kinds[number % len(kinds)]
        mode = "zeros" if kind == "transposed" else kind
        chosen = random_geometry(number, transposed=kind == "transposed", padding_mode=mode)
        for geometry in (chosen, GEOMETRIES[3]):
            if is_defined(pass_, dtype) and assert_text_is_code(executor, pass_, geometry, dtype, bias=number % 2 == 0):
                done.add(pass_)
                break
    assert done | {Pass.JVP} == {*passes, Pass.JVP}


def assert_text_is_code(executor: Executor, pass_: Pass, geometry: ConvGeometry, dtype: str, *, bias: bool) -> bool:
    """The functions in the text are the adapter's, and compute bit for bit what it does; False where it declines.

    The operands are reals, so that another order of summation would show.
    """
    operands = real_operands(Case(geometry, bias, dtype, "uniform", 1))
    reply = executor.call(pass_, operands, geometry, seconds=60)
    if isinstance(reply, Unsupported):
        return False
    assert isinstance(reply, Returned), (pass_, geometry, dtype, reply)
    text = executor.call_text(pass_, geometry, dtype, bias)
    sources = "\n".join(path.read_text() for path in Path(candidates.__file__).parent.rglob("*.py"))
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            assert (ast.get_source_segment(text, node) or text) in sources, node.name
        else:
            assert isinstance(node, ast.Import | ast.ImportFrom | ast.Assign), ast.unparse(node)
    namespace: dict[str, object] = {**operands.arrays(), "learning_rate": operands.learning_rate}
    exec(text, namespace)
    actual = namespace["actual"]
    assert isinstance(actual, np.ndarray)
    assert (actual.dtype, actual.shape) == (reply.value.dtype, reply.value.shape)
    assert actual.tobytes() == reply.value.tobytes(), (pass_, geometry, dtype)
    return True
