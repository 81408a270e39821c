"""What a run looks like on a terminal: the summary table, and a mismatch as readable text."""

from __future__ import annotations

import textwrap

from rich.table import Table
from rich.text import Text

from ...oracle.judging.verdict import Discrepancy, Outcome, Verdict
from ..records.compared import Compared
from ..records.record import CandidateInfo, Mismatch
from ..records.tally import Cell, Tally
from ..records.totals import Run
from .gate import percent, reasons_text
from .wording import (
    SYMBOLS,
    candidate_name,
    case_line,
    clean,
    excess,
    headline,
    number,
    number_pair,
    plural,
    position,
    region,
    resolution_sentence,
    rounded,
)

_STYLES = {
    Outcome.CONFORMS: "green",
    Outcome.VIOLATES: "bold red",
    Outcome.UNDECIDED: "yellow",
    Outcome.UNSUPPORTED: "dim",
    Outcome.REFUSED: "bold red",
    Outcome.CRASHED: "bold magenta",
    Outcome.HUNG: "bold magenta",
}
WIDTH = 118
_WORDS = {outcome: str(outcome) for outcome in Outcome} | {Outcome.CONFORMS: "conform", Outcome.VIOLATES: "wrong"}


def mismatch_text(
    mismatch: Mismatch, candidate: CandidateInfo | None = None, *, shown_by: int = 0, width: int = WIDTH
) -> str:
    """A mismatch as plain text: what is wrong, where, by how much, and on which case.

    Parameters
    ----------
    mismatch : Mismatch
    candidate : CandidateInfo, optional
        Adds the version.
    shown_by : int
        How many cases showed the fault; 0 leaves the line out.
    width : int
        In which sentences of a diagnosis are wrapped.
    """
    lines = [headline(mismatch, candidate)]
    if mismatch.framework:
        by_itself = f"{clean(mismatch.framework)} does the very same by itself on this case"
        lines.append(f"  {by_itself}: the fault is not {clean(mismatch.candidate)}'s own")
    lines += [f"  {line}" for line in _verdict_lines(mismatch.verdict)]
    lines += [f"  {line}" for sentence in mismatch.diagnosis for line in _wrapped(clean(sentence), width)]
    lines.append(f"  geometry {case_line(mismatch.case)}")
    if mismatch.origin:
        lines.append(f"  from {clean(mismatch.origin)}")
    if mismatch.needs:
        lines.append(f"  needs: {clean(', '.join(mismatch.needs))}")
    if shown_by:
        lines.append(f"  shown by {plural(shown_by, 'case')}; this is the smallest known")
    lines += [f"  {line}" for line in _history_lines(mismatch)]
    if not mismatch.repeats and not mismatch.history:
        lines.append("  does not repeat: run alone in a fresh process, this case did not fail")
    lines += [f"  {line}" for equation in mismatch.equations for line in clean(equation).splitlines()]
    lines += [
        f"  {clean(witness.name)}: {witness.outcome}{f', {clean(witness.note)}' if witness.note else ''}"
        for witness in mismatch.witnesses
    ]
    return "\n".join(lines)


def mismatch_view(mismatch: Mismatch, candidate: CandidateInfo | None = None, *, shown_by: int = 0) -> Text:
    """The text of :func:`mismatch_text` with its first line in the colour of the outcome."""
    text = mismatch_text(mismatch, candidate, shown_by=shown_by)
    first, _, rest = text.partition("\n")
    symbol = SYMBOLS[mismatch.verdict.outcome]
    return Text.assemble((f"{symbol} {first}", _STYLES[mismatch.verdict.outcome]), "\n", rest)


def summary_table(run: Run) -> Table:
    """Checks by candidates, each cell with its counts and its worst error / bound ratio."""
    return tally_table(run.totals.counts, run.info.candidates)


def tally_table(counts: Tally, candidates: tuple[CandidateInfo, ...]) -> Table:
    """The summary table of a tally; also while a run is under way."""
    table = Table(header_style="bold")
    table.add_column("check", no_wrap=True)
    table.add_column("of", no_wrap=True)
    known = {candidate.name: candidate for candidate in candidates}
    names = tuple(dict.fromkeys((*known, *counts.candidates())))
    for name in names:
        table.add_column(Text(candidate_name(name, known.get(name))))
    for row in counts.rows():
        cells = [_cell_text(counts.cell(name, row), counts.is_measured(row)) for name in names]
        table.add_row(Text(clean(row.check)), Text(clean(row.subject)), *cells)
    return table


