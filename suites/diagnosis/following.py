"""From which other passes of a candidate a wrong result follows: it is made of them as the definition says.

An update is F - α ∂L/∂F, and each pass of second order is a sum of passes of
first order on other operands. Where a candidate's wrong result equals, bit for
bit on the integer lattice, what the definition makes of its own result of the
other pass, that one is wrong and nothing else: put the right one in its place,
and the fault vanishes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ...oracle.numbers.arrays import widened
from ...oracle.operands.data import Numbers
from ...oracle.problem.passes import Array, Operands, Pass, real_parts
from ..calling.executor import Executor
from ..calling.replies import Returned
from ..checks.declared import arithmetic_of
from ..checks.registry import FIRST
from ..checks.value import operands_of
from .fault import Fault

Summand = tuple[Pass, Operands]
"""A pass of first order, and its operands."""


def followed(fault: Fault, executor: Executor) -> tuple[str, ...]:
    """The passes of the candidate from which its wrong result on the shrunk case follows; usually none, or one.

    Only wrong values of the integer lattice are looked into.
    """
    if fault.check != FIRST.name or fault.verdict.cause != "value" or fault.history:
        return ()
    pass_, case = Pass(fault.subject), fault.shrunk
    operands = operands_of(Numbers.INTEGERS, case, arithmetic_of(executor.info, case.dtype))
    terms = tuple(_terms(pass_, operands))
    if not terms or any(deeper not in executor.passes for deeper, _ in terms):
        return ()
    actual = executor.call(pass_, operands, case.geometry, layout=case.layout)
    replies = [executor.call(deeper, given, case.geometry, layout=case.layout) for deeper, given in terms]
    values = [reply.value for reply in replies if isinstance(reply, Returned)]
    if not isinstance(actual, Returned) or len(values) < len(terms):
        return ()
    made = _made(pass_, operands, values)
    if made is None or not np.array_equal(real_parts(actual.value), real_parts(made)):
        return ()
    return tuple(dict.fromkeys(str(deeper) for deeper, _ in terms))


def _terms(pass_: Pass, operands: Operands) -> Iterator[Summand]:
    """What the definition of a pass makes its result of, beside operands; nothing of a pass of first order."""
    plain = replace(operands, bias=None).of(Pass.FORWARD)
    match pass_:
        case Pass.UPDATE:
            yield Pass.WEIGHT_GRADIENT, plain
        case Pass.JVP | Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT:
            directed = replace(plain, input=_direction(operands.input_direction), bias=operands.bias_direction)
            yield Pass.FORWARD, directed
            yield Pass.FORWARD, replace(plain, weight=_direction(operands.weight_direction))
        case Pass.DOUBLE_BACKWARD_INPUT:
            yield Pass.INPUT_GRADIENT, replace(plain, weight=_direction(operands.weight_direction))
        case Pass.DOUBLE_BACKWARD_WEIGHT:
            yield Pass.WEIGHT_GRADIENT, replace(plain, input=_direction(operands.input_direction))


def _direction(array: Array | None) -> Array:
    assert array is not None
    return array


def _made(pass_: Pass, operands: Operands, values: list[Array]) -> Array | None:
    """What the definition makes of results; None where their shapes do not fit each other."""
    if len({value.shape for value in values}) > 1:
        return None
    first, *others = map(widened, values)
    total: Array = sum(others, start=first)
    if pass_ is not Pass.UPDATE:
        return total
    if operands.weight.shape != total.shape:
        return None
    return operands.weight.astype(total.dtype) - operands.learning_rate * total
