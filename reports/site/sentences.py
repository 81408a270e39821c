"""What a mismatch means, in sentences for a reader who does not know the project."""

from __future__ import annotations

import math

from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.operands.data import Numbers
from ..records.record import Mismatch
from ..views.wording import clean, plural

WORDS = (
    ("ratio", "The largest error divided by its bound. Up to 1, rounding explains it; above 1 it is a proven defect."),
    (
        "resolution",
        "The smallest fault that the comparison would have noticed, as a multiple of the smallest term. Below 1, "
        "a single missing term would have been seen.",
    ),
)
"""What the words of the page's tables mean; what the checks mean is told by the run."""
_FORMS = {
    "shape": "The result does not have the shape that the geometry gives.",
    "dtype": "The result is not of the type that it should have.",
    "type": "The call did not return an array.",
    "mutation": "The call changed one of its operands; a caller would go on with spoilt data.",
    "alias": "The result shares memory with an operand, so writing to one changes the other.",
}

_FRAMES = ("  native ", "  File ")
"""So begin the lines of a reason that tell frames."""


def mismatch_sentences(mismatch: Mismatch) -> tuple[str, ...]:
    """One or two plain sentences: what is wrong, then what was told of it."""
    verdict = mismatch.verdict
    frames = stack(verdict)
    reason = " ".join(" ".join(line for line in _lines(verdict) if line.strip() not in frames).split())
    told = (f"{reason[:1].upper()}{reason[1:].removesuffix('.')}.",) if reason else ()
    match verdict.outcome:
        case Outcome.CRASHED:
            return ("The case is legal, but the call ended its whole process instead of returning.", *told)
        case Outcome.HUNG:
            return ("The case is legal and small, but the call did not return within its time limit.", *told)
        case Outcome.REFUSED:
            return ("The case is legal, but the call raised an error.", *told)
        case _ if verdict.cause in _FORMS:
            return (_FORMS[verdict.cause], *told)
        case _ if mismatch.violation:
            return (clean(mismatch.violation), *told)
        case _ if verdict.worst is not None:
            return (_values(mismatch.numbers, verdict),)
        case _:
            return told


def stack(verdict: Verdict) -> tuple[str, ...]:
    """Where a process died, a line for each frame, the innermost first."""
    if verdict.outcome is not Outcome.CRASHED:
        return ()
    return tuple(line.strip() for line in _lines(verdict) if line.startswith(_FRAMES))


def _lines(verdict: Verdict) -> list[str]:
    return clean(verdict.reason).splitlines()


def _values(numbers: Numbers | None, verdict: Verdict) -> str:
    amount = f"{verdict.wrong:,} of {plural(verdict.elements, 'element')} {'is' if verdict.wrong == 1 else 'are'} wrong"
    if numbers is Numbers.INTEGERS:
        return (
            f"{amount}. All operands are integers, small enough that every sum is exact in any order, so rounding is "
            "no excuse: at least one product is missing, repeated or taken from the wrong place."
        )
    worst = verdict.worst
    if worst is not None and worst.bound > 0 and 1 < worst.error / worst.bound < math.inf:
        beyond = f"the largest error is {worst.error / worst.bound:.3g} times what"
    else:
        beyond = "the error is beyond what"
    return f"{amount}: {beyond} rounding in the declared arithmetic can explain, in any order of summation."