def compared_table(comparison: Compared, candidates: tuple[CandidateInfo, ...]) -> Table:
    """What was compared of each candidate's passes, by dtype."""
    dtypes = tuple(dict.fromkeys(share.dtype for share in comparison.shares))
    table = Table(header_style="bold", title="compared, of what was asked", title_justify="left")
    table.add_column("candidate")
    table.add_column("pass", no_wrap=True)
    for dtype in dtypes:
        table.add_column(dtype, overflow="fold")
    for candidate in candidates:
        part = comparison.of(candidate.name)
        for place, (names, cells) in enumerate(_compared_rows(part, dtypes)):
            table.add_row(Text(clean(candidate.name) if place == 0 else ""), Text(names), *cells)
    return table


def reason_lines(comparison: Compared) -> list[str]:
    """A line for each candidate of which not all was compared: the most frequent reasons."""
    names = dict.fromkeys(reason.candidate for reason in comparison.reasons)
    return [f"{clean(name)}, not compared: {reasons_text(comparison.of(name).reasons[:3])}" for name in names]


def _compared_rows(part: Compared, dtypes: tuple[str, ...]) -> list[tuple[str, list[Text]]]:
    """A row for each pass; those with the same shares in one."""
    total, rows = part.total(), dict[tuple[str, ...], list[str]]()
    if total.compared == total.asked:
        met = {share.dtype for share in part.shares}
        return [("every pass", [Text("100 %" if dtype in met else "not asked", "dim") for dtype in dtypes])]
    for subject in dict.fromkeys(share.subject for share in part.shares):
        of_pass = {share.dtype: share for share in part.shares if share.subject == subject}
        cells = (percent(of_pass[d].compared, of_pass[d].asked) if d in of_pass else "not asked" for d in dtypes)
        rows.setdefault(tuple(cells), []).append(clean(subject))
    return [
        ("\n".join(names), [Text(cell, "dim" if cell in ("100 %", "not asked") else "yellow") for cell in cells])
        for cells, names in rows.items()
    ]


def _cell_text(cell: Cell, is_measured: bool) -> Text:
    if not cell.verdicts:
        return Text("not run", style="dim")
    lines = [
        Text(f"{SYMBOLS[outcome]} {count:,} {_WORDS[outcome]}", _STYLES[outcome])
        for outcome in Outcome
        if (count := cell.outcomes.get(outcome, 0))
    ]
    if is_measured and cell.decided:
        lines.append(Text(f"ratio ≤ {rounded(cell.ratio)}", "dim"))
    return Text("\n").join(lines)


def _verdict_lines(verdict: Verdict) -> list[str]:
    lines = [line for line in clean(verdict.reason).splitlines() if line.strip()]
    if verdict.worst is None:
        return lines
    return lines + _worst_lines(verdict, verdict.worst)


def _history_lines(mismatch: Mismatch) -> list[str]:
    """How the result depends on earlier calls, and on which other pass."""
    lines = [f"its result depends on earlier calls: {clean(mismatch.history)}"] if mismatch.history else []
    lines += [f"asked after {clean(check)} of {clean(pass_)} on {clean(case)}" for check, pass_, case in mismatch.after]
    if mismatch.follows:
        passes = clean(" and ".join(mismatch.follows))
        lines.append(f"it follows from {passes}: it is what the definition makes of that wrong result")
    return lines


def _wrapped(sentence: str, width: int) -> list[str]:
    return textwrap.wrap(sentence, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _worst_lines(verdict: Verdict, worst: Discrepancy) -> list[str]:
    actual, expected = number_pair(worst.actual, worst.expected)
    extent = f"; {verdict.wrong} of {plural(verdict.elements, 'element')}"
    if verdict.region is not None:
        extent += f", all in {region(verdict.region)}"
    bound = number(worst.bound) if worst.bound == 0 else rounded(worst.bound)
    lines = [
        f"worst at {position(worst.index)}: actual {actual}, expected {expected}",
        f"error {rounded(worst.error)} = {rounded(worst.ulps)} ulp; bound {bound}{excess(worst)}{extent}",
    ]
    if verdict.resolution is not None:
        lines.append(f"resolution {rounded(verdict.resolution)}: {resolution_sentence(verdict.resolution)}")
    return lines
