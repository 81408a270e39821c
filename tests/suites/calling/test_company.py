"""What is asked in company and what came of it, as data and as a message."""

from __future__ import annotations

import json

import numpy as np
import pytest

from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.suites.calling.company import (
    LATTICE,
    REALS,
    CompanyCall,
    CompanyQuestion,
    CompanyReply,
    Deviation,
    Part,
    company_from_message,
    company_to_message,
    same_bits,
)

CALL = CompanyCall(
    Operands(np.zeros((1, 1, 2), np.float16), np.zeros((1, 1, 1), np.float16), None, np.zeros((1, 1, 2), np.float16)),
    parse_geometry("n1c1k1i2f1"),
)


def test_a_call_is_told_by_its_geometry_and_dtype() -> None:
    assert str(CALL) == "the call n1c1k1i2f1 in float16"


def test_companions_are_all_but_the_call_itself() -> None:
    question = CompanyQuestion(Pass.FORWARD, {LATTICE: CALL, "size": CALL, REALS: CALL, "dtype": CALL})
    assert list(question.companions) == ["size", "dtype"]


def test_a_message_reads_back() -> None:
    deviations = (
        Deviation("repeat", "the same call again", REALS, np.ones(2), "ValueError: no"),
        Deviation("order", "another call", "size", None, np.zeros(3)),
        Deviation("threads", "a third", LATTICE, "TypeError: 2", np.full(1, 7), -1),
    )
    header, arrays = company_to_message(CompanyReply(np.full(2, 5), deviations))
    assert all(isinstance(array, np.ndarray) for array in arrays)
    read = company_from_message(json.loads(json.dumps(header)), arrays)
    assert read.first.tolist() == [5, 5]
    assert [(each.cause, each.told, each.call) for each in read.deviations] == [
        ("repeat", "the same call again", "reals"),
        ("order", "another call", "size"),
        ("threads", "a third", "lattice"),
    ]
    assert [_listed(each.expected) for each in read.deviations] == [[1, 1], None, "TypeError: 2"]
    assert [_listed(each.got) for each in read.deviations] == ["ValueError: no", [0, 0, 0], [7]]


def _listed(part: Part | None) -> object:
    return part.tolist() if isinstance(part, np.ndarray) else part


DEVIATION = {"cause": "a", "told": "b", "call": "c", "expected": None, "got": 0, "sign": 1}


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"deviations": 3},
        {"deviations": [3]},
        {"deviations": [{}]},
        {"deviations": [{**DEVIATION, "got": None}]},
        {"deviations": [{**DEVIATION, "got": 1}]},
        {"deviations": [{**DEVIATION, "sign": "?"}]},
        {"deviations": [{**DEVIATION, "expected": 9}]},
    ],
    ids=str,
)
def test_what_is_no_message_is_refused(header: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not a reply"):
        company_from_message(header, [np.ones(1)])


def test_a_message_without_an_array_is_refused() -> None:
    with pytest.raises(ValueError, match="not a reply"):
        company_from_message({"deviations": []}, [])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), True),
        (np.array([0.0]), np.array([-0.0]), False),
        (np.array([0.0]), np.array([0], np.int64), False),
        (np.array([1.0]), np.array([[1.0]]), False),
        ("ValueError: no", "ValueError: no", True),
        ("ValueError: no", "ValueError: yes", False),
        ("ValueError: no", np.array([1.0]), False),
        (np.array([1.0]), "ValueError: no", False),
    ],
)
def test_the_same_bits_are_of_one_dtype_and_shape(one: Part, other: Part, same: bool) -> None:
    assert same_bits(one, other) is same
