"""MLX equals the exact results, but for the defects that docs/findings.md tells, and says what it has not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Returned, Unsupported

from .conformity import GEOMETRIES, ask, assert_texts_are_code, integer_operands, random_geometry, run_call_text

pytest.importorskip("mlx.core", exc_type=ImportError)


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Isolated("mlx") as isolated:
        yield isolated


def _is_known_to_fail(pass_: Pass, geometry: ConvGeometry) -> bool:
    axes = list(zip(geometry.padding, geometry.kernel, geometry.dilation, geometry.stride, geometry.size, strict=True))
    if geometry.transposed:
        cut = any(min(sides) > d * (r - 1) for sides, r, d, _, _ in axes)
        return cut or (any(geometry.output_padding) and (pass_ is Pass.INPUT_GRADIENT or pass_.is_second_order))
    untiled = any((i + sum(sides) - d * (r - 1) - 1) % s for sides, r, d, s, i in axes)
    return untiled and (pass_.is_second_order or (pass_ is Pass.WEIGHT_GRADIENT and geometry.groups > 1))


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
@pytest.mark.parametrize("kind", ["plain", "transposed", "replicate"])
def test_equals_the_exact_results(executor: Executor, kind: str, dtype: str) -> None:
    geometries = list(GEOMETRIES) if kind == "plain" else []
    for seed in range(20):
        mode = "replicate" if kind == "replicate" else "zeros"
        geometries.append(random_geometry(seed, transposed=kind == "transposed", padding_mode=mode))
    returned = 0
    for geometry in geometries:
        for pass_ in Pass:
            if not _is_known_to_fail(pass_, geometry):
                reply = ask(executor, pass_, geometry, dtype)
                assert isinstance(reply, Returned | Unsupported), (str(geometry), pass_, reply)
                returned += isinstance(reply, Returned)
    assert returned > (5 if dtype == "float64" else 30)


@pytest.mark.parametrize(
    ("text", "dtype", "pass_", "reason"),
    [
        ("n1c1k1i3f2", "float32", Pass.JVP, "MLX has no forward mode of a convolution"),
        ("n1c1k1i3f2", "complex64", Pass.FORWARD, "MLX has no convolution of complex64"),
        ("n1c1k1i3f2p1mreflect", "float32", Pass.FORWARD, "MLX has no padding of mode reflect"),
        ("n1c2k2i3x3x3f2x2x2g2", "float32", Pass.FORWARD, "MLX has no groups in convolutions of 3 spatial axes"),
        ("n1c1k1i3x3x3x3f2x2x2x2", "float32", Pass.FORWARD, "MLX has convolutions of 1 to 3 spatial axes, not 4"),
        ("n1c2k2i3x3f2x2g2", "float64", Pass.FORWARD, "[Convolution::eval] got unsupported data type."),
    ],
)
def test_what_mlx_has_not(executor: Executor, text: str, dtype: str, pass_: Pass, reason: str) -> None:
    geometry = parse_geometry(text)
    assert executor.call(pass_, integer_operands(geometry, dtype), geometry) == Unsupported(reason)


@pytest.mark.parametrize("pass_", [each for each in Pass if each is not Pass.JVP], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_call_text_runs(executor: Executor, pass_: Pass, dtype: str) -> None:
    for text in ("n2c4k6i7x5f3x2s2x1p1x0d1x2g2", "n1c4k2i4x3f2x3s2x1p1+0x1d1x2g2t", "n1c2k2i5f3p1+2mreplicate"):
        run_call_text(executor, pass_, parse_geometry(text), dtype)


def test_the_texts_are_the_code_that_runs() -> None:
    assert_texts_are_code(InProcess("mlx"))
