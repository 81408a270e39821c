"""The registry of checks: every kind by its name, in the order in which reports show them."""

from __future__ import annotations

from ...reports.records.record import CandidateInfo, kind_of
from . import adjoint, company, contamination, illegal, precision, reach, structure
from .kind import CheckKind, OfCandidate
from .relations import asking as relation

_MODULES = (structure, precision, contamination, adjoint, relation, company, illegal, reach)

CHECKS: dict[str, CheckKind] = {module.KIND.name: module.KIND for module in _MODULES}
"""Every kind of check. One that is added here is asked, offered, shown, replayed and shrunk as these are."""


def kind_named(check: str) -> CheckKind:
    """The kind of a check, whose name may be longer: ``relation`` of ``relation:stride``.

    Raises
    ------
    KeyError
        If there is none.
    """
    return CHECKS[kind_of(check)]


def usual_checks(info: CandidateInfo) -> list[str]:
    """The names of the kinds that a candidate is asked unless the user says which."""
    return [kind.name for kind in CHECKS.values() if _is_usual(kind, info)]


def _is_usual(kind: CheckKind, info: CandidateInfo) -> bool:
    return not isinstance(kind.schedule, OfCandidate) or kind.schedule.is_usual(info)
