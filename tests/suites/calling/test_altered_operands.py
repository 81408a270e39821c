"""Operands copied, changed, laid elsewhere or broken: the numbers are those asked for, and the originals stay."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from convoracle.oracle.problem.passes import Array, Operands
from convoracle.suites.calling.altered_operands import (
    Unreadable,
    changed,
    copied,
    copy_of,
    image_of,
    laid_out,
    negate_in_place,
    negated,
    restrided,
)

ONE_TO_SIX = np.arange(1.0, 7).reshape(2, 1, 3)


def operands() -> Operands:
    """Two images of three elements; a weight, a bias and an output gradient of their own."""
    return Operands(
        ONE_TO_SIX.copy(), np.array([[[7.0]]]), np.array([8.0]), -ONE_TO_SIX, input_direction=10 * ONE_TO_SIX
    )


def test_copies_are_equal_and_apart_row_by_row_at_a_boundary() -> None:
    given = operands()
    given = Operands(given.input.T.copy().T, given.weight, given.bias, given.output_gradient)
    for name, copy in copied(given).arrays().items():
        original = given.arrays()[name]
        assert np.array_equal(copy, original)
        assert not np.shares_memory(copy, original)
        assert copy.flags.c_contiguous
        assert copy.flags.writeable
        assert copy.ctypes.data % 64 == 0


@pytest.mark.parametrize("shape", [(), (0, 3), (5,)], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "complex64", "int8"])
def test_a_copy_has_dtype_and_shape(dtype: str, shape: tuple[int, ...]) -> None:
    array: Array = np.full(shape, 3).astype(np.dtype(dtype))
    copy = copy_of(array)
    assert (copy.dtype, copy.shape, copy.tobytes()) == (array.dtype, shape, array.tobytes())


@pytest.mark.parametrize(
    ("act", "names"),
    [
        (lambda now: None, ()),
        (lambda now: now.weight.fill(7), ()),
        (lambda now: now.weight.fill(-7), ("weight",)),
        (lambda now: (now.output_gradient.fill(0), now.input.fill(0)), ("input", "output_gradient")),
    ],
)
def test_what_was_changed_is_named(act: Callable[[Operands], object], names: tuple[str, ...]) -> None:
    now = copied(operands())
    act(now)
    assert changed(now, operands()) == names


def test_bits_are_compared_and_no_numbers() -> None:
    """Zero and minus zero differ; NaN is NaN."""
    before = operands()
    before.weight[...] = 0.0
    before.bias[...] = np.nan  # type: ignore[index]
    now = copied(before)
    assert changed(now, before) == ()
    now.weight[...] = -0.0
    assert changed(now, before) == ("weight",)


def test_the_opposite_of_those_that_there_are() -> None:
    before = operands()
    after = negated(before, ("input", "bias", "bias_direction"))
    assert (after.input.tolist(), after.bias) == ((-ONE_TO_SIX).tolist(), -8.0)
    assert after.bias_direction is None
    assert after.weight is before.weight
    assert changed(before, operands()) == ()


def test_the_opposite_in_the_arrays_themselves_and_back() -> None:
    held = operands()
    array = held.input
    negate_in_place(held, ("input", "bias_direction"))
    assert held.input is array
    assert changed(held, operands()) == ("input",)
    assert array.tolist() == (-ONE_TO_SIX).tolist()
    negate_in_place(held, ("input", "bias_direction"))
    assert changed(held, operands()) == ()


def test_each_array_in_its_layout_and_the_others_contiguous() -> None:
    given = operands()
    laid = laid_out(given, {"input": "fortran", "weight": "readonly"})
    assert changed(laid, given) == ()
    assert laid.input.strides == (8, 16, 16)
    assert not laid.weight.flags.writeable
    assert laid.output_gradient.flags.c_contiguous
    assert not np.shares_memory(laid.output_gradient, given.output_gradient)


@pytest.mark.parametrize("step", [0, 1, 7])
def test_strides_change_along_axes_of_size_1_only(step: int) -> None:
    array = restrided(ONE_TO_SIX.astype(np.float32), step)
    assert array.strides == (12, 4 * step, 4)
    assert array.tolist() == ONE_TO_SIX.tolist()
    assert restrided(np.ones((1, 0)), step).strides == np.ones((1, 0)).strides


@pytest.mark.parametrize(("image", "numbers"), [(0, [1, 2, 3]), (1, [4, 5, 6])])
def test_one_image_has_all_that_images_have_and_the_weight_of_all(image: int, numbers: list[int]) -> None:
    alone = image_of(operands(), image)
    assert alone.input.tolist() == [[numbers]]
    assert alone.output_gradient.tolist() == [[[-number for number in numbers]]]
    assert alone.input_direction is not None
    assert alone.input_direction.tolist() == [[[10 * number for number in numbers]]]
    assert (alone.weight.tolist(), alone.bias) == ([[[7]]], 8)


@pytest.mark.parametrize("read", [np.asarray, lambda operand: operand.shape, lambda operand: operand.ctypes.data])
def test_an_unreadable_operand_raises_whatever_is_asked(read: Callable[[object], object]) -> None:
    with pytest.raises(RuntimeError, match="this operand cannot be read"):
        read(Unreadable())
