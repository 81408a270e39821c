"""The summary at the top of the page: the verdict on the run, the matrix, the candidates."""

from __future__ import annotations

from dataclasses import dataclass

from ...oracle.judging.verdict import Outcome
from ..records.compared import Compared
from ..records.record import CandidateInfo, Run
from ..records.tally import Cell, Row, Tally
from ..views.cause_text import amount_of
from ..views.gate import compared_sentence, percent, reasons_text, shortfalls
from ..views.wording import SYMBOLS, clean, duration, headline, plural, rounded

_WRONG = {Outcome.REFUSED: "refused", Outcome.CRASHED: "crashed", Outcome.HUNG: "hung"}


@dataclass(frozen=True, slots=True)
class Headline:
    """The verdict on the whole run. `tone` is good, bad, warn or none."""

    tone: str
    symbol: str
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a mismatch on the page."""

    anchor: str
    label: str
    title: str


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One candidate on one check and subject."""

    tone: str
    symbol: str
    label: str
    details: tuple[str, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One check of one subject over all candidates."""

    check: str
    subject: str
    first_of_check: bool
    cells: tuple[MatrixCell, ...]


@dataclass(frozen=True, slots=True)
class CandidateView:
    """A candidate's facts."""

    name: str
    version: str
    source: str
    arithmetic: str
    verdicts: str
    ratio: str
    seconds: str


def run_headline(run: Run, counts: Tally, comparison: Compared, names: tuple[str, ...]) -> Headline:
    """The verdict on the whole run; a run in which nothing was decided is never good."""
    total = counts.total()
    idle = [clean(name) for name in names if counts.of(name).decided == 0]
    cases = len({record.case for record in run.cases})
    amount = f"{plural(total.verdicts, 'verdict')} on {plural(cases, 'case')} and {plural(len(names), 'candidate')}"
    lines = [amount, compared_sentence(comparison)]
    for outcome, words in ((Outcome.UNDECIDED, "undecided"), (Outcome.UNSUPPORTED, "unsupported by the candidate")):
        if count := total.outcomes.get(outcome, 0):
            lines.append(f"{count:,} {words}")
    if run.seconds:
        lines.append(duration(run.seconds))
    if idle and total.decided:
        lines.append(f"nothing was compared for {', '.join(idle)}")
    if run.mismatches:
        return Headline("bad", "✗", f"{amount_of(run.mismatches)} found", tuple(lines))
    if total.mismatches:
        title = f"{plural(total.mismatches, 'verdict')} against a candidate, not yet reduced to a smallest case"
        return Headline("bad", "✗", title, tuple(lines))
    if not total.decided:
        return Headline("none", "∅", "Nothing was compared: this run proves nothing", tuple(lines))
    if idle:
        return Headline("warn", "?", "No mismatch, but not every candidate was compared", tuple(lines))
    if shortfalls(comparison, run.info.min_compared):
        return Headline("warn", "?", "No mismatch, but too little of what was asked was compared", tuple(lines))
    if not run.finished:
        return Headline("warn", "…", "No mismatch so far: the run did not finish", tuple(lines))
    return Headline("good", "✓", "All candidates conform", tuple(lines))


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """What was compared of one pass of one candidate, by dtype."""

    candidate: str
    subject: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComparedView:
    """What was compared of all that was asked."""

    dtypes: tuple[str, ...]
    rows: tuple[ComparedRow, ...]
    reasons: tuple[tuple[str, str], ...]


def compared_view(comparison: Compared) -> ComparedView:
    """The share compared of each pass and dtype, and why the rest was not."""
    dtypes = tuple(dict.fromkeys(share.dtype for share in comparison.shares))
    by_dtype = {(share.candidate, share.subject, share.dtype): share for share in comparison.shares}
    rows = []
    for of_pass in comparison.by_pass():
        shares = (by_dtype.get((of_pass.candidate, of_pass.subject, dtype)) for dtype in dtypes)
        cells = ("–" if share is None else percent(share.compared, share.asked) for share in shares)
        rows.append(ComparedRow(clean(of_pass.candidate), clean(of_pass.subject), tuple(cells)))
    candidates = dict.fromkeys(reason.candidate for reason in comparison.reasons)
    reasons = tuple((clean(name), reasons_text(comparison.of(name).reasons)) for name in candidates)
    return ComparedView(dtypes, tuple(rows), reasons)


def candidate_view(candidate: CandidateInfo, cell: Cell) -> CandidateView:
    """The facts of a candidate and what all its verdicts add up to."""
    declared = [f"{clean(storage)} accumulates in {clean(wide)}" for storage, wide in candidate.accumulators]
    return CandidateView(
        clean(candidate.name),
        clean(candidate.version),
        clean(candidate.source),
        "; ".join(declared) or "every type accumulates in itself",
        f"{cell.verdicts:,}" if cell.verdicts else "none",
        rounded(cell.ratio) if cell.decided else "–",
        duration(cell.seconds),
    )


def matrix(run: Run, counts: Tally, names: tuple[str, ...], numbers: dict[str, int]) -> tuple[MatrixRow, ...]:
    """The matrix of checks by candidates; the rows of one check stand together."""
    links: dict[tuple[str, Row], list[Link]] = {}
    for mismatch in run.mismatches:
        place = numbers[mismatch.id]
        link = Link(f"mismatch-{place}", f"#{place}", headline(mismatch))
        links.setdefault((mismatch.candidate, counts.row_of(mismatch.check, mismatch.subject)), []).append(link)
    order = tuple(dict.fromkeys((*counts.rows(), *(row for _, row in links))))
    checks = tuple(dict.fromkeys(row.check for row in order))
    rows, previous = [], ""
    for row in sorted(order, key=lambda row: checks.index(row.check)):
        cells = tuple(
            _matrix_cell(counts.cell(name, row), counts.is_measured(row), tuple(links.get((name, row), ())))
            for name in names
        )
        rows.append(MatrixRow(clean(row.check), clean(row.subject), row.check != previous, cells))
        previous = row.check
    return tuple(rows)


def _matrix_cell(cell: Cell, is_measured: bool, links: tuple[Link, ...]) -> MatrixCell:
    wrong = [outcome for outcome in Outcome if outcome.is_mismatch and cell.outcomes.get(outcome)]
    details = _details(cell, is_measured, wrong)
    if cell.mismatches or links:
        symbol = SYMBOLS[wrong[0]] if wrong else SYMBOLS[Outcome.VIOLATES]
        words = _WRONG.get(wrong[0], "wrong") if len(wrong) == 1 else "wrong"
        return MatrixCell("bad", symbol, f"{cell.mismatches:,} of {cell.verdicts:,} {words}", details, links)
    if cell.conforming:
        words = "conforms" if cell.conforming == 1 else "conform"
        return MatrixCell("good", SYMBOLS[Outcome.CONFORMS], f"{cell.conforming:,} {words}", details, ())
    if undecided := cell.outcomes.get(Outcome.UNDECIDED):
        return MatrixCell("warn", SYMBOLS[Outcome.UNDECIDED], f"all {undecided:,} undecided", details, ())
    if cell.verdicts:
        return MatrixCell("none", SYMBOLS[Outcome.UNSUPPORTED], "unsupported", (f"{cell.verdicts:,} asked",), ())
    return MatrixCell("none", "", "not run", (), ())


def _details(cell: Cell, is_measured: bool, wrong: list[Outcome]) -> tuple[str, ...]:
    """What the label of a matrix cell leaves out."""
    besides = [Outcome.UNDECIDED] * bool(cell.decided) + [Outcome.UNSUPPORTED] * bool(cell.verdicts and cell.decided)
    counted = [*(wrong if len(wrong) > 1 else ()), *besides]
    details = [f"{SYMBOLS[each]} {cell.outcomes[each]:,} {each}" for each in counted if cell.outcomes.get(each)]
    if is_measured and cell.ratio:
        details.append(f"worst ratio {rounded(cell.ratio)}")
    if is_measured and cell.coarsest is not None:
        details.append(f"resolution ≤ {rounded(cell.coarsest)}")
    return tuple(details)
