"""Documents of earlier schemas made complete: of what they do not say nothing is known, but for the checks there were.

Whoever raises `SCHEMA_VERSION` adds here what the former documents lack, and a folder of the former version to the
samples of the tests. Where nothing can stand for what is missing, `OLDEST_SCHEMA` rises, and what is older is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...oracle.operands.data import Numbers
from ...oracle.problem.passes import Pass
from .codec import codec
from .record import CheckInfo, kind_of

Body = dict[str, Any]

_PASSES = tuple(map(str, Pass))
CHECKS = (
    CheckInfo("structure", "", _PASSES, Numbers.INTEGERS),
    CheckInfo("precision", "", _PASSES, Numbers.REALS),
    CheckInfo("contamination", "", _PASSES, Numbers.CONTAMINATED),
    CheckInfo("adjoint", "", ("adjoint",), Numbers.INTEGERS),
    CheckInfo("illegal", "", ("calls",)),
)
"""Those of which there is more to know than schema 4 says, the name and what it means."""


def migrate(name: str, body: Body, schema: int) -> None:
    """Add to a document of the kind `name` and of an earlier schema what the later ones have beyond it."""
    for version, kind, step in _STEPS:
        if schema <= version and kind == name:
            step(body)


def _case_of_2(body: Body) -> None:
    body["declined"] = 0


def _run_of_2(body: Body) -> None:
    """A run that asked for no share to be compared."""
    body["min_compared"] = 0.0
    _add_to_candidates(body, {"rests_on": "", "domain": [], "values": None, "threads": "any"})


def _mismatch_of_2(body: Body) -> None:
    _add_to_mismatch(body, {"diagnosed": [], "history": "", "after": [], "follows": [], "framework": ""})


def _finished_of_2(body: Body) -> None:
    body["compared"] = {"shares": [], "reasons": []}


def _run_of_3(body: Body) -> None:
    body["checks"] = [[check.name, ""] for check in CHECKS]


def _mismatch_of_3(body: Body) -> None:
    _add_to_mismatch(body, {"title": ""})


def _run_of_4(body: Body) -> None:
    if type(body.get("checks")) is list:
        body["checks"] = [_check_of_4(each) for each in body["checks"]]
    _add_to_candidates(body, {"libraries": []})


def _check_of_4(body: Any) -> Any:
    match body:
        case [str(name), str(meaning)]:
            return codec(CheckInfo).encode(replace(_known(name), meaning=meaning))
        case _:
            return body


def _mismatch_of_4(body: Body) -> None:
    match body.get("mismatch"):
        case {"check": str(check)}:
            kind = kind_of(check)
        case _:
            kind = ""
    numbers = codec(CheckInfo).encode(_known(kind))["numbers"]
    _add_to_mismatch(body, {"violation": "", "numbers": numbers, "is_among_calls": kind == "company"})


def _finished_of_4(body: Body) -> None:
    body.setdefault("audited", 0)


def _run_of_5(body: Body) -> None:
    body["settings"] = []


def _finished_of_5(body: Body) -> None:
    body["stopped"] = []


def _run_of_6(body: Body) -> None:
    body["plan"] = {"facts": [], "cases": 0, "part_cases": 0}
    body["shard"] = ""
    _add_to_candidates(body, {"content": ""})


def _mismatch_of_6(body: Body) -> None:
    _add_to_mismatch(body, {"part": 0})
    if type(body.get("mismatch")) is dict:
        complete_result(body["mismatch"])


def _case_of_6(body: Body) -> None:
    results = body.get("results")
    for result in results if type(results) is list else ():
        complete_result(result)


def complete_result(result: Any) -> None:
    """Add to what has a verdict of schema 6 or earlier that its error in units in the last place is not known."""
    if type(result) is dict and type(result.get("verdict")) is dict:
        result["verdict"].setdefault("ulps", 0.0)


def _known(kind: str) -> CheckInfo:
    return next((check for check in CHECKS if check.name == kind), CheckInfo(kind))


def _add_to_candidates(body: Body, fields: Body) -> None:
    candidates = body.get("candidates")
    for candidate in candidates if type(candidates) is list else ():
        if type(candidate) is dict:
            candidate |= fields


def _add_to_mismatch(body: Body, fields: Body) -> None:
    """Also where they are there, which they are in the later documents of schema 4."""
    if type(body.get("mismatch")) is dict:
        body["mismatch"] = fields | body["mismatch"]


_STEPS: tuple[tuple[int, str, Callable[[Body], None]], ...] = (
    (2, "case", _case_of_2),
    (2, "run", _run_of_2),
    (2, "mismatch", _mismatch_of_2),
    (2, "finished", _finished_of_2),
    (3, "run", _run_of_3),
    (3, "mismatch", _mismatch_of_3),
    (4, "run", _run_of_4),
    (4, "mismatch", _mismatch_of_4),
    (4, "finished", _finished_of_4),
    (5, "run", _run_of_5),
    (5, "finished", _finished_of_5),
    (6, "run", _run_of_6),
    (6, "mismatch", _mismatch_of_6),
    (6, "case", _case_of_6),
)
"""The last schema that lacks something, the kind of document, and what adds it."""
