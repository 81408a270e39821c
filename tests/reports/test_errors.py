"""The error of a damaged record: its place in one line, and that it survives being sent."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from convoracle.reports import InvalidRecord


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ({}, "is bad"),
        ({"file": "f"}, "f: is bad"),
        ({"file": "f", "line": 3}, "f:3: is bad"),
        ({"file": "f", "line": 3, "column": 4, "field": "a.b"}, "f:3:4: a.b: is bad"),
        ({"field": "a.b"}, "a.b: is bad"),
    ],
)
def test_the_place_stands_before_the_problem_as_far_as_it_is_known(place: dict[str, Any], text: str) -> None:
    error = InvalidRecord("is bad", **place)
    assert str(error) == text
    assert isinstance(error, ValueError)


def test_the_error_can_be_pickled() -> None:
    error = InvalidRecord("is bad", file="f", line=3, column=4, field="a.b")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert (again.problem, again.file, again.line, again.column, again.field) == ("is bad", "f", 3, 4, "a.b")
