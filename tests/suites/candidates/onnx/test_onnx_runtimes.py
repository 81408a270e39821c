"""What runs ONNX models equals the exact results in all that it supports, and says what it does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Returned, Unsupported
from convoracle.suites.candidates import FRAMEWORKS

from ..conformity import GEOMETRIES, ask, assert_texts_are_code, integer_operands, random_geometry, run_call_text

SUPPORTED = {
    "onnxruntime": ("float32", "float16", "int8"),
    "onnx-reference": ("float64", "float32", "float16", "bfloat16", "int8"),
    "openvino": ("float32", "float16", "bfloat16", "int8"),
}


@pytest.fixture(scope="module", params=SUPPORTED)
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    for library in ("onnx", request.param.partition("-")[0]):
        pytest.importorskip(library)
    with Isolated(request.param) as isolated:
        yield isolated


def _geometries() -> Iterator[ConvGeometry]:
    yield from GEOMETRIES
    for seed in range(5):
        yield random_geometry(seed)
        yield random_geometry(seed, transposed=True)
        for mode in ("reflect", "replicate", "circular"):
            yield random_geometry(seed, padding_mode=mode)


def _is_known_to_fail(name: str, geometry: ConvGeometry) -> bool:
    """ONNX's reference confuses the groups of a transposed convolution: docs/findings.md."""
    return name == "onnx-reference" and geometry.transposed and geometry.groups > 1


def test_equals_the_exact_results(executor: Executor) -> None:
    name = executor.info.name
    for geometry in _geometries():
        for dtype in SUPPORTED[name]:
            if _is_known_to_fail(name, geometry):
                continue
            reply = ask(executor, Pass.FORWARD, geometry, dtype, bias=dtype != "float16")
            declined = (dtype == "int8" and geometry.transposed) or (
                name == "openvino" and geometry.padding_mode == "circular"
            )
            assert isinstance(reply, Unsupported if declined else Returned), (str(geometry), dtype, reply)


def test_other_dtypes_are_unsupported(executor: Executor) -> None:
    geometry = parse_geometry("n1c1k1i3f2")
    for dtype in {"float64", "bfloat16", "complex64", "float8_e5m2"} - set(SUPPORTED[executor.info.name]):
        reply = executor.call(Pass.FORWARD, integer_operands(geometry, dtype), geometry)
        assert isinstance(reply, Unsupported), (dtype, reply)


def test_offers_the_forward_pass_only(executor: Executor) -> None:
    assert executor.passes == {Pass.FORWARD}
    assert executor.info.version


def test_call_text_runs(executor: Executor) -> None:
    for text in ("n2c4k6i6x5f3x2s2x1p1+2x0d1x2g2", "n1c2k3i4x3f2x3s2x1p1+0x1to1x0", "n1c2k2i5f3p1+2mreplicate"):
        for dtype in SUPPORTED[executor.info.name]:
            geometry = parse_geometry(text)
            if not (dtype == "int8" and geometry.transposed):
                run_call_text(executor, Pass.FORWARD, geometry, dtype)


def test_the_texts_are_the_code_that_runs(executor: Executor) -> None:
    assert_texts_are_code(InProcess(executor.info.name))


def test_each_needs_an_extra() -> None:
    assert {FRAMEWORKS[name][1] for name in SUPPORTED} == {"onnx", "openvino"}
