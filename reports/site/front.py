"""The first page: does it conform, where not, why, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..records.baseline import Held, Known
from ..records.record import CandidateInfo, Mismatch, RunInfo
from ..records.survey import Survey
from ..records.totals import Run
from ..views.cause_text import other_line
from ..views.cause_title import Alike, alike
from ..views.causes import Cause, causes
from ..views.gate import wrong_layers
from ..views.machines import machines_sentence
from ..views.wording import SYMBOLS, candidate_name, case_line, clean, duration, plural
from .detail import Fact
from .matrix import MatrixRow, link, rows
from .sentences import WORDS
from .summary import CandidateView, ComparedView, Headline, candidate_view, compared_view, run_headline


@dataclass(frozen=True, slots=True)
class MismatchLink:
    """A mismatch in one line, and where its page is."""

    href: str
    symbol: str
    text: str


@dataclass(frozen=True, slots=True)
class CauseEntry:
    """One cause of one candidate, with its plainest mismatch first."""

    mismatches: tuple[str, ...]
    candidate: str
    passes: tuple[str, ...]
    amount: str
    cases: str
    smallest: str
    words: str
    href: str
    evidence: str
    machines: str
    known: tuple[KnownNote, ...]
    is_known: bool
    others: tuple[MismatchLink, ...]


@dataclass(frozen=True, slots=True)
class KnownNote:
    """What the baseline says of a deviation."""

    reason: str
    link: str


@dataclass(frozen=True, slots=True)
class CauseCard:
    """Causes of which the same can be told, under one title."""

    anchor: str
    number: int
    title: str
    tone: str
    symbol: str
    outcome: str
    note: str
    entries: tuple[CauseEntry, ...]


@dataclass(frozen=True, slots=True)
class FrontPage:
    """The whole page."""

    title: str
    section: str
    headline: Headline
    notes: tuple[str, ...]
    cards: tuple[CauseCard, ...]
    absent: tuple[KnownNote, ...]
    expired: tuple[KnownNote, ...]
    quarantined: tuple[KnownNote, ...]
    names: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    every_case: str
    wrong_layers: tuple[str, ...]
    candidates: tuple[CandidateView, ...]
    compared: ComparedView
    words: tuple[tuple[str, str], ...]
    facts: tuple[Fact, ...]
    environment: tuple[Fact, ...]


def names_of(run: Run) -> tuple[str, ...]:
    """Every candidate that anything is told of."""
    told = (candidate.name for candidate in run.info.candidates)
    accused = (mismatch.candidate for mismatch in run.mismatches)
    return tuple(dict.fromkeys((*told, *run.totals.counts.candidates(), *accused)))


def front_page(run: Run, survey: Survey, against: Held) -> FrontPage:
    """Everything that the page says."""
    names, known = names_of(run), {candidate.name: candidate for candidate in run.info.candidates}
    top = run_headline(run, names, against)
    counts = run.totals.counts
    meanings = ((clean(check.name), clean(check.meaning)) for check in run.info.checks if check.meaning)
    return FrontPage(
        title=f"{top.title} · convoracle",
        section="overview",
        headline=top,
        notes=tuple(map(clean, run.notes)),
        cards=cards(run, against),
        absent=tuple(map(known_note, against.absent)),
        expired=tuple(map(known_note, against.expired)),
        quarantined=tuple(map(known_note, against.quarantined)),
        names=tuple(candidate_name(name, known.get(name)) for name in names),
        rows=rows(survey, names),
        every_case=link(),
        wrong_layers=wrong_layers(run.beside.certificates),
        candidates=tuple(
            candidate_view(known.get(name) or CandidateInfo(name), counts.of(name), run.beside) for name in names
        ),
        compared=compared_view(run.totals.compared),
        words=(*meanings, *WORDS),
        facts=_facts(run),
        environment=environment(run.info),
    )


def cards(run: Run, against: Held) -> tuple[CauseCard, ...]:
    """Causes that look alike under one title; what is not known comes first."""
    named = {mismatch.id: mismatch for mismatch in run.mismatches}
    names = names_of(run)
    found = sorted(causes(run.mismatches), key=lambda cause: names.index(cause.candidate))
    unknown = {mismatch.id for mismatch in against.unknown}
    groups = alike(found, named)
    first = sorted(groups, key=lambda each: not any(i in unknown for cause in each.causes for i in cause.mismatches))
    told = _Telling(run, named, {m.id: known for known, members in against.known for m in members})
    return tuple(told.card(group, number) for number, group in enumerate(first, 1))


class _Telling:
    """Tells causes as cards."""

    def __init__(self, run: Run, named: Mapping[str, Mismatch], known: Mapping[str, Known]) -> None:
        self._infos = {candidate.name: candidate for candidate in run.info.candidates}
        self._shown_by, self._machines = run.totals.counts.faults, run.machines
        self._named, self._known = named, known

    def card(self, group: Alike, number: int) -> CauseCard:
        entries = tuple(self._entry(cause) for cause in group.causes)
        is_known = all(entry.is_known for entry in entries)
        outcome = self._named[group.causes[0].mismatches[0]].verdict.outcome
        return CauseCard(
            anchor=f"cause-{number}",
            number=number,
            title=group.title,
            tone="known" if is_known else "bad" if outcome.is_mismatch else "warn",
            symbol=SYMBOLS[outcome],
            outcome=str(outcome),
            note=_sharing(group),
            entries=entries,
        )

    def _entry(self, cause: Cause) -> CauseEntry:
        members = [self._named[each] for each in cause.mismatches]
        first, *others = members
        cases = sum(self._shown_by.get(each.id, 0) for each in members)
        notes = dict.fromkeys(self._known[each.id] for each in members if each.id in self._known)
        case, _, words = case_line(first.case).partition(" ")
        return CauseEntry(
            mismatches=cause.mismatches,
            candidate=candidate_name(cause.candidate, self._infos.get(cause.candidate)),
            passes=tuple(dict.fromkeys(clean(each.subject) for each in members)),
            amount=plural(len(members), "mismatch", "mismatches"),
            cases=plural(cases, "result") if cases else "",
            smallest=case,
            words=words.strip("()"),
            href=mismatch_href(first),
            evidence=clean(cause.evidence),
            machines=machines_sentence(members, self._machines),
            known=tuple(map(known_note, notes)),
            is_known=all(each.id in self._known for each in members),
            others=tuple(self._link(each, first) for each in others),
        )

    def _link(self, mismatch: Mismatch, first: Mismatch) -> MismatchLink:
        return MismatchLink(mismatch_href(mismatch), SYMBOLS[mismatch.verdict.outcome], other_line(mismatch, first))


def mismatch_href(mismatch: Mismatch) -> str:
    """The way from the run's folder; an id can name a folder, and is plain text."""
    return f"mismatches/{mismatch.id}/index.html"


def _sharing(group: Alike) -> str:
    """What several causes under one title have in common, and what of it is not known."""
    candidates = dict.fromkeys(cause.candidate for cause in group.causes)
    if len(group.causes) == 1:
        return ""
    told = f"{len(candidates)} candidates show" if len(candidates) > 1 else f"{clean(*candidates)} shows"
    amount = "this" if len(group.causes) == len(candidates) else f"this in {len(group.causes)} ways"
    return f"{told} {amount}. Nothing in this run says whether one fault is behind it."


def known_note(known: Known) -> KnownNote:
    """The reason, and the address where it is one."""
    is_address = known.link.startswith(("https://", "http://"))
    return KnownNote(clean(known.reason), known.link if is_address else "")


def environment(info: RunInfo) -> tuple[Fact, ...]:
    """Where the run was made."""
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


def in_order(run: Run, against: Held) -> Iterator[tuple[CauseCard, Mismatch]]:
    """Every mismatch with the card that it stands on, in the order in which the page tells them."""
    named = {mismatch.id: mismatch for mismatch in run.mismatches}
    for card in cards(run, against):
        for entry in card.entries:
            yield from ((card, named[each]) for each in entry.mismatches)
