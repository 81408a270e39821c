"""Padding: where repeated elements come from, as NumPy has it, and what the names of paddings come to."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.problem.padding import NUMPY_MODES, PADDING_MODES, REPEATING_MODES, lacking, named_sides


@pytest.mark.parametrize(
    ("mode", "source"),
    [
        ("zeros", [-2, -1, 0, 1, 2, 3, 4]),
        ("reflect", [2, 1, 0, 1, 2, 1, 0]),
        ("replicate", [0, 0, 0, 1, 2, 2, 2]),
        ("circular", [1, 2, 0, 1, 2, 0, 1]),
    ],
)
def test_what_lies_two_beyond_the_edges_of_three_elements(mode: str, source: list[int]) -> None:
    positions = np.arange(-2, 5)
    assert PADDING_MODES[mode].source(positions, 3).tolist() == source


@pytest.mark.parametrize("mode", REPEATING_MODES)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_as_much_as_a_mode_takes_is_what_numpy_pads(mode: str, size: int) -> None:
    most = PADDING_MODES[mode].most(size)
    sides = 2 * size if most is None else most
    padded = np.pad(np.arange(size), sides, mode=NUMPY_MODES[mode])  # type: ignore[call-overload]
    assert PADDING_MODES[mode].source(np.arange(-sides, size + sides), size).tolist() == padded.tolist()


@pytest.mark.parametrize(
    ("mode", "size", "most"),
    [
        ("zeros", 0, None),
        ("reflect", 3, 2),
        ("reflect", 1, 0),
        ("reflect", 0, 0),
        ("replicate", 1, None),
        ("replicate", 0, 0),
        ("circular", 3, 3),
        ("circular", 0, 0),
    ],
)
def test_the_most_padding_of_a_mode(mode: str, size: int, most: int | None) -> None:
    assert PADDING_MODES[mode].most(size) == most


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation", "total"),
    [
        (5, 3, 1, 1, 2),
        (5, 2, 1, 1, 1),
        (6, 3, 2, 1, 1),
        (5, 3, 2, 1, 2),
        (5, 3, 1, 2, 4),
        (5, 1, 3, 1, 0),
        (0, 3, 1, 1, 2),
        (1, 1, 1, 1, 0),
    ],
)
def test_same_padding_gives_the_size_over_the_stride(
    size: int, kernel: int, stride: int, dilation: int, total: int
) -> None:
    axis = ((size,), (kernel,), (stride,), (dilation,))
    less, more = total // 2, total - total // 2
    assert named_sides("same_upper", *axis) == ((less, more),)
    assert named_sides("same_lower", *axis) == ((more, less),)
    assert named_sides("valid", *axis) == ((0, 0),)


def test_every_axis_has_its_own_sides() -> None:
    assert named_sides("causal", (9, 9), (3, 2), (1, 2), (2, 3)) == ((4, 0), (3, 0))
    assert named_sides("same_upper", (5, 6), (2, 3), (1, 2), (1, 1)) == ((0, 1), (0, 1))


@pytest.mark.parametrize(
    ("kernel", "stride", "dilation", "elements"), [(1, 3, 1, 2), (2, 5, 2, 2), (2, 3, 2, 0), (3, 2, 1, 0)]
)
def test_what_short_kernels_leave_of_a_stride(kernel: int, stride: int, dilation: int, elements: int) -> None:
    assert lacking(kernel, stride, dilation) == elements
