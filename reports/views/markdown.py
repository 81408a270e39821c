"""What came out of a run as Markdown, for the page on which a CI server shows its jobs."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from ...oracle.judging.verdict import Outcome
from ..records.compared import Compared
from ..records.record import CandidateInfo
from ..records.tally import Tally
from ..records.totals import Run
from .causes import causes
from .gate import Judgement, baseline_lines, percent
from .wording import candidate_name, clean

_SPECIAL = re.compile(r"([\\`*_\[\]|~#])")


def summary_markdown(run: Run, judged: Judgement) -> str:
    """A heading that says whether the run passes, a table of the candidates, and what is wrong, known or missing."""
    against, counts, shares = judged.against, run.totals.counts, run.totals.compared
    lines = [
        f"### convoracle: {'passes' if judged.passes else 'does not pass'}",
        "",
        "| candidate | conform | wrong | undecided | compared, of what was asked |",
        "|---|---|---|---|---|",
        *(_row(candidate, counts, shares) for candidate in run.info.candidates),
    ]
    titles = (f"{cause.title}; smallest case {_case(run, cause.mismatches[0])}" for cause in causes(against.unknown))
    lines += _list("Wrong", titles)
    lines += _list("Known", (line.removeprefix("known: ") for line in baseline_lines(against)))
    lines += _list("Notes", run.notes)
    lines += _list("Keeps it from passing, too", judged.complaints)
    return "\n".join((*lines, ""))


def _row(candidate: CandidateInfo, counts: Tally, shares: Compared) -> str:
    cell, total = counts.of(candidate.name), shares.of(candidate.name).offered().total()
    cells = (
        _safe(candidate_name(candidate.name, candidate)),
        f"{cell.conforming:,}",
        f"{cell.mismatches:,}",
        f"{cell.outcomes.get(Outcome.UNDECIDED, 0):,}",
        percent(total.compared, total.asked),
    )
    return f"| {' | '.join(cells)} |"


def _case(run: Run, identity: str) -> str:
    return next(mismatch.case for mismatch in run.mismatches if mismatch.id == identity)


def _list(title: str, items: Iterable[str]) -> Iterator[str]:
    lines = [f"- {_safe(item)}" for item in items]
    if lines:
        yield from ("", f"**{title}**", "", *lines)


def _safe(text: str) -> str:
    """One line in which nothing that a candidate said is Markdown or HTML."""
    return _SPECIAL.sub(r"\\\1", html.escape(" ".join(clean(text).split()), quote=False))
