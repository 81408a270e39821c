"""Reach: a forward pass on an input or a weight of more than 2**31 elements, or bytes, which strides of 0 make small.

An index of 32 bits overflows there. Windows lie far apart, or there is one, so that the result
is small. An implementation may lay the tensor out in memory, where that is
allowed to be enough, and it may say that this is too much; it may not compute
something else or crash. What needs tensors that are really there is asked by certificate, of the corpus "beyond32".
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np

from ...oracle.errors import InvalidArgument
from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.numbers.arrays import first_index
from ...oracle.operands.data import Case
from ...oracle.problem.geometry import ConvGeometry, parse_geometry
from ...oracle.problem.layouts import EXPANDED
from ...oracle.problem.passes import Array, Operands, Pass
from ...reports.records.record import CheckResult
from ..calling.executor import Executor
from ..calling.replies import Died, Raised, Reply, Returned
from .conduct import judge_conduct
from .examination import Examination
from .kind import CheckKind, OfCandidate

REACH = "reach"
SECONDS = 120.0
_WEIGHT = 2

PLACES = {
    "one axis": parse_geometry("n1c1k1i2147484672f1s1048576"),
    "two axes together": parse_geometry("n1c1k1i2048x1048577f1x1s1x1048576"),
    "bytes of two axes": parse_geometry("n1c1k1i2048x262145f1x1s1x262144"),
    "weight": parse_geometry("n1c1024k2097160i1f1"),
}
"""Where the elements are: along one axis of more than 2**31, or along two whose product is; along two that have more
bytes, in float32; along both channels of a weight.
"""
_PERIOD = 4093
"""Of the factors of output channels: no divisor of the 2**21 by which channels are exchanged where an index wraps."""


def reach_case(place: str) -> Case:
    """A small case with as many axes, under which the verdict is recorded: records hold whole arrays."""
    geometry = PLACES[place]
    ones = (1,) * geometry.rank
    small = replace(geometry, in_channels=1, out_channels=1, size=tuple(2 * one for one in ones), stride=ones)
    return Case(small, False, "float32", "uniform", 0)


def ask_reach(executor: Executor, place: str) -> CheckResult | None:
    """Whether a candidate computes the forward pass there; None where it offers none."""
    if Pass.FORWARD not in executor.passes:
        return None
    geometry = PLACES[place]
    operands, expected = _asked(geometry)
    start = time.perf_counter()
    reply = executor.call(Pass.FORWARD, operands, geometry, seconds=SECONDS, layout=EXPANDED)
    return CheckResult(REACH, place, _judge(reply, expected, geometry), time.perf_counter() - start)


def _asked(geometry: ConvGeometry) -> tuple[Operands, Array]:
    """Of the operands the elements that differ, and the result: each row, or output channel, has its own number."""
    rows = np.arange(1, geometry.size[0] + 1, dtype=np.float32) if geometry.rank > 1 else np.full(1, 3, np.float32)
    source = rows.reshape(1, 1, -1, *(1,) * (geometry.rank - 1))
    ones = (1,) * (1 + geometry.rank)
    weight = (_WEIGHT + np.arange(geometry.out_channels) % _PERIOD).astype(np.float32).reshape(-1, *ones)
    expected = geometry.in_channels * weight.reshape(1, -1, *ones[1:]) * source
    cotangent = np.zeros((1,) * len(geometry.output_shape), np.float32)
    return Operands(source, weight, None, cotangent), np.broadcast_to(expected, geometry.output_shape)


def _judge(reply: Reply, expected: Array, geometry: ConvGeometry) -> Verdict:
    match reply:
        case Raised():
            return Verdict(Outcome.UNSUPPORTED, f"refuses it: {reply.kind}: {reply.message}", REACH)
        case Died() if reply.ran_out_of_memory:
            return Verdict(Outcome.UNSUPPORTED, f"needs more memory than it may have: {reply.cause}", REACH)
        case Returned() if not reply.mutated:
            return _compare(reply.value, expected, geometry)
        case _:
            verdict = judge_conduct(reply)
            assert verdict is not None
            return replace(verdict, reason=f"{verdict.reason}, on {geometry}")


def _compare(actual: Array, expected: Array, geometry: ConvGeometry) -> Verdict:
    if actual.shape != expected.shape:
        reason = f"returned shape {actual.shape}, but should be {expected.shape}, on {geometry}"
        return Verdict(Outcome.VIOLATES, reason, "shape")
    wrong = actual != expected
    if not wrong.any():
        return Verdict(Outcome.CONFORMS, elements=expected.size)
    index = first_index(wrong)
    reason = f"{int(wrong.sum())} of {expected.size} elements are wrong, the first at {list(index)}: {actual[index]:g}"
    told = f"{reason} instead of {expected[index]:g}, on {geometry}"
    return Verdict(Outcome.VIOLATES, told, "value", None, int(wrong.sum()), expected.size)


def _questions(passes: Collection[Pass], ranks: Sequence[int]) -> Iterator[tuple[Case, str]]:
    yield from ((reach_case(place), place) for place in PLACES if Pass.FORWARD in passes)


def _ask(examination: Examination, check: str, subject: str) -> CheckResult | None:
    if subject not in PLACES:
        raise InvalidArgument("subject", subject, f"should be one of {', '.join(PLACES)}", where="check")
    return ask_reach(examination.executor, subject)


KIND = CheckKind(
    name=REACH,
    title="inputs and weights of more than 2**31 elements",
    meaning="The forward pass on an input or a weight of more than 2**31 elements, or bytes, where an index of 32 bits "
    "overflows: it must come to the right result, or be refused.",
    schedule=OfCandidate(_questions, lambda info: False, "reach only if it is named, since it wants time and memory"),
    ask=_ask,
    subjects=lambda passes: tuple(PLACES),
)
