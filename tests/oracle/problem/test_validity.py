"""Fields that describe no convolution together are refused, with the arithmetic; those that just do are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from convoracle.oracle.answers.exact import term_counts
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Pass

REFUSALS: list[tuple[dict[str, Any], str]] = [
    (
        {"size": 3, "kernel": 2, "in_channels": 8, "out_channels": 3, "groups": 3},
        "should divide in_channels=8: 8 % 3 = 2",
    ),
    (
        {"size": 3, "kernel": 2, "in_channels": 3, "out_channels": 8, "groups": 3},
        "should divide out_channels=8: 8 % 3 = 2",
    ),
    ({"size": 3, "kernel": 2, "padding_mode": "mirror"}, "should be one of zeros, reflect, replicate, circular"),
    (
        {"size": 3, "kernel": 2, "padding": ((0, 3),), "padding_mode": "reflect"},
        "padding[0]=(0, 3), but should be at most 2 for padding_mode='reflect' and size 3",
    ),
    ({"size": 3, "kernel": 2, "padding": 4, "padding_mode": "circular"}, "should be at most 3"),
    ({"size": 0, "kernel": 2, "padding": 1, "padding_mode": "replicate"}, "should be at most 0"),
    ({"size": 3, "kernel": 2, "transposed": 1}, "transposed=1, but should be True or False"),
    ({"size": 3, "kernel": 2, "stride": 2, "output_padding": 1}, "should be zero unless the convolution is transposed"),
    (
        {"size": 3, "kernel": 2, "stride": 2, "output_padding": 2, "transposed": True},
        "output_padding[0]=2, but should be below the stride, 2, or below the dilation, 1",
    ),
    (
        {"size": 3, "kernel": 2, "dilation": 3, "output_padding": 3, "transposed": True},
        "output_padding[0]=3, but should be below the stride, 1, or below the dilation, 3",
    ),
    (
        {"size": 3, "kernel": 2, "padding": 1, "padding_mode": "circular", "transposed": True},
        "should be 'zeros' for a transposed convolution",
    ),
    ({"size": 3, "kernel": 2, "padding": 2, "transposed": True}, "should leave some output: its size would be (0,)"),
    ({"size": (3, 3), "kernel": (2,)}, "should have 2 entries, one for each axis of size=(3, 3)"),
    ({"size": (), "kernel": ()}, "should have at least one axis"),
]


@pytest.mark.parametrize(("arguments", "told"), REFUSALS)
def test_impossible_geometry_is_refused_with_its_arithmetic(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        ConvGeometry.of(**arguments)
    assert told in str(refusal.value)
    assert str(refusal.value).endswith("[ConvGeometry]")


def test_what_is_unread_belongs_to_no_transposed_convolution() -> None:
    with pytest.raises(InvalidArgument, match="should be zero where the convolution is transposed"):
        replace(parse_geometry("n1c1k1i3f2d4t"), unread=(1,))


@pytest.mark.parametrize(
    "arguments",
    [
        {"size": 3, "kernel": 2, "in_channels": 6, "out_channels": 9, "groups": 3},
        {"size": 3, "kernel": 2, "padding": ((0, 2),), "padding_mode": "reflect"},
        {"size": 3, "kernel": 2, "padding": 3, "padding_mode": "circular"},
        {"size": 1, "kernel": 2, "padding": 9, "padding_mode": "replicate"},
        {"size": 3, "kernel": 2, "stride": 3, "output_padding": 2, "transposed": True},
        {"size": 3, "kernel": 2, "dilation": 3, "output_padding": 2, "transposed": True},
        {"size": (3, 3), "kernel": 2, "padding": ((1, 2), (2, 1)), "transposed": True},
    ],
)
def test_what_just_fits_is_taken(arguments: dict[str, Any]) -> None:
    assert min(ConvGeometry.of(**arguments).output_size) >= 1


@pytest.mark.parametrize(
    "lay_out",
    [
        lambda: ConvGeometry.of(size=10**12, kernel=1).source_positions(0),
        lambda: ConvGeometry.of(size=10**12, kernel=1).products,
        lambda: ConvGeometry.of(size=2, kernel=1, padding=10**12).repeated_positions(0),
        lambda: term_counts(Pass.FORWARD, ConvGeometry.of(size=(10**6, 10**6), kernel=1)),
        lambda: term_counts(Pass.INPUT_GRADIENT, ConvGeometry.of(size=10**12, kernel=1, stride=10**12)),
        lambda: term_counts(Pass.WEIGHT_GRADIENT, ConvGeometry.of(size=(10**6, 10**6), kernel=10**6)),
    ],
)
def test_more_positions_than_memory_are_not_laid_out(lay_out: Callable[[], object]) -> None:
    with pytest.raises(InvalidArgument, match="should have at most 134217728 positions to lay out"):
        lay_out()


def test_there_are_at_most_sixteen_axes() -> None:
    assert ConvGeometry.of(size=(1,) * 16, kernel=1).rank == 16
    with pytest.raises(InvalidArgument, match="at least one axis, and at most 16"):
        ConvGeometry.of(size=(1,) * 17, kernel=1)
