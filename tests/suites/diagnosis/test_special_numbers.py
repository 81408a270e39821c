"""Which known fault leaves NaN, Inf and the largest numbers where a candidate does."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.faults import fault_named
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.passes import Array
from convoracle.suites.audits.planted import PlantedInProcess
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.diagnosis.special_numbers import recognise

from .. import natural
from .. import natural_arithmetic as arithmetic
from .telling import told_of

_ZERO = "nan-taken-for-zero-in-input"


@pytest.mark.parametrize(
    ("kernel", "case", "name"),
    [
        (arithmetic.nan_to_num, "n1c1k1i1x1f1x1/float32/uniform/2", "nan-to-num-of-results"),
        (arithmetic.nan_as_zero, "n1c1k2i1x2f1x1/float32/uniform/7", _ZERO),
        (arithmetic.clamped, "n1c1k1i1x1f1x1/float32/uniform/2", "nan-becomes-the-lowest"),
        (arithmetic.dense_dilation, "n2c3k1i2x3f1x2d2x2/float32/uniform/0", "zeros-between-taps"),
    ],
)
def test_what_becomes_of_nan_is_recognised(kernel: natural.Conv2d, case: str, name: str) -> None:
    """Inf that is kept and the largest number in its place differ where they meet a zero."""
    told = told_of(natural.candidate(kernel), "contamination", case)
    assert told.names == (name,)
    assert "that explains all" in told.sentences[0]
    assert "They do not tell it from as if" not in told.sentences[0]


def test_saturation_is_recognised_and_the_order_of_sums_is_left_open() -> None:
    candidate = natural.candidate(arithmetic.overflow_saturates)
    told = told_of(candidate, "precision", "n2c3k2i4x3f2x2/float32/huge/0")
    largest = ("infinity-saturates", "nan-to-num-of-results", "nan-becomes-the-lowest", "nan-becomes-the-largest")
    assert told.names == largest
    assert "They do not tell it from as if NaN in a result were zero" in told.sentences[0]
    assert ", or from 1 more." in told.sentences[0]


@pytest.mark.parametrize("name", ["factors-in-float16", "result-in-float16"])
def test_a_narrower_format_is_recognised_by_the_numbers_that_leave_its_range(name: str) -> None:
    told = told_of(PlantedInProcess(fault_named(name)), "precision", "n1c3k1i1x1f1x1/float32/huge/1")
    assert name in told.names


def test_what_no_fault_leaves_is_told_as_that() -> None:
    def sevens(x: Array, w: Array, *settings: natural.Pair) -> Array:
        out = natural.plain(x, w, *settings)
        return np.where(np.isnan(out), np.float32(7), out)

    told = told_of(natural.candidate(sevens), "contamination", "n2c3k4i8x9f3x3/float32/uniform/2")
    assert told.names == ()
    assert told.sentences[0].startswith("None of the ")


def contaminated(text: str) -> Fault:
    case, verdict = parse_case(text), Verdict(Outcome.VIOLATES, "", "value")
    return Fault("x-1", "contamination", "forward", verdict.outcome, "value", case, case, verdict)


def test_every_element_of_the_case_and_of_others_like_it_is_compared() -> None:
    """Six data of each; the planted fault is among those that explain all."""
    fault = contaminated("n1c1k2i2x2f1x1/float32/uniform/2")
    found = recognise(fault, PlantedInProcess(fault_named("nan-taken-for-zero")))
    assert found is not None
    assert "nan-taken-for-zero" in {model.name for model in found.models}
    assert found.elements >= 6 * 2 * 4


def test_nothing_is_recognised_of_who_is_right() -> None:
    """Whatever the honest one leaves, faults that leave NaN otherwise do not explain it."""
    found = recognise(contaminated("n2c3k4i8x9f3x3/float32/uniform/2"), PlantedInProcess(None))
    names = set() if found is None else {model.name for model in found.models}
    assert not names & {"nan-taken-for-zero", "nan-to-num-of-results", _ZERO}


@pytest.mark.parametrize("answers", [0, 4])
def test_of_who_falls_silent_nothing_is_said(answers: int) -> None:
    """On its own case at once, or on too many of the others."""
    calls = 0

    def silent(x: Array, w: Array) -> Array:
        nonlocal calls
        calls += 1
        if calls > answers:
            raise ValueError("no more")
        return np.zeros((1, 2, 2, 2), np.float32)

    assert recognise(contaminated("n1c1k2i2x2f1x1/float32/uniform/2"), InProcess(silent)) is None
