"""Every kind of reply that brings a verdict on itself."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.judging.verdict import Outcome
from convoracle.suites.calling.replies import (
    Died,
    Malformed,
    Misbehaved,
    Raised,
    Reply,
    Returned,
    TimedOut,
    Unsupported,
)
from convoracle.suites.checks.conduct import judge_conduct

ARRAY = np.zeros(1)


@pytest.mark.parametrize(
    ("reply", "outcome", "cause", "told"),
    [
        (Unsupported("no groups"), Outcome.UNSUPPORTED, "unsupported", "no groups"),
        (
            Raised("ValueError", "no", "conv.py:3", 0.1),
            Outcome.REFUSED,
            "ValueError",
            "raised ValueError: no at conv.py:3",
        ),
        (Died("SIGSEGV", "last words"), Outcome.CRASHED, "SIGSEGV", "the process died: SIGSEGV; last words"),
        (
            Died("SIGSEGV", "", "4 threads ran"),
            Outcome.CRASHED,
            "SIGSEGV",
            "died while 4 threads ran: SIGSEGV",
        ),
        (TimedOut(2.5), Outcome.HUNG, "timeout", "no answer within 2.5 s"),
        (TimedOut(2.5, "making the call"), Outcome.HUNG, "timeout", "no answer within 2.5 s while making the call"),
        (Malformed("None", 0.1), Outcome.VIOLATES, "type", "returned None, but should be an array"),
        (Misbehaved("wrote beyond its result", 0.1), Outcome.VIOLATES, "misconduct", "wrote beyond its result"),
        (Returned(ARRAY, 0.1, ("weight",)), Outcome.VIOLATES, "mutation", "changed its operand weight"),
        (Returned(ARRAY, 0.1, (), "input"), Outcome.VIOLATES, "alias", "returned memory of its operand input"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_reply_that_is_its_own_verdict(reply: Reply, outcome: Outcome, cause: str, told: str) -> None:
    verdict = judge_conduct(reply)
    assert verdict is not None
    assert (verdict.outcome, verdict.cause) == (outcome, cause)
    assert told in verdict.reason


def test_a_degenerate_convolution_may_be_refused_with_an_error_but_not_with_a_crash() -> None:
    refusal = judge_conduct(Raised("ValueError", "no channels", "conv.py:3", 0.1), degenerate=True)
    assert refusal is not None
    assert (refusal.outcome, refusal.cause) == (Outcome.UNSUPPORTED, "degenerate")
    assert "no channels" in refusal.reason
    for reply, outcome in ((Died("SIGFPE", ""), Outcome.CRASHED), (TimedOut(2.5), Outcome.HUNG)):
        verdict = judge_conduct(reply, degenerate=True)
        assert verdict is not None
        assert verdict.outcome is outcome


def test_a_fresh_array_and_intact_operands_are_left_to_the_judge() -> None:
    assert judge_conduct(Returned(ARRAY, 0.1)) is None
