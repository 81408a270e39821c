"""What a mismatch means, in sentences for a reader who does not know the project."""

from __future__ import annotations

import math

from ...oracle.judging.verdict import Outcome, Verdict
from ..records.record import Mismatch
from ..views.wording import clean, plural

WORDS = (
    (
        "structure",
        "Are these the right terms? The operands are integers, small enough that every sum is exact in any order: the "
        "result must be equal to the last bit, and one missing, repeated or misplaced product shows.",
    ),
    (
        "precision",
        "Is the arithmetic as good as it claims? The operands are reals, and each element's error may not exceed what "
        "rounding in the declared arithmetic can explain.",
    ),
    (
        "contamination",
        "NaN and Inf are planted among integers: an element must show them where one of its terms has one, and nowhere "
        "else.",
    ),
    ("adjoint", "Do the passes fit each other? Without a bias, ⟨∂L/∂O, O⟩, ⟨∂L/∂X, X⟩ and ⟨∂L/∂F, F⟩ are one number."),
    (
        "relation",
        "What results of several calls must have in common whatever they are: sums of sums, permutations, a stride as "
        "every other result of a dense one. On integers, exactly.",
    ),
    (
        "company",
        "Is a call right whatever else is called? It is made again, after others and an error, on arrays that changed, "
        "and beside three other threads: it must come to the same, and leave operands and earlier results as they are.",
    ),
    ("illegal", "Calls that make no sense must end in an error, not in a result, a crash or an endless wait."),
    ("ratio", "The largest error divided by its bound. Up to 1, rounding explains it; above 1 it is a proven defect."),
    (
        "resolution",
        "The smallest fault that the comparison would have noticed, as a multiple of the smallest term. Below 1, "
        "a single missing term would have been seen.",
    ),
)

_FORMS = {
    "shape": "The result does not have the shape that the geometry gives.",
    "dtype": "The result is not of the type that it should have.",
    "type": "The call did not return an array.",
    "mutation": "The call changed one of its operands; a caller would go on with spoilt data.",
    "alias": "The result shares memory with an operand, so writing to one changes the other.",
}


_CONTAMINATION = (
    "NaN and Inf were planted in the operands. An element whose terms have one must show it, and any other must "
    "be the finite value that its terms sum to."
)


def explanation(mismatch: Mismatch) -> tuple[str, ...]:
    """One or two plain sentences: what is wrong, then what was told of it."""
    verdict = mismatch.verdict
    reason = " ".join(clean(verdict.reason).split())
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
        case _ if mismatch.check == "adjoint":
            return ("The candidate's own passes contradict each other: one of them is not the gradient of the "
                    "convolution that the forward pass computes.", *told)  # fmt: skip
        case _ if mismatch.check == "contamination":
            return (_CONTAMINATION, *told)
        case _ if mismatch.check.startswith("relation:"):
            return ("Results of several calls of the candidate contradict each other.", *told)
        case _ if mismatch.check == "company":
            return ("A call is right alone, and not in company.", *told)
        case _ if mismatch.check == "illegal":
            return ("The call is illegal: it should raise an error, not compute something.", *told)
        case _ if verdict.worst is not None:
            return (_values(mismatch.check, verdict),)
        case _:
            return told


def _values(check: str, verdict: Verdict) -> str:
    amount = f"{verdict.wrong:,} of {plural(verdict.elements, 'element')} {'is' if verdict.wrong == 1 else 'are'} wrong"
    if check == "structure":
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
