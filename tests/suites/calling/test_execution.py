"""One call of a candidate: what NumPy would say of the hostile operands is kept off the screen."""

from __future__ import annotations

import warnings

import numpy as np

from convoracle.oracle.operands.data import Numbers, parse_case
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.replies import Raised, Returned
from convoracle.suites.checks.value import operands_of

CASE = parse_case("n1c1k1i1f1/float32/uniform/0")


def overflowing(input: Array, weight: Array) -> Array:
    return np.float32(3e38) + input * weight * 0 + np.float32(3e38)


def test_an_overflow_is_no_warning_of_ours() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reply = InProcess(overflowing).call(Pass.FORWARD, operands_of(Numbers.INTEGERS, CASE), CASE.geometry)
    assert isinstance(reply, Returned)


def test_a_candidate_that_asks_for_errors_gets_them() -> None:
    with np.errstate(over="raise"):
        reply = InProcess(overflowing).call(Pass.FORWARD, operands_of(Numbers.INTEGERS, CASE), CASE.geometry)
    assert isinstance(reply, Raised)
    assert reply.kind == "FloatingPointError"
