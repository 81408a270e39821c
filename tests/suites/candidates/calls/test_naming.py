"""What names say: how many axes, and that it is of transposed convolutions; and what only looks as if they did."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from convoracle.suites.candidates.calls.naming import (
    class_names,
    is_transposed_by_name,
    name_of,
    rank_by_name,
    telling_rank,
    telling_transposed,
)


def named(name: str) -> Callable[..., object]:
    def function(x: object, w: object) -> None: ...

    function.__name__ = name
    return function


class Conv2dTranspose:
    def forward(self) -> None: ...

    def __call__(self) -> None: ...


class Mine(Conv2dTranspose):
    def conv1d(self) -> None: ...


@pytest.mark.parametrize(
    ("name", "rank"),
    [
        ("conv2d", 2), ("my_conv1D_fast", 1), ("Conv3d", 3), ("conv2d_2d", 2), ("conv2d_as_1d", None),
        ("conv4d", None), ("conv", None), ("conv2dense", None), ("conv2d2", 2), ("conv2dX", 2),
    ],
)  # fmt: skip
def test_the_number_of_axes_in_a_name(name: str, rank: int | None) -> None:
    assert rank_by_name(named(name)) == rank


@pytest.mark.parametrize(
    ("name", "is_transposed"),
    [
        ("conv_transpose2d", True), ("ConvTranspose1d", True), ("deconvolution", True), ("DECONV", True),
        ("conv2d", False), ("decode_conv", False),
    ],
)  # fmt: skip
def test_a_transposed_convolution_in_a_name(name: str, is_transposed: bool) -> None:
    assert is_transposed_by_name(named(name)) is is_transposed


def test_a_method_has_its_own_name_first_and_then_those_of_its_classes() -> None:
    assert (rank_by_name(Mine().conv1d), telling_rank(Mine().conv1d)) == (1, "conv1d")
    assert (rank_by_name(Mine().forward), telling_rank(Mine().forward)) == (2, "Conv2dTranspose")
    assert telling_transposed(Mine().forward) == "Conv2dTranspose"
    assert class_names(Mine) == ["Mine", "Conv2dTranspose", "object"]
    assert (name_of(Mine()), name_of(Mine), name_of(named("conv"))) == ("Mine", "Mine", "conv")


def test_what_a_function_is_made_of_and_what_it_wraps_have_names_as_well() -> None:
    assert rank_by_name(functools.partial(functools.partial(named("conv3d"), 1), 2)) == 3

    @functools.wraps(Mine().forward)
    def wrapper(*given: Any) -> None: ...

    assert rank_by_name(wrapper) == 2
    also = named("forward")
    also.also_named = ["Deconv1d"]  # type: ignore[attr-defined]
    assert (rank_by_name(also), is_transposed_by_name(also)) == (1, True)


def test_a_name_without_a_number_is_told_as_it_is() -> None:
    assert telling_rank(named("conv")) == "conv"
