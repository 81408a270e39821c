"""Conditions on a geometry: each way to write one, on every axis or on some, and what is none."""

from __future__ import annotations

from typing import Any

import pytest

from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.reports.records.conditions import NAMES, read_conditions

GEOMETRY = parse_geometry("n2c4k6i6x5f2x3s2x1p1x0+1d1x2g2")
TRANSPOSED = parse_geometry("n1c1k1i4f2s2p0t")


@pytest.mark.parametrize(
    ("name", "value", "holds"),
    [
        ("batch", 2, True),
        ("batch", "2", True),
        ("batch", "= 2", True),
        ("batch", "!=2", False),
        ("in_channels", ">=4", True),
        ("in_channels", ">4", False),
        ("out_channels", "<=6", True),
        ("out_channels", "<6", False),
        ("groups", "> 1", True),
        ("rank", 2, True),
        ("rank", 3, False),
        ("size", ">=5", True),
        ("size", 6, False),
        ("size", "any 6", True),
        ("kernel", "any >2", True),
        ("kernel", ">2", False),
        ("stride", "1", False),
        ("stride", "any 1", True),
        ("dilation", "any >2", False),
        ("padding", "<2", True),
        ("padding", "any 0", True),
        ("padding", 1, False),
        ("output_padding", 0, True),
        ("padding_mode", "zeros", True),
        ("padding_mode", "reflect", False),
        ("transposed", False, True),
        ("transposed", True, False),
    ],
)
def test_each_way_to_write_one(name: str, value: Any, holds: bool) -> None:
    (condition,) = read_conditions({name: value})
    assert condition.holds(GEOMETRY) == holds


def test_there_is_a_condition_on_everything_that_a_geometry_has() -> None:
    assert all(hasattr(GEOMETRY, name) for name in NAMES)
    (condition,) = read_conditions({"transposed": True})
    assert condition.holds(TRANSPOSED)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({}, "should be a table with some of batch, "),
        ("rank = 2", "should be a table with some of batch, "),
        ({"strides": 1}, "strides should be one of batch, "),
        ({"transposed": 1}, "transposed = 1 should be true or false"),
        ({"padding_mode": "same"}, "padding_mode = 'same' should be one of zeros, "),
        ({"stride": "some 1"}, "stride = 'some 1' should be such as 2, '>1', '!=3', or of some axis 'any >1'"),
        ({"groups": "any >1"}, "groups = 'any >1' should be such as 2, '>1' or '!=3'"),
        ({"groups": True}, "groups = True should be such as"),
        ({"batch": -1}, "batch = -1 should be such as"),
        ({"batch": [1]}, r"batch = \[1\] should be such as"),
    ],
)
def test_what_is_none_is_told_with_what_is_allowed(table: Any, told: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{told}"):
        read_conditions(table)
