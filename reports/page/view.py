"""What the page says, as dataclasses of text: nothing is computed in the template."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..record import CandidateInfo, Run
from ..tally import tally
from ..wording import clean, duration
from .detail import Fact, MismatchView, mismatch_view
from .sentences import WORDS
from .summary import CandidateView, Headline, MatrixRow, candidate_view, matrix, run_headline


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page."""

    title: str
    headline: Headline
    notes: tuple[str, ...]
    candidates: tuple[CandidateView, ...]
    rows: tuple[MatrixRow, ...]
    mismatches: tuple[MismatchView, ...]
    words: tuple[tuple[str, str], ...]
    facts: tuple[Fact, ...]
    environment: tuple[Fact, ...]


def view(run: Run, folder: Path) -> Page:
    """Everything that the page of `run` says; the mismatches' arrays are read from `folder`."""
    counts = tally(run.cases)
    known = {candidate.name: candidate for candidate in run.info.candidates}
    accused = (mismatch.candidate for mismatch in run.mismatches)
    names = tuple(dict.fromkeys((*known, *counts.candidates(), *accused)))
    mismatches = sorted(run.mismatches, key=lambda mismatch: names.index(mismatch.candidate))
    numbers = {mismatch.id: place for place, mismatch in enumerate(mismatches, 1)}
    top = run_headline(run, counts, names)
    return Page(
        title=f"{top.title} · convoracle",
        headline=top,
        notes=tuple(map(clean, run.notes)),
        candidates=tuple(candidate_view(known.get(name) or CandidateInfo(name), counts.of(name)) for name in names),
        rows=matrix(run, counts, names, numbers),
        mismatches=tuple(
            mismatch_view(mismatch, place, known.get(mismatch.candidate), counts.faults.get(mismatch.id, 0), folder)
            for place, mismatch in enumerate(mismatches, 1)
        ),
        words=WORDS,
        facts=_facts(run),
        environment=tuple(Fact(clean(name), clean(version)) for name, version in run.info.environment),
    )


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
