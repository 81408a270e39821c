"""Conduct in company: each way in which calls can disturb each other is seen, and the honest one passes."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Case, Numbers, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import LINKED, Array, Pass
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Limits
from convoracle.suites.checks.company import ask_company
from convoracle.suites.checks.value import answer

from ..stateful import (
    FAULTY,
    RIGHT,
    DiesAmongThreads,
    DiesOfEvenSizes,
    Honest,
    SortsItsTerms,
    StuckAfterAnError,
    TakesFloat32Only,
    WritesForAWhile,
)

CASE = parse_case("n2c3k2i6x5f3x2p1x1/bias/float32/uniform/1")
SMALL = parse_case("n2c3k2i5f3/bias/float32/uniform/3")
MANY_CHANNELS = parse_case("n2c16k2i6x5f3x2/float32/uniform/1")


class KeepsItsFirstWeights:
    """Prepares weights once for each shape, whatever their values."""

    def __init__(self) -> None:
        self.prepared: dict[tuple[int, ...], Array] = {}

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        prepared = self.prepared.setdefault(weight.shape, weight.copy())
        return reference.forward(input, prepared, geometry)


class KeepsAPlanForOneDtype:
    """Keeps the dtype of the first call for the results of all calls with such a kernel."""

    def __init__(self) -> None:
        self.plans: dict[tuple[int, ...], np.dtype] = {}

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        dtype = self.plans.setdefault(geometry.kernel, input.dtype)
        return reference.forward(input, weight, geometry).astype(dtype)


class KeepsAPlanForOneSize:
    """Keeps the first call's number of rows for all calls with such a kernel."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, ...], int] = {}

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        rows = self.rows.setdefault(geometry.kernel, geometry.output_size[0])
        result = reference.forward(input, weight, geometry)
        result[:, :, rows:] = 0
        return result


class SumsInAnyOrder:
    """Adds input channels in an order of its own each time."""

    conventions: dict[str, str] = {}

    def __init__(self) -> None:
        self.generator = np.random.default_rng()

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        order = self.generator.permutation(geometry.in_channels)
        result = np.zeros(geometry.output_shape, input.dtype)
        for channel in order:
            alone = ConvGeometry(
                geometry.batch,
                1,
                geometry.out_channels,
                geometry.size,
                geometry.kernel,
                geometry.stride,
                geometry.padding,
                geometry.dilation,
            )
            part = reference.forward(
                input[:, channel : channel + 1].astype(np.float64),
                weight[:, channel : channel + 1].astype(np.float64),
                alone,
            )
            result = (result + part).astype(input.dtype)
        return result


class SumsInAnyOrderAndSaysSo(SumsInAnyOrder):
    conventions = {"repeatability": "varies"}


class LosesATermNowAndThen(SumsInAnyOrderAndSaysSo):
    """Varies beyond the order of its sums."""

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        result = super().forward(input, weight, geometry)
        result[0, 0, 0, 0] += self.generator.integers(1, 100)
        return result


class RefusesTheSecondCall:
    def __init__(self) -> None:
        self.calls = 0

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        self.calls += 1
        if self.calls == 2:
            raise RuntimeError("used up")
        return reference.forward(input, weight, geometry)


def verdict_of(executor: Executor, case: Case, pass_: Pass = Pass.FORWARD) -> Verdict:
    result = ask_company(executor, case, pass_)
    assert result is not None
    assert (result.check, result.subject) == ("company", str(pass_))
    return result.verdict


class NeedsAnotherPass:
    """Zero, as long as no weight gradient was asked for."""

    def __init__(self) -> None:
        self.is_ready = False

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        return reference.forward(input, weight, geometry) * self.is_ready

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        self.is_ready = True
        return reference.weight_gradient(input, output_gradient, geometry)


class Slow(Honest):
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        time.sleep(0.03)
        return super().forward(input, weight, bias, geometry)


