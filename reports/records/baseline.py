"""Deviations that are known: each with its reason, and of which mismatches it speaks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion

from ...oracle.errors import InvalidArgument
from ...oracle.problem.geometry import ConvGeometry
from .compared import dtype_of
from .conditions import Condition
from .evidence import case_geometry
from .record import CandidateInfo, Mismatch, kind_of
from .totals import Run

INSTRUCTIONS = "instructions"
"""Where a run's environment tells the instruction sets of the processor, with spaces between them."""


@dataclass(frozen=True, slots=True)
class Known:
    """A known deviation; what it leaves empty it does not restrict.

    Parameters
    ----------
    candidate : str
        Name of the candidate.
    reason : str
        Why it is accepted, for people.
    checks, passes, dtypes : tuple of str
        Kinds of checks, passes or other subjects, and dtypes.
    needs : tuple of str
        Features that the smallest case has and cannot do without, in the words of the report: ``an empty batch``.
    geometry : tuple of Condition
        What the smallest case's geometry fulfils.
    ids : str
        A pattern of the mismatch's id: ``torch-forward-*``.
    version : str
        Versions of the candidate: ``>=2.13,<2.15``.
    platform : str
        Part of the platform's or the processor's name, as the report shows them.
    instructions : tuple of str
        Instruction sets that the processor has or, after an exclamation mark, has not: ``avx512_bf16``, ``!amx_bf16``.
    link : str
    expires : date or None
        The first day on which it holds no more.
    quarantine : bool
        Whether what it speaks of is not asked at all, since it crashes or hangs.
    """

    candidate: str
    reason: str
    checks: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    geometry: tuple[Condition, ...] = ()
    ids: str = ""
    version: str = ""
    platform: str = ""
    instructions: tuple[str, ...] = ()
    link: str = ""
    expires: date | None = None
    quarantine: bool = False

    def speaks_of(self, mismatch: Mismatch) -> bool:
        """Whether a mismatch of the candidate, of whatever version and platform, is this."""
        return (
            mismatch.candidate == self.candidate
            and _allows(self.checks, kind_of(mismatch.check))
            and _allows(self.passes, mismatch.subject)
            and _allows(self.dtypes, dtype_of(mismatch.case))
            and set(self.needs) <= set(mismatch.needs)
            and (not self.ids or fnmatchcase(mismatch.id, self.ids))
            and (not self.geometry or self._fits(_geometry(mismatch)))
            and not self.quarantine
        )

    def closes(self, subject: str, dtype: str, geometry: ConvGeometry, features: Collection[str]) -> bool:
        """Whether a pass is not to be asked a case of this dtype and geometry, which has these features."""
        is_named = _allows(self.passes, subject) and _allows(self.dtypes, dtype)
        return is_named and set(self.needs) <= set(features) and self._fits(geometry)

    def is_in_quarantine(self, today: date) -> bool:
        """Whether what it speaks of is not asked."""
        return self.quarantine and not self.is_over(today)

    def is_over(self, today: date) -> bool:
        """Whether it holds no more."""
        return self.expires is not None and self.expires <= today

    def _fits(self, geometry: ConvGeometry | None) -> bool:
        return geometry is not None and all(condition.holds(geometry) for condition in self.geometry)

    def is_of(self, candidate: CandidateInfo, environment: Mapping[str, str]) -> bool:
        """Whether this speaks of a candidate's version, where it ran."""
        named = (environment.get("platform", ""), environment.get("processor", ""))
        return (
            candidate.name == self.candidate
            and (not self.version or _is_within(candidate.version, self.version))
            and any(self.platform in name for name in named)
            and all(_has(environment, instruction) for instruction in self.instructions)
        )

    def could_show(self, run: Run) -> bool:
        """Whether a run compared some result in which this would show: its checks, passes and dtypes."""
        checks = {row.check for row in run.totals.counts.rows()}
        if self.checks and checks.isdisjoint(self.checks):
            return False
        return any(
            share.compared and _allows(self.passes, share.subject) and _allows(self.dtypes, share.dtype)
            for share in run.totals.compared.of(self.candidate).shares
        )


@dataclass(frozen=True, slots=True)
class Held:
    """A run's mismatches, held against a baseline.

    Parameters
    ----------
    unknown : tuple of Mismatch
    known : tuple of (Known, tuple of Mismatch)
        Each deviation that shows, with the mismatches of which it speaks.
    absent : tuple of Known
        Those that do not show, although the run asked for them.
    expired : tuple of Known
        Those that hold no more; what they speak of is unknown.
    quarantined : tuple of Known
        Those of which nothing was asked: whether they would show is not known.
    """

    unknown: tuple[Mismatch, ...]
    known: tuple[tuple[Known, tuple[Mismatch, ...]], ...] = ()
    absent: tuple[Known, ...] = ()
    expired: tuple[Known, ...] = ()
    quarantined: tuple[Known, ...] = ()

    @property
    def mismatches(self) -> tuple[Mismatch, ...]:
        """All of them, known or not."""
        return (*self.unknown, *(mismatch for _, known in self.known for mismatch in known))


def held(run: Run, baseline: Iterable[Known], today: date) -> Held:
    """Tell what is known of a run's mismatches; each belongs to the first deviation that speaks of it."""
    environment = dict(run.info.environment)
    asked = [known for known in baseline if any(known.is_of(info, environment) for info in run.info.candidates)]
    expired = tuple(known for known in asked if known.is_over(today))
    closed = tuple(known for known in asked if known.is_in_quarantine(today))
    valid = [known for known in asked if known not in (*expired, *closed)]
    found: dict[Known | None, list[Mismatch]] = {}
    for mismatch in run.mismatches:
        found.setdefault(next((known for known in valid if known.speaks_of(mismatch)), None), []).append(mismatch)
    absent = (known for known in valid if known not in found and known.could_show(run))
    shown = ((known, tuple(found[known])) for known in valid if known in found)
    return Held(tuple(found.get(None, ())), tuple(shown), tuple(absent), expired, closed)


def _allows(names: tuple[str, ...], name: str) -> bool:
    return not names or name in names


def _has(environment: Mapping[str, str], instruction: str) -> bool:
    """Whether a processor has an instruction set, or has not; where that is not known, neither."""
    known = environment.get(INSTRUCTIONS)
    if known is None:
        return False
    return (instruction.removeprefix("!") in known.split()) != instruction.startswith("!")


def _geometry(mismatch: Mismatch) -> ConvGeometry | None:
    """None where the record's case is none."""
    try:
        return case_geometry(mismatch.case)
    except InvalidArgument:
        return None


def _is_within(version: str, versions: str) -> bool:
    """A version that is none, such as an empty one, is in no range."""
    try:
        return SpecifierSet(versions).contains(version, prereleases=True)
    except InvalidVersion:
        return False
