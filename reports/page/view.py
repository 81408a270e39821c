"""What the page says, as dataclasses of text: nothing is computed in the template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..records.record import CandidateInfo, Mismatch, RunInfo
from ..records.totals import Run
from ..views.cause_text import other_line
from ..views.causes import Cause, causes
from ..views.wording import clean, duration
from .detail import Fact, MismatchView, mismatch_on_page
from .sentences import WORDS
from .summary import (
    CandidateView,
    ComparedView,
    Headline,
    MatrixRow,
    candidate_view,
    compared_view,
    matrix,
    run_headline,
)


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page."""

    title: str
    headline: Headline
    notes: tuple[str, ...]
    candidates: tuple[CandidateView, ...]
    rows: tuple[MatrixRow, ...]
    compared: ComparedView
    causes: tuple[CauseView, ...]
    words: tuple[tuple[str, str], ...]
    facts: tuple[Fact, ...]
    environment: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class CauseView:
    """A cause: its plainest mismatch, and each of the others with the line that tells it."""

    anchor: str
    number: int
    title: str
    evidence: str
    first: MismatchView
    others: tuple[tuple[str, MismatchView], ...]


def _cause_view(
    cause: Cause, place: int, named: Mapping[str, Mismatch], views: Mapping[str, MismatchView]
) -> CauseView:
    first, *others = cause.mismatches
    return CauseView(
        f"cause-{place}",
        place,
        clean(cause.title),
        clean(cause.evidence),
        views[first],
        tuple((other_line(named[identity], named[first]), views[identity]) for identity in others),
    )


def view(run: Run, folder: Path) -> Page:
    """Everything that the page of `run` says; the mismatches' arrays are read from `folder`."""
    counts, shares = run.totals.counts, run.totals.compared
    known = {candidate.name: candidate for candidate in run.info.candidates}
    accused = (mismatch.candidate for mismatch in run.mismatches)
    names = tuple(dict.fromkeys((*known, *counts.candidates(), *accused)))
    found = sorted(causes(run.mismatches), key=lambda cause: names.index(cause.candidate))
    named = {mismatch.id: mismatch for mismatch in run.mismatches}
    shown = (identity for cause in found for identity in cause.mismatches)
    numbers = {identity: place for place, identity in enumerate(shown, 1)}
    views = {
        each: mismatch_on_page(named[each], place, known.get(named[each].candidate), counts.faults.get(each, 0), folder)
        for each, place in numbers.items()
    }
    top = run_headline(run, names)
    return Page(
        title=f"{top.title} · convoracle",
        headline=top,
        notes=tuple(map(clean, run.notes)),
        candidates=tuple(candidate_view(known.get(name) or CandidateInfo(name), counts.of(name)) for name in names),
        rows=matrix(run, names, numbers),
        compared=compared_view(shares),
        causes=tuple(_cause_view(cause, place, named, views) for place, cause in enumerate(found, 1)),
        words=(*((clean(check.name), clean(check.meaning)) for check in run.info.checks if check.meaning), *WORDS),
        facts=_facts(run),
        environment=_environment(run.info),
    )


def _environment(info: RunInfo) -> tuple[Fact, ...]:
    libraries = ((f"libraries of {each.name}", "; ".join(each.libraries)) for each in info.candidates if each.libraries)
    return tuple(Fact(clean(name), clean(version)) for name, version in (*info.environment, *libraries))


def _facts(run: Run) -> tuple[Fact, ...]:
    info = run.info
    return (
        Fact("command", clean(info.command)),
        Fact("seed", str(info.seed)),
        Fact("profile", clean(info.profile)),
        Fact("started", clean(info.started)),
        Fact("took", duration(run.seconds) if run.finished or run.seconds else "not known"),
        Fact("finished", "yes" if run.finished else "no"),
    )
