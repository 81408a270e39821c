"""PyTorch compiled, with channels last and on a GPU: the same results, or a sentence that says why not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass, is_defined
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Returned, Unsupported
from convoracle.suites.candidates import CandidateError
from convoracle.suites.candidates.loading.source import load

from .conformity import ask, integer_operands, random_geometry, run_call_text

torch = pytest.importorskip("torch")

from convoracle.suites.candidates.pytorch import channels_last, compiled, convolution, cuda  # noqa: E402

PLANE = parse_geometry("n2c2k3i6x5f2x3s2x1p1x0+1")
TRANSPOSED = parse_geometry("n1c2k2i3x2f2x3s2x1p1x0+1to1x0")


def test_channels_last_equals_the_equations() -> None:
    with Isolated("torch-channels-last") as executor:
        for geometry in (PLANE, TRANSPOSED, parse_geometry("n1c2k2i3x4x3f2x2x1s1x2x1p1x1x0mcircular")):
            for dtype in ("float64", "complex64"):
                for pass_ in (each for each in Pass if is_defined(each, dtype)):
                    assert isinstance(ask(executor, pass_, geometry, dtype), Returned), (pass_, geometry, dtype)
        line = parse_geometry("n1c1k1i3f2")
        reply = executor.call(Pass.FORWARD, integer_operands(line, "float32"), line)
    assert reply == Unsupported("PyTorch has no channels-last format for 1 spatial axis")


def test_channels_last_lays_every_operand_so(monkeypatch: pytest.MonkeyPatch) -> None:
    laid: list[bool] = []

    def spy(input: Any, weight: Any, bias: Any, **settings: Any) -> Any:
        laid.extend(tensor.is_contiguous(memory_format=torch.channels_last) for tensor in (input, weight))
        return right(input, weight, bias, **settings)

    right = convolution.convolution
    monkeypatch.setattr(convolution, "convolution", spy)
    geometry = parse_geometry("n2c2k3i6x5f2x3s2x1p1x0")
    ask(InProcess(channels_last.candidate()), Pass.INPUT_GRADIENT, geometry, "float64")
    assert laid == [True, True]


@pytest.mark.parametrize("pass_", [Pass.FORWARD, Pass.DOUBLE_BACKWARD_INPUT, Pass.UPDATE], ids=str)
def test_channels_last_call_text_runs(pass_: Pass) -> None:
    executor = InProcess(channels_last.candidate())
    assert "channels_last" in executor.call_text(pass_, PLANE, "float64", True)
    run_call_text(executor, pass_, PLANE, "float64")


def test_compiled_equals_the_equations() -> None:
    """Through the parts of torch.compile that need no compiler of C++."""
    executor = InProcess(compiled.Compiled("aot_eager"))
    for geometry in (PLANE, TRANSPOSED, *(random_geometry(seed, padding_mode="reflect") for seed in range(4))):
        for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT):
            for bias in (False, True):
                assert isinstance(ask(executor, pass_, geometry, "float32", bias=bias), Returned), (pass_, geometry)


def test_compiled_says_what_it_needs() -> None:
    candidate = compiled.candidate()
    assert candidate.seconds_per_call == compiled.SECONDS_PER_CALL
    reply = InProcess(candidate).call(Pass.JVP, integer_operands(PLANE, "float32"), PLANE)
    assert isinstance(reply, Unsupported)
    assert "torch.compile(eager, dynamic=False" in candidate.call_text(Pass.FORWARD, PLANE, "float32", True)


@pytest.mark.campaign
def test_compiled_for_the_processor() -> None:
    with Isolated("torch-compile") as executor:
        for geometry in (PLANE, TRANSPOSED, *(random_geometry(seed, padding_mode="reflect") for seed in range(4))):
            for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT, Pass.UPDATE):
                operands = integer_operands(geometry, "float32")
                reply = executor.call(pass_, operands, geometry, seconds=compiled.SECONDS_PER_CALL)
                assert isinstance(reply, Returned), (pass_, geometry, reply)
        run_call_text(executor, Pass.WEIGHT_GRADIENT, PLANE, "float32")


def test_no_gpu_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    sentence = f"candidate 'torch-cuda' needs a GPU, and PyTorch finds none: PyTorch {torch.__version__} was built"
    with pytest.raises(CandidateError, match=re.escape(sentence)):
        load("torch-cuda")


def test_tf32_is_declared_as_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    assert cuda.multipliers() == {"float32": "tfloat32"}
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    assert cuda.multipliers() == {}


def test_call_text_on_a_gpu_puts_every_operand_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text but for the move itself, which needs a GPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "none")
    monkeypatch.setattr(torch.Tensor, "cuda", lambda tensor: tensor)
    executor = InProcess(cuda.candidate())
    for pass_ in (Pass.BIAS_GRADIENT, Pass.UPDATE):
        assert "return to_tensor(array).cuda()" in executor.call_text(pass_, PLANE, "float64", True)
        run_call_text(executor, pass_, PLANE, "float64")


def test_on_a_gpu() -> None:
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU")
    executor = InProcess(load("torch-cuda"))
    for pass_ in Pass:
        assert isinstance(ask(executor, pass_, PLANE, "float32"), Returned), pass_
