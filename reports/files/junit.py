"""junit.xml for continuous integration: a suite for each candidate, a test case for each check and subject."""

from __future__ import annotations

import os
import re
from pathlib import Path
from xml.etree import ElementTree

from ...oracle.judging.verdict import Outcome
from ..records.certified import CertificateRow
from ..records.compared import Compared
from ..records.record import CandidateInfo, Mismatch
from ..records.tally import Cell, Row, Tally
from ..records.totals import Run
from ..views.causes import causes
from ..views.gate import cut_short, shortfalls
from ..views.terminal import mismatch_text
from ..views.wording import candidate_name, clean, duration, headline, plural, rounded
from .layout import JUNIT

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COMPARED = "comparisons were made"


def junit(run: Run) -> str:
    """The XML text.

    A check and subject fails if a verdict counts against the candidate, is
    skipped if the candidate supports it nowhere or nothing could be decided,
    and passes otherwise. A candidate for which nothing was decided at all, and
    a run without candidates, is an error: no comparison is no success.
    """
    counts, shares = run.totals.counts, run.totals.compared
    known = {candidate.name: candidate for candidate in run.info.candidates}
    accused = (mismatch.candidate for mismatch in run.mismatches)
    names = tuple(dict.fromkeys((*known, *counts.candidates(), *accused)))
    root = ElementTree.Element("testsuites", name="convoracle")
    for name in names:
        mismatches = tuple(mismatch for mismatch in run.mismatches if mismatch.candidate == name)
        root.append(_suite(run, counts, shares, known.get(name) or CandidateInfo(name), mismatches))
    if not names:
        suite = ElementTree.SubElement(root, "testsuite", name="convoracle")
        _nothing_compared(suite, "convoracle", "no candidate was tested")
        _count(suite)
    _count(root)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def write_junit(run: Run, folder: str | os.PathLike[str]) -> Path:
    """Write ``junit.xml`` into the run's folder and return its path."""
    path = Path(folder) / JUNIT
    path.write_text(junit(run), "utf-8")
    return path


def _suite(
    run: Run, counts: Tally, shares: Compared, candidate: CandidateInfo, mismatches: tuple[Mismatch, ...]
) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=_xml(candidate.name), timestamp=_xml(run.info.started))
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in (("version", candidate.version), ("seed", str(run.info.seed)), ("profile", run.info.profile)):
        ElementTree.SubElement(properties, "property", name=name, value=_xml(value))
    for number, cause in enumerate(causes(mismatches), 1):
        ElementTree.SubElement(properties, "property", name=f"cause {number}", value=_xml(cause.title))
    for note in run.notes:
        ElementTree.SubElement(properties, "property", name="note", value=_xml(note))
    named = {counts.row_of(mismatch.check, mismatch.subject) for mismatch in mismatches}
    for row in dict.fromkeys((*counts.rows(), *sorted(named))):
        cell = counts.cell(candidate.name, row)
        if cell.verdicts or row in named:
            found = tuple(mismatch for mismatch in mismatches if counts.row_of(mismatch.check, mismatch.subject) == row)
            _case(suite, candidate, row, cell, found, counts)
    for each in run.beside.certificates:
        for layer in each.rows if each.candidate == candidate.name else ():
            _layer(suite, candidate, layer)
    if not counts.of(candidate.name).decided and not mismatches:
        _nothing_compared(
            suite, candidate.name, f"nothing was compared for {candidate_name(candidate.name, candidate)}"
        )
    elif short := (*shortfalls(shares.of(candidate.name), run.info.min_compared), *_cut_short(run, candidate.name)):
        _nothing_compared(suite, candidate.name, " ".join(short))
    _count(suite)
    return suite


def _cut_short(run: Run, name: str) -> tuple[str, ...]:
    return cut_short((each for each in run.stopped if each.candidate == name), run.info.min_compared)


