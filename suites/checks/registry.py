"""The registry of checks: every kind by its name, in the order in which reports show them."""

from __future__ import annotations

from ...oracle.operands.data import Numbers
from ...reports.records.record import CandidateInfo, CheckInfo, kind_of
from . import adjoint, company, contamination, illegal, precision, reach, structure
from .kind import CheckKind, OfCandidate
from .relations import asking as relation

_MODULES = (structure, precision, contamination, adjoint, relation, company, illegal, reach)

CHECKS: dict[str, CheckKind] = {module.KIND.name: module.KIND for module in _MODULES}
"""Every kind of check. One that is added here is asked, offered, shown, replayed and shrunk as these are."""

FIRST = structure.KIND
"""The check that every pass is asked first; the others of it rest on that."""


def kind_named(check: str) -> CheckKind:
    """The kind of a check, whose name may be longer: ``relation`` of ``relation:stride``.

    Raises
    ------
    KeyError
        If there is none.
    """
    return CHECKS[kind_of(check)]


def check_infos() -> dict[str, CheckInfo]:
    """What records say of every kind, by name."""
    return {name: kind.info for name, kind in CHECKS.items()}


def checks_of_values() -> dict[str, Numbers]:
    """The checks that compare one pass's values, and on what numbers they ask."""
    return {kind.name: kind.numbers for kind in CHECKS.values() if kind.is_of_values and kind.numbers is not None}


def check_on(numbers: Numbers) -> CheckKind:
    """The check that compares one pass's values on numbers of a kind."""
    return next(kind_named(name) for name, each in checks_of_values().items() if each is numbers)


def usual_checks(info: CandidateInfo) -> list[str]:
    """The names of the kinds that a candidate is asked unless the user says which."""
    return [kind.name for kind in CHECKS.values() if _is_usual(kind, info)]


def _is_usual(kind: CheckKind, info: CandidateInfo) -> bool:
    return not isinstance(kind.schedule, OfCandidate) or kind.schedule.is_usual(info)
