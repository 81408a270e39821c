"""Inputs of more than 2**31 elements: an index of 32 bits is found out, one of 64 passes, in almost no memory."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.judging.verdict import Outcome
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Limits
from convoracle.suites.checks.reach import PLACES, ask_reach


def _strided(x: np.ndarray, w: np.ndarray, flat: type) -> np.ndarray:
    """A 1x1 convolution with a stride of a million on the last axis, by flat indices of some integer type."""
    size = x.shape[-1]
    rows = np.prod(x.shape[2:-1], dtype=np.int64)
    starts = (np.arange(rows)[:, None] * size + np.arange(0, size, 2**20)).astype(flat).astype(np.int64) % (rows * size)
    taken = x[(0, 0, *np.unravel_index(starts.ravel(), x.shape[2:]))]
    return (taken * w.ravel()[0]).reshape(1, 1, *x.shape[2:-1], -1)


def wide(x, w, stride):
    return _strided(x, w, np.int64)


def narrow(x, w, stride):
    return _strided(x, w, np.int32)


def dense(x, w, stride):
    return np.array(x)


@pytest.mark.parametrize("place", PLACES)
def test_indices_of_64_bits_reach_everything(place: str) -> None:
    result = ask_reach(InProcess(wide), place)
    assert result is not None
    assert result.verdict.outcome is Outcome.CONFORMS


def test_an_index_of_32_bits_is_found() -> None:
    result = ask_reach(InProcess(narrow), "two axes together")
    assert result is not None
    assert result.verdict.outcome is Outcome.VIOLATES
    assert "1 of 4096 elements are wrong" in result.verdict.reason


def test_who_lays_it_out_in_memory_may_want_too_much() -> None:
    with Isolated(dense, Limits(memory_bytes=2**30)) as executor:
        result = ask_reach(executor, "one axis")
    assert result is not None
    assert result.verdict.outcome is Outcome.UNSUPPORTED
