"""The PyTorch candidate equals the equations, and any differentiable function becomes a candidate likewise."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.answers.exact import evaluate
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.operands.data import Numbers, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.layouts import LAYOUTS
from convoracle.oracle.problem.passes import Operands, Pass, is_defined
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Returned, Unsupported
from convoracle.suites.candidates import CandidateError
from convoracle.suites.candidates.loading.adapting import adapted
from convoracle.suites.candidates.protocol import Candidate
from convoracle.suites.checks.inquiry import ask_again
from convoracle.suites.checks.value import operands_of

from .conformity import (
    DTYPES,
    GEOMETRIES,
    ask,
    assert_texts_are_code,
    integer_operands,
    random_geometry,
    run_call_text,
)

torch = pytest.importorskip("torch")

from convoracle.suites.candidates.pytorch import (  # noqa: E402
    Autograd,
    autograd,
    builtin,
    candidate,
    channels_last,
    convolution,
    derivatives,
    module,
    tensors,
)


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


def test_a_change_of_the_code_shows_in_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, right = tmp_path / "planted.py", Path(convolution.__file__).read_text()
    path.write_text(right.replace("bias, stride, padding, dilation", "bias, stride[::-1], padding, dilation"))
    spec = importlib.util.spec_from_file_location("convoracle.planted", path)
    planted = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(planted)
    monkeypatch.setattr(builtin, "own", planted)
    geometry = parse_geometry("n1c2k2i4x4f2x2s2x1p1x0+1")
    operands = integer_operands(geometry, "float32")
    result = candidate().evaluate(Pass.FORWARD, operands, geometry)
    text, namespace = candidate().call_text(Pass.FORWARD, geometry, "float32", True), operands.arrays()
    exec(text, namespace)
    assert "stride[::-1]" in text
    assert np.array_equal(namespace["actual"], result)
    assert result.shape != geometry.output_shape


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("make", [candidate, channels_last.candidate])
def test_the_text_has_the_functions_that_run_and_no_others(make: Callable[[], Candidate], dtype: str) -> None:
    plain = {module.__file__ for module in (tensors, convolution, derivatives, channels_last)}
    for text in ("n2c2k2i4x5f3x2s2x1p1x0g2", "n1c2k2i4x4f2x2p1x0+1", "n1c2k2i4x4f2x2s2x1p1x0+1t"):
        geometry = parse_geometry(text)
        for pass_ in (each for each in Pass if dtype == "float32" or each is Pass.FORWARD):
            ran: set[str] = set()

            def note(frame: Any, event: str, _: object, ran: set[str] = ran) -> None:
                if event == "call" and frame.f_code.co_filename in plain and "<" not in frame.f_code.co_qualname:
                    ran.add(frame.f_code.co_name)

            sys.setprofile(note)
            make().evaluate(pass_, integer_operands(geometry, dtype), geometry)
            sys.setprofile(None)
            told = ast.parse(make().call_text(pass_, geometry, dtype, True)).body
            assert ran - {"candidate"} == {each.name for each in told if isinstance(each, ast.FunctionDef)}, pass_


@pytest.mark.parametrize("name", ["torch", "torch-channels-last"])
def test_the_texts_compute_the_same_bits(name: str) -> None:
    assert_texts_are_code(InProcess(name))


OTHER = {1: parse_geometry("n1c1k1i5x5f2x2"), 2: parse_geometry("n1c1k1i5f2"), 3: parse_geometry("n1c1k1i5f2")}


def conv2d(x: Any, w: Any, bias: Any, stride: Any, padding: Any) -> Any:
    return torch.nn.functional.conv2d(x, w, bias, stride=stride, padding=padding)


def test_any_differentiable_function() -> None:
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
    own = getattr(torch.nn.functional, f"conv{rank}d")
    with make(autograd(own)) as executor:
        assert executor.info.name == f"conv{rank}d"
        for pass_ in Pass:
            assert isinstance(ask(executor, pass_, parse_geometry(text), "float32"), Returned)
        reply = executor.call(Pass.FORWARD, integer_operands(OTHER[rank], "float32"), OTHER[rank])
    assert reply == Unsupported(f"conv{rank}d is for {rank} spatial axes, not {OTHER[rank].rank}")


@pytest.mark.parametrize("padding_mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "complex64"])
def test_padding_modes(executor: Executor, padding_mode: str, dtype: str) -> None:
    for seed in range(4):
        _all_passes_equal(executor, random_geometry(seed, padding_mode=padding_mode), dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128", "bfloat16"])
def test_transposed(executor: Executor, dtype: str) -> None:
    for seed in range(6):
        _all_passes_equal(executor, random_geometry(seed, transposed=True), dtype, bias=bool(seed % 2))


@pytest.mark.parametrize("text", ["n2c2k4i3x2f2x2s2x1p1+0x0+1d4x3g2to3x2", "n1c1k2i3f1d3to2", "n1c2k1i2f3s2p1d5to4"])
def test_output_padding_between_stride_and_dilation(executor: Executor, text: str) -> None:
    _all_passes_equal(executor, parse_geometry(text), "float64", bias=True)


@pytest.mark.parametrize("absent", ["input_direction", "weight_direction"])
@pytest.mark.parametrize("pass_", [Pass.JVP, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT], ids=str)
@pytest.mark.parametrize("text", ["n2c2k4i4x5f3x2s2x1p1x0g2", "n2c4k2i3f2s2g2to1"])
def test_one_direction_alone(executor: Executor, pass_: Pass, absent: str, text: str) -> None:
    geometry = parse_geometry(text)
    operands = replace(integer_operands(geometry, "float64"), **{absent: None})
    reply = executor.call(pass_, operands, geometry)
    assert isinstance(reply, Returned), reply
    assert np.array_equal(reply.value, evaluate(pass_, operands, geometry).value.to_float64())


def test_forward_mode_of_operands_that_repeat_their_elements(executor: Executor) -> None:
    geometry = parse_geometry("n1c2k3i4f2")
    drawn = integer_operands(geometry, "float32")
    same = {name: np.broadcast_to(array[..., :1], array.shape) for name, array in drawn.arrays().items()}
    reply = executor.call(Pass.JVP, Operands(**same), geometry, layout="broadcast")
    assert isinstance(reply, Returned), reply
    assert np.array_equal(reply.value, evaluate(Pass.JVP, Operands(**same), geometry).value.to_float64())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_memory_layouts(executor: Executor, layout: str) -> None:
    for seed in range(2):
        for dtype in ("float32", "complex64", "int8"):
            _all_passes_equal(executor, random_geometry(seed), dtype, layout=layout)


def _all_passes_equal(executor: Executor, geometry: ConvGeometry, dtype: str, **how: Any) -> None:
    for pass_ in (each for each in Pass if is_defined(each, dtype)):
        reply = ask(executor, pass_, geometry, dtype, **how)
        if dtype == "int8" and pass_ is not Pass.FORWARD:
            assert reply == Unsupported("torch.autograd differentiates floating-point and complex tensors only")
        else:
            assert isinstance(reply, Returned), (pass_, str(geometry), reply)


def test_int8_is_summed_without_wrapping_around(executor: Executor) -> None:
    for seed in range(5):
        for transposed in (False, True):
            ask(executor, Pass.FORWARD, random_geometry(seed, transposed=transposed), "int8")
    geometry = parse_geometry("n1c3k1i1f1")
    operands = Operands(*(np.full(shape, -128, np.int8) for shape in ((1, 3, 1), (1, 3, 1), (1,), (1, 1, 1))))
    reply = executor.call(Pass.FORWARD, operands, geometry)
    assert isinstance(reply, Returned)
    assert (reply.value.dtype, reply.value.item()) == (np.int32, 3 * 128 * 128 - 128)


def test_what_there_is_no_convolution_for(executor: Executor) -> None:
    geometry = parse_geometry("n1c1k1i3f2")
    reply = executor.call(Pass.FORWARD, integer_operands(geometry, "float8_e5m2"), geometry)
    assert reply == Unsupported("PyTorch has no convolution of float8_e5m2 tensors")
    geometry = parse_geometry("n1c1k1i3x3x3x3f2x2x2x2")
    reply = executor.call(Pass.FORWARD, integer_operands(geometry, "float32"), geometry)
    assert reply == Unsupported("PyTorch has convolutions of 1 to 3 spatial axes, not 4")


@pytest.mark.parametrize("text", ["n1c2k4i3x2f2x3s2x3p1+0x0+1d2x1g2to1x2", "n1c2k2i5x4f2x2p1+2x0+1mreflect"])
@pytest.mark.parametrize("dtype", ["float32", "complex64", "int8"])
def test_call_text_of_transposed_and_padded_convolutions(text: str, dtype: str) -> None:
    executor = InProcess(candidate())
    for pass_ in (each for each in Pass if is_defined(each, dtype)):
        if dtype != "int8" or pass_ is Pass.FORWARD:
            run_call_text(executor, pass_, parse_geometry(text), dtype)


@pytest.mark.parametrize(
    ("rank", "text"), [(1, "n2c4k2i4f3s2p1d1g2to1"), (2, "n1c2k2i3x2f2x3s2x1t"), (3, "n1c1k1i2x2x2f2x1x2t")]
)
def test_own_transposed_convolutions_of_pytorch(rank: int, text: str) -> None:
    executor = InProcess(autograd(getattr(torch.nn.functional, f"conv_transpose{rank}d")))
    assert executor.info.name == f"conv_transpose{rank}d"
    _all_passes_equal(executor, parse_geometry(text), "float32")
    plain = parse_geometry(text.partition("t")[0])
    reply = executor.call(Pass.FORWARD, integer_operands(plain, "float32"), plain)
    assert isinstance(reply, Unsupported)
    assert "for transposed convolutions only" in reply.reason


class WithContext(torch.autograd.Function):
    """Once differentiable, since its backward pass works on arrays of its own."""

    @staticmethod
    def forward(ctx: Any, x: Any, w: Any, stride: Any = (1,)) -> Any:
        ctx.save_for_backward(x, w)
        ctx.stride = stride
        return torch.nn.functional.conv1d(x, w, stride=stride)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, dy: Any) -> Any:
        x, w = ctx.saved_tensors
        of_input = torch.nn.grad.conv1d_input(x.shape, w, dy, stride=ctx.stride)
        return of_input, torch.nn.grad.conv1d_weight(x, w.shape, dy, stride=ctx.stride), None


class WithSetup(torch.autograd.Function):
    """Differentiable by forward mode and as often as one likes."""

    @staticmethod
    def forward(x: Any, w: Any) -> Any:
        return torch.nn.functional.conv1d(x, w)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, dy: Any) -> Any:
        x, w = ctx.saved_tensors
        return torch.nn.grad.conv1d_input(x.shape, w, dy), torch.nn.grad.conv1d_weight(x, w.shape, dy)

    @staticmethod
    def jvp(ctx: Any, v: Any, u: Any) -> Any:
        x, w = ctx.saved_tensors
        return torch.nn.functional.conv1d(v, w) + torch.nn.functional.conv1d(x, u)


@pytest.mark.parametrize("function", [WithContext, WithContext.apply, WithSetup.apply])
def test_autograd_functions(function: Any) -> None:
    executor = InProcess(autograd(function))
    assert executor.info.name in ("WithContext", "WithSetup")
    geometry = parse_geometry("n2c2k3i7f2s2" if executor.info.name == "WithContext" else "n2c2k3i7f2")
    replies = {pass_: ask(executor, pass_, geometry, "float32", bias=False) for pass_ in Pass}
    declined = {pass_ for pass_, reply in replies.items() if isinstance(reply, Unsupported)}
    second_order = {pass_ for pass_ in Pass if pass_.is_second_order}
    assert declined == {Pass.BIAS_GRADIENT} | (second_order if executor.info.name == "WithContext" else set())
    assert {type(reply) for reply in replies.values()} == {Returned, Unsupported}


class Forgetful(WithSetup):
    """Its forward mode leaves out the weight's direction, its weight gradient does not depend on the input."""

    @staticmethod
    def backward(ctx: Any, dy: Any) -> Any:
        x, w = ctx.saved_tensors
        return torch.nn.grad.conv1d_input(x.shape, w, dy), torch.nn.grad.conv1d_weight(x.detach(), w.shape, dy)

    @staticmethod
    def jvp(ctx: Any, v: Any, u: Any) -> Any:
        return torch.nn.functional.conv1d(v, ctx.saved_tensors[1])


