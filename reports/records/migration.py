"""Documents of earlier schemas made complete: of what they do not say nothing is known.

Whoever raises `SCHEMA_VERSION` adds here what the former documents lack, and a folder of the former version to the
samples of the tests. Where nothing can stand for what is missing, `OLDEST_SCHEMA` rises, and what is older is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Body = dict[str, Any]


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
    candidates = body.get("candidates")
    for candidate in candidates if type(candidates) is list else ():
        if type(candidate) is dict:
            candidate |= {"rests_on": "", "domain": [], "values": None, "threads": "any"}


def _mismatch_of_2(body: Body) -> None:
    _add_to_mismatch(body, {"diagnosed": [], "history": "", "after": [], "follows": [], "framework": ""})


def _finished_of_2(body: Body) -> None:
    body["compared"] = {"shares": [], "reasons": []}


def _run_of_3(body: Body) -> None:
    body["checks"] = []


def _mismatch_of_3(body: Body) -> None:
    _add_to_mismatch(body, {"title": ""})


def _add_to_mismatch(body: Body, fields: Body) -> None:
    if type(body.get("mismatch")) is dict:
        body["mismatch"] |= fields


_STEPS: tuple[tuple[int, str, Callable[[Body], None]], ...] = (
    (2, "case", _case_of_2),
    (2, "run", _run_of_2),
    (2, "mismatch", _mismatch_of_2),
    (2, "finished", _finished_of_2),
    (3, "run", _run_of_3),
    (3, "mismatch", _mismatch_of_3),
)
"""The last schema that lacks something, the kind of document, and what adds it."""
