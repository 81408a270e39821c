"""What came out of a run, as one document for programs: whether it passes, what was compared, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from ...oracle.judging.verdict import Outcome


@dataclass(frozen=True, slots=True)
class CandidateSummary:
    """What came out of one candidate.

    Parameters
    ----------
    name, version : str
    conforming, wrong, undecided : int
        Verdicts that prove it right, that count against it, and that say neither.
    asked, compared : int
        Questions: a pass on a case is one. What it does not offer is not asked; only what was compared is known.
    """

    name: str
    version: str
    conforming: int
    wrong: int
    undecided: int
    asked: int
    compared: int


@dataclass(frozen=True, slots=True)
class MismatchSummary:
    """One fault at its smallest known case.

    Parameters
    ----------
    id : str
        Name of its folder in the run's folder ``mismatches``.
    check, subject : str
    outcome : Outcome
    case : str
    fingerprint : str
        The same for what is alike, in every run and on every machine.
    """

    id: str
    check: str
    subject: str
    outcome: Outcome
    case: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class CauseSummary:
    """What is wrong, once, with all the mismatches that come of it.

    Parameters
    ----------
    candidate, title : str
    known : str
        The reason that the baseline gives; empty of what is not known.
    mismatches : tuple of MismatchSummary
        The plainest comes first.
    """

    candidate: str
    title: str
    known: str
    mismatches: tuple[MismatchSummary, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What came out of a run.

    Parameters
    ----------
    passes : bool
        Whether nothing is wrong that is not known, and enough was compared.
    complaints : tuple of str
        What keeps it from passing beside what is wrong.
    command, profile, started : str
    seed : int
    seconds : float
    finished : bool
        Whether the run came to its end.
    examinations : int
        Cases, each counted once for every candidate.
    candidates : tuple of CandidateSummary
    causes : tuple of CauseSummary
        What is not known comes first.
    unseen, expired : tuple of str
        Reasons of known deviations that did not show although they could have, and of those that hold no more.
    quarantined : tuple of str
        Reasons of deviations of which nothing was asked, so that nothing is known of them.
    notes : tuple of str
        Sentences on what the run did not do, or on reading it.
    """

    passes: bool
    complaints: tuple[str, ...]
    command: str
    profile: str
    started: str
    seed: int
    seconds: float
    finished: bool
    examinations: int
    candidates: tuple[CandidateSummary, ...]
    causes: tuple[CauseSummary, ...]
    unseen: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    quarantined: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
