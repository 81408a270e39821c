"""A run and what it was held against, summed up as one document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...oracle.judging.verdict import Outcome
from ..records.baseline import Known
from ..records.record import CandidateInfo, Mismatch
from ..records.summary import CandidateSummary, CauseSummary, MismatchSummary, Summary
from ..records.totals import Run
from .causes import causes
from .fingerprint import fingerprint
from .gate import Judgement


def summary(run: Run, judged: Judgement) -> Summary:
    """What came out of a run."""
    against = judged.against
    found = list(_causes(against.unknown))
    for known, mismatches in against.known:
        found += _causes(mismatches, known.reason)
    info = run.info
    return Summary(
        judged.passes,
        judged.complaints,
        info.command,
        info.profile,
        info.started,
        info.seed,
        run.seconds,
        run.finished,
        run.totals.records,
        tuple(_candidate(run, candidate) for candidate in info.candidates),
        tuple(found),
        _reasons(against.absent),
        _reasons(against.expired),
        _reasons(against.quarantined),
        run.notes,
    )


def _causes(mismatches: Iterable[Mismatch], known: str = "") -> Iterator[CauseSummary]:
    named = {mismatch.id: mismatch for mismatch in mismatches}
    for cause in causes(named.values()):
        members = tuple(_mismatch(named[identity]) for identity in cause.mismatches)
        yield CauseSummary(cause.candidate, cause.title, known, members)


def _mismatch(mismatch: Mismatch) -> MismatchSummary:
    told = (mismatch.id, mismatch.check, mismatch.subject, mismatch.verdict.outcome, mismatch.case)
    return MismatchSummary(*told, fingerprint(mismatch))


def _candidate(run: Run, candidate: CandidateInfo) -> CandidateSummary:
    cell = run.totals.counts.of(candidate.name)
    share = run.totals.compared.of(candidate.name).offered().total()
    undecided = cell.outcomes.get(Outcome.UNDECIDED, 0)
    verdicts = (cell.conforming, cell.mismatches, undecided)
    return CandidateSummary(candidate.name, candidate.version, *verdicts, share.asked, share.compared)


def _reasons(deviations: Iterable[Known]) -> tuple[str, ...]:
    return tuple(f"{known.candidate}: {known.reason}" for known in deviations)
