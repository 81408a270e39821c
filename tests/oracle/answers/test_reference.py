"""The vectorised reference against the equations, term by term."""

from __future__ import annotations

import doctest
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from convoracle.oracle.answers import bilinear, equations, reference, windows
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.numbers.dtypes import COMPONENTS, DTYPES, numpy_dtype
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.padding import PADDING_MODES
from convoracle.oracle.problem.passes import ARRAYS, Array, Operands, Pass, is_defined, shape_of

EVERY_PASS = list(Pass)
NAMED_CASES = {
    "the seed's exercise": "n1c1k1i3x3f2x2",
    "a whole window in the low padding": "n2c1k2i2f2p5+0",
    "a whole window in the high padding": "n2c1k2i2f2p0+5",
    "padding on every side of every axis": "n1c2k3i3x2f2x3p1+2x3+0",
    "more padding than the kernel reaches": "n2c2k2i2x3f1x2p3x4",
    "stride above kernel": "n2c2k3i7x5f2x1s3x2",
    "stride above kernel and padding": "n2c2k2i4x4f1x1s3x3p1+2x0+1",
    "windows that do not tile the input": "n2c2k2i8x6f3x2s3x2p1x0",
    "pointwise": "n3c4k2i4x3f1x1",
    "pointwise, strided": "n3c4k2i5x4f1x1s2x2",
    "dilated with padding": "n1c2k2i6x5f2x3s1x1p2x1d3x2",
    "dilated and strided": "n2c1k2i9f3s2p2+1d2",
    "grouped": "n2c4k6i4x3f2x2g2",
    "depthwise": "n2c3k3i5x4f3x3p1x1g3",
    "depthwise, two outputs a channel": "n2c3k6i5x4f2x3s2x2p1+0x0+2g3",
    "three axes": "n2c2k2i3x4x2f2x1x2s1x2x1p0x1x1d1x1x1",
    "four axes": "n1c1k2i2x3x2x2f2x2x1x2",
    "one-sized axes": "n1c1k1i1x1f1x1",
    "empty batch": "n0c2k3i4x3f2x2p1x1",
    "reflected": "n2c2k3i4x3f3x2s1x2p3+1x2mreflect",
    "replicated far beyond the edge": "n1c2k2i2x3f3x3p5+0x1+4mreplicate",
    "circular, dilated": "n2c2k2i4x3f2x2p2+3x1+0d2x3mcircular",
    "reflected and grouped": "n1c4k2i5f3s2p4g2mreflect",
    "transposed": "n2c2k3i3x2f3x2p1x0+1t",
    "transposed, strided, output padding": "n2c4k6i3x2f3x2s3x2p1+0x0g2to2x1",
    "transposed, dilated, stride above kernel": "n1c2k2i3f2s5d2to4",
    "transposed, output padding beyond the stride": "n2c2k4i3x2f2x2s2x1p1+0x0+1d4x3g2to3x2",
    "transposed, output padding of stride 1": "n1c1k2i3f1d3to2",
    "transposed, three axes": "n1c2k1i2x1x2f2x3x1s2x1x1t",
    "no window fits": "n2c2k3i2x5f3x2",
    "no input": "n2c1k2i0x3f1x2",
    "no input, all padding": "n2c1k2i0f2p2",
    "no input channels": "n2c0k2i3f2p1",
    "no output channels": "n2c2k0i3x2f2x1",
}
LARGE_CASES = [
    "n3c16k8i40x37f3x3p1x1",
    "n2c8k4i61x59f3x2s2x1p1+0x2+1",
    "n40c8k8i9x9f3x3p1x1",
    "n2c4k32i50x50f3x3p1x0d2x1g2",
    "n2c3k4i20x21x22f2x3x3s1x2x1p1x1x1",
    "n2c12k12i64x60f5x5s2x2p2x2g12",
    "n2c8k8i40x37f3x3p3x2mreflect",
    "n3c8k4i30x31f5x4s3x2p7x1mcircular",
    "n2c8k16i20x21f4x3s2x2p1x1to0x1",
    "n2c6k4i12x13f3x5s1x4d2x1g2t",
]


