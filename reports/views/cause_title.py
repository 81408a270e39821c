"""What is wrong, in a sentence for a stranger: the titles of causes on the page, and which causes look alike."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.operands.data import Numbers
from ...oracle.operands.vocabulary import Lack
from ..records.compared import dtype_of
from ..records.diagnosed import UNINITIALISED
from ..records.native_frames import crash_site
from ..records.record import Mismatch
from ..records.spoiling import is_spoiling
from .causes import Cause
from .wording import clean

_DTYPE = "dtype "
_LONGEST = 160
_AS_IF = re.compile(r"It is as if (?P<what>.+?)(?: \([\w:, -]+\))?(?:: .*)?\.?")
_IF_MEANT = re.compile(r"If it (?P<what>.+?) and that is meant, declare .*")
_NOT_A_SUM = "Its terms cannot be read off: it is not bilinear"
_NONFINITE = {
    "nan": "a NaN reaches results that have none among their terms",
    "inf": "an Inf reaches results that have none of its sign among their terms",
    "lost": "results are finite although a term of theirs is NaN or Inf",
}
_FORMS = {"type": "what is returned is no array"}


@dataclass(frozen=True, slots=True)
class Alike:
    """Causes of which the same can be told; whether they are one is not known.

    Parameters
    ----------
    title : str
        What is wrong, in a sentence without a full stop.
    causes : tuple of Cause
    """

    title: str
    causes: tuple[Cause, ...]


def alike(causes: Iterable[Cause], named: Mapping[str, Mismatch]) -> tuple[Alike, ...]:
    """The causes under their titles, each title once."""
    found: dict[str, list[Cause]] = {}
    for cause in causes:
        found.setdefault(plain_title([named[each] for each in cause.mismatches]), []).append(cause)
    return tuple(Alike(title, tuple(members)) for title, members in found.items())


def plain_title(members: Sequence[Mismatch]) -> str:
    """What is wrong with the mismatches of a cause, the plainest of them first, without saying whose they are."""
    first = members[0]
    what = _what(min(members, key=lambda each: (bool(each.follows), not each.diagnosed, len(each.diagnosed))))
    text = " ".join(f"{_where(members)}{what}".split()).removesuffix(".")
    told = clean(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")
    return f"{told[:1].upper()}{told[1:]}" if told else clean(first.check)


def _where(members: Sequence[Mismatch]) -> str:
    """What all of them need: a dtype, or that something is lacking."""
    lacking = next((lack for lack in Lack if all(lack in each.needs for each in members)), None)
    if lacking is not None:
        return f"with {lacking}, "
    needed = {dtype_of(each.case) if f"{_DTYPE}{dtype_of(each.case)}" in each.needs else "" for each in members}
    return f"in {' and '.join(sorted(needed))}, " if needed and "" not in needed and len(needed) < 3 else ""


def _what(mismatch: Mismatch) -> str:
    verdict = mismatch.verdict
    if mismatch.history:
        return f"results depend on earlier calls: {mismatch.history}"
    if is_spoiling(verdict):
        return f"the call {verdict.reason.split(';')[0]}"
    if verdict.outcome is not Outcome.VIOLATES:
        return _end(verdict)
    if mismatch.is_among_calls:
        return f"a call that is right alone is not in company: {_short(re.split('; |: ', verdict.reason)[0])}"
    return _deviation(mismatch)


def _end(verdict: Verdict) -> str:
    """What a call ends in that returns nothing."""
    match verdict.outcome:
        case Outcome.CRASHED:
            site = crash_site(verdict)
            return f"the call ends its process{'' if site is None else f' in {site}'} ({verdict.cause})"
        case Outcome.HUNG:
            return "the call does not return within its time limit"
        case Outcome.REFUSED:
            return f"{verdict.cause or 'an error'} is raised instead of a result"
        case outcome:
            return f"the result is {outcome}"


def _deviation(mismatch: Mismatch) -> str:
    verdict = mismatch.verdict
    if verdict.cause == "shape":
        return "the result has another shape than the geometry gives"
    if verdict.cause == "dtype":
        return f"the result is of another type than it should: {verdict.reason}"
    if verdict.cause in _FORMS:
        return _FORMS[verdict.cause]
    if verdict.cause in _NONFINITE and mismatch.numbers is Numbers.CONTAMINATED:
        return _NONFINITE[verdict.cause]
    if UNINITIALISED in mismatch.diagnosed:
        return "results depend on memory that nobody wrote"
    diagnosis = mismatch.diagnosis[0] if mismatch.diagnosis else ""
    if known := _AS_IF.fullmatch(diagnosis):
        return f"results are as if {known['what']}"
    if meant := _IF_MEANT.fullmatch(diagnosis):
        return f"errors are above the bound of what is declared, as if it {meant['what']}"
    return _of_values(mismatch)


def _of_values(mismatch: Mismatch) -> str:
    worst = mismatch.verdict.worst
    if any(line.startswith(_NOT_A_SUM) for line in mismatch.diagnosis):
        return "results are no sums of products of the operands at all"
    if worst is None:
        return mismatch.violation or f"what must hold does not: {mismatch.title or mismatch.check}"
    if not math.isfinite(worst.actual) and math.isfinite(worst.expected):
        return "results are NaN or Inf where they should be numbers"
    if mismatch.numbers is Numbers.REALS and worst.bound > 0:
        return "errors are larger than rounding can explain"
    return "results are not the exact sums of their products, although nothing needs rounding"


def _short(text: str) -> str:
    first = next(iter(text.strip().splitlines()), "")
    return first if len(first) <= 100 else f"{first[:99]}…"
