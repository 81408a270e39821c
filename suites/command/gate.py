"""What keeps a run from passing, beside mismatches: too little was compared, or what was supported is not any more."""

from __future__ import annotations

from ...reports import Run
from ...reports.records.serialization import SupportedEntry
from ...reports.views.gate import shortfalls
from ..capabilities.supported import lost_sentence


def silent_candidates(finished: Run) -> list[str]:
    """The candidates of which not one result was compared: silence is no conformance."""
    return [info.name for info in finished.info.candidates if info.name not in finished.totals.heard]


def complaints(finished: Run, gone: tuple[SupportedEntry, ...] = ()) -> list[str]:
    """A sentence for each thing that keeps a run without mismatches from passing.

    Parameters
    ----------
    finished : Run
    gone : tuple of SupportedEntry
        What was supported in an earlier run, and is not any more.
    """
    silent = silent_candidates(finished)
    sentences = [f"{name}: not one result was compared, which counts as a failure" for name in silent]
    sentences += shortfalls(finished.totals.compared.without(silent), finished.info.min_compared)
    return [*sentences, lost_sentence(gone)] if gone else sentences
