"""Dataclasses to plain JSON values and back: exactly the declared types, and the path to what is not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import pytest

from convoracle.reports.records.codec import WrongField, codec, shown


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Leaf:
    number: int
    name: str = "x"


@dataclass(frozen=True)
class Tree:
    leaves: tuple[Leaf, ...]
    pair: tuple[int, str]
    colour: Colour | None


TREE = Tree((Leaf(1), Leaf(2, "y")), (3, "z"), Colour.RED)
BODY = {"leaves": [{"number": 1, "name": "x"}, {"number": 2, "name": "y"}], "pair": [3, "z"], "colour": "red"}


@pytest.mark.parametrize(
    ("hint", "value", "body"),
    [
        (bool, True, True),
        (bool, np.bool_(False), False),
        (int, np.int64(-3), -3),
        (float, 2, 2.0),
        (float, np.float32(0.5), 0.5),
        (float, math.inf, "inf"),
        (float, -np.inf, "-inf"),
        (float, math.nan, "nan"),
        (str, "text", "text"),
        (Colour, Colour.BLUE, "blue"),
        (int | None, None, None),
        (int | None, 3, 3),
        (tuple[int, ...], (), []),
        (tuple[int, ...], (1, 2), [1, 2]),
        (tuple[int, str], (1, "a"), [1, "a"]),
        (tuple[tuple[int, ...], ...], ((1,), ()), [[1], []]),
        (Tree, TREE, BODY),
    ],
)
def test_a_value_is_written_as_a_plain_one_and_read_back(hint: Any, value: Any, body: Any) -> None:
    written = codec(hint).encode(value)
    assert written == body
    assert type(written) is type(body)
    read = codec(hint).decode(written)
    assert read == value or (math.isnan(read) and math.isnan(value))


def test_a_whole_number_is_a_float_where_one_is_declared() -> None:
    read = codec(float).decode(3)
    assert (read, type(read)) == (3.0, float)


@pytest.mark.parametrize(
    ("hint", "body", "problem"),
    [
        (bool, 1, "should be true or false, not 1"),
        (int, True, "should be an integer, not True"),
        (int, 1.0, "should be an integer, not 1.0"),
        (int, "1", "should be an integer, not '1'"),
        (float, True, 'should be a number, "inf", "-inf" or "nan", not True'),
        (float, "1.0", "should be a number"),
        (float, "Infinity", "should be a number"),
        (float, [], "should be a number"),
        (float, None, "should be a number"),
        (str, 7, "should be text, not 7"),
        (str, None, "should be text, not None"),
        (Colour, "green", "should be one of red, blue, not 'green'"),
        (Colour, ["red"], "should be one of red, blue"),
        (int | None, "x", "should be an integer"),
        (tuple[int, ...], "12", "should be a list, not '12'"),
        (tuple[int, ...], {}, "should be a list, not {}"),
        (tuple[int, str], [1], "should have 2 entries, not 1"),
        (tuple[int, str], [1, "a", 2], "should have 2 entries, not 3"),
        (Leaf, [], "should be an object, not []"),
        (Leaf, {"number": 1}, "should have the field 'name'"),
        (Leaf, {}, "should have the field 'name'"),
    ],
)
def test_another_value_is_refused(hint: Any, body: Any, problem: str) -> None:
    with pytest.raises(WrongField) as caught:
        codec(hint).decode(body)
    assert caught.value.problem.startswith(problem)
    assert caught.value.field == ""


@pytest.mark.parametrize(
    ("changed", "field", "problem"),
    [
        ({"colour": "green"}, "colour", "should be one of"),
        ({"leaves": [BODY["leaves"][0], {"number": "2", "name": "y"}]}, "leaves[1].number", "should be an integer"),
        ({"leaves": [{"number": 1, "name": "x", "size": 2}]}, "leaves[0].size", "is not a field of this document"),
        ({"leaves": [{"number": 1}]}, "leaves[0]", "should have the field 'name'"),
        ({"pair": [3, 4]}, "pair[1]", "should be text, not 4"),
        ({"b": 1, "a": 2}, "a", "is not a field of this document"),
    ],
)
def test_the_path_leads_to_the_field(changed: dict[str, Any], field: str, problem: str) -> None:
    with pytest.raises(WrongField) as caught:
        codec(Tree).decode(BODY | changed)
    assert caught.value.field == field
    assert caught.value.problem.startswith(problem)


def test_a_path_may_begin_with_an_index() -> None:
    assert WrongField("is bad", ("a", "b")).under(0).field == "[0].a.b"
    assert str(WrongField("is bad").under("a")) == "is bad"


@pytest.mark.parametrize(("hint", "value"), [(int, 1.5), (int, "3"), (tuple[int, str], (1,))])
def test_what_does_not_fit_is_not_written_either(hint: Any, value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        codec(hint).encode(value)


@pytest.mark.parametrize("hint", [dict[str, int], list[int], set, int | str, int | None | str, object, complex])
def test_a_hint_without_a_json_form_is_refused(hint: Any) -> None:
    with pytest.raises(TypeError, match="has no JSON form"):
        codec(hint)


def test_a_codec_is_built_once() -> None:
    assert codec(Tree) is codec(Tree)


def test_a_value_is_shown_short_and_in_ascii() -> None:
    assert shown("é\x1b\u202e") == r"'\xe9\x1b\u202e'"
    assert len(shown("x" * 10**6)) < 50
    assert len(shown(list(range(10**5)))) < 50
