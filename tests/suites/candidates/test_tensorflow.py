"""The TensorFlow candidate equals the equations wherever its kernels exist, and says so where they do not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.layouts import LAYOUTS
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Returned, Unsupported

from .conformity import DTYPES, GEOMETRIES, ask, assert_texts_are_code, random_geometry, run_call_text

pytest.importorskip("tensorflow")

from convoracle.suites.candidates.calls.source_text import Call
from convoracle.suites.candidates.tensorflow.builtin import TensorFlow
from convoracle.suites.candidates.tensorflow.convolution import convolution


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Isolated("tensorflow") as isolated:
        yield isolated


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_equals_the_equations_or_is_unsupported(executor: Executor, geometry: ConvGeometry) -> None:
    for dtype in DTYPES:
        for pass_ in Pass:
            assert isinstance(ask(executor, pass_, geometry, dtype), Returned | Unsupported), (pass_, dtype)


@pytest.mark.parametrize("pass_", list(Pass), ids=str)
@pytest.mark.parametrize(
    "text",
    [
        "n2c4k6i5f3s2",
        "n2c4k6i6x5f2x3s2x1",
        "n2c2k3i5x5f3x3p1x1",
        "n2c2k3i5x5f3x3p2+0x1+3",
        "n2c3k6i6x5f3x2s2x2g3",
        "n1c2k3i4x4x3f2x3x1p0x1x0",
    ],
)
def test_what_every_dtype_supports(executor: Executor, text: str, pass_: Pass) -> None:
    for dtype in DTYPES:
        assert isinstance(ask(executor, pass_, parse_geometry(text), dtype), Returned), dtype


def test_groups_in_three_dimensions_are_unsupported(executor: Executor) -> None:
    reply = ask(executor, Pass.FORWARD, parse_geometry("n1c2k2i3x3x3f2x2x2g2"), "float32")
    assert isinstance(reply, Unsupported)
    assert reply.reason.startswith("tf.nn.conv3d has no groups")


@pytest.mark.parametrize("pass_", [Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.UPDATE], ids=str)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("n1c2k2i5x5f2x2d2x2", "dilation rates larger than 1"),
        ("n1c4k4i5x5f2x2g2", "Gradients for grouped convolutions are not supported on CPU"),
    ],
)
def test_what_the_kernels_refuse_is_unsupported_in_their_words(
    executor: Executor, text: str, said: str, pass_: Pass
) -> None:
    reply = ask(executor, pass_, parse_geometry(text), "float64")
    assert isinstance(reply, Unsupported)
    assert said in reply.reason
    assert "{{" not in reply.reason


def test_transposed(executor: Executor) -> None:
    for seed in range(12):
        geometry = random_geometry(seed, transposed=True)
        for dtype in ("float64", "float32", "bfloat16"):
            for pass_ in Pass:
                reply = ask(executor, pass_, geometry, dtype, bias=bool(seed % 2))
                assert isinstance(reply, Returned | Unsupported), (pass_, geometry, dtype)
                if geometry.rank < 3 and dtype == "float32":
                    assert isinstance(reply, Returned), (pass_, geometry)


@pytest.mark.parametrize(
    "text", ["n2c4k2i4x4f3x3s2x2p1x0+1g2to1x1", "n1c2k2i4x3f2x2s2x2p1x1g2t", "n1c2k2i4x4f3x3d2x2g2t"]
)
@pytest.mark.parametrize("pass_", list(Pass), ids=str)
def test_transposed_depthwise(executor: Executor, text: str, pass_: Pass) -> None:
    """By the kernel of the depthwise input gradient, unless there is dilation, which it overlooks."""
    geometry = parse_geometry(text)
    assert isinstance(ask(executor, pass_, geometry, "float32"), Returned)
    assert isinstance(ask(executor, pass_, geometry, "float64"), Unsupported if "d2" in text else Returned)


def test_reflection(executor: Executor) -> None:
    for seed in range(8):
        geometry = random_geometry(seed, padding_mode="reflect")
        for pass_ in Pass:
            assert isinstance(ask(executor, pass_, geometry, "float32"), Returned | Unsupported), (pass_, geometry)


def test_int8_is_widened(executor: Executor) -> None:
    assert isinstance(ask(executor, Pass.FORWARD, parse_geometry("n2c4k2i5x4f3x2s2x1p1x0g2"), "int8"), Returned)
    assert isinstance(ask(executor, Pass.FORWARD, parse_geometry("n1c1k2i4f3s2p1to1"), "int8"), Returned)


@pytest.mark.parametrize(
    ("text", "dtype", "pass_", "reason"),
    [
        ("n1c1k1i5f2p1mcircular", "float32", Pass.FORWARD, "tf.pad has no mode for circular padding"),
        ("n1c1k1i5f2p1mreplicate", "float32", Pass.FORWARD, "tf.pad has no mode for replicate padding"),
        ("n1c1k1i5f2", "complex64", Pass.FORWARD, "TensorFlow's convolutions take no complex64 tensors"),
        ("n1c1k1i5f2", "float8_e5m2", Pass.FORWARD, "TensorFlow's convolutions take no float8_e5m2 tensors"),
        ("n1c1k1i3x3x3f2x2x2", "int8", Pass.FORWARD, "tf.nn.conv3d takes no integers"),
        ("n1c1k1i5f2", "int8", Pass.INPUT_GRADIENT, "TensorFlow differentiates"),
        ("n1c1k1i2x2x2x2f1x1x1x1", "float32", Pass.FORWARD, "tf.nn has convolutions of 1 to 3 spatial axes, not 4"),
    ],
)
def test_what_tensorflow_has_not(executor: Executor, text: str, dtype: str, pass_: Pass, reason: str) -> None:
    reply = ask(executor, pass_, parse_geometry(text), dtype)
    assert isinstance(reply, Unsupported)
    assert reply.reason.startswith(reason)


def test_memory_layouts(executor: Executor) -> None:
    for layout in LAYOUTS:
        for pass_ in (Pass.FORWARD, Pass.WEIGHT_GRADIENT):
            assert isinstance(ask(executor, pass_, GEOMETRIES[3], "float32", layout=layout), Returned), layout


class Shifted(TensorFlow):
    def call(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> Call:
        def shifted(input: Any, filters: Any, bias: Any = None, **settings: Any) -> Any:
            return convolution(input, filters[::-1], bias, **settings)

        right = super().call(pass_, geometry, dtype)
        return replace(right, settings=right.settings | {"convolution": shifted})


def test_a_wrong_function_shows() -> None:
    executor = InProcess(Shifted("shifted"))
    for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.JVP, Pass.DOUBLE_BACKWARD_WEIGHT):
        with pytest.raises(AssertionError):
            ask(executor, pass_, parse_geometry("n1c2k2i6f2"), "float32")


@pytest.mark.parametrize("pass_", list(Pass), ids=str)
def test_call_text_runs(executor: Executor, pass_: Pass) -> None:
    for text in (
        "n1c2k3i6x5f2x3s2x1p1x0+1",
        "n2c3k6i6x5f3x2g3",
        "n2c4k2i5f3p1",
        "n1c2k3i4x4x3f2x3x1p0+2x1x0",
        "n1c2k3i4f3s2p1+0to1",
        "n1c4k2i3x4f2x3s2x2p1x0g2t",
        "n1c2k2i5x4f2x2p1+2x0+1mreflect",
    ):
        run_call_text(executor, pass_, parse_geometry(text), "float32")


def test_call_text_of_integers(executor: Executor) -> None:
    run_call_text(executor, Pass.FORWARD, parse_geometry("n1c2k3i6x5f2x3s2x1p1x0+1"), "int8")


def test_the_texts_are_the_code_that_runs() -> None:
    assert_texts_are_code(InProcess("tensorflow"))
