"""Conduct in company: each way in which calls can disturb each other is seen, and the honest one passes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Case, Numbers, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import LINKED, Array, Operands, Pass
from convoracle.suites.calling.company import (
    LATTICE,
    REALS,
    SQUARE,
    CompanyCall,
    CompanyQuestion,
    CompanyReply,
    Deviation,
    Part,
)
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Died, Limits, Reply, Returned
from convoracle.suites.checks.company import KIND, ask_company
from convoracle.suites.checks.declarations import Suggestion
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


class Tells(InProcess):
    """The honest one, in whose process calls in company came to something else, as it is told.

    Each deviation is a cause, the name of a call, and what became of its right result; of the opposite one, where
    the sign is. What that should be is told as the result of the call itself, but among threads as it was alone.
    """

    def __init__(
        self, *deviations: tuple[str, str, Callable[[Array], Part]], sign: int = 1, **conventions: str
    ) -> None:
        super().__init__(type("Declares", (Honest,), {"conventions": conventions}))
        self.deviations, self.sign = deviations, sign

    def call_in_company(self, question: CompanyQuestion) -> CompanyReply | Reply:
        told = []
        for cause, name, changed in self.deviations:
            right = self._right(question.calls[name])
            alone = self.sign * right
            known = None if name not in (LATTICE, REALS) else alone if cause == "threads" else right
            told.append(Deviation(cause, f"{cause} of {name}", name, known, changed(alone), self.sign))
        return CompanyReply(self._right(question.calls[LATTICE]), tuple(told))

    def _right(self, call: CompanyCall) -> Array:
        return reference.evaluate(Pass.FORWARD, call.operands, call.geometry)


def unchanged(array: Array) -> Array:
    return array


def next_number(array: Array) -> Array:
    return np.nextafter(array, array.dtype.type(np.inf))


def one_more(array: Array) -> Array:
    return array + array.dtype.type(1)


def first_one_more(array: Array) -> Array:
    return array + (np.arange(array.size).reshape(array.shape) == 0).astype(array.dtype)


def in_float64(array: Array) -> Array:
    return array.astype(np.float64)


@pytest.mark.parametrize(
    ("conventions", "cause", "name", "changed", "is_fault"),
    [
        ({}, "repeat", REALS, next_number, True),
        ({"repeatability": "varies"}, "repeat", REALS, next_number, False),
        ({"repeatability": "varies"}, "repeat", REALS, one_more, True),
        ({"repeatability": "varies"}, "reuse", REALS, next_number, True),
        ({}, "order", "dtype", next_number, False),
        ({}, "order", "size", unchanged, False),
        ({}, "order", "size", one_more, True),
        ({}, "order", "size", in_float64, True),
        ({"algorithm": "transform"}, "order", SQUARE, next_number, False),
        ({"algorithm": "transform"}, "order", SQUARE, one_more, True),
    ],
)
def test_a_deviation_is_a_fault_where_the_result_alone_would_be_or_memory_is_spoiled(
    conventions: dict[str, str], cause: str, name: str, changed: Callable[[Array], Part], is_fault: bool
) -> None:
    """On reals other bits are, but where they may vary; a transform may round integers, and no other may."""
    verdict = verdict_of(Tells((cause, name, changed), **conventions), SMALL)
    assert (verdict.outcome, verdict.cause) == ((Outcome.VIOLATES, cause) if is_fault else (Outcome.CONFORMS, ""))


@pytest.mark.parametrize("cause", ["stale", "threads"])
def test_the_opposite_numbers_are_held_against_the_opposite_result(cause: str) -> None:
    verdict = verdict_of(Tells((cause, LATTICE, first_one_more), sign=-1), SMALL)
    assert verdict.reason.startswith(f"{cause} of lattice: 1 of 12 elements differ, by up to ")
    assert verdict_of(Tells((cause, LATTICE, unchanged), sign=-1), SMALL).outcome is Outcome.CONFORMS


def test_the_first_fault_is_told_and_of_the_others_their_causes() -> None:
    """Of one cause the first only; what changed for a while is told whole."""
    verdict = verdict_of(
        Tells(
            ("repeat", LATTICE, first_one_more),
            ("repeat", REALS, one_more),
            ("layout", LATTICE, one_more),
            ("meanwhile", LATTICE, lambda _: "changed and restored"),
        ),
        SMALL,
    )
    assert verdict.cause == "repeat"
    assert verdict.reason.startswith("repeat of lattice: 1 of 12 elements differ, by up to ")
    assert verdict.reason.endswith("; it shows, too, in: layout, meanwhile of lattice: changed and restored")


def test_of_all_that_varies_as_declared_the_first_is_told() -> None:
    varying = (("repeat", REALS, next_number), ("threads", REALS, next_number))
    verdict = verdict_of(Tells(*varying, repeatability="varies"), SMALL)
    assert verdict.reason == "varies, as declared: repeat of reals: 12 of 12 elements differ, by up to 1 ulp"


class EndsForAnotherSize(Tells):
    """Its process ends where it is called with another size, in company or always; it is wrong for three images."""

    def __init__(self, *, always: bool) -> None:
        super().__init__()
        self.always = always

    def call_in_company(self, question: CompanyQuestion) -> CompanyReply | Reply:
        if "size" in question.calls:
            return Died("exit code 3", during=f"making {question.calls['size']} after this one")
        if "batch" in question.calls:
            self.deviations = (("order", LATTICE, one_more),)
        return super().call_in_company(question)

    def call(self, pass_: Pass, operands: Operands, geometry: ConvGeometry, **settings: Any) -> Reply:
        if self.always and geometry.size == (6,):
            return Died("exit code 3")
        right = reference.evaluate(pass_, operands, geometry)
        return Returned(one_more(right) if geometry.batch == 3 else right, 0.0)


def test_only_the_companion_in_which_the_process_ends_is_left_out() -> None:
    """What the others lead to is still seen, also of one that is wrong alone."""
    assert verdict_of(EndsForAnotherSize(always=True), SMALL).cause == "order"


def test_a_process_that_ends_in_a_call_that_is_right_alone_has_crashed() -> None:
    assert verdict_of(EndsForAnotherSize(always=False), SMALL).outcome is Outcome.CRASHED


class IsNotAskedAlone(Tells):
    def call(self, *arguments: object, **settings: object) -> Reply:
        raise AssertionError("was called")


def test_what_the_call_itself_comes_to_is_known_and_not_asked_again() -> None:
    assert verdict_of(IsNotAskedAlone(("repeat", LATTICE, one_more)), SMALL).cause == "repeat"


def test_the_time_told_is_that_of_the_question() -> None:
    began = time.perf_counter()
    result = ask_company(Tells(), SMALL, Pass.FORWARD)
    assert result is not None
    assert 0 < result.seconds <= time.perf_counter() - began


VARIES = Suggestion('conventions = {"repeatability": "varies"}', "sums in an order that varies", 0.0)
ONE_THREAD = Suggestion('domain = {"threads": "one"}', "is not to be called by several threads at once", 0.0)


@pytest.mark.parametrize(
    ("executor", "cause", "suggested"),
    [
        (Tells(("repeat", REALS, next_number)), "repeat", VARIES),
        (Tells(("repeat", REALS, one_more)), "repeat", None),
        (Tells(("repeat", REALS, next_number), repeatability="varies"), "repeat", None),
        (Tells(), "order", None),
        (Tells(), "threads", ONE_THREAD),
        (EndsForAnotherSize(always=False), "threads", None),
    ],
)
def test_a_declaration_is_suggested_under_which_it_would_be_right(
    executor: Executor, cause: str, suggested: Suggestion | None
) -> None:
    """That it varies, where it does so within the bound; one thread, where it is right alone, in similar cases, too."""
    assert KIND.among_calls is not None
    three_images = replace(SMALL, geometry=replace(SMALL.geometry, batch=3))
    assert KIND.among_calls.suggest(executor, SMALL, Pass.FORWARD, cause, [three_images]) == suggested


def test_nothing_is_suggested_of_an_empty_result() -> None:
    assert KIND.among_calls is not None
    empty = replace(SMALL, geometry=replace(SMALL.geometry, batch=0))
    assert KIND.among_calls.suggest(Tells(), empty, Pass.FORWARD, "repeat", ()) is None


def test_only_of_who_is_known_to_keep_a_state_other_threads_are_earlier_calls() -> None:
    assert KIND.among_calls is not None
    assert KIND.among_calls.maybe_of_state - KIND.among_calls.of_state == {"threads"}
    assert KIND.among_calls.of_state <= KIND.among_calls.maybe_of_state


@pytest.mark.parametrize(
    ("terms", "cause", "follows"),
    [("value", "order", True), ("value", "reuse", False), ("value", "mutation", False), ("shape", "order", False)],
)
def test_wrong_terms_show_in_company_but_explain_no_spoiled_memory(terms: str, cause: str, follows: bool) -> None:
    assert KIND.follows_wrong_terms(Verdict(Outcome.VIOLATES, cause=terms), cause) is follows
