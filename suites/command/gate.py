"""What keeps a run from passing: mismatches that are not known, too little that was compared, and what is gone."""

from __future__ import annotations

from dataclasses import dataclass

from ...reports import Run
from ...reports.records.baseline import Known
from ...reports.records.serialization import Supported, SupportedEntry
from ...reports.views.gate import cut_short, shortfalls, wrong_layers
from ...reports.views.wording import plural
from ..capabilities.supported import lost_sentence


@dataclass(frozen=True, slots=True)
class Gate:
    """What a run is held against.

    Parameters
    ----------
    supported : Supported or None
        What was supported in an earlier run.
    is_strict : bool
        Whether a known deviation that does not show any more keeps the run from passing.
    """

    supported: Supported | None = None
    is_strict: bool = False


def silent_candidates(finished: Run) -> list[str]:
    """The candidates of which not one result was compared: silence is no conformance.

    One of which a shard has no part is not silent.
    """
    names = [info.name for info in finished.info.candidates]
    if finished.info.shard:
        asked = finished.totals.counts.candidates()
        names = [name for name in names if name in asked]
    return [name for name in names if name not in finished.totals.heard]


def complaints(finished: Run, gone: tuple[SupportedEntry, ...] = (), mended: tuple[Known, ...] = ()) -> tuple[str, ...]:
    """A sentence for each thing that keeps a run without unknown mismatches from passing.

    Parameters
    ----------
    finished : Run
    gone : tuple of SupportedEntry
        What was supported in an earlier run, and is not any more.
    mended : tuple of Known
        Deviations that should show, and do not any more.
    """
    silent = silent_candidates(finished)
    sentences = [f"{name}: not one result was compared, which counts as a failure" for name in silent]
    sentences += shortfalls(finished.totals.compared.without(silent), finished.info.min_compared)
    sentences += cut_short(finished.stopped, finished.info.min_compared)
    sentences += wrong_layers(finished.beside.certificates)
    if gone:
        sentences.append(lost_sentence(gone))
    if mended:
        sentences.append(f"{plural(len(mended), 'known deviation')} should be taken from the baseline")
    return tuple(sentences)
