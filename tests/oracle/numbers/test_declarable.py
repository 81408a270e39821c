"""Values of conventions that have a number in them: which there are, and which are none."""

from __future__ import annotations

import pytest

from convoracle.oracle.numbers.declarable import block_length, part_count, winograd_tile
from convoracle.oracle.numbers.dtypes import CONVENTIONS, Arithmetic, is_value, values_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("blocks of 2", 2),
        ("blocks of 1048576", 2**20),
        ("blocks of 1", None),
        ("blocks of 0", None),
        ("blocks of 08", None),
        ("blocks of 1048577", None),
        ("blocks of 99999999", None),
        ("blocks of -3", None),
        ("blocks of 4 ", None),
        ("4 parts", None),
    ],
)
def test_blocks(text: str, expected: int | None) -> None:
    assert block_length(text) == expected
    assert is_value("order", text) == (expected is not None or text == "4 parts")


@pytest.mark.parametrize(("text", "expected"), [("2 parts", 2), ("1 parts", None), ("parts", None), ("32 parts", 32)])
def test_parts(text: str, expected: int | None) -> None:
    assert part_count(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("winograd F(2, 3)", (2, 3)),
        ("winograd F(6, 3)", (6, 3)),
        ("winograd F(7, 2)", (7, 2)),
        ("winograd F(7, 3)", None),
        ("winograd F(1, 3)", None),
        ("winograd F(3, 1)", None),
        ("winograd F(2,3)", None),
        ("Winograd F(2, 3)", None),
    ],
)
def test_winograd(text: str, expected: tuple[int, int] | None) -> None:
    assert winograd_tile(text) == expected
    assert is_value("algorithm", text) == (expected is not None)
    assert not is_value("sums", text)


def test_each_of_winograds_algorithms_is_a_transform() -> None:
    winograd, direct = (Arithmetic.of("float32", conventions=each) for each in ({"algorithm": "winograd F(2, 3)"}, {}))
    assert winograd.does("algorithm", "transform")
    assert not winograd.does("algorithm", "direct")
    assert direct.does("algorithm", "direct")
    assert not direct.does("algorithm", "transform")


def test_the_unit_of_rounding_is_twice_as_large_where_it_is_not_to_nearest() -> None:
    for value, unit in (("nearest", 2.0**-24), ("faithful", 2.0**-23), ("aligned", 2.0**-23)):
        assert Arithmetic.of("float32", conventions={"accumulation": value}).rounding_unit == unit


def test_all_values_are_told() -> None:
    for convention, values in CONVENTIONS.items():
        assert values_of(convention)[: len(values)] == values
    assert values_of("order")[2:] == ("blocks of N", "N parts with N from 2 to 1048576")