@st.composite
def axes(draw: st.DrawFn, *, largest: int) -> tuple[int, int, int, tuple[int, int], int]:
    """Size, kernel, stride, padding and dilation of one axis; seldom no window fits, or there is no input."""
    kernel = draw(st.integers(1, 3))
    dilation = draw(st.integers(1, 3))
    padding = (draw(st.integers(0, 4)), draw(st.integers(0, 4)))
    size = draw(st.integers(1, largest) if draw(st.integers(0, 19)) else st.just(0))
    return size, kernel, draw(st.integers(1, 4)), padding, dilation


@st.composite
def geometries(draw: st.DrawFn) -> ConvGeometry:
    """Small geometries of one to three spatial axes, of every kind; they shrink to one axis and channel."""
    rank = draw(st.integers(1, 3))
    spatial = [draw(axes(largest=(8, 4, 3)[rank - 1])) for _ in range(rank)]
    size, kernel, stride, padding, dilation = zip(*spatial, strict=True)
    groups = draw(st.integers(1, 3))
    transposed = draw(st.booleans())
    try:
        geometry = ConvGeometry(
            batch=draw(st.integers(0, 3)),
            in_channels=groups * draw(st.sampled_from((1, 2, 1, 2, 1, 2, 0))),
            out_channels=groups * draw(st.sampled_from((1, 2, 1, 2, 1, 2, 0))),
            size=size,
            kernel=kernel,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
            padding_mode="zeros" if transposed else draw(st.sampled_from(("zeros", *PADDING_MODES))),
            transposed=transposed,
            output_padding=tuple(draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True))
            if transposed
            else (),
        )
    except InvalidArgument:
        reject()
    assume(geometry.products <= 1000)
    assume(math.prod(geometry.input_shape) + math.prod(geometry.output_shape) <= 1000)
    return geometry


def integer_operands(geometry: ConvGeometry, dtype: str, seed: int, *, bias: bool = True) -> Operands:
    """Integers so small that every sum of products is exact in any dtype used here."""
    random = np.random.default_rng(seed)

    def fill(name: str) -> Array:
        shape = shape_of(name, geometry)
        values = random.integers(-4, 5, shape)
        return (values + 1j * random.integers(-4, 5, shape) if dtype in COMPONENTS else values).astype(dtype)

    arrays: dict[str, Any] = {name: fill(name) for name in ARRAYS}
    if not bias:
        arrays |= {"bias": None, "bias_direction": None}
    return Operands(**arrays, learning_rate=2 if dtype == "int64" else 0.5)


def non_contiguous(array: Array) -> Array:
    """The same values behind reversed and stepped strides."""
    spread = np.full((*array.shape[:-1], 2 * array.shape[-1]), 99, array.dtype)[..., ::-1]
    view = spread.swapaxes(0, array.ndim - 1).copy().swapaxes(0, array.ndim - 1)[..., ::2]
    view[...] = array
    return view


def read_only(operands: Operands, transform: Callable[[Array], Array] = np.copy) -> Operands:
    """The operands after `transform`, so that a pass that writes to one of them raises."""
    arrays: dict[str, Any] = {name: transform(array) for name, array in operands.arrays().items()}
    for array in arrays.values():
        array.flags.writeable = False
    return replace(operands, **arrays)


@contextmanager
def blocks_of(elements: int, least_windows: int, negligible: int) -> Iterator[None]:
    """Cut the work into smaller blocks, and scatter what would be gathered, as large convolutions do."""
    caches = (windows.input_windows, windows.output_gradient_windows, bilinear._gathers_input_gradient)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "BLOCK_ELEMENTS", elements)
        patch.setattr(windows, "LEAST_WINDOWS", least_windows)
        patch.setattr(bilinear, "NEGLIGIBLE_ELEMENTS", negligible)
        for cache in caches:
            cache.cache_clear()
        yield
    for cache in caches:
        cache.cache_clear()


