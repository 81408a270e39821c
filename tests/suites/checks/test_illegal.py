"""Illegal calls: a candidate that checks its arguments passes, and one that does not is told what it accepted."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Collection

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Case, lattice_operands
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.illegal_calls import IllegalCall, illegal_call, illegal_calls
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Limits
from convoracle.suites.checks.illegal import KIND, ask_illegal
from convoracle.suites.checks.kind import OfCandidate

EVERY = [call for rank in (1, 2, 3) for call in illegal_calls(rank)]


def check(geometry: ConvGeometry, **arrays: Array) -> None:
    """Raise for whatever is illegal: `ConvGeometry` checks its values, and the arrays must fit it."""
    legal = ConvGeometry(
        geometry.batch,
        geometry.in_channels,
        geometry.out_channels,
        geometry.size,
        geometry.kernel,
        geometry.stride,
        geometry.padding,
        geometry.dilation,
        geometry.groups,
        geometry.padding_mode,
        geometry.transposed,
        geometry.output_padding,
    )
    for name, array in arrays.items():
        if array.shape != getattr(legal, f"{name}_shape"):
            raise ValueError(f"{name}.shape={array.shape}")
    if len({array.dtype for array in arrays.values()}) > 1:
        raise TypeError("dtypes differ")


class Careful:
    validates = True

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        check(geometry, input=input, weight=weight, **({} if bias is None else {"bias": bias}))
        return reference.forward(input, weight, geometry, bias)

    def input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        check(geometry, output=output_gradient, weight=weight)
        return reference.input_gradient(output_gradient, weight, geometry)

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        check(geometry, input=input, output=output_gradient)
        return reference.weight_gradient(input, output_gradient, geometry)

    def bias_gradient(self, output_gradient: Array, geometry: ConvGeometry) -> Array:
        check(geometry, output=output_gradient)
        return reference.bias_gradient(output_gradient, geometry)


class Careless:
    """Returns something of the right shape, whatever it is given, and says that it does not."""

    validates = True

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return np.zeros((geometry.batch, geometry.out_channels, *geometry.output_size), np.float32)

    def input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        return np.zeros(geometry.input_shape, np.float32)

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return np.zeros(geometry.kernel, np.float32)

    def bias_gradient(self, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return np.zeros(geometry.bias_shape, np.float32)


def verdict_of(executor: Executor, call: IllegalCall) -> Verdict:
    result = ask_illegal(executor, call)
    assert result is not None
    assert (result.check, result.subject) == ("illegal", call.subject)
    return result.verdict


def test_the_time_told_is_that_of_the_call() -> None:
    began = time.perf_counter()
    result = ask_illegal(InProcess(Careful), illegal_call("stride 0 [forward, 2-D]"))
    assert result is not None
    assert 0 < result.seconds <= time.perf_counter() - began


def questions(passes: Collection[Pass], *ranks: int) -> list[tuple[Case, str]]:
    assert isinstance(KIND.schedule, OfCandidate)
    return list(KIND.schedule.questions(passes, ranks))


@pytest.mark.parametrize(("ranks", "rank"), [((2,), 2), ((1, 2, 3), 2), ((1,), 1), ((3, 1), 3)])
def test_the_calls_of_two_axes_are_asked_and_where_there_are_none_those_of_the_first_number(
    ranks: tuple[int, ...], rank: int
) -> None:
    assert [subject for _, subject in questions(Pass, *ranks)] == [call.subject for call in illegal_calls(rank)]


def test_a_call_of_a_pass_that_is_not_examined_is_not_asked() -> None:
    subjects = {subject for _, subject in questions((Pass.BIAS_GRADIENT,), 2)}
    assert subjects == {call.subject for call in illegal_calls(2) if call.pass_ is Pass.BIAS_GRADIENT} != set()


def test_a_call_is_recorded_under_the_legal_case_that_it_is_made_from() -> None:
    """Its operands are those of the case, but for what is wrong with them."""
    case = next(case for case, subject in questions(Pass, 2) if subject == "bias too long [forward, 2-D]")
    call = illegal_call("bias too long [forward, 2-D]")
    assert (case.geometry, case.bias) == (call.legal, True)
    assert np.array_equal(call.operands().input, lattice_operands(case).input)
    assert np.array_equal(call.operands().weight, lattice_operands(case).weight)


@pytest.mark.parametrize("call", EVERY, ids=lambda call: call.subject)
def test_a_check_refuses_and_none_accepts(call: IllegalCall) -> None:
    careful = verdict_of(InProcess(Careful), call)
    assert careful.outcome is Outcome.CONFORMS
    assert careful.reason.startswith("refused: ")
    careless = verdict_of(InProcess(Careless), call)
    assert (careless.outcome, careless.cause) == (Outcome.VIOLATES, "accepted-invalid")
    assert careless.reason.startswith(f"accepted {call.told}, but {call.requirement}; returned float32")


class SaysNothing(Careless):
    validates = False


def test_a_geometry_is_given_only_to_who_says_that_it_is_checked() -> None:
    asked = {call.name for call in illegal_calls(2) if ask_illegal(InProcess(SaysNothing), call) is not None}
    assert "weight of one channel" in asked
    assert not {"stride 0", "dilation 0", "groups 0", "negative padding"} & asked


def test_the_same_in_a_process_of_its_own() -> None:
    with Isolated(Careless, Limits()) as careless, Isolated(Careful, Limits()) as careful:
        for call in illegal_calls(2):
            assert verdict_of(careless, call).outcome is Outcome.VIOLATES
            assert verdict_of(careful, call).outcome is Outcome.CONFORMS


def strided(x: Array, w: Array, stride: tuple[int, ...]) -> Array:
    """Takes nothing but a stride, and returns its inputs' sum for strides that it does not know."""
    if 0 in stride:
        raise ValueError("stride 0")
    return np.float32(1) * x


