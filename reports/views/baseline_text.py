"""The mismatches of a run as known deviations: a baseline to edit, an entry for each cause."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from ..records.compared import dtype_of
from ..records.record import Mismatch, kind_of
from ..records.totals import Run
from .causes import Cause, causes
from .wording import clean

_HEAD = (
    "# Known deviations: a mismatch that an entry speaks of is told as known, and does not fail. What an entry leaves",
    "# out it does not restrict; version, platform, link and expires may be added (docs/baseline.md).",
)
_DTYPE = "dtype "


def baseline_text(run: Run) -> str:
    """TOML that `read_baseline` reads, and whose entries speak of every mismatch of a run."""
    named = {mismatch.id: mismatch for mismatch in run.mismatches}
    entries = (_entry(cause, [named[each] for each in cause.mismatches]) for cause in causes(run.mismatches))
    return "\n".join((*_HEAD, *(line for entry in entries for line in entry), ""))


def _entry(cause: Cause, members: list[Mismatch]) -> Iterator[str]:
    yield "\n[[known]]"
    yield f"candidate = {_quoted(cause.candidate)}"
    yield f"reason = {_quoted(cause.title)}"
    yield f"check = {_listed(kind_of(each.check) for each in members)}"
    yield f"pass = {_listed(each.subject for each in members)}"
    if all(any(need.startswith(_DTYPE) for need in each.needs) for each in members):
        yield f"dtype = {_listed(dtype_of(each.case) for each in members)}"
    common = [need for need in members[0].needs if all(need in each.needs for each in members)]
    if wanted := [need for need in common if not need.startswith(_DTYPE)]:
        yield f"needs = {_listed(wanted)}"


def _listed(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, dict.fromkeys(texts)))}]"


def _quoted(text: str) -> str:
    """A basic string of TOML, which JSON's are, of text without control characters."""
    return json.dumps(clean(text).replace("\n", " "), ensure_ascii=False)
