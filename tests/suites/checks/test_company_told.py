"""What company tells of what changed in it, of a candidate whose deviations are scripted, without a process."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
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
from convoracle.suites.calling.replies import Died, Reply, Returned
from convoracle.suites.checks.company import KIND, ask_company
from convoracle.suites.checks.declarations import Suggestion

from ..stateful import Honest, verdict_in_company

SMALL = parse_case("n2c3k2i5f3/bias/float32/uniform/3")


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
    verdict = verdict_in_company(Tells((cause, name, changed), **conventions), SMALL)
    assert (verdict.outcome, verdict.cause) == ((Outcome.VIOLATES, cause) if is_fault else (Outcome.CONFORMS, ""))


@pytest.mark.parametrize("cause", ["stale", "threads"])
def test_the_opposite_numbers_are_held_against_the_opposite_result(cause: str) -> None:
    verdict = verdict_in_company(Tells((cause, LATTICE, first_one_more), sign=-1), SMALL)
    assert verdict.reason.startswith(f"{cause} of lattice: 1 of 12 elements differ, by up to ")
    assert verdict_in_company(Tells((cause, LATTICE, unchanged), sign=-1), SMALL).outcome is Outcome.CONFORMS


def test_the_first_fault_is_told_and_of_the_others_their_causes() -> None:
    """Of one cause the first only; what changed for a while is told whole."""
    verdict = verdict_in_company(
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
    verdict = verdict_in_company(Tells(*varying, repeatability="varies"), SMALL)
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
    assert verdict_in_company(EndsForAnotherSize(always=True), SMALL).cause == "order"


def test_a_process_that_ends_in_a_call_that_is_right_alone_has_crashed() -> None:
    assert verdict_in_company(EndsForAnotherSize(always=False), SMALL).outcome is Outcome.CRASHED


class IsNotAskedAlone(Tells):
    def call(self, *arguments: object, **settings: object) -> Reply:
        raise AssertionError("was called")


def test_what_the_call_itself_comes_to_is_known_and_not_asked_again() -> None:
    assert verdict_in_company(IsNotAskedAlone(("repeat", LATTICE, one_more)), SMALL).cause == "repeat"


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
