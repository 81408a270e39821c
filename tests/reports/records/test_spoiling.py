"""Memory that is not a call's own: what spoils it, and what comes of that in other checks."""

from __future__ import annotations

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports.records.spoiling import is_consequence, is_spoiling, told_of_changed


def test_the_words() -> None:
    assert told_of_changed(["input"]) == "changed its operand input"
    assert told_of_changed(iter(("input", "weight"))) == "changed its operand input, weight"


@pytest.mark.parametrize(
    ("outcome", "cause", "spoils"),
    [
        (Outcome.VIOLATES, "mutation", True),
        (Outcome.VIOLATES, "alias", True),
        (Outcome.VIOLATES, "reuse", True),
        (Outcome.VIOLATES, "meanwhile", True),
        (Outcome.VIOLATES, "value", False),
        (Outcome.VIOLATES, "", False),
        (Outcome.VIOLATES, "threads", False),
        (Outcome.REFUSED, "mutation", False),
        (Outcome.CONFORMS, "alias", False),
    ],
)
def test_what_spoils_memory(outcome: Outcome, cause: str, spoils: bool) -> None:
    assert is_spoiling(Verdict(outcome, cause=cause)) is spoils


@pytest.mark.parametrize(
    ("is_among_calls", "outcome", "own", "layout", "before", "follows"),
    [
        (True, Outcome.VIOLATES, "threads", "contiguous", "mutation", True),
        (True, Outcome.VIOLATES, "threads", "contiguous", "reuse", True),
        (True, Outcome.VIOLATES, "in place", "contiguous", "alias", True),
        (True, Outcome.VIOLATES, "handed out", "contiguous", "meanwhile", True),
        (True, Outcome.VIOLATES, "mutation", "contiguous", "mutation", True),
        (True, Outcome.VIOLATES, "stale", "contiguous", "mutation", False),
        (True, Outcome.REFUSED, "threads", "readonly", "mutation", False),
        (False, Outcome.VIOLATES, "threads", "contiguous", "mutation", False),
        (False, Outcome.REFUSED, "ValueError", "readonly", "mutation", True),
        (False, Outcome.REFUSED, "ValueError", "broadcast", "mutation", True),
        (False, Outcome.REFUSED, "ValueError", "strided", "mutation", False),
        (False, Outcome.REFUSED, "ValueError", "readonly", "alias", False),
        (False, Outcome.CRASHED, "SIGSEGV", "readonly", "mutation", False),
    ],
)
def test_what_comes_of_it(
    is_among_calls: bool, outcome: Outcome, own: str, layout: str, before: str, follows: bool
) -> None:
    verdict = Verdict(outcome, cause=own)
    assert is_consequence(verdict, layout, is_among_calls=is_among_calls, cause=before) is follows
