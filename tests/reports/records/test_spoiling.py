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
    ("check", "outcome", "own", "layout", "before", "follows"),
    [
        ("company", Outcome.VIOLATES, "threads", "contiguous", "mutation", True),
        ("company", Outcome.VIOLATES, "threads", "contiguous", "reuse", True),
        ("company:again", Outcome.VIOLATES, "in place", "contiguous", "alias", True),
        ("company", Outcome.VIOLATES, "handed out", "contiguous", "meanwhile", True),
        ("company", Outcome.VIOLATES, "mutation", "contiguous", "mutation", True),
        ("company", Outcome.VIOLATES, "stale", "contiguous", "mutation", False),
        ("company", Outcome.REFUSED, "threads", "readonly", "mutation", False),
        ("structure", Outcome.VIOLATES, "threads", "contiguous", "mutation", False),
        ("structure", Outcome.REFUSED, "ValueError", "readonly", "mutation", True),
        ("precision", Outcome.REFUSED, "ValueError", "broadcast", "mutation", True),
        ("structure", Outcome.REFUSED, "ValueError", "strided", "mutation", False),
        ("structure", Outcome.REFUSED, "ValueError", "readonly", "alias", False),
        ("structure", Outcome.CRASHED, "SIGSEGV", "readonly", "mutation", False),
    ],
)
def test_what_comes_of_it(check: str, outcome: Outcome, own: str, layout: str, before: str, follows: bool) -> None:
    assert is_consequence(check, Verdict(outcome, cause=own), layout, cause=before) is follows
