"""Which exact results the oracle computed again term by term, of those that results were compared with."""

from __future__ import annotations

from collections.abc import Collection

from ...oracle.errors import InvalidArgument
from ...oracle.judging.self_audit import is_audited
from ...oracle.operands.data import parse_case
from .record import CaseRecord

Audited = tuple[str, str, str]
"""A case, a check of values and a pass; the same one for all candidates."""


def audited(record: CaseRecord, of_values: Collection[str]) -> set[Audited]:
    """Those of one record, by the names of the checks of values; none of a case that cannot be read.

    The run has gone on, so they were right.
    """
    try:
        case = parse_case(record.case)
    except InvalidArgument:
        return set()
    if not is_audited(case):
        return set()
    compared = (each for each in record.results if each.check in of_values and each.verdict.elements)
    return {(record.case, each.check, each.subject) for each in compared}
