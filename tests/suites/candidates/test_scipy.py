"""SciPy equals the exact results by sums of products, and is within its bound of them by the FFT."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from convoracle.oracle.answers.exact import evaluate
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Pass, real_parts
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Returned, Unsupported

from .conformity import GEOMETRIES, ask, assert_texts_are_code, integer_operands, random_geometry, run_call_text

pytest.importorskip("scipy")

PASSES = (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT)


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Isolated("scipy") as isolated:
        yield isolated


def _geometries() -> Iterator[ConvGeometry]:
    yield from GEOMETRIES
    yield from map(parse_geometry, ("n0c2k2i4f2g2", "n1c1k2i3x2x3x2f2x1x2x1s2x1x1x1p1x0x0x0"))
    for seed in range(4):
        yield random_geometry(seed)
        yield random_geometry(seed, transposed=True)


@pytest.mark.parametrize("pass_", PASSES, ids=str)
@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128", "complex64", "int8"])
def test_sums_of_products_are_exact(executor: Executor, dtype: str, pass_: Pass) -> None:
    for geometry in _geometries():
        assert isinstance(ask(executor, pass_, geometry, dtype), Returned), str(geometry)


@pytest.mark.parametrize("padding_mode", ["reflect", "replicate", "circular"])
def test_padding_modes(executor: Executor, padding_mode: str) -> None:
    for seed in range(5):
        geometry = random_geometry(seed, padding_mode=padding_mode)
        assert isinstance(ask(executor, Pass.FORWARD, geometry, "float64"), Returned)
        assert isinstance(ask(executor, Pass.WEIGHT_GRADIENT, geometry, "float64"), Returned)
        assert isinstance(ask(executor, Pass.INPUT_GRADIENT, geometry, "float64"), Unsupported)


@pytest.mark.parametrize("dtype", ["float32", "float16", "complex128", "int8"])
def test_fft_rounds(dtype: str) -> None:
    with Isolated("scipy-fft") as isolated:
        assert dict(isolated.info.conventions) == {"algorithm": "transform"}
        for geometry in list(_geometries())[1::2]:
            for pass_ in PASSES:
                operands = integer_operands(geometry, dtype)
                reply = isolated.call(pass_, operands, geometry)
                assert isinstance(reply, Returned), (str(geometry), pass_, reply)
                exact = evaluate(pass_, operands, geometry).value.to_float64()
                assert np.abs(real_parts(reply.value) - exact).max(initial=0.0) < (0.1 if dtype == "float16" else 1e-4)


def test_what_scipy_does_not_take(executor: Executor) -> None:
    geometry = parse_geometry("n1c1k1i3f2")
    reply = executor.call(Pass.FORWARD, integer_operands(geometry, "float16"), geometry)
    assert reply == Unsupported("scipy.signal.convolve by method 'direct' does not take float16")


@pytest.mark.parametrize("pass_", PASSES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "complex64", "int8"])
def test_call_text_runs(executor: Executor, pass_: Pass, dtype: str) -> None:
    for text in ("n2c4k6i6x5f3x2s2x1p1+2x0d1x2g2", "n1c4k2i4x3f2x3s2x1p1+0x1d1x2g2to1x0"):
        run_call_text(executor, pass_, parse_geometry(text), dtype)


@pytest.mark.parametrize("name", ["scipy", "scipy-fft"])
def test_the_texts_are_the_code_that_runs(name: str) -> None:
    assert_texts_are_code(InProcess(name))