@pytest.mark.parametrize("pass_", [Pass.JVP, Pass.DOUBLE_BACKWARD_INPUT], ids=str)
def test_wrong_derivatives_of_second_order_show(pass_: Pass) -> None:
    geometry = parse_geometry("n1c2k2i6f2")
    ask(InProcess(autograd(WithSetup)), pass_, geometry, "float32", bias=False)
    with pytest.raises(AssertionError):
        ask(InProcess(autograd(Forgetful)), pass_, geometry, "float32", bias=False)


class MyConv2d(torch.nn.Module):
    """As people write one: no padding mode, no dilation."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(out_channels, in_channels, *kernel_size))
        self.bias = torch.nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.stride, self.padding = stride, padding

    def forward(self, x: Any) -> Any:
        return torch.nn.functional.conv2d(x, self.weight, self.bias, self.stride, self.padding)


def test_class_of_modules() -> None:
    executor = InProcess(module(MyConv2d))
    assert executor.info.name == "MyConv2d"
    for bias in (False, True):
        _all_passes_equal(executor, parse_geometry("n2c2k3i5x4f3x2s2x1p1x0"), "float32", bias=bias)
    for text in (
        "n1c1k1i5x5f2x2d2x2",
        "n1c2k2i5x5f2x2g2",
        "n1c1k1i5x5f2x2p1x1mreflect",
        "n1c1k1i5x5f2x2t",
        "n1c1k1i5f2",
    ):
        geometry = parse_geometry(text)
        reply = executor.call(Pass.FORWARD, integer_operands(geometry, "float32"), geometry)
        assert isinstance(reply, Unsupported), (text, reply)


@pytest.mark.parametrize(
    ("factory", "texts"),
    [
        (torch.nn.Conv2d, ("n2c2k4i5x4f3x2s2x1p1x0d1x2g2", "n1c2k2i4x4f3x3p1x1mcircular")),
        (torch.nn.ConvTranspose1d, ("n2c4k2i4f3s2p1g2to1", "n1c2k1i3f2d2t")),
    ],
)
def test_modules_of_pytorch(factory: Any, texts: tuple[str, ...]) -> None:
    executor = InProcess(module(factory))
    for text in texts:
        _all_passes_equal(executor, parse_geometry(text), "float64")


class Mine(torch.nn.Conv2d):
    """Two axes by its base's name."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, **keywords: Any) -> None:
        super().__init__(in_channels, out_channels, kernel_size, **keywords)


