"""Linear maps of arrays: each by hand, and each with its adjoint, <map x, y> = <x, adjoint y>."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.problem.passes import Array
from convoracle.suites.checks.relations.linear_maps import (
    AxisMap,
    AxisMaps,
    BlockDiagonal,
    LinearMap,
    delayed,
    permuted,
    spread,
    surrounded,
    without_last,
)

ONE_TO_FOUR = np.array([1, 2, 3, 4])


@pytest.mark.parametrize(
    ("make", "arguments", "pushed", "pulled"),
    [
        (permuted, (0, np.array([2, 0, 3, 1])), [3, 1, 4, 2], [2, 4, 1, 3]),
        (spread, (0, 4, 1, 6), [1, 2, 3, 4, 0, 0], [1, 2, 3, 4]),
        (spread, (0, 4, 2, 11), [1, 0, 2, 0, 3, 0, 4, 0, 0, 0, 0], [1, 3, 5, 7]),
        (surrounded, (0, 4, 1, 2), [0, 1, 2, 3, 4, 0, 0], [2, 3, 4, 5]),
        (surrounded, (0, 4, 1, 2, "replicate"), [1, 1, 2, 3, 4, 4, 4], [1 + 2, 3, 4, 5 + 6 + 7]),
        (surrounded, (0, 4, 1, 2, "reflect"), [2, 1, 2, 3, 4, 3, 2], [2, 1 + 3 + 7, 4 + 6, 5]),
        (surrounded, (0, 4, 1, 2, "circular"), [4, 1, 2, 3, 4, 1, 2], [2 + 6, 3 + 7, 4, 1 + 5]),
        (without_last, (0, 4, 1), [1, 2, 3, 0], [1, 2, 3, 0]),
        (without_last, (0, 4, 3), [1, 0, 0, 0], [1, 0, 0, 0]),
        (delayed, (0, 4, 1), [0, 1, 2, 3], [2, 3, 4, 0]),
        (delayed, (0, 4, 3), [0, 0, 0, 1], [4, 0, 0, 0]),
    ],
)
def test_along_an_axis(
    make: Callable[..., AxisMap], arguments: tuple[Any, ...], pushed: list[int], pulled: list[int]
) -> None:
    """The adjoint is applied to 1, 2, 3, …"""
    mapping = make(*arguments)
    assert mapping.push(ONE_TO_FOUR).tolist() == pushed
    assert mapping.pull(np.arange(1.0, len(pushed) + 1)).tolist() == pulled


MAPS: tuple[tuple[LinearMap, tuple[int, ...]], ...] = (
    (spread(2, 4, 3, 11), (2, 3, 4)),
    (surrounded(1, 3, 2, 0, "reflect"), (2, 3, 4)),
    (AxisMaps(), (2, 3)),
    (AxisMaps((delayed(0, 3, 1), spread(0, 3, 2, 6), permuted(1, np.array([1, 0])))), (3, 2)),
    (BlockDiagonal(1), (2, 3, 2)),
    (BlockDiagonal(2), (4, 3, 2)),
)


@pytest.mark.parametrize(("mapping", "shape"), MAPS)
@pytest.mark.parametrize("dtype", ["float32", "int8", "complex64"])
def test_each_has_its_adjoint_and_keeps_the_dtype(mapping: LinearMap, shape: tuple[int, ...], dtype: str) -> None:
    generator = np.random.default_rng(0)
    array: Array = generator.integers(-4, 5, shape).astype(dtype)
    pushed = mapping.push(array)
    assert pushed.dtype == array.dtype
    other = generator.integers(-4, 5, pushed.shape).astype(np.float64)
    pulled = mapping.pull(other)
    assert pulled.shape == shape
    assert (pushed * other).sum() == (array * pulled).sum()


def test_what_is_pushed_is_no_view_of_the_operand_and_lies_row_by_row() -> None:
    array = np.arange(6.0).reshape(2, 3)
    for mapping in (permuted(1, np.arange(3)), spread(1, 3, 1, 3), BlockDiagonal(1)):
        pushed = mapping.push(array[..., None])
        assert not np.shares_memory(pushed, array)
        assert pushed.flags.c_contiguous


def test_maps_are_made_one_after_another() -> None:
    """First moved on, then spread."""
    maps = AxisMaps((delayed(0, 4, 1), spread(0, 4, 2, 7)))
    assert maps.push(ONE_TO_FOUR).tolist() == [0, 0, 1, 0, 2, 0, 3]
    assert maps.pull(np.arange(1.0, 8)).tolist() == [3, 5, 7, 0]


def test_a_grouped_weight_is_block_diagonal() -> None:
    """Two groups of one row and two columns each."""
    weight = np.array([[[1], [2]], [[3], [4]]])
    assert BlockDiagonal(2).push(weight)[..., 0].tolist() == [[1, 2, 0, 0], [0, 0, 3, 4]]
    dense = np.arange(1.0, 9).reshape(2, 4, 1)
    assert BlockDiagonal(2).pull(dense)[..., 0].tolist() == [[1, 2], [7, 8]]
