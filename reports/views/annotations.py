"""What is wrong with candidates of one's own, as GitHub shows it beside the line that defines them."""

from __future__ import annotations

from collections.abc import Iterator

from ..records.baseline import Held
from ..records.totals import Run
from .causes import causes
from .definition import definition
from .wording import case_line, clean

_IN_TEXT = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_IN_TEXT, ":": "%3A", ",": "%2C"}


def error_annotations(run: Run, against: Held) -> Iterator[str]:
    """A workflow command for each cause that is not known, of which file and line are found."""
    named = {mismatch.id: mismatch for mismatch in against.unknown}
    candidates = {candidate.name: candidate for candidate in run.info.candidates}
    for cause in causes(against.unknown):
        first = named[cause.mismatches[0]]
        place = definition(candidates[first.candidate], first.subject) if first.candidate in candidates else None
        if place is not None:
            title = f"{first.subject} of {first.candidate} {first.verdict.outcome}"
            values = {"file": str(place.relative()), "line": str(place.line), "title": clean(title)}
            properties = ",".join(f"{name}={_escaped(value, _IN_PROPERTY)}" for name, value in values.items())
            text = f"{cause.title}\nSmallest case: {case_line(first.case)}\nconvoracle explain {clean(first.id)}"
            yield f"::error {properties}::{_escaped(text, _IN_TEXT)}"


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(char, char) for char in text)
