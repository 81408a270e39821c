"""summary.json, what came out of a run for programs, and badge.json, the same in a word, as shields.io shows it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ...oracle.judging.verdict import Outcome
from ..records.certified import wrong_rows
from ..records.compared import Share
from ..records.serialization import to_json
from ..records.summary import Summary
from ..records.totals import Run
from ..views.cause_text import amount_of
from ..views.gate import Judgement, percent
from ..views.summing_up import summary
from ..views.wording import plural
from .document import read_document
from .layout import BADGE, SUMMARY


def write_summary(run: Run, judged: Judgement, folder: str | os.PathLike[str]) -> None:
    """Write ``summary.json`` and ``badge.json`` into the run's folder."""
    (Path(folder) / SUMMARY).write_text(summary_json(summary(run, judged)), "ascii")
    (Path(folder) / BADGE).write_text(badge(run, judged), "ascii")


def summary_json(found: Summary) -> str:
    """The JSON text of a summary."""
    return to_json(found, indent=2) + "\n"


def read_summary(folder: str | os.PathLike[str]) -> Summary | None:
    """The summary in a run's folder; None where the run did not come to write one.

    Raises
    ------
    InvalidRecord
        If it is damaged.
    """
    path = Path(folder) / SUMMARY
    return read_document(Summary, path) if path.exists() else None


def badge(run: Run, judged: Judgement) -> str:
    """The JSON text of a badge; it is green only where all that was to be asked was compared and decided."""
    message, color = _told(run, judged)
    return json.dumps({"schemaVersion": 1, "label": "convoracle", "message": message, "color": color}) + "\n"


def _told(run: Run, judged: Judgement) -> tuple[str, str]:
    total = run.totals.compared.offered().total()
    known = sum(len(mismatches) for _, mismatches in judged.against.known)
    undecided = run.totals.counts.total().outcomes.get(Outcome.UNDECIDED, 0)
    how_much = _how_much(total)
    if judged.against.unknown:
        return f"{amount_of(judged.against.unknown)}, {how_much}", "red"
    if wrong := wrong_rows(run.beside.certificates):
        return f"{plural(len(wrong), 'layer')} wrong, {how_much}", "red"
    if not judged.passes:
        return f"not proven, {how_much}", "orange"
    if known:
        return f"{plural(known, 'known mismatch', 'known mismatches')}, {how_much}", "yellow"
    is_left = undecided or run.stopped or judged.against.quarantined or total.compared < total.asked
    is_whole = run.finished and not is_left
    return ("conforms, " if is_whole else "nothing wrong, ") + how_much, "brightgreen" if is_whole else "blue"


def _how_much(total: Share) -> str:
    if not total.asked:
        return "nothing compared"
    share = f"{percent(total.compared, total.asked)} compared"
    return f"{share}, {percent(total.undecided, total.verdicts)} undecided" if total.undecided else share
