"""Which exact results the oracle computed again term by term, of those that results were compared with."""

from __future__ import annotations

from ...oracle.errors import InvalidArgument
from ...oracle.judging.self_audit import is_audited
from ...oracle.operands.data import parse_case
from .compared import OF_VALUES
from .record import CaseRecord

Audited = tuple[str, str, str]
"""A case, a check of values and a pass; the same one for all candidates."""


def audited(record: CaseRecord) -> set[Audited]:
    """Those of one record; none of a case that cannot be read. The run has gone on, so they were right."""
    try:
        case = parse_case(record.case)
    except InvalidArgument:
        return set()
    if not is_audited(case):
        return set()
    compared = (each for each in record.results if each.check in OF_VALUES and each.verdict.elements)
    return {(record.case, each.check, each.subject) for each in compared}
