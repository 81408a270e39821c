"""A fault of a candidate: what is known of it, and which failing results it can be."""

from __future__ import annotations

from dataclasses import dataclass

from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.operands.data import Case, Numbers
from ...reports.records.native_frames import crash_site
from ...reports.records.record import CheckResult
from ...reports.records.spoiling import is_consequence, is_spoiling
from ..cases.corpora.selection import Provenance
from ..cases.features import distinctive, features
from ..checks.kind import CheckKind
from ..checks.registry import FIRST, kind_named
from .history import Earlier, Question


@dataclass(slots=True)
class Fault:
    """A fault of a candidate: how it shows, and what a case needs for it to show."""

    id: str
    check: str
    subject: str
    outcome: Outcome
    cause: str
    found: Case
    shrunk: Case
    verdict: Verdict
    needs: frozenset[str] = frozenset()
    provenance: Provenance | None = None
    """Where the case comes from in which it was found; None where that was drawn."""
    history: str = ""
    """How its result depends on earlier calls; empty where it does not."""
    before: Earlier | None = None
    """What is asked before it in a fresh process, so that it shows."""

    def preceding(self, case: Case) -> Question | None:
        """The question that comes before this fault's on a case; None where none does."""
        return None if self.before is None else self.before(Question(self.check, self.subject, case))

    def shows_as(self, result: CheckResult) -> bool:
        """Whether a result has this fault's check, pass, outcome and cause, and ends in its function."""
        verdict = result.verdict
        shown = (result.check, result.subject, verdict.outcome, verdict.cause)
        return shown == (self.check, self.subject, self.outcome, self.cause) and not self._ends_elsewhere(verdict)

    def explains(self, result: CheckResult, case: Case) -> bool:
        """Whether a failing result can be this fault.

        A wrong term that a small lattice happens not to show is beyond rounding on reals, too,
        and one that is a product with zero spreads a NaN. A pass that writes into its operands is wrong in company
        and where they are read-only. What depends on earlier calls cannot be told from a case.
        """
        if self.history:
            return False
        verdict = result.verdict
        is_of_pass = result.subject == self.subject
        if (
            is_of_pass
            and is_spoiling(self.verdict)
            and is_consequence(
                verdict, case.layout, is_among_calls=kind_named(result.check).among_calls is not None, cause=self.cause
            )
        ):
            return True
        covered = self._covers(result.check, verdict.cause) and verdict.outcome is self.outcome
        shows = self.shows_as(result) or (covered and is_of_pass)
        return shows and distinctive(self.needs) <= features(case)

    def is_plainer_than(self, other: Fault) -> bool:
        """Whether this is `other` with fewer needs: then they are one fault."""
        if self.history or other.history:
            return False
        same = (self.subject, self.outcome) == (other.subject, other.outcome)
        alike = (self.check, self.cause) == (other.check, other.cause) or self._covers(other.check, other.cause)
        return (
            same
            and alike
            and not self._ends_elsewhere(other.verdict)
            and distinctive(self.needs) <= distinctive(other.needs)
        )

    def _ends_elsewhere(self, verdict: Verdict) -> bool:
        """Whether a crash is known to be in another function than this fault's."""
        own, other = crash_site(self.verdict), crash_site(verdict)
        return own is not None and other is not None and str(own) != str(other)

    def _covers(self, check: str, cause: str) -> bool:
        """Whether wrong terms are what another check of the pass sees, where a case has all that they need."""
        return self.check == FIRST.name and kind_named(check).follows_wrong_terms(self.verdict, cause)

    @property
    def kind(self) -> CheckKind:
        """That of the check by which it was found."""
        return kind_named(self.check)

    @property
    def is_of_values(self) -> bool:
        """Whether it was found by a check of one pass's values."""
        return self.kind.is_of_values

    @property
    def numbers(self) -> Numbers:
        """What the operands are on which a fault of values was found."""
        assert self.kind.numbers is not None
        return self.kind.numbers