def _case(
    suite: ElementTree.Element,
    candidate: CandidateInfo,
    row: Row,
    cell: Cell,
    mismatches: tuple[Mismatch, ...],
    counts: Tally,
) -> None:
    name = _xml(f"{row.check}[{row.subject}]")
    case = ElementTree.SubElement(
        suite, "testcase", name=name, classname=_xml(f"convoracle.{candidate.name}"), time=f"{cell.seconds:.3f}"
    )
    if cell.mismatches or mismatches:
        _failure(case, candidate, cell, mismatches, counts)
    elif not cell.conforming:
        ElementTree.SubElement(case, "skipped", message=_xml(_why_nothing(cell)))
    ElementTree.SubElement(case, "system-out").text = _xml(_counted(cell))


def _layer(suite: ElementTree.Element, candidate: CandidateInfo, row: CertificateRow) -> None:
    """A test case for a result of a whole layer, which passes if it is proven right."""
    name = f"certificate[{row.name}]"
    case = ElementTree.SubElement(
        suite, "testcase", name=_xml(name), classname=_xml(f"convoracle.{candidate.name}"), time=f"{row.seconds:.3f}"
    )
    if row.outcome.is_mismatch:
        ElementTree.SubElement(case, "failure", type=str(row.outcome), message=_xml(row.told)).text = _xml(row.case)
    elif not row.is_proven:
        ElementTree.SubElement(case, "skipped", message=_xml(row.told))


def _failure(
    case: ElementTree.Element, candidate: CandidateInfo, cell: Cell, mismatches: tuple[Mismatch, ...], counts: Tally
) -> None:
    died = {mismatch.verdict.outcome for mismatch in mismatches} & {Outcome.CRASHED, Outcome.HUNG}
    amount = f"{cell.mismatches:,} of {plural(cell.verdicts, 'verdict')} against the candidate"
    message = "; ".join((*(headline(mismatch, candidate) for mismatch in mismatches), amount))
    kind = ", ".join(sorted({str(mismatch.verdict.outcome) for mismatch in mismatches})) or str(Outcome.VIOLATES)
    texts = [
        f"{mismatch_text(mismatch, candidate, shown_by=counts.faults.get(mismatch.id, 0))}\n"
        f"  replay: convoracle replay mismatches/{clean(mismatch.id)}/mismatch.json"
        for mismatch in mismatches
    ]
    element = ElementTree.SubElement(case, "error" if died else "failure", type=kind, message=_xml(message))
    element.text = _xml("\n\n".join((*texts, amount)))


def _nothing_compared(suite: ElementTree.Element, name: str, message: str) -> None:
    case = ElementTree.SubElement(suite, "testcase", name=_COMPARED, classname=_xml(f"convoracle.{name}"), time="0.000")
    ElementTree.SubElement(case, "error", type="too little compared", message=_xml(message)).text = _xml(message)


def _why_nothing(cell: Cell) -> str:
    undecided = cell.outcomes.get(Outcome.UNDECIDED, 0)
    if undecided:
        return f"undecided in {plural(undecided, 'case')}: the comparison was too coarse to prove anything"
    return f"the candidate does not support this ({plural(cell.verdicts, 'case')} asked)"


def _counted(cell: Cell) -> str:
    counted = [f"{count:,} {outcome}" for outcome in Outcome if (count := cell.outcomes.get(outcome, 0))]
    resolution = "" if cell.coarsest is None else f"; resolution up to {rounded(cell.coarsest)}"
    return f"{', '.join(counted)}; worst error / bound {rounded(cell.ratio)}{resolution}; {duration(cell.seconds)}"


def _count(element: ElementTree.Element) -> None:
    cases = list(element.iter("testcase"))
    element.set("tests", str(len(cases)))
    for kind, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        element.set(attribute, str(sum(case.find(kind) is not None for case in cases)))
    element.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")


def _xml(text: str) -> str:
    """Text that XML 1.0 can hold: control characters and unpaired surrogates as escapes."""
    return _NOT_XML.sub(lambda match: match[0].encode("unicode_escape", "backslashreplace").decode(), clean(text))