def without_bias(case: Case) -> Case:
    return parse_case(str(case).replace("bias/", ""))


@pytest.mark.parametrize("case", [CASE, SMALL], ids=str)
def test_the_honest_one_passes(case: Case) -> None:
    for pass_ in (*LINKED, Pass.UPDATE):
        verdict = verdict_of(InProcess(Honest), case, pass_)
        assert (verdict.outcome, verdict.reason) == (Outcome.CONFORMS, "")
        assert verdict.elements > 0


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "int8", "float8_e4m3fn", "complex64"])
def test_every_dtype_has_a_sign_to_change(dtype: str) -> None:
    case = parse_case(f"n2c3k2i6x5f3x2p1x1/bias/{dtype}/uniform/1")
    assert verdict_of(InProcess("reference"), case).outcome is Outcome.CONFORMS


@pytest.mark.parametrize(
    ("candidate", "case", "cause", "told"),
    [
        (KeepsItsFirstWeights, CASE, "stale", "the call with the opposite weight after the same with the first: "),
        (KeepsAPlanForOneDtype, CASE, "order", "in float64 after this one: wrong, and right as the first call"),
        (
            KeepsAPlanForOneSize,
            CASE,
            "order",
            "the call n2c3k2i7x6f3x2p1x1 in float32 after this one: wrong, and right",
        ),
        (SumsInAnyOrder, MANY_CHANNELS, "repeat", "the same call again"),
        (RefusesTheSecondCall, CASE, "repeat", "the same call again: RuntimeError: used up"),
        (NeedsAnotherPass, CASE, "alone", "wrong as the first one of a fresh process"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_disturbance_is_seen(candidate: type, case: Case, cause: str, told: str) -> None:
    with Isolated(candidate, Limits()) as executor:
        verdict = verdict_of(executor, without_bias(case))
    assert (verdict.outcome, verdict.cause) == (Outcome.VIOLATES, cause)
    assert told in verdict.reason


def test_what_is_declared_to_vary_may_and_its_spread_is_told() -> None:
    verdict = verdict_of(InProcess(SumsInAnyOrderAndSaysSo), MANY_CHANNELS)
    assert verdict.outcome is Outcome.CONFORMS
    assert verdict.reason.startswith("varies, as declared: the same call again")
    assert "ulp" in verdict.reason


def test_exact_sums_may_not_vary_even_so() -> None:
    verdict = verdict_of(InProcess(LosesATermNowAndThen), MANY_CHANNELS)
    assert verdict.outcome is Outcome.VIOLATES


@pytest.mark.parametrize("candidate", FAULTY, ids=lambda candidate: candidate.__name__)
def test_each_way_to_be_disturbed_is_told_by_its_cause(candidate: type) -> None:
    pass_, cause = FAULTY[candidate]
    with Isolated(candidate, Limits()) as executor:
        verdicts = [verdict_of(executor, replace(SMALL, seed=seed), pass_) for seed in range(3)]
    found = {verdict.cause for verdict in verdicts if verdict.outcome is Outcome.VIOLATES}
    assert found == {cause}


@pytest.mark.parametrize("candidate", RIGHT, ids=lambda candidate: candidate.__name__)
def test_state_that_is_kept_rightly_passes(candidate: type) -> None:
    case = replace(SMALL, bias=candidate is not SortsItsTerms)
    with Isolated(candidate, Limits()) as executor:
        for pass_ in executor.passes:
            verdict = verdict_of(executor, case, pass_)
            assert (verdict.outcome, verdict.reason) == (Outcome.CONFORMS, ""), str(pass_)


class Restarted(InProcess):
    """Counts its restarts."""

    restarts = 0

    def restart(self) -> None:
        self.restarts += 1


def test_what_is_wrong_alone_for_the_opposite_numbers_is_no_fault_of_company() -> None:
    """It is asked alone once, however many calls of the history are on them, as three of the companions are."""
    one = parse_case("n1c1k1i1f1/float32/uniform/0")

    def rectified(input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        return np.maximum(reference.forward(input, weight, geometry).astype(input.dtype), 0)

    positive = (replace(one, seed=seed) for seed in range(100))
    case = next(each for each in positive if answer(Numbers.INTEGERS, each, Pass.FORWARD).value.to_float64().min() > 0)
    executor = Restarted(rectified)
    result = ask_company(executor, case, Pass.FORWARD)
    assert result is not None
    assert result.verdict.outcome is Outcome.CONFORMS
    assert executor.restarts == 1 + 1 + 3


def test_sums_that_are_not_symmetric_in_the_sign_are_right() -> None:
    for seed in range(20):
        case = parse_case(f"n1c3k1i1f1/float32/uniform/{seed}")
        assert verdict_of(InProcess(SortsItsTerms), case).outcome is Outcome.CONFORMS


def test_a_dtype_that_the_candidate_does_not_take_is_not_asked() -> None:
    with Isolated(TakesFloat32Only, Limits()) as executor:
        assert verdict_of(executor, CASE).outcome is Outcome.CONFORMS


def test_another_call_that_is_not_answered_alone_is_left_out() -> None:
    with Isolated(DiesOfEvenSizes, Limits()) as executor:
        assert verdict_of(executor, SMALL).outcome is Outcome.CONFORMS


def test_a_crash_says_that_several_threads_were_running() -> None:
    with Isolated(DiesAmongThreads, Limits()) as executor:
        verdict = verdict_of(executor, SMALL, Pass.BIAS_GRADIENT)
    assert verdict.outcome is Outcome.CRASHED
    assert verdict.reason.startswith("the process died while 4 threads were making calls at once: SIGSEGV")


def test_a_hang_says_what_was_being_called() -> None:
    with Isolated(StuckAfterAnError, Limits(seconds_per_call=0.5)) as executor:
        result = ask_company(executor, SMALL, Pass.FORWARD)
    assert result is not None
    assert result.verdict.outcome is Outcome.HUNG
    assert "while making the same call after a call whose weight raises an error where it is read" in (
        result.verdict.reason
    )


def test_the_time_limit_is_that_of_each_call() -> None:
    """All calls together take longer."""
    with Isolated(Slow, Limits(seconds_per_call=1.0)) as executor:
        result = ask_company(executor, parse_case("n1c1k1i1f1/float32/uniform/0"), Pass.FORWARD)
    assert result is not None
    assert result.verdict.outcome is Outcome.CONFORMS
    assert result.seconds > 1.0


def test_a_change_for_a_while_names_the_operand() -> None:
    with Isolated(WritesForAWhile, Limits()) as executor:
        verdict = verdict_of(executor, SMALL, Pass.WEIGHT_GRADIENT)
    assert verdict.reason.startswith("its operand input during a call: changed and restored")


class Raises:
    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        raise ValueError("never")


class Exits:
    def __init__(self) -> None:
        self.calls = 0

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        self.calls += 1
        if self.calls == 4:
            import os

            os._exit(3)
        return reference.forward(input, weight, geometry)


def test_a_first_call_that_fails_is_told_as_it_is() -> None:
    assert verdict_of(InProcess(Raises), without_bias(CASE)).outcome is Outcome.REFUSED


def test_a_process_that_ends_in_company_has_crashed() -> None:
    with Isolated(Exits, Limits()) as executor:
        verdict = verdict_of(executor, without_bias(CASE))
    assert (verdict.outcome, verdict.cause) == (Outcome.CRASHED, "exit code 3")
    assert verdict.reason == "the process died while making the same call again: exit code 3"


def test_an_empty_result_says_nothing() -> None:
    executor = InProcess(Honest)
    case = parse_case("n0c1k1i3f2/float32/uniform/0")
    assert ask_company(executor, case, Pass.FORWARD) is None