def assert_equals_the_equations(result: Array, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> None:
    expected = equations.evaluate(pass_, operands, geometry)
    assert result.shape == pass_.result_shape(geometry)
    assert result.dtype == operands.input.dtype
    parts = np.stack((result.real, result.imag), axis=-1) if result.dtype.kind == "c" else result
    np.testing.assert_array_equal(parts, expected.astype(parts.dtype))


@pytest.mark.parametrize("dtype", ["int64", "float64", "complex128"])
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(
    geometry=geometries(),
    seed=st.integers(0, 2**16),
    bias=st.booleans(),
    layout=st.sampled_from([np.copy, non_contiguous, np.asfortranarray]),
    blocks=st.sampled_from([(2**17, 256, 2**16), (1, 1, 0), (1, 3, 0), (40, 1, 0)]),
)
def test_every_pass_equals_the_equations(
    dtype: str,
    geometry: ConvGeometry,
    seed: int,
    bias: bool,
    layout: Callable[[Array], Array],
    blocks: tuple[int, int, int],
) -> None:
    operands = read_only(integer_operands(geometry, dtype, seed, bias=bias), layout)
    with blocks_of(*blocks):
        results = {pass_: reference.evaluate(pass_, operands, geometry) for pass_ in EVERY_PASS}
    for pass_, result in results.items():
        assert_equals_the_equations(result, pass_, operands, geometry)
        assert result.flags.writeable
        assert not any(np.shares_memory(result, array) for array in operands.arrays().values())


@pytest.mark.parametrize("pass_", EVERY_PASS, ids=str)
@pytest.mark.parametrize("name", NAMED_CASES)
@pytest.mark.parametrize("dtype", ["int64", "float32", "complex64"])
def test_named_cases_equal_the_equations(name: str, dtype: str, pass_: Pass) -> None:
    geometry = parse_geometry(NAMED_CASES[name])
    operands = read_only(integer_operands(geometry, dtype, seed=1))
    assert_equals_the_equations(reference.evaluate(pass_, operands, geometry), pass_, operands, geometry)


@pytest.mark.parametrize("text", LARGE_CASES)
def test_blocks_of_a_large_case_join_without_a_seam(text: str) -> None:
    geometry = parse_geometry(text)
    operands = read_only(integer_operands(geometry, "int64", seed=2, bias=False))
    output = reference.evaluate(Pass.FORWARD, operands, geometry)
    random = np.random.default_rng(3)
    for _ in range(20):
        index = tuple(int(random.integers(size)) for size in output.shape)
        assert (output[index], 0) == equations.element(Pass.FORWARD, operands, geometry, index)
    jvp = reference.evaluate(Pass.JVP, operands, geometry)
    assert (jvp == reference.evaluate(Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT, operands, geometry)).all()
    assert np.sum(jvp * operands.output_gradient) == sum(
        np.sum(reference.evaluate(pass_, operands, geometry) * direction)
        for pass_, direction in (
            (Pass.INPUT_GRADIENT, operands.input_direction),
            (Pass.WEIGHT_GRADIENT, operands.weight_direction),
        )
    )
    adjoint = np.sum(output * operands.output_gradient)
    assert np.sum(reference.evaluate(Pass.INPUT_GRADIENT, operands, geometry) * operands.input) == adjoint
    assert np.sum(reference.evaluate(Pass.WEIGHT_GRADIENT, operands, geometry) * operands.weight) == adjoint


def rotated_kernel(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    return reference.evaluate(pass_, replace(operands, weight=operands.weight[..., ::-1]), geometry)


def swapped_padding(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    sides = tuple((high, low) for low, high in geometry.padding)
    return reference.evaluate(pass_, operands, replace(geometry, padding=sides))


def last_image_dropped(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    gradient = operands.output_gradient.copy()
    gradient[-1:] = 0
    return reference.evaluate(pass_, replace(operands, output_gradient=gradient), geometry)


def channels_of_the_next_group(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    shifted = np.roll(operands.input, geometry.in_channels // geometry.groups, axis=1)
    return reference.evaluate(pass_, replace(operands, input=shifted), geometry)


def weight_direction_forgotten(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    return reference.evaluate(pass_, replace(operands, weight_direction=0 * operands.weight), geometry)


def directions_swapped_for_operands(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    swapped = replace(operands, input=operands.input_direction, input_direction=operands.input)
    return reference.evaluate(pass_, swapped, geometry)


def bias_direction_forgotten(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    return reference.evaluate(pass_, replace(operands, bias_direction=None), geometry)


def zeros_for_padding(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    return reference.evaluate(pass_, operands, replace(geometry, padding_mode="zeros"))


def output_padding_left_zero(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    result = reference.evaluate(pass_, operands, geometry)
    for axis, extra in enumerate(geometry.output_padding):
        result[(slice(None),) * (2 + axis) + (slice(result.shape[2 + axis] - extra, None),)] = 0
    return result


def one_element_off_by_one(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    result = reference.evaluate(pass_, operands, geometry)
    result.flat[-1:] += 1
    return result


@pytest.mark.parametrize(
    ("wrong", "pass_"),
    [
        (rotated_kernel, Pass.FORWARD),
        (rotated_kernel, Pass.INPUT_GRADIENT),
        (rotated_kernel, Pass.UPDATE),
        (swapped_padding, Pass.FORWARD),
        (swapped_padding, Pass.INPUT_GRADIENT),
        (swapped_padding, Pass.WEIGHT_GRADIENT),
        (last_image_dropped, Pass.INPUT_GRADIENT),
        (last_image_dropped, Pass.WEIGHT_GRADIENT),
        (last_image_dropped, Pass.BIAS_GRADIENT),
        (channels_of_the_next_group, Pass.FORWARD),
        (channels_of_the_next_group, Pass.WEIGHT_GRADIENT),
        (rotated_kernel, Pass.JVP),
        (swapped_padding, Pass.JVP),
        (swapped_padding, Pass.DOUBLE_BACKWARD_INPUT),
        (swapped_padding, Pass.DOUBLE_BACKWARD_WEIGHT),
        (last_image_dropped, Pass.DOUBLE_BACKWARD_WEIGHT),
        (weight_direction_forgotten, Pass.JVP),
        (weight_direction_forgotten, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT),
        (weight_direction_forgotten, Pass.DOUBLE_BACKWARD_INPUT),
        (directions_swapped_for_operands, Pass.JVP),
        (directions_swapped_for_operands, Pass.DOUBLE_BACKWARD_WEIGHT),
        (bias_direction_forgotten, Pass.JVP),
        (bias_direction_forgotten, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT),
        (zeros_for_padding, Pass.FORWARD),
        (zeros_for_padding, Pass.INPUT_GRADIENT),
        (zeros_for_padding, Pass.WEIGHT_GRADIENT),
        (zeros_for_padding, Pass.JVP),
        (output_padding_left_zero, Pass.FORWARD),
        *((one_element_off_by_one, pass_) for pass_ in EVERY_PASS),
    ],
)
def test_the_named_cases_catch_a_planted_fault(
    wrong: Callable[[Pass, Operands, ConvGeometry], Array], pass_: Pass
) -> None:
    caught = []
    for name, text in NAMED_CASES.items():
        geometry = parse_geometry(text)
        operands = integer_operands(geometry, "int64", seed=1)
        try:
            assert_equals_the_equations(wrong(pass_, operands, geometry), pass_, operands, geometry)
        except AssertionError:
            caught.append(name)
    assert caught


def test_an_empty_batch_has_zero_weight_and_bias_gradients() -> None:
    geometry = parse_geometry(NAMED_CASES["empty batch"])
    operands = integer_operands(geometry, "float64", seed=1)
    assert reference.evaluate(Pass.FORWARD, operands, geometry).shape == geometry.output_shape
    assert not reference.evaluate(Pass.WEIGHT_GRADIENT, operands, geometry).any()
    assert not reference.evaluate(Pass.BIAS_GRADIENT, operands, geometry).any()


@pytest.mark.parametrize(
    ("pass_", "operand"),
    [
        (Pass.FORWARD, "input"),
        (Pass.FORWARD, "weight"),
        (Pass.FORWARD, "bias"),
        (Pass.INPUT_GRADIENT, "output_gradient"),
        (Pass.INPUT_GRADIENT, "weight"),
        (Pass.WEIGHT_GRADIENT, "input"),
        (Pass.WEIGHT_GRADIENT, "output_gradient"),
        (Pass.BIAS_GRADIENT, "output_gradient"),
        (Pass.UPDATE, "weight"),
        (Pass.JVP, "input"),
        (Pass.JVP, "input_direction"),
        (Pass.JVP, "weight_direction"),
        (Pass.JVP, "bias_direction"),
        (Pass.DOUBLE_BACKWARD_INPUT, "weight_direction"),
        (Pass.DOUBLE_BACKWARD_WEIGHT, "output_gradient"),
    ],
)
def test_a_wrong_operand_is_named(pass_: Pass, operand: str) -> None:
    geometry = ConvGeometry.of(batch=2, in_channels=2, out_channels=3, size=(5, 4), kernel=2)
    operands = integer_operands(geometry, "float64", seed=1)
    array = getattr(operands, operand)
    for wrong, argument in (
        (array[..., :-1], f"{operand}.shape"),
        (array[None], f"{operand}.shape"),
        (array.astype(str), f"{operand}.dtype"),
        (array.tolist(), operand),
    ):
        with pytest.raises(InvalidArgument, match=rf"\[{pass_}\]") as refusal:
            reference.evaluate(pass_, replace(operands, **{operand: wrong}), geometry)
        assert refusal.value.argument == argument


def test_a_fractional_step_from_an_integer_weight_is_exact() -> None:
    geometry = parse_geometry(NAMED_CASES["the seed's exercise"])
    operands = replace(integer_operands(geometry, "int64", seed=4), learning_rate=0.25)
    result = reference.evaluate(Pass.UPDATE, operands, geometry)
    np.testing.assert_array_equal(result, equations.evaluate(Pass.UPDATE, operands, geometry).astype("float64"))


def test_a_step_is_half_the_gradient_unless_another_rate_is_given() -> None:
    """The gradient of [1, 2, 3] and [1, 10] is [21, 32]."""
    x, weight, gradient = (np.array([[each]]) for each in ([1.0, 2.0, 3.0], [1.0, 10.0], [1.0, 10.0]))
    updated = reference.update(x, weight, gradient, ConvGeometry.of(size=3, kernel=2))
    assert updated.ravel().tolist() == [1 - 10.5, 10 - 16]


@pytest.mark.parametrize("pass_", [pass_ for pass_ in EVERY_PASS if pass_.is_second_order], ids=str)
def test_a_pass_of_second_order_without_its_directions_is_refused(pass_: Pass) -> None:
    geometry = parse_geometry(NAMED_CASES["the seed's exercise"])
    operands = integer_operands(geometry, "float64", seed=1)
    first_order = Operands(operands.input, operands.weight, operands.bias, operands.output_gradient)
    with pytest.raises(InvalidArgument, match=r"_direction='?None(Type)?'?, but should be an? (array|numpy\.ndarray)"):
        reference.evaluate(pass_, first_order, geometry)


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(reference).failed == 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_result_has_the_dtype_of_the_operands(dtype: str) -> None:
    geometry = ConvGeometry.of(size=3, kernel=2, padding=1, padding_mode="reflect")
    own = numpy_dtype(dtype)
    operands = Operands(**{name: np.ones(shape_of(name, geometry), own) for name in ARRAYS})  # type: ignore[arg-type]
    for pass_ in EVERY_PASS:
        if is_defined(pass_, dtype):
            assert reference.evaluate(pass_, operands, geometry).dtype == own