class Up(torch.nn.ConvTranspose2d):
    """Transposed by its base's name."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any, bias: bool = True) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, bias=bias)


def test_modules_whose_base_has_the_name() -> None:
    """Were asked for one and three axes, and `Up` for direct convolutions."""
    line, plane = parse_geometry("n1c1k1i5f2"), parse_geometry("n2c2k3i4x5f2x3s2x1")
    transposed = replace(plane, transposed=True)
    for factory, taken, declined in ((Mine, plane, (line, transposed)), (Up, transposed, (line, plane))):
        executor = InProcess(factory)
        _all_passes_equal(executor, taken, "float32", bias=True)
        for geometry in declined:
            reply = executor.call(Pass.FORWARD, integer_operands(geometry, "float32"), geometry)
            assert isinstance(reply, Unsupported), (factory, geometry, reply)


def test_factory_of_the_whole_geometry() -> None:
    def build(geometry: ConvGeometry) -> Any:
        return torch.nn.Conv1d(2, 2, geometry.kernel, padding=geometry.padding[0][0], bias=False)

    executor = InProcess(module(build))
    geometry = parse_geometry("n1c2k2i5f3p1")
    assert isinstance(ask(executor, Pass.WEIGHT_GRADIENT, geometry, "float32", bias=False), Returned)
    reply = executor.call(Pass.FORWARD, integer_operands(geometry, "float32"), geometry)
    assert reply == Unsupported("Conv1d has no bias")


def test_instance_is_for_its_own_sizes() -> None:
    instance = torch.nn.Conv1d(2, 3, 3, stride=2, padding=1)
    executor = InProcess(module(instance))
    _all_passes_equal(executor, parse_geometry("n2c2k3i6f3s2p1"), "float32")
    reasons = {
        "n2c2k3i6f3s2p2": "this Conv1d has padding=(1,), not (2,)",
        "n2c2k3i6f3s2p1+2": "this Conv1d has padding=(1,), the same on both sides",
        "n2c2k3i6f2s2p1": "this Conv1d has weight_shape=(3, 2, 3), not (3, 2, 2)",
        "n2c2k3i6f3s2p1mreflect": "this Conv1d has padding_mode='zeros', not 'reflect'",
    }
    for text, reason in reasons.items():
        geometry = parse_geometry(text)
        assert executor.call(Pass.FORWARD, integer_operands(geometry, "float32"), geometry) == Unsupported(reason)


def test_modules_that_cannot_be_built() -> None:
    with pytest.raises(CandidateError, match="requires `device`, which is none of the arguments"):
        module(lambda kernel_size, device: torch.nn.Conv1d(1, 1, kernel_size))
    with pytest.raises(CandidateError, match="this ReLU has no `weight`"):
        module(torch.nn.ReLU())


def test_what_is_adapted_when_it_is_named() -> None:
    for given in (MyConv2d, torch.nn.Conv1d(1, 1, 1), WithContext, WithContext.apply):
        assert isinstance(adapted(given), Autograd)
    for other in (conv2d, int, np.ones(1)):
        assert adapted(other) is other


@pytest.mark.parametrize("attribute", ["Layer", "layer", "made"])
def test_call_text_of_a_file_runs(tmp_path: Path, attribute: str) -> None:
    source = tmp_path / "layers.py"
    source.write_text(
        "import torch\n"
        "from convoracle.suites.candidates.pytorch import module\n\n"
        "class Layer(torch.nn.Conv1d):\n    pass\n\n"
        "layer = Layer(2, 3, 2)\n"
        "made = module(Layer)\n"
    )
    executor = InProcess(f"{source}:{attribute}")
    for pass_ in (Pass.FORWARD, Pass.BIAS_GRADIENT, Pass.JVP, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT):
        run_call_text(executor, pass_, parse_geometry("n2c2k3i5f2"), "float32")


def test_a_module_declares_its_domain() -> None:
    class Declaring(torch.nn.Conv1d):
        domain = {"kernels": [3]}

    assert InProcess(Declaring).info.domain == (("kernels", "[3]"),)
    assert InProcess(Declaring(1, 1, 3)).info.domain == (("kernels", "[3]"),)


def test_function_without_bias() -> None:
    executor = InProcess(autograd(lambda x, w: torch.nn.functional.conv1d(x, w), name="plain"))
    geometry = parse_geometry("n1c1k1i5f2")
    replies = {
        (pass_, bias): executor.call(pass_, integer_operands(geometry, "float32", bias=bias), geometry)
        for pass_ in (Pass.FORWARD, Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT)
        for bias in (False, True)
    }
    supported = {key for key, reply in replies.items() if isinstance(reply, Returned)}
    assert supported == {(Pass.FORWARD, False), (Pass.WEIGHT_GRADIENT, False), (Pass.WEIGHT_GRADIENT, True)}


def test_a_negative_learning_rate_is_a_step_uphill(executor: Executor) -> None:
    """PyTorch's optimizer takes none below zero."""
    case = parse_case("n1c2k1i4f2/float32/uniform/1324")
    assert operands_of(Numbers.REALS, case).learning_rate < 0
    result = ask_again(executor, "precision", "update", case)
    assert result is not None
    assert result.verdict.outcome is Outcome.CONFORMS
