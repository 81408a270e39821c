"""A candidate that misbehaves on one call, in a process of its own, and is asked before and after it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Limits, Returned

GEOMETRY = ConvGeometry.of(size=(3, 3), kernel=2)
LIMITS = Limits(seconds_per_call=0.5, memory_bytes=2**30)
SIGNAL_OF_WEIGHT = -1.0


def operands(first: float = 1.0) -> Operands:
    weight = np.ones(GEOMETRY.weight_shape)
    weight.flat[0] = first
    return Operands(np.ones(GEOMETRY.input_shape), weight, None, np.ones(GEOMETRY.output_shape))


def misbehaving(act: Callable[[Array, Array], object]) -> Callable[[Array, Array], object]:
    """A candidate that misbehaves when the first weight is -1 and returns zeros otherwise."""

    def conv(input: Array, weight: Array) -> object:
        if weight.flat[0] == SIGNAL_OF_WEIGHT:
            return act(input, weight)
        return np.zeros(GEOMETRY.output_shape)

    return conv


def bad_call_then_good(act: Callable[[Array, Array], object], limits: Limits = LIMITS) -> object:
    """The reply to the misbehaving call, after checking that calls before and directly after it work."""
    return between_good_calls(misbehaving(act), limits)


def between_good_calls(candidate: Callable[[Array, Array], object], limits: Limits = LIMITS) -> object:
    """As above, of a candidate that misbehaves by itself."""
    with Isolated(candidate, limits) as executor:
        assert isinstance(executor.call(Pass.FORWARD, operands(), GEOMETRY), Returned)
        reply = executor.call(Pass.FORWARD, operands(SIGNAL_OF_WEIGHT), GEOMETRY)
        after = executor.call(Pass.FORWARD, operands(), GEOMETRY)
        assert isinstance(after, Returned)
        assert np.array_equal(after.value, np.zeros(GEOMETRY.output_shape))
    return reply
