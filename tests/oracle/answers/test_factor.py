"""Operands as factors: what is kept of them, and when."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.answers.factor import Factor, factor
from convoracle.oracle.problem.passes import Operands


def _operands(*, writeable: bool) -> Operands:
    arrays = [np.full((1, 1, 2), 3.0) for _ in range(2)]
    for array in arrays:
        array.flags.writeable = writeable
    return Operands(*arrays, None, np.ones((1, 1, 1)))


def test_what_nobody_writes_to_is_kept() -> None:
    operands = _operands(writeable=False)
    assert factor(operands, "input") is factor(operands, "input")
    assert factor(operands, "weight") is not factor(operands, "input")
    assert factor(_operands(writeable=False), "input") is not factor(operands, "input")


def test_what_may_be_written_to_is_read_again() -> None:
    operands = _operands(writeable=True)
    assert factor(operands, "input").extent.largest_size == 3.0
    operands.input[...] = 5.0
    assert factor(operands, "input").extent.largest_size == 5.0


def test_a_view_is_read_again_for_what_is_behind_it() -> None:
    behind = np.full((1, 1, 2), 3.0)
    operands = Operands(np.broadcast_to(behind, (1, 1, 2)), behind, None, np.ones((1, 1, 1)))
    assert not operands.input.flags.writeable
    assert factor(operands, "input").values.max() == 3.0
    behind[...] = 7.0
    assert factor(operands, "input").values.max() == 7.0


@pytest.mark.parametrize("dtype", ["float32", "int8", "int64", "uint64"])
def test_a_factor_is_the_numbers_themselves(dtype: str) -> None:
    largest = 127 if dtype == "int8" else 2**24 if dtype == "float32" else int(np.iinfo(dtype).max)
    made = Factor.of(np.array([0, 3, largest], dtype))
    assert made.exactly().to_fractions().tolist() == [0, 3, largest]
    assert made.is_of_floats == (dtype in ("float32", "int8"))
    assert (made.extent.smallest_size, made.extent.largest_size) == (0.0, float(largest))
    assert made.sizes.dtype == made.values.dtype == np.float64


def test_of_no_numbers_none_is_the_smallest() -> None:
    empty = Factor.of(np.zeros((0, 2))).extent
    assert (empty.smallest_size, empty.largest_size) == (np.inf, 0.0)
