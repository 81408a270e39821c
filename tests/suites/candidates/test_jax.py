"""The JAX candidate equals the equations for every pass, padding mode and dtype that JAX has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.numbers.dtypes import format_of
from convoracle.oracle.operands.data import Numbers, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.layouts import LAYOUTS
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Returned, Unsupported
from convoracle.suites.checks.declared import arithmetic_of
from convoracle.suites.checks.examination import Examination
from convoracle.suites.checks.examination import ask as ask_numbers

from .conformity import GEOMETRIES, ask, assert_texts_are_code, random_geometry, run_call_text

pytest.importorskip("jax")

from convoracle.suites.candidates.calls.source_text import Call
from convoracle.suites.candidates.jax import candidate
from convoracle.suites.candidates.jax.builtin import Jax
from convoracle.suites.candidates.jax.convolution import convolution

GRADIENTS = (Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT)


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Isolated("jax") as isolated:
        yield isolated


@pytest.mark.parametrize("geometry", GEOMETRIES[1::6], ids=str)
def test_equals_the_equations(executor: Executor, geometry: ConvGeometry) -> None:
    for pass_ in Pass:
        assert isinstance(ask(executor, pass_, geometry, "float32"), Returned), pass_


def test_dtypes(executor: Executor) -> None:
    for seed, dtype in enumerate(("float64", "float16", "bfloat16", "complex64", "complex128")):
        geometry = random_geometry(seed)
        for pass_ in (Pass.FORWARD, *GRADIENTS):
            assert isinstance(ask(executor, pass_, geometry, dtype, bias=bool(seed % 2)), Returned), (pass_, dtype)


@pytest.mark.parametrize("dtype", ["float16", "float8_e4m3fn", "float8_e5m2"])
def test_every_subnormal_number_of_a_narrow_range_is_kept_as_declared(executor: Executor, dtype: str) -> None:
    form, width = format_of(dtype), 32
    count = 2 ** (form.precision - 1) - 1
    numbers = np.resize(np.arange(1, count + 1) * form.smallest_subnormal, (1, 1, width, width)).astype(form.dtype)
    geometry = ConvGeometry.of(size=(width, width), kernel=1)
    one = np.ones((1, 1, 1, 1), form.dtype)
    assert arithmetic_of(executor.info, dtype).does("subnormals", "gradual")
    for factor in (1.0, 2.0):
        reply = executor.call(
            Pass.FORWARD, Operands(numbers, (one * factor).astype(form.dtype), None, numbers), geometry
        )
        assert isinstance(reply, Returned)
        assert np.array_equal(reply.value.astype(np.float64), numbers.astype(np.float64) * factor)


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_subnormal_numbers_of_a_wide_range_are_declared_to_be_taken_for_zero(executor: Executor, dtype: str) -> None:
    number = np.full((1, 1, 1), format_of(dtype).smallest_subnormal).astype(format_of(dtype).dtype)
    assert number > 0
    reply = executor.call(
        Pass.FORWARD, Operands(number, np.ones_like(number), None, number), ConvGeometry.of(size=1, kernel=1)
    )
    assert isinstance(reply, Returned)
    assert reply.value.item() == 0
    assert arithmetic_of(executor.info, dtype).does("subnormals", "flushed")


def test_transposed(executor: Executor) -> None:
    for seed in range(3):
        geometry = random_geometry(seed, transposed=True)
        for pass_ in (Pass.FORWARD, *GRADIENTS, Pass.DOUBLE_BACKWARD_WEIGHT):
            assert isinstance(ask(executor, pass_, geometry, "float32"), Returned), (pass_, geometry)
        assert isinstance(ask(executor, Pass.WEIGHT_GRADIENT, geometry, "complex64"), Returned)


@pytest.mark.parametrize("padding_mode", ["reflect", "replicate", "circular"])
def test_padding_modes(executor: Executor, padding_mode: str) -> None:
    for seed in range(2):
        geometry = random_geometry(seed, padding_mode=padding_mode)
        for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.JVP):
            assert isinstance(ask(executor, pass_, geometry, "float32"), Returned), (pass_, geometry)


@pytest.mark.parametrize("pass_", [each for each in Pass if each.is_second_order], ids=str)
def test_second_order_without_bias(executor: Executor, pass_: Pass) -> None:
    assert isinstance(ask(executor, pass_, random_geometry(5), "float64", bias=False), Returned)


def test_memory_layouts(executor: Executor) -> None:
    for layout in LAYOUTS:
        assert isinstance(ask(executor, Pass.FORWARD, GEOMETRIES[3], "float32", layout=layout), Returned), layout


def test_narrow_dtypes_are_summed_in_wide_ones_and_have_no_gradients(executor: Executor) -> None:
    for seed, dtype in enumerate(("float8_e4m3fn", "float8_e5m2", "int8")):
        geometry = random_geometry(seed, transposed=bool(seed % 2))
        assert isinstance(ask(executor, Pass.FORWARD, geometry, dtype), Returned), dtype
        reply = ask(executor, Pass.INPUT_GRADIENT, geometry, dtype)
        assert isinstance(reply, Unsupported)
        assert reply.reason.startswith("JAX gives" if dtype.startswith("float8") else "JAX differentiates")


class Shifted(Jax):
    def call(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> Call:
        def shifted(input: Any, weight: Any, bias: Any = None, **settings: Any) -> Any:
            return convolution(input, weight[..., ::-1], bias, **settings)

        right = super().call(pass_, geometry, dtype)
        return replace(right, settings=right.settings | {"convolution": shifted})


def test_a_wrong_function_shows() -> None:
    executor = InProcess(Shifted())
    for pass_ in (Pass.FORWARD, Pass.WEIGHT_GRADIENT):
        with pytest.raises(AssertionError):
            ask(executor, pass_, parse_geometry("n1c2k2i6f2"), "float32")


@pytest.mark.parametrize("pass_", list(Pass), ids=str)
def test_call_text_runs(pass_: Pass) -> None:
    executor = InProcess(candidate())
    transposed = pass_ in (Pass.FORWARD, Pass.WEIGHT_GRADIENT, Pass.DOUBLE_BACKWARD_WEIGHT)
    text = "n1c2k4i3x2f2x3s2x3p1+0x0+1d2x1g2to1x2" if transposed else "n1c2k3i6x5f2x3s2x1p1x0+1"
    run_call_text(executor, pass_, parse_geometry(text), "float32")


@pytest.mark.parametrize("dtype", ["complex64", "int8", "float8_e5m2"])
def test_call_text_of_other_dtypes(dtype: str) -> None:
    executor = InProcess(candidate())
    for pass_ in (Pass.FORWARD, *(GRADIENTS if dtype == "complex64" else ())):
        run_call_text(executor, pass_, parse_geometry("n1c2k2i5x4f2x2p1+2x0+1mcircular"), dtype)


def test_the_texts_are_the_code_that_runs() -> None:
    assert_texts_are_code(InProcess("jax"))


@pytest.mark.parametrize("pass_", [Pass.FORWARD, *GRADIENTS[:2], Pass.UPDATE])
def test_complex_products_of_three_real_ones_are_within_their_bound_and_not_within_that_of_four(
    executor: Executor, pass_: Pass
) -> None:
    """Of numbers over many orders of magnitude, whose small parts Gauss's sums lose."""
    beyond = 0
    for seed in range(8):
        case = parse_case(f"n1c1k1i1f1/complex64/wide/{seed}")
        assert not ask_numbers(executor, Numbers.REALS, case, pass_).verdict.outcome.is_mismatch
        declared = arithmetic_of(executor.info, case.dtype)
        four = replace(declared, conventions={**declared.conventions, "complex": "four products"})
        held = Examination(executor, case, (pass_,), held_to=four)
        beyond += held.ask(Numbers.REALS, pass_).verdict.outcome is Outcome.VIOLATES
    assert beyond
