"""A fault model as a candidate: without one it is honest, and a restart forgets what it remembers."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.faults import fault_named
from convoracle.oracle.numbers.dtypes import DTYPES
from convoracle.oracle.operands.data import lattice_operands, parse_case
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.audits.planted import Planted, PlantedInProcess
from convoracle.suites.calling.replies import Returned

CASE = parse_case("n2c2k3i5f2s2p1/bias/float32/uniform/1")


def returned(executor: PlantedInProcess, pass_: Pass) -> Array:
    reply = executor.call(pass_, lattice_operands(CASE), CASE.geometry)
    assert isinstance(reply, Returned)
    return reply.value


@pytest.mark.parametrize("pass_", Pass, ids=str)
def test_without_a_model_every_pass_is_right_and_in_the_operands_dtype(pass_: Pass) -> None:
    value = returned(PlantedInProcess(), pass_)
    assert value.dtype == np.float32
    assert np.array_equal(value, reference.evaluate(pass_, lattice_operands(CASE), CASE.geometry))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("kernel-not-rotated", Pass.INPUT_GRADIENT), ("bias-ignored", Pass.FORWARD)],
)
def test_with_a_model_that_pass_is_wrong_and_another_right(name: str, wrong: Pass) -> None:
    executor, honest = PlantedInProcess(fault_named(name)), PlantedInProcess()
    assert not np.array_equal(returned(executor, wrong), returned(honest, wrong))
    assert np.array_equal(returned(executor, Pass.BIAS_GRADIENT), returned(honest, Pass.BIAS_GRADIENT))


def test_it_is_called_by_its_model_and_takes_every_dtype() -> None:
    assert Planted().name == PlantedInProcess().info.name == "honest"
    executor = PlantedInProcess(fault_named("bias-ignored"))
    assert executor.info.name == "bias-ignored"
    assert set(executor.info.dtypes) == set(DTYPES)
    assert executor.passes == set(Pass)


def test_a_restart_forgets_earlier_calls() -> None:
    executor = PlantedInProcess(Planted(fault_named("returns-the-previous-result")))
    first = returned(executor, Pass.FORWARD)
    other = parse_case("n2c2k3i5f2s2p1/bias/float32/uniform/2")

    def second() -> Array:
        reply = executor.call(Pass.FORWARD, lattice_operands(other), other.geometry)
        assert isinstance(reply, Returned)
        return reply.value

    assert np.array_equal(second(), first)
    executor.restart()
    assert not np.array_equal(second(), first)
