"""The summary at the top of the first page: the verdict on the run, how sure it is, the candidates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...oracle.judging.verdict import Outcome
from ..records.baseline import Held
from ..records.certified import by_numbers, wrong_rows
from ..records.compared import Compared
from ..records.record import CandidateInfo
from ..records.tally import Cell
from ..records.totals import Beside, Run
from ..views.cause_text import amount_of
from ..views.gate import cut_short, percent, reasons_text, shortfalls
from ..views.wording import clean, duration, plural, rounded


@dataclass(frozen=True, slots=True)
class Measure:
    """How sure the verdict is, in one respect: a figure, what it is of, and where it is a share, how much of 100."""

    figure: str
    of: str
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Headline:
    """The verdict on the whole run. `tone` is good, bad, warn, known or none."""

    tone: str
    symbol: str
    title: str
    lines: tuple[str, ...]
    measures: tuple[Measure, ...]


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
    layers: str
    probed: str


def run_headline(run: Run, names: tuple[str, ...], against: Held) -> Headline:
    """The verdict on the whole run; a run in which nothing was decided is never good."""
    tone, symbol, title = _verdict(run, names, against)
    total = run.totals.counts.total()
    cases, candidates = plural(run.totals.cases, "case"), plural(len(names), "candidate")
    lines = [f"{plural(total.verdicts, 'verdict')} on {cases} and {candidates}"]
    if run.seconds:
        lines.append(duration(run.seconds))
    idle = _idle(run, names)
    if idle and total.decided:
        lines.append(f"nothing was compared for {', '.join(idle)}")
    return Headline(tone, symbol, title, tuple(lines), tuple(_measures(run, against)))


def _verdict(run: Run, names: tuple[str, ...], against: Held) -> tuple[str, str, str]:
    """Tone, symbol and title."""
    total, layers = run.totals.counts.total(), len(wrong_rows(run.beside.certificates))
    wrong = plural(layers, "result of a whole layer is", "results of whole layers are")
    if against.unknown:
        known = len(run.mismatches) - len(against.unknown)
        rest = f", beside {known:,} that are known" * bool(known) + f", and {wrong} wrong" * bool(layers)
        return "bad", "✗", f"{amount_of(against.unknown)} found{rest}"
    if total.mismatches and not run.mismatches:
        verdicts = plural(total.mismatches, "verdict")
        return "bad", "✗", f"{verdicts} against a candidate, not yet reduced to a smallest case"
    if layers:
        beginning = "Only known mismatches" if run.mismatches else "No mismatch"
        return "bad", "✗", f"{beginning} in generated cases, but {wrong} wrong"
    if not total.decided:
        return "none", "∅", "Nothing was compared: this run proves nothing"
    beginning = "Only known mismatches" if run.mismatches else "No mismatch"
    if _idle(run, names):
        return "warn", "?", f"{beginning}, but not every candidate was compared"
    if shortfalls(run.totals.compared, run.info.min_compared):
        return "warn", "?", f"{beginning}, but too little of what was asked was compared"
    if not run.finished:
        return "warn", "…", f"{beginning} so far: the run did not finish"
    if cut_short(run.stopped, run.info.min_compared):
        return "warn", "…", f"{beginning} in the time there was, but too few cases were examined"
    if against.quarantined and not run.mismatches:
        return "known", "≈", "No mismatch in what was asked; what is in quarantine was not"
    if run.mismatches:
        return "known", "≈", f"No new mismatch: {amount_of(run.mismatches)}, all of them known"
    return "good", "✓", "All candidates conform"


def _idle(run: Run, names: tuple[str, ...]) -> list[str]:
    return [clean(name) for name in names if run.totals.counts.of(name).decided == 0]


def _measures(run: Run, against: Held) -> Iterator[Measure]:
    """What was compared, what was not, and who watched the oracle."""
    total, outcomes = run.totals.compared.offered().total(), run.totals.counts.total().outcomes
    if total.asked:
        share = 100 * total.compared / total.asked
        yield Measure(percent(total.compared, total.asked), "of what was asked was compared", share)
    if total.verdicts:
        share = 100 * total.undecided / total.verdicts
        yield Measure(percent(total.undecided, total.verdicts), "of the verdicts on values are undecided", share)
    if declined := outcomes.get(Outcome.UNSUPPORTED, 0):
        yield Measure(f"{declined:,}", "verdicts unsupported: the candidate declined")
    known = len(run.mismatches) - len(against.unknown)
    if known:
        yield Measure(f"{known:,} of {len(run.mismatches):,}", "mismatches are in the baseline, as known")
    rows = [row for each in run.beside.certificates for row in each.rows]
    for told, some in zip(
        ("are proven right", "are within their bound on real numbers"), by_numbers(rows), strict=True
    ):
        if some:
            proven = sum(row.is_proven for row in some)
            yield Measure(f"{proven:,} of {len(some):,}", f"results of whole layers {told}", 100 * proven / len(some))
    if run.audited:
        yield Measure(f"{run.audited:,}", "exact results were computed again, term by term")


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """What was compared of passes of one candidate, by dtype."""

    candidate: str
    subjects: tuple[str, ...]
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
    rows: list[ComparedRow] = []
    for of_pass in comparison.by_pass():
        shares = (by_dtype.get((of_pass.candidate, of_pass.subject, dtype)) for dtype in dtypes)
        cells = tuple("–" if share is None else percent(share.compared, share.asked) for share in shares)
        row = ComparedRow(clean(of_pass.candidate), (clean(of_pass.subject),), cells)
        alike = next((r for r in rows if (r.candidate, r.cells) == (row.candidate, cells)), None)
        if alike is None:
            rows.append(row)
        else:
            rows[rows.index(alike)] = replace(alike, subjects=(*alike.subjects, *row.subjects))
    candidates = dict.fromkeys(reason.candidate for reason in comparison.reasons)
    reasons = tuple((clean(name), reasons_text(comparison.of(name).reasons)) for name in candidates)
    return ComparedView(dtypes, tuple(rows), reasons)


def candidate_view(candidate: CandidateInfo, cell: Cell, beside: Beside) -> CandidateView:
    """The facts of a candidate and what all its verdicts add up to."""
    rows = [row for each in beside.certificates if each.candidate == candidate.name for row in each.rows]
    probed = [each.dtype for cards in beside.identities if cards.candidate == candidate.name for each in cards.sections]
    declared = [f"{clean(storage)} accumulates in {clean(wide)}" for storage, wide in candidate.accumulators]
    return CandidateView(
        clean(candidate.name),
        clean(candidate.version),
        clean(candidate.source),
        "; ".join(declared) or "every type accumulates in itself",
        f"{cell.verdicts:,}" if cell.verdicts else "none",
        rounded(cell.ratio) if cell.decided else "–",
        duration(cell.seconds),
        ", ".join(
            f"{sum(row.is_proven for row in some):,} of {len(some):,} {told}"
            for told, some in zip(("proven right", "within their bound"), by_numbers(rows), strict=True)
            if some
        ),
        ", ".join(map(clean, probed)),
    )
