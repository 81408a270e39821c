"""The sentences that say whether enough of what was asked was compared, and which deviations are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from ..records.baseline import Held, Known
from ..records.certified import Certificates, wrong_rows
from ..records.compared import Compared, Reason, Share
from ..records.stopped import Stopped
from .wording import clean, plural


@dataclass(frozen=True, slots=True)
class Judgement:
    """What decides whether a run passes.

    Parameters
    ----------
    against : Held
        Its mismatches, held against what is known.
    complaints : tuple of str
        A sentence for each thing that keeps it from passing beside unknown mismatches.
    """

    against: Held
    complaints: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        """Whether nothing is wrong that is not known, and nothing is missing."""
        return not self.against.unknown and not self.complaints


def shortfalls(comparison: Compared, least: float) -> tuple[str, ...]:
    """A sentence for each candidate, or else pass of one, of which less than the share `least` was compared."""
    sentences, comparison = [], comparison.offered()
    for candidate in dict.fromkeys(share.candidate for share in comparison.shares):
        part = comparison.of(candidate)
        low = [share for share in (part.total(), *part.by_pass()) if share.compared < least * share.asked]
        if low:
            whole = not low[0].subject
            sentences.append(_shortfall(candidate, low[:1] if whole else low, part.reasons, least))
    return tuple(sentences)


def cut_short(stopped: Iterable[Stopped], least: float) -> tuple[str, ...]:
    """A sentence for each candidate of whose cases less than the share `least` were examined in the time there was."""
    return tuple(
        f"{_followed(each)}, less than the {100 * least:.0f} % that are wanted. Give it more time (--max-time) or go "
        "on with it (--resume), or ask for fewer cases (--cases), or allow less (--min-compared)."
        for each in stopped
        if each.examined < least * each.planned
    )


def wrong_layers(certificates: Iterable[Certificates]) -> tuple[str, ...]:
    """A sentence for each candidate of which results of whole layers are wrong."""
    sentences = []
    for each in certificates:
        if wrong := wrong_rows((each,)):
            named = ", ".join(clean(row.name) for _, row in wrong[:3])
            more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
            amount = plural(len(wrong), "result of a whole layer is", "results of whole layers are")
            sentences.append(f"{clean(each.candidate)}: {amount} wrong: {named}{more}")
    return tuple(sentences)


def settings_sentences(settings: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """Which options a run took from a file, for each file."""
    for file, of_file in groupby(settings, key=lambda setting: setting[2]):
        told = ", ".join(f"{clean(name)} = {clean(value)}" for name, value, _ in of_file)
        yield f"From {clean(file)}: {told}."


def stopped_sentence(stopped: Stopped) -> str:
    """How far a search went."""
    return f"{_followed(stopped)}: of the others nothing is known."


def _followed(stopped: Stopped) -> str:
    share = percent(stopped.examined, stopped.planned)
    cases = f"{stopped.examined:,} of {plural(stopped.planned, 'case')} ({share}) were examined"
    return f"{clean(stopped.candidate)}: {cases}"


def percent(part: int, whole: int) -> str:
    """A share in whole per cent, never rounded to all or nothing: 92 %, under 1 %."""
    share = 100 * part // whole if whole else 0
    return "under 1 %" if share == 0 and part else f"{share} %"


def compared_sentence(comparison: Compared) -> str:
    """92 % of what was asked was compared, 3 % of the verdicts undecided."""
    total = comparison.offered().total()
    if not total.asked:
        return "nothing was asked"
    undecided = percent(total.undecided, total.verdicts)
    sentence = f"{percent(total.compared, total.asked)} of what was asked was compared"
    return f"{sentence}, {undecided} of its verdicts undecided"


def reasons_text(reasons: Iterable[Reason]) -> str:
    """The reasons why the rest was not compared, the most frequent first."""
    return "; ".join(
        f"{clean(reason.text) or 'no reason given'} ({plural(reason.count, 'time')})" for reason in reasons
    )


def baseline_lines(against: Held) -> Iterator[str]:
    """A line for each deviation that is known: that shows, that does not, and that holds no more."""
    for known, mismatches in against.known:
        yield f"known: {told_of(known)}: {', '.join(mismatch.id for mismatch in mismatches)}"
    for known in against.absent:
        yield f"known, and not seen: {told_of(known)}"
    for known in against.quarantined:
        yield f"quarantined, and not asked: {told_of(known)}"
    for known in against.expired:
        yield f"known until {known.expires}, and unknown since: {told_of(known)}"


def told_of(known: Known) -> str:
    """Whose deviation it is, and why it is accepted."""
    link = f" ({clean(known.link)})" if known.link else ""
    return f"{clean(known.candidate)}, {clean(known.reason)}{link}"


def _shortfall(candidate: str, low: list[Share], reasons: tuple[Reason, ...], least: float) -> str:
    of_pass = ", ".join(
        f"{percent(share.compared, share.asked)} of what was asked{f' of {share.subject}' if share.subject else ''}"
        for share in low
    )
    why = f" Not compared: {reasons_text(reasons[:3])}." if reasons else ""
    return (
        f"{clean(candidate)}: {of_pass} was compared, less than the {100 * least:.0f} % that are wanted.{why} "
        "Declare what it takes (domain, dtypes, limitation), or ask less of it (--passes, --dtypes, --ranks), or allow "
        "less (--min-compared)."
    )
