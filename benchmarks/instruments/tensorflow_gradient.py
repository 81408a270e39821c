"""tf.test.compute_gradient on an implementation wrapped as a custom gradient, with a usual threshold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from convoracle.oracle.faults import Implementation
from convoracle.oracle.numbers.dtypes import COMPONENTS
from convoracle.oracle.operands.data import Case, real_operands
from convoracle.oracle.problem.passes import Pass

from . import Trial

THRESHOLD = 1e-3


def trials(stream: Sequence[Case]) -> Iterator[Trial]:
    """One trial for each real case that is not empty, on normal data in float64."""
    for case in stream:
        if case.dtype not in COMPONENTS and case.geometry.batch and not case.geometry.is_degenerate:
            yield Trial("float64", partial(_alarms, replace(case, dtype="float64", fill="normal")))


def _alarms(case: Case, implementation: Implementation) -> bool:
    import tensorflow as tf

    operands = real_operands(case)

    def evaluate(pass_: Pass, *arrays: Any) -> Any:
        def answer(input: Any, weight: Any, bias: Any, output_gradient: Any) -> Any:
            given = replace(operands, input=input, weight=weight, output_gradient=output_gradient)
            given = replace(given, bias=bias if case.bias else None)
            return implementation(pass_, given.of(pass_), case.geometry)

        return tf.numpy_function(answer, arrays, tf.float64)

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def convolution(*variables: Any) -> Any:
        input, weight, bias = (*variables, tf.zeros(0, tf.float64))[:3]

        def gradient(upstream: Any) -> Any:
            passes = (Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT)[: len(variables)]
            return [evaluate(pass_, input, weight, bias, upstream) for pass_ in passes]

        output = evaluate(Pass.FORWARD, input, weight, bias, operands.output_gradient)
        return tf.ensure_shape(output, case.geometry.output_shape), gradient

    variables = [array for array in (operands.input, operands.weight, operands.bias) if array is not None]
    try:
        theoretical, numerical = tf.test.compute_gradient(convolution, variables)
    except (ValueError, ArithmeticError, LookupError, tf.errors.OpError):
        return True
    pairs = zip(theoretical, numerical, strict=True)
    return any(bool(np.abs(one - other).max(initial=0.0) > THRESHOLD) for one, other in pairs)
