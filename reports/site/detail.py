"""What the page says of one mismatch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from ...oracle.errors import InvalidArgument
from ...oracle.explaining.notation import OPERAND_SYMBOLS
from ...oracle.judging.verdict import Discrepancy
from ...oracle.problem.layouts import CONTIGUOUS
from ..errors import InvalidRecord
from ..files.layout import MISMATCHES
from ..files.reading import read_mismatch
from ..files.reproducer import reproducer
from ..records.evidence import case_geometry, case_layout, subject_pass
from ..records.record import CandidateInfo, Evidence, Mismatch, Witness
from ..views.cause_title import plain_title
from ..views.wording import (
    SYMBOLS,
    clean,
    describe_layout,
    geometry_facts,
    headline,
    number,
    number_pair,
    plural,
    position,
    region,
    resolution_sentence,
    rounded,
)
from .drawing import Drawing, drawing
from .equation import Equation, equation, wrong_terms
from .picture import Grid, Picture, operand_grids, picture, result_grids
from .sentences import mismatch_sentences, stack

_BOUND_AT = 35.0
_GAUGE_DECADES = 4.0
"""So many powers of ten beyond the bound the gauge shows."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and what is to be said under it."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Gauge:
    """The worst error beside its bound: where each stands on a line from 0 to 100, which grows by factors."""

    bound: str
    error: str
    bound_at: float
    error_at: float
    is_cut: bool


@dataclass(frozen=True, slots=True)
class WitnessView:
    """What another source says of the same case."""

    name: str
    symbol: str
    outcome: str
    note: str


@dataclass(frozen=True, slots=True)
class NamedGrids:
    """An operand's numbers."""

    name: str
    grids: tuple[Grid, ...]


@dataclass(frozen=True, slots=True)
class MismatchView:
    """Everything that is said of one mismatch."""

    id: str
    title: str
    headline: str
    tone: str
    symbol: str
    outcome: str
    sentences: tuple[str, ...]
    stack: tuple[str, ...]
    diagnosis: tuple[str, ...]
    terms: tuple[Equation, ...]
    case: str
    found: str
    geometry: tuple[Fact, ...]
    needs: tuple[str, ...]
    facts: tuple[Fact, ...]
    gauge: Gauge | None
    drawing: Drawing | None
    picture: Picture | None
    grids: tuple[Grid, ...]
    operands: tuple[NamedGrids, ...]
    equations: tuple[Equation, ...]
    witnesses: tuple[WitnessView, ...]
    reproducer: str
    folder: str
    replay: str
    problem: str


def mismatch_on_page(mismatch: Mismatch, candidate: CandidateInfo | None, shown_by: int, folder: Path) -> MismatchView:
    """Everything that is said of `mismatch`; its arrays are read from the run's `folder`."""
    evidence, problem = _evidence(folder / MISMATCHES / mismatch.id)
    home = f"{MISMATCHES}/{mismatch.id}"
    outcome = mismatch.verdict.outcome
    terms = {line: told for line in map(clean, mismatch.diagnosis) if (told := wrong_terms(line))}
    transposed = evidence is not None and case_geometry(mismatch.case).transposed
    return MismatchView(
        id=mismatch.id,
        title=plain_title((mismatch,)),
        headline=headline(mismatch, candidate),
        tone="bad" if outcome.is_mismatch else "warn",
        symbol=SYMBOLS[outcome],
        outcome=str(outcome),
        sentences=mismatch_sentences(mismatch),
        stack=stack(mismatch.verdict),
        diagnosis=tuple(line for line in map(clean, mismatch.diagnosis) if line not in terms),
        terms=tuple(terms.values()),
        case=clean(mismatch.case),
        found=clean(mismatch.found),
        geometry=_geometry(mismatch.case),
        needs=tuple(map(clean, mismatch.needs)),
        facts=_mismatch_facts(mismatch, shown_by),
        gauge=_gauge(mismatch.verdict.worst),
        drawing=_drawing(mismatch),
        picture=None if evidence is None else picture(evidence, mismatch.subject, transposed=transposed),
        grids=() if evidence is None else result_grids(evidence, mismatch.subject, transposed=transposed),
        operands=() if evidence is None else _operands(evidence, transposed=transposed),
        equations=tuple(equation(clean(each)) for each in mismatch.equations),
        witnesses=tuple(map(_witness, mismatch.witnesses)),
        reproducer="" if evidence is None else clean(reproducer(mismatch, evidence)),
        folder=home,
        replay=f"convoracle replay {home}/mismatch.json",
        problem=problem,
    )


