"""What keeps a run from passing, beside mismatches: too little was compared, or what was supported is not any more."""

from __future__ import annotations

from ...reports.records.compared import Compared
from ...reports.records.record import Run
from ...reports.records.serialization import Supported
from ...reports.views.gate import shortfalls
from ..capabilities.supported import lost, lost_sentence


def silent_candidates(finished: Run) -> list[str]:
    """The candidates of which not one result was compared: silence is no conformance."""
    heard = {record.candidate for record in finished.cases if any(result.verdict.elements for result in record.results)}
    return [info.name for info in finished.info.candidates if info.name not in heard]


def complaints(finished: Run, shares: Compared, before: Supported | None = None) -> list[str]:
    """A sentence for each thing that keeps a run without mismatches from passing.

    Parameters
    ----------
    finished : Run
    shares : Compared
        Of all its cases.
    before : Supported, optional
        What the candidates supported in an earlier run.
    """
    silent = silent_candidates(finished)
    sentences = [f"{name}: not one result was compared, which counts as a failure" for name in silent]
    sentences += shortfalls(shares.without(silent), finished.info.min_compared)
    gone = () if before is None else lost(before, finished.cases)
    return [*sentences, lost_sentence(gone)] if gone else sentences
