"""Causes as plain text: each once, with its plainest mismatch in full and a line for each of the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...oracle.judging.verdict import Outcome
from ..records.machine_kinds import MachineKind
from ..records.record import CandidateInfo, Mismatch
from .causes import Cause, causes
from .machines import machines_sentence
from .terminal import WIDTH, mismatch_text
from .wording import case_line, clean, plural


def cause_texts(
    mismatches: Sequence[Mismatch],
    candidates: Iterable[CandidateInfo] = (),
    shown_by: Mapping[str, int] | None = None,
    *,
    machines: Sequence[MachineKind] = (),
    width: int = WIDTH,
    most: int | None = None,
) -> str:
    """Every cause of the mismatches as text, or the first ones; an empty line between two of them.

    Parameters
    ----------
    mismatches : sequence of Mismatch
    candidates : iterable of CandidateInfo
        Adds their versions.
    shown_by : mapping of str to int, optional
        How many cases showed each mismatch, by its id.
    machines : sequence of MachineKind
        On which they were made, where those are of several kinds.
    width : int
        In which sentences are wrapped.
    most : int, optional
        How many are told.
    """
    grouped = causes(mismatches)
    known = {candidate.name: candidate for candidate in candidates}
    named = {mismatch.id: mismatch for mismatch in mismatches}
    telling = _Telling(named, known, {} if shown_by is None else shown_by, tuple(machines), width)
    return "\n\n".join(
        telling.text(cause, f"cause {number} of {len(grouped)}") for number, cause in enumerate(grouped[:most], 1)
    )


_ACTS = {
    Outcome.REFUSED: "raises an error, asked for its",
    Outcome.CRASHED: "crashes, asked for its",
    Outcome.HUNG: "hangs, asked for its",
}
"""What a pass does where it does not violate a check."""


def other_line(mismatch: Mismatch, first: Mismatch) -> str:
    """A mismatch of a cause of which `first` is told already, in one line."""
    follows = f", which follows from {clean(' and '.join(mismatch.follows))}" if mismatch.follows else ""
    where = "the same case" if mismatch.case == first.case else case_line(mismatch.case)
    acts = _ACTS.get(mismatch.verdict.outcome, "violates")
    return f"{clean(mismatch.subject)} {acts} {clean(mismatch.check)}{follows}, on {where}"


def amount_of(mismatches: Sequence[Mismatch]) -> str:
    """4 causes, 11 mismatches."""
    if not mismatches:
        return "no mismatch"
    return f"{plural(len(causes(mismatches)), 'cause')}, {plural(len(mismatches), 'mismatch', 'mismatches')}"


@dataclass(frozen=True, slots=True)
class _Telling:
    """Tells causes, given what else is known."""

    named: Mapping[str, Mismatch]
    candidates: Mapping[str, CandidateInfo]
    shown_by: Mapping[str, int]
    machines: tuple[MachineKind, ...]
    width: int

    def text(self, cause: Cause, number: str) -> str:
        members = [self.named[identity] for identity in cause.mismatches]
        first, *others = members
        why = (clean(cause.evidence), machines_sentence(members, self.machines))
        lines = [f"{number}: {cause.title}", *(f"  {sentence}" for sentence in why if sentence)]
        candidate, shown = self.candidates.get(cause.candidate), self.shown_by.get(first.id, 0)
        text = mismatch_text(first, candidate, shown_by=shown, width=self.width)
        lines += [f"  {line}" for line in text.splitlines()]
        lines += [f"  also {other_line(other, first)}" for other in others]
        return "\n".join(lines)