def _evidence(home: Path) -> tuple[Evidence | None, str]:
    try:
        return read_mismatch(home)[1], ""
    except InvalidRecord as error:
        return None, f"The arrays of this mismatch could not be read. {clean(str(error))}"


def _gauge(worst: Discrepancy | None) -> Gauge | None:
    """None where there is no bound but exact equality, or no finite error."""
    if worst is None or not (0 < worst.bound < math.inf and 0 < worst.error < math.inf):
        return None
    decades = math.log10(worst.error / worst.bound)
    at = _BOUND_AT + (95 - _BOUND_AT) * decades / _GAUGE_DECADES
    return Gauge(rounded(worst.bound), rounded(worst.error), _BOUND_AT, round(min(max(at, 2.0), 95.0), 1), at > 95)


def _drawing(mismatch: Mismatch) -> Drawing | None:
    try:
        geometry = case_geometry(mismatch.case)
    except InvalidArgument:
        return None
    pass_, worst = subject_pass(mismatch.subject), mismatch.verdict.worst
    index = worst.index if pass_ is not None and worst is not None else None
    if index is not None and pass_ is not None and not _is_within(index, pass_.result_shape(geometry)):
        index = None
    return drawing(geometry, pass_, index)


def _is_within(index: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether it is the index of an element, or of a part of a complex one."""
    return len(index) >= len(shape) and all(at < size for at, size in zip(index, shape, strict=False))


def _geometry(case: str) -> tuple[Fact, ...]:
    try:
        facts = [Fact(name, value) for name, value in geometry_facts(case_geometry(case))]
    except InvalidArgument:
        return ()
    layout = case_layout(case)
    if layout != CONTIGUOUS:
        facts.append(Fact("operands", describe_layout(layout)))
    return tuple(facts)


def _mismatch_facts(mismatch: Mismatch, shown_by: int) -> tuple[Fact, ...]:
    verdict = mismatch.verdict
    facts: list[Fact] = []
    if verdict.worst is not None:
        facts += _worst_facts(verdict.worst)
    if verdict.wrong:
        facts.append(Fact("wrong elements", f"{verdict.wrong:,} of {verdict.elements:,}"))
    if verdict.region is not None:
        facts.append(Fact("all of them in", region(verdict.region), "half-open ranges per axis"))
    if verdict.resolution is not None:
        facts.append(Fact("resolution", rounded(verdict.resolution), resolution_sentence(verdict.resolution)))
    if shown_by:
        facts.append(Fact("shown by", plural(shown_by, "case")))
    if mismatch.origin:
        facts.append(Fact("from", clean(mismatch.origin)))
    if mismatch.history:
        facts.append(Fact("depends on earlier calls", clean(mismatch.history)))
    facts += [
        Fact("asked after", f"{clean(check)} of {clean(pass_)}", clean(case)) for check, pass_, case in mismatch.after
    ]
    if mismatch.follows:
        facts.append(Fact("follows from", clean(" and ".join(mismatch.follows)), "what the definition makes of it"))
    facts.append(Fact("repeats alone", "yes" if mismatch.repeats else "no", "run again in a fresh process"))
    return tuple(facts)


def _worst_facts(worst: Discrepancy) -> list[Fact]:
    got, expected = number_pair(worst.actual, worst.expected)
    bound = number(worst.bound) if worst.bound == 0 else rounded(worst.bound)
    allowed = "exact equality is required" if worst.bound == 0 else _times(worst)
    return [
        Fact("worst element", position(worst.index), "counted from 0"),
        Fact("got", got),
        Fact("expected", expected),
        Fact("error", rounded(worst.error), f"{rounded(worst.ulps)} ulp"),
        Fact("bound", bound, allowed),
    ]


def _times(worst: Discrepancy) -> str:
    times = worst.error / worst.bound
    return f"the error is {times:.3g} times this" if 1 < times < math.inf else ""


def _operands(evidence: Evidence, *, transposed: bool) -> tuple[NamedGrids, ...]:
    named = (
        NamedGrids(
            f"{OPERAND_SYMBOLS[name]} ({name.replace('_', ' ')})", operand_grids(array, name, transposed=transposed)
        )
        for name, array in evidence.operands.arrays().items()
    )
    return tuple(grids for grids in named if grids.grids)


def _witness(witness: Witness) -> WitnessView:
    return WitnessView(clean(witness.name), SYMBOLS[witness.outcome], str(witness.outcome), clean(witness.note))