def test_what_cannot_be_told_is_not_asked() -> None:
    executor = InProcess(strided)
    asked = {call.name for call in illegal_calls(2) if ask_illegal(executor, call) is not None}
    assert {"stride 0", "negative stride", "weight of one channel", "kernel 0"} <= asked
    assert not {"dilation 0", "groups 0", "negative padding", "bias too long"} & asked
    assert verdict_of(executor, illegal_call("stride 0 [forward, 2-D]")).outcome is Outcome.CONFORMS
    assert verdict_of(executor, illegal_call("negative stride [forward, 2-D]")).outcome is Outcome.VIOLATES


def gradient(output_gradient: Array, weight: Array, stride: tuple[int, ...]) -> Array:
    return np.zeros(1)


class OnlyAGradient:
    input_gradient = staticmethod(gradient)


def test_a_gradient_that_is_not_told_the_input_cannot_know_its_size() -> None:
    asked = [call.name for call in illegal_calls(1) if ask_illegal(InProcess(OnlyAGradient), call) is not None]
    assert "output gradient too large on axis 1" in asked
    assert "output gradient too large on axis 0" not in asked
    assert "output gradient too large on axis 2" not in asked


class SaysThatItHasNoGroups(Careless):
    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        return "groups follow from the weight" if geometry.groups != 1 else None


class RaisesNotImplemented(Careless):
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        raise NotImplementedError("no such stride")


def test_to_decline_is_not_to_be_asked_and_not_implemented_is_a_refusal() -> None:
    assert ask_illegal(InProcess(SaysThatItHasNoGroups), illegal_call("groups 0 [forward, 2-D]")) is None
    verdict = verdict_of(InProcess(RaisesNotImplemented), illegal_call("stride 0 [forward, 2-D]"))
    assert (verdict.outcome, verdict.reason) == (Outcome.CONFORMS, "refused: NotImplementedError: no such stride")


class Dies(Careless):
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        if 0 in geometry.stride:
            ctypes.string_at(0)
        while 0 in geometry.dilation:
            time.sleep(0.01)
        return super().forward(input, weight, bias, geometry)


def test_to_crash_or_to_hang_is_no_refusal() -> None:
    with Isolated(Dies, Limits(seconds_per_call=1.0)) as executor:
        crashed = verdict_of(executor, illegal_call("stride 0 [forward, 2-D]"))
        hung = verdict_of(executor, illegal_call("dilation 0 [forward, 2-D]"))
    assert crashed.outcome is Outcome.CRASHED
    assert crashed.reason.startswith("stride=(0, 0), but should be at least 1: the process died: SIGSEGV")
    assert hung.outcome is Outcome.HUNG


class Understands(Careless):
    """Promotes dtypes, and takes negative padding for cutting off."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        if geometry.padding[0][0] == -1:
            input = np.ascontiguousarray(input[:, :, 1:-1, 1:-1])
        size, padding = input.shape[2:], ((0, 0), (0, 0))
        plain = ConvGeometry(2, 4, 6, size, geometry.kernel, (1, 1), padding, (1, 1))
        return reference.forward(input.astype(np.float64), weight.astype(np.float64), plain)


@pytest.mark.parametrize("name", ["weight of another dtype", "negative padding"])
def test_what_has_one_meaning_only_may_be_given_it(name: str) -> None:
    call = illegal_call(f"{name} [forward, 2-D]")
    verdict = verdict_of(InProcess(Understands), call)
    assert (verdict.outcome, verdict.reason) == (
        Outcome.CONFORMS,
        f"{call.told} is accepted, and means what it can mean",
    )
    assert verdict_of(InProcess(Careless), call).outcome is Outcome.VIOLATES
