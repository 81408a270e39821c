"""Whether enough was compared, told with its reasons; a share is never rounded to all or nothing."""

from __future__ import annotations

import pytest

from convoracle.reports.records.compared import Compared, Reason, Share
from convoracle.reports.views.gate import compared_sentence, percent, reasons_text, shortfalls


def share(asked: int, compared: int, subject: str = "forward", candidate: str = "mine", undecided: int = 0) -> Share:
    return Share(candidate, subject, "float32", asked, compared, verdicts=2 * compared, undecided=undecided)


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [(0, 9, "0 %"), (1, 900, "under 1 %"), (9, 900, "1 %"), (899, 900, "99 %"), (9, 9, "100 %"), (0, 0, "0 %")],
)
def test_a_share_is_never_rounded_to_all_or_nothing(part: int, whole: int, told: str) -> None:
    assert percent(part, whole) == told


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ((), "nothing was asked"),
        ((share(4, 3, undecided=3),), "75 % of what was asked was compared, 50 % of its verdicts undecided"),
        ((share(4, 4), share(4, 0, "jvp")), "100 % of what was asked was compared, 0 % of its verdicts undecided"),
        ((share(4, 0),), "0 % of what was asked was compared, 0 % of its verdicts undecided"),
        ((share(9, 9), share(9, 0, candidate="a")),
         "50 % of what was asked was compared, 0 % of its verdicts undecided"),
    ],
)  # fmt: skip
def test_the_sentence_on_all_that_is_offered(shares: tuple[Share, ...], told: str) -> None:
    assert compared_sentence(Compared(shares)) == told


def test_too_little_is_told_with_reasons_and_advice() -> None:
    reasons = tuple(Reason("mine", f"reason {n}", 5 - n) for n in range(1, 5))
    found = Compared((share(3, 1), share(2, 2, candidate="other")), (*reasons, Reason("other", "not mine", 1)))
    assert shortfalls(found, 0.5) == (
        "mine: 33 % of what was asked was compared, less than the 50 % that are wanted. "
        "Not compared: reason 1 (4 times); reason 2 (3 times); reason 3 (2 times). "
        "Declare what it takes (domain, dtypes, limitation), or ask less of it (--passes, --dtypes, --ranks), or allow "
        "less (--min-compared).",
    )
    assert shortfalls(found, 1 / 3) == ()


@pytest.mark.parametrize(("least", "falls_short"), [(0.5, False), (0.51, True), (0.0, False), (1.0, True)])
def test_just_enough_is_enough(least: float, falls_short: bool) -> None:
    assert bool(shortfalls(Compared((share(4, 2),)), least)) is falls_short


def test_passes_are_told_where_the_whole_is_enough() -> None:
    found = Compared((share(50, 50), share(5, 1, "jvp"), share(4, 1, "update"), share(4, 3, "weight_gradient")))
    (told,) = shortfalls(found, 0.5)
    assert told.startswith(
        "mine: 20 % of what was asked of jvp, 25 % of what was asked of update was compared, less than the 50 % that "
        "are wanted. Declare"
    )
    (whole,) = shortfalls(Compared((share(5, 1, "jvp"), share(4, 1, "update"))), 0.5)
    assert whole.startswith("mine: 22 % of what was asked was compared, less")


def test_a_pass_that_is_declined_altogether_is_not_offered_but_a_candidate_that_declines_all_falls_short() -> None:
    assert shortfalls(Compared((share(1, 1), share(4, 0, "jvp"))), 0.5) == ()
    (told,) = shortfalls(Compared((share(4, 0),)), 0.5)
    assert told.startswith("mine: 0 % of what was asked was compared")


def test_reasons_of_a_candidate_are_cleaned_and_never_empty() -> None:
    reasons = (Reason("mine", "\x1b[31m", 2), Reason("mine", "", 1))
    assert reasons_text(reasons) == r"\x1b[31m (2 times); no reason given (1 time)"
    assert reasons_text(()) == ""
