"""Cutting drawn sizes down: to the room there is, what is kept last, and equal ones equally."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoracle.oracle.problem.padding import PADDING_MODES
from convoracle.suites.cases.room import PARTS, Axis, Drawn, cut_down, cut_off, shared, within_padded

numbers = st.integers(1, 60)
axes = st.builds(Axis, st.integers(1, 20), st.integers(1, 20), st.integers(1, 20), numbers)
sizes = st.builds(
    Drawn, st.lists(axes, min_size=1, max_size=3).map(tuple), numbers, st.integers(0, 60), numbers, numbers
)


def products(drawn: Drawn) -> int:
    of_axes = math.prod(axis.kernel * axis.windows for axis in drawn.axes)
    return of_axes * drawn.groups * drawn.batch * drawn.inputs * drawn.outputs


@given(sizes, st.sampled_from(PARTS), st.integers(1, 5000))
def test_no_number_grows_and_the_products_have_room(drawn: Drawn, kept: str, room: int) -> None:
    cut = cut_down(drawn, kept, room)
    assert products(cut) <= room
    for name in ("groups", "batch", "inputs", "outputs"):
        assert min(getattr(drawn, name), 1) <= getattr(cut, name) <= getattr(drawn, name)
    for before, after in zip(drawn.axes, cut.axes, strict=True):
        assert after.stride == before.stride
        assert 1 <= after.kernel <= before.kernel
        assert 1 <= after.dilation <= before.dilation
        assert 1 <= after.windows <= before.windows


def test_what_has_room_stays() -> None:
    small = Drawn((Axis(3, 2, 2, 5), Axis(2, 1, 1, 4)), 2, 3, 2, 2)
    assert all(cut_down(small, kept, 10_000) == small for kept in PARTS)


@pytest.mark.parametrize("kept", ["groups", "batch", "inputs", "outputs"])
def test_what_is_kept_is_cut_last(kept: str) -> None:
    large = Drawn((Axis(3, 1, 1, 40), Axis(3, 1, 1, 40)), 40, 40, 40, 40)
    cut = cut_down(large, kept, 1000)
    assert getattr(cut, kept) == 40
    assert cut.axes[0].windows < 5
    assert cut_down(large, "axes", 1000).axes[0].windows > 8


def test_a_kernel_leaves_room_for_more_than_one_window() -> None:
    wide = Drawn((Axis(40, 1, 1, 9), Axis(40, 1, 1, 9)), 1, 1, 1, 1)
    cut = cut_down(wide, "axes", 1000)
    assert math.prod(axis.kernel for axis in cut.axes) == 11 * 11 <= 1000 / 8 < 12 * 12
    assert math.prod(axis.windows for axis in cut.axes) > 1


@given(st.lists(st.integers(1, 99), min_size=1, max_size=3), st.integers(1, 10**5))
def test_sharing_cuts_the_largest_to_one_number_that_could_not_be_larger(wanted: list[int], room: int) -> None:
    cut = shared(wanted, room)
    assert math.prod(cut) <= room
    changed = {after for before, after in zip(wanted, cut, strict=True) if after != before}
    assert len(changed) <= 1
    for most in changed:
        assert most == max(cut)
        assert math.prod(min(number, most + 1) for number in wanted) > room


@given(st.integers(1, 60), st.integers(0, 70), st.integers(0, 70), st.sampled_from(tuple(PADDING_MODES)))
def test_padding_is_cut_to_its_mode_and_the_padded_size_stays(padded: int, low: int, high: int, mode: str) -> None:
    size, sides = within_padded(padded, (low, high), mode)
    most = PADDING_MODES[mode].most(size)
    assert size >= 1
    assert most is None or max(sides) <= most
    if mode == "zeros":
        assert sides == (low, high)
        assert size + sum(sides) == max(padded, low + high + 1)
    else:
        assert size + sum(sides) == padded
        assert sides[0] <= low
        assert sides[1] <= high


@given(st.integers(1, 60), st.integers(0, 70), st.integers(0, 70))
def test_what_is_cut_off_leaves_an_element(padded: int, low: int, high: int) -> None:
    cut = cut_off(padded, (low, high))
    assert sum(cut) < padded
    assert cut == (low, high) or sum(cut) == padded - 1
