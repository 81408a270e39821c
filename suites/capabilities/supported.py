"""What a candidate was seen to support, in a file that a later run is held to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...oracle.errors import InvalidArgument
from ...oracle.judging.verdict import Outcome
from ...oracle.operands.data import parse_case
from ...oracle.operands.vocabulary import used_settings
from ...oracle.problem.passes import Pass
from ...reports.errors import InvalidRecord
from ...reports.records.record import CaseRecord
from ...reports.records.serialization import MAX_DOCUMENT_BYTES, Supported, SupportedEntry, from_json, to_json
from ..checks.registry import checks_of_values

PLAIN = "plain"
"""The setting of a convolution that uses none."""
_PASSES = frozenset(map(str, Pass))
_MOST_NAMED = 8


def supported(records: Iterable[CaseRecord]) -> Supported:
    """Each pass, dtype and setting in which some result was compared and conforms."""
    return Supported(tuple(sorted(entry for entry, conforms in _asked(records).items() if conforms)))


def lost(before: Supported, records: Iterable[CaseRecord]) -> tuple[SupportedEntry, ...]:
    """What was supported before and was asked now, and in which no result conforms any more."""
    asked = _asked(records)
    return tuple(entry for entry in before.entries if not asked.get(entry, True))


def lost_sentence(entries: tuple[SupportedEntry, ...]) -> str:
    """One sentence that names them, or the first of them."""
    named = "; ".join(map(_told, entries[:_MOST_NAMED]))
    more = f"; and {len(entries) - _MOST_NAMED} more" if len(entries) > _MOST_NAMED else ""
    return f"supported before, and not any more: {named}{more}"


def _told(entry: SupportedEntry) -> str:
    return f"{entry.setting} in {entry.subject} of {entry.candidate} in {entry.dtype}"


def _asked(records: Iterable[CaseRecord]) -> dict[SupportedEntry, bool]:
    """Each pass, dtype and setting that was asked, and whether some result conforms."""
    found: dict[SupportedEntry, bool] = {}
    of_values = checks_of_values()
    for record in records:
        case = parse_case(record.case)
        settings = used_settings(case) or {PLAIN}
        for result in record.results:
            if result.subject not in _PASSES or result.check not in of_values:
                continue
            for setting in settings:
                entry = SupportedEntry(record.candidate, result.subject, case.dtype, setting)
                found[entry] = found.get(entry, False) or result.verdict.outcome is Outcome.CONFORMS
    return found


def write_supported(path: Path, supported: Supported) -> None:
    """Write the file anew.

    Raises
    ------
    InvalidArgument
        If it cannot be written.
    """
    try:
        path.write_text(to_json(supported, indent=1) + "\n", "ascii")
    except OSError as error:
        requirement = f"should be a file that can be written: {error.strerror}"
        raise InvalidArgument("write_supported", str(path), requirement, where="check") from None


def read_supported(path: Path) -> Supported:
    """Read what `write_supported` wrote.

    Raises
    ------
    InvalidRecord
        If there is no such file, or it is none of these.
    """
    if not path.is_file():
        raise InvalidRecord("there is no such file; --write-supported writes one", file=str(path))
    with path.open("rb") as stream:
        return from_json(Supported, stream.read(MAX_DOCUMENT_BYTES + 1), file=str(path))
