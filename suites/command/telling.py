"""What came out of a run, printed: on one screen, all of it, or in as few lines as can be."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ...reports import Run, tally_table
from ...reports.files.layout import PAGE
from ...reports.records.baseline import Held
from ...reports.views.cause_text import amount_of, cause_texts
from ...reports.views.causes import causes
from ...reports.views.gate import Judgement, baseline_lines, compared_sentence, cut_short, stopped_sentence
from ...reports.views.overview import cause_lines, known_lines, overview_table, why_lines
from ...reports.views.terminal import WIDTH, compared_table, reason_lines
from ...reports.views.wording import audited_sentence, plural

_LEAST_WIDTH, _HANGING = 30, 2


def tell(finished: Run, folder: Path, judged: Judgement, console: Console) -> None:
    """Print what came out on one screen, and how to see all of it."""
    say, against, width = (
        partial(_say, console),
        judged.against,
        console.width - _HANGING if console.is_terminal else None,
    )
    above = (*cause_lines(finished, against, folder, width and _width(console)), *known_lines(against, width))
    for line in above:
        say(line)
    if above:
        say(Text())
    console.print(overview_table(finished))
    for line in why_lines(finished.totals.compared, width):
        say(line)
    _tell_the_rest(finished, folder, judged, say, f"more: convoracle show {folder} --all")


def tell_all(finished: Run, folder: Path, judged: Judgement, console: Console) -> None:
    """Print every cause in full, counts by check, and shares by pass and dtype."""
    say, candidates = partial(_say, console), finished.info.candidates
    if judged.against.unknown:
        faults = finished.totals.counts.faults
        told = cause_texts(
            judged.against.unknown, candidates, faults, machines=finished.machines, width=_width(console)
        )
        say(Text(told))
    for line in baseline_lines(judged.against):
        say(Text(line))
    console.print(tally_table(finished.totals.counts, candidates))
    console.print(compared_table(finished.totals.compared, candidates))
    for reason in reason_lines(finished.totals.compared):
        say(Text(reason))
    _tell_the_rest(finished, folder, judged, say)


def tell_briefly(finished: Run, folder: Path, judged: Judgement, console: Console) -> None:
    """Print what keeps a run from passing, a line each, and the closing line."""
    titles = (cause.title for cause in causes(judged.against.unknown))
    stopped = map(stopped_sentence, finished.stopped)
    for line in (*titles, *stopped, *judged.complaints, _closing_line(finished, folder, judged.against)):
        _say(console, Text(line))


def _tell_the_rest(finished: Run, folder: Path, judged: Judgement, say: Callable[[Text], None], *more: str) -> None:
    audited = [audited_sentence(finished.audited)] if finished.audited else []
    short = [each for each in finished.stopped if cut_short((each,), finished.info.min_compared)]
    complained_of = set(map(stopped_sentence, short))
    for note in (*(note for note in finished.notes if note not in complained_of), *audited):
        say(Text(note))
    for complaint in judged.complaints:
        say(Text(complaint, "bold red"))
    for line in (*more, _closing_line(finished, folder, judged.against)):
        say(Text(line))


def _closing_line(finished: Run, folder: Path, against: Held) -> str:
    known = sum(len(mismatches) for _, mismatches in against.known)
    of_these = f", {known} of them known," if known else ""
    amount = f"{amount_of(finished.mismatches)}{of_these} in {plural(finished.totals.records, 'examination')}"
    page = folder / PAGE
    place = f"; report: {page}" if page.exists() else ""
    return f"{amount}; {compared_sentence(finished.totals.compared)}; {finished.seconds:.0f} s{place}"


def _width(console: Console) -> int:
    """In which sentences are wrapped that are printed with an indentation of four."""
    return max(console.width - 4 - _HANGING, _LEAST_WIDTH) if console.is_terminal else WIDTH


def _say(console: Console, text: Text) -> None:
    """Print text: on a terminal between words, what goes on being indented; elsewhere a line stays one."""
    if not console.is_terminal:
        console.print(text, soft_wrap=True)
        return
    for line in text.split("\n", allow_blank=True):
        lead = len(line.plain) - len(line.plain.lstrip())
        for place, part in enumerate(line[lead:].wrap(console, max(console.width - lead - _HANGING, _LEAST_WIDTH))):
            part.rstrip()
            console.print(Text(" " * (lead + (_HANGING if place else 0))) + part)
