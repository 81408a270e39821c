"""What runs a candidate: in this process and in one of its own, the same is asked and the same is answered."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import numpy as np
import pytest

from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.calling.company import LATTICE, REALS, CompanyCall, CompanyQuestion, CompanyReply
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.illegal_calls import illegal_call
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Raised, Returned, Unsupported

GEOMETRY = parse_geometry("n1c1k1i3f2")
OPERANDS = Operands(np.array([[[1.0, 2, 3]]]), np.array([[[4.0, 5]]]), None, np.ones((1, 1, 2)))


class Correlation:
    """Of one axis and one channel, by the definition; counts its calls, and says how operands lie in memory."""

    name = "correlation"
    version = "3"
    accumulators = {"float16": "float32"}
    domain = {"ranks": [1], "threads": "one"}

    def __init__(self) -> None:
        self.calls = 0

    def forward(self, input: Array, weight: Array) -> Array:
        self.calls += 1
        if not input.flags.c_contiguous:
            raise ValueError(f"strides {input.strides}")
        return np.array([[np.correlate(input[0, 0], weight[0, 0], "valid")]])

    def bias_gradient(self, output_gradient: Array) -> Array:
        return np.full(1, float(self.calls))


@pytest.fixture(scope="module", params=[InProcess, Isolated])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    with request.param(Correlation) as opened:
        yield opened


@pytest.mark.parametrize("name", [name for name in vars(Executor) if not name.startswith("_")])
def test_both_have_what_the_protocol_names(executor: Executor, name: str) -> None:
    if isinstance(vars(Executor)[name], property):
        assert hasattr(executor, name)
    else:
        asked, taken = (inspect.signature(getattr(kind, name)).parameters for kind in (Executor, type(executor)))
        assert list(taken.values()) == list(asked.values())


def test_who_is_run_and_what_it_offers(executor: Executor) -> None:
    info = executor.info
    assert (info.name, info.version, info.source, info.threads) == ("correlation", "3", "", "one")
    assert info.accumulators == (("float16", "float32"),)
    assert dict(info.domain)["ranks"] == "[1]"
    assert executor.passes == {Pass.FORWARD, Pass.BIAS_GRADIENT}


def test_a_call_returns_what_the_candidate_does(executor: Executor) -> None:
    """1 * 4 + 2 * 5 = 14, and 2 * 4 + 3 * 5 = 23."""
    reply = executor.call(Pass.FORWARD, OPERANDS, GEOMETRY)
    assert isinstance(reply, Returned)
    assert reply.value.tolist() == [[[14, 23]]]
    assert reply.seconds > 0


def test_operands_lie_in_memory_as_asked(executor: Executor) -> None:
    reply = executor.call(Pass.FORWARD, OPERANDS, GEOMETRY, layout="strided")
    assert isinstance(reply, Raised)
    assert (reply.kind, reply.message) == ("ValueError", "strides (48, 48, 16)")
    assert reply.where.startswith(__file__)


def test_a_pass_that_it_does_not_have_is_unsupported(executor: Executor) -> None:
    reply = executor.call(Pass.WEIGHT_GRADIENT, OPERANDS, GEOMETRY)
    assert reply == Unsupported("correlation has no `weight_gradient`")


def test_a_call_in_company_brings_its_first_result_and_what_came_out_otherwise(executor: Executor) -> None:
    calls = {name: CompanyCall(OPERANDS, GEOMETRY) for name in (LATTICE, REALS)}
    right = executor.call_in_company(CompanyQuestion(Pass.FORWARD, calls))
    assert isinstance(right, CompanyReply)
    assert right.first.tolist() == [[[14, 23]]]
    assert right.deviations == ()
    counted = executor.call_in_company(CompanyQuestion(Pass.BIAS_GRADIENT, calls))
    assert isinstance(counted, CompanyReply)
    assert counted.deviations[0].told == "the call with the opposite output_gradient after the same with the first"
    missing = executor.call_in_company(CompanyQuestion(Pass.UPDATE, calls))
    assert missing == Unsupported("correlation has no `update`")


def test_an_illegal_call_is_told_what_came_of_it(executor: Executor) -> None:
    """The weight has 5 channels and the input 4, and both functions take one axis only."""
    reply = executor.illegal(illegal_call("weight of too many channels [forward, 1-D]"))
    assert isinstance(reply, Returned)
    assert executor.illegal(illegal_call("stride 0 [forward, 1-D]")) == Unsupported("its parameters cannot express it")
    two_axes = executor.illegal(illegal_call("weight of too many channels [forward, 2-D]"))
    assert isinstance(two_axes, Unsupported)
    assert "rank" in two_axes.reason


def test_the_call_is_written_out(executor: Executor) -> None:
    text = executor.call_text(Pass.FORWARD, GEOMETRY, "float64", False)
    assert "actual = " in text
    assert "input=input, weight=weight" in text
