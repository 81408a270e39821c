"""A record as one line tells it: what it has in common with others by patterns, and its own numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from ...oracle.errors import InvalidArgument
from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.numbers.dtypes import COMPONENTS
from ...oracle.operands.data import parse_case
from ...oracle.problem.passes import Pass
from .codec import WrongField, shown
from .record import CaseRecord, CheckResult

TICK = 1e-5
"""Unit of the times in a line, in seconds."""
MOST_KNOWN = 1 << 14
"""So many combinations of patterns a reader recognises at a time: what it holds stays small."""
LEAST_POWER, LARGEST_POWER = -1074, 1023
_MOST_SECONDS = 1e9
_RESOLUTION = "{resolution}"
_COMMON_RESOLUTIONS = (None, 0.0, math.inf)


@dataclass(frozen=True, slots=True)
class Plain:
    """A verdict that is not against a candidate, without what differs from case to case.

    Parameters
    ----------
    check, subject : str
    outcome : Outcome
    reason : str
        With ``{resolution}`` where each record's own stands.
    cause : str
    elements : int or None
        None for as many as the subject's result has on the case.
    resolution : float or None
        Where it is not each record's own.
    own_ratio, own_resolution, own_ulps : bool
        Whether each record has its own; a ratio, and the error in units in the last place, is 0 otherwise.
    """

    check: str
    subject: str
    outcome: Outcome
    reason: str
    cause: str
    elements: int | None
    resolution: float | None
    own_ratio: bool
    own_resolution: bool
    own_ulps: bool


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """The plain verdicts on one subject of a case; told once, and known by itself.

    Parameters
    ----------
    plain : tuple of Plain
    ratios, resolutions, ulps : int
        How many of each a record has of its own.
    """

    plain: tuple[Plain, ...]
    ratios: int
    resolutions: int
    ulps: int


@dataclass(frozen=True, slots=True)
class Line:
    """A record: patterns, and whole results where there is none; in order the numbers of all patterns.

    Parameters
    ----------
    case, candidate, origin, declined
        As in `CaseRecord`.
    parts : tuple of Pattern or of tuple of CheckResult
    ratios, resolutions : sequence of float
        Of the verdicts that have their own.
    times : sequence of int
        Of every plain verdict, in units of `TICK`.
    ulps : sequence of int
        Of the verdicts that have their own, the power of two up to which the error is, in units in the last place.
    """

    case: str
    candidate: str
    parts: tuple[Pattern | tuple[CheckResult, ...], ...]
    ratios: Sequence[float] = ()
    resolutions: Sequence[float] = ()
    times: Sequence[int] = ()
    ulps: Sequence[int] = ()
    origin: str = ""
    declined: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether patterns tell all of it."""
        return tuple not in map(type, self.parts)

    def with_faults(self, kept: Mapping[str, str]) -> Line:
        """The same, with the mismatches of some ids told as those that are kept for them."""
        if self.is_plain or not kept:
            return self
        parts = (
            part if isinstance(part, Pattern) else tuple(_told_as(each, kept) for each in part) for part in self.parts
        )
        return replace(self, parts=tuple(parts))

    def record(self) -> CaseRecord:
        """The record with all that follows from its case.

        Raises
        ------
        WrongField
            If the number of a result's elements follows from its case, which is none.
        """
        ratios, resolutions, times = iter(self.ratios), iter(self.resolutions), iter(self.times)
        ulps = iter(self.ulps)
        results: list[CheckResult] = []
        for part in self.parts:
            if not isinstance(part, Pattern):
                results += part
                continue
            for plain in part.plain:
                ratio = next(ratios) if plain.own_ratio else 0.0
                resolution = next(resolutions) if plain.own_resolution else plain.resolution
                error = 2.0 ** next(ulps) if plain.own_ulps else 0.0
                verdict = _verdict(plain, self.case, ratio, resolution, error)
                results.append(CheckResult(plain.check, plain.subject, verdict, TICK * next(times)))
        return CaseRecord(self.case, self.candidate, tuple(results), self.origin, self.declined)


def _told_as(result: CheckResult, kept: Mapping[str, str]) -> CheckResult:
    return replace(result, fault=kept.get(result.fault, result.fault)) if result.fault is not None else result


def whole(record: CaseRecord) -> Line:
    """A record without patterns."""
    return Line(record.case, record.candidate, (record.results,), origin=record.origin, declined=record.declined)


def plain_verdict(result: CheckResult, case: str) -> tuple[object, ...] | None:
    """The fields of the `Plain` verdict that a result on a case comes to; None where it is not plain."""
    verdict, resolution = result.verdict, result.verdict.resolution
    if verdict.outcome.is_mismatch or verdict.wrong or verdict.region is not None or result.fault is not None:
        return None
    if not (0 <= verdict.ratio <= 1 and 0 <= verdict.ulps < math.inf and 0 <= result.seconds < _MOST_SECONDS):
        return None
    reason, own_resolution = verdict.reason, resolution not in _COMMON_RESOLUTIONS
    if own_resolution and resolution is not None:
        text = f"{resolution:.3g}"
        reason = reason.replace(text, _RESOLUTION)
        if not 0 < float(text) < math.inf or reason.replace(_RESOLUTION, text) != verdict.reason:
            return None
    follows = verdict.elements > 0 and verdict.elements == _elements(case).get(result.subject)
    return (
        result.check, result.subject, verdict.outcome, reason, verdict.cause, None if follows else verdict.elements,
        None if own_resolution else resolution, bool(verdict.ratio), own_resolution, bool(verdict.ulps),
    )  # fmt: skip


def _verdict(plain: Plain, case: str, ratio: float, resolution: float | None, ulps: float) -> Verdict:
    reason, elements = plain.reason, plain.elements
    if plain.own_resolution:
        reason = reason.replace(_RESOLUTION, f"{resolution:.3g}")
    if elements is None:
        elements = _elements(case).get(plain.subject)
    if elements is None:
        raise WrongField(f"should be a case of which {plain.subject} has a result, not {shown(case)}", (0,))
    numbers = {"ratio": ratio, "resolution": resolution, "ulps": ulps}
    return Verdict(plain.outcome, reason, plain.cause, elements=elements, **numbers)  # type: ignore[arg-type]


def power_of(ulps: float) -> int:
    """The smallest power of two that is not below a positive number, within those of float64."""
    mantissa, exponent = math.frexp(ulps)
    return min(max(exponent - (mantissa == 0.5), LEAST_POWER), LARGEST_POWER)


@lru_cache(maxsize=8)
def _elements(case: str) -> dict[str, int]:
    """How many elements the result of each pass has; empty where the text is no case's."""
    try:
        parsed = parse_case(case)
    except InvalidArgument:
        return {}
    parts = 2 if parsed.dtype in COMPONENTS else 1
    return {str(pass_): parts * math.prod(pass_.result_shape(parsed.geometry)) for pass_ in Pass}
