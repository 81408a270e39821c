"""tinygrad equals the exact results, on a device that it has here."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Returned, Unsupported

from .conformity import ask, assert_text_is_code, integer_operands, random_geometry, run_call_text

pytest.importorskip("convoracle.suites.candidates.tinygrad")  # which chooses the device before tinygrad is imported


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Isolated("tinygrad") as isolated:
        yield isolated


@pytest.mark.parametrize(
    ("text", "dtype"),
    [
        ("n2c2k4i5x6f2x3s2x1p1+2x0d1x2g2", "float32"),
        ("n1c2k2i3f3s2p1+0g2to1", "float32"),
        ("n1c1k2i4f2p2+1mcircular", "float64"),
    ],
)
def test_every_pass_equals_the_exact_result(executor: Executor, text: str, dtype: str) -> None:
    for pass_ in Pass:
        reply = ask(executor, pass_, parse_geometry(text), dtype)
        assert isinstance(reply, Unsupported if pass_ is Pass.JVP else Returned), (pass_, reply)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "int8"])
def test_forward_of_other_dtypes(executor: Executor, dtype: str) -> None:
    for seed in range(2):
        assert isinstance(ask(executor, Pass.FORWARD, random_geometry(seed), dtype), Returned | Unsupported)


def test_int8_is_summed_without_wrapping_around(executor: Executor) -> None:
    geometry = parse_geometry("n1c3k1i1f1")
    operands = Operands(*(np.full(shape, -128, np.int8) for shape in ((1, 3, 1), (1, 3, 1), (1,), (1, 1, 1))))
    reply = executor.call(Pass.FORWARD, operands, geometry)
    assert isinstance(reply, Returned)
    assert (reply.value.dtype, reply.value.item()) == (np.int32, 3 * 128 * 128 - 128)


def test_what_tinygrad_has_not(executor: Executor) -> None:
    geometry = parse_geometry("n1c1k1i3f2")
    for pass_, dtype in ((Pass.JVP, "float32"), (Pass.FORWARD, "complex64"), (Pass.INPUT_GRADIENT, "int8")):
        assert isinstance(executor.call(pass_, integer_operands(geometry, dtype), geometry), Unsupported)


@pytest.mark.parametrize("pass_", [Pass.FORWARD, Pass.UPDATE, Pass.DOUBLE_BACKWARD_WEIGHT], ids=str)
def test_call_text_runs(executor: Executor, pass_: Pass) -> None:
    run_call_text(executor, pass_, parse_geometry("n1c2k2i3f2s2p1+0g2"), "float32")


@pytest.mark.parametrize(
    ("text", "pass_", "dtype"),
    [
        ("n1c1k1i3f2p1+0", Pass.FORWARD, "int8"),
        ("n1c2k2i3f2s2g2t", Pass.BIAS_GRADIENT, "float32"),
        ("n1c1k1i3f2p1mcircular", Pass.UPDATE, "float64"),
        ("n1c1k1i3f2", Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT, "float32"),
    ],
)
def test_the_text_is_the_code_that_runs(text: str, pass_: Pass, dtype: str) -> None:
    assert assert_text_is_code(InProcess("tinygrad"), pass_, parse_geometry(text), dtype, bias=False)
