"""The PyTorch candidate equals the equations, and any differentiable function becomes a candidate likewise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from convoracle.oracle.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.passes import Pass
from convoracle.suites.candidates import CandidateError
from convoracle.suites.isolation import Executor, InProcess, Isolated
from convoracle.suites.replies import Returned, Unsupported

from .conformity import DTYPES, GEOMETRIES, ask, integer_operands, run_call_text

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Isolated("torch") as isolated:
        yield isolated


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_equals_the_equations(executor: Executor, geometry: ConvGeometry) -> None:
    for dtype in DTYPES:
        for pass_ in Pass:
            assert isinstance(ask(executor, pass_, geometry, dtype), Returned), (pass_, dtype)


def test_info(executor: Executor) -> None:
    assert executor.info.name == "torch"
    assert executor.info.version == torch.__version__


@pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
@pytest.mark.parametrize("pass_", list(Pass), ids=str)
def test_call_text_runs(executor: Executor, pass_: Pass, dtype: str) -> None:
    for text in ("n1c2k3i6x5f2x3s2x1p1x0+1", "n2c4k2i5f3p1g2"):
        run_call_text(executor, pass_, parse_geometry(text), dtype)


OTHER = {1: parse_geometry("n1c1k1i5x5f2x2"), 2: parse_geometry("n1c1k1i5f2"), 3: parse_geometry("n1c1k1i5f2")}


def conv2d(x: Any, w: Any, bias: Any, stride: Any, padding: Any) -> Any:
    return torch.nn.functional.conv2d(x, w, bias, stride=stride, padding=padding)


def test_any_differentiable_function() -> None:
    from convoracle.suites.candidates.pytorch import autograd

    executor = InProcess(autograd(conv2d))
    assert executor.info.name == "conv2d"
    for pass_ in Pass:
        assert isinstance(ask(executor, pass_, parse_geometry("n2c2k3i5x4f3x2s2x1p1x0"), "float32"), Returned)
        for text in ("n1c1k1i5f2", "n1c1k1i5x5f2x2d2x2", "n1c1k1i5x5f2x2p0+1x0"):
            geometry = parse_geometry(text)
            reply = executor.call(pass_, integer_operands(geometry, "float32"), geometry)
            assert isinstance(reply, Unsupported), (pass_, text)


@pytest.mark.parametrize(
    ("rank", "text"), [(1, "n2c4k4i5f3s2p1d1g2"), (2, "n2c2k3i6x5f2x3s2x1p1x0"), (3, "n1c2k2i3x4x3f2x2x1s1x2x1p1x0x0")]
)
@pytest.mark.parametrize("make", [InProcess, Isolated])
def test_own_convolutions_of_pytorch(make: type[InProcess] | type[Isolated], rank: int, text: str) -> None:
    from convoracle.suites.candidates.pytorch import autograd

    own = getattr(torch.nn.functional, f"conv{rank}d")
    with make(autograd(own)) as executor:
        assert executor.info.name == f"conv{rank}d"
        for pass_ in Pass:
            assert isinstance(ask(executor, pass_, parse_geometry(text), "float32"), Returned)
        reply = executor.call(Pass.FORWARD, integer_operands(OTHER[rank], "float32"), OTHER[rank])
    assert reply == Unsupported(f"conv{rank}d is for {rank} spatial axes, not {OTHER[rank].rank}")


def test_other_functions_that_do_not_tell_their_parameters() -> None:
    from convoracle.suites.candidates.pytorch import autograd

    with pytest.raises(CandidateError, match="conv_transpose2d does not tell its parameters: wrap it"):
        autograd(torch.nn.functional.conv_transpose2d)


def test_function_without_bias() -> None:
    from convoracle.suites.candidates.pytorch import autograd

    executor = InProcess(autograd(lambda x, w: torch.nn.functional.conv1d(x, w), name="plain"))
    geometry = parse_geometry("n1c1k1i5f2")
    replies = {
        (pass_, bias): executor.call(pass_, integer_operands(geometry, "float32", bias=bias), geometry)
        for pass_ in (Pass.FORWARD, Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT)
        for bias in (False, True)
    }
    supported = {key for key, reply in replies.items() if isinstance(reply, Returned)}
    assert supported == {(Pass.FORWARD, False), (Pass.WEIGHT_GRADIENT, False), (Pass.WEIGHT_GRADIENT, True)}
