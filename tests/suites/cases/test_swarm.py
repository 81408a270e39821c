"""Which settings a drawn convolution uses: none that is not allowed, each now and then, and only together what goes."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from convoracle.oracle.operands.vocabulary import SETTINGS, Setting
from convoracle.suites.cases.swarm import Swarm, drawn_swarm


@cache
def swarms(allowed: frozenset[str] = SETTINGS, rank: int = 2, count: int = 250) -> list[Swarm]:
    found: list[Swarm] = []

    @settings(max_examples=count, database=None, phases=[Phase.generate], derandomize=True)
    @given(st.composite(drawn_swarm)(allowed, rank))
    def draw(swarm: Swarm) -> None:
        found.append(swarm)

    draw()
    return found


def test_every_setting_is_met_and_left_out() -> None:
    found = swarms()
    for name in ("stride", "dilation", "groups", "alike", "square", "transposed", "output_padding"):
        assert {getattr(swarm, name) for swarm in found} == {False, True}, name
    assert {swarm.padding for swarm in found} == {"none", "half the kernel", "symmetric", "any", "same", "causal"}
    assert len({swarm.padding_mode for swarm in found}) == 4
    assert {swarm.lack is None for swarm in found} == {False, True}


def test_settings_stand_together_only_where_they_can() -> None:
    for swarm in swarms():
        assert not swarm.square or swarm.alike
        assert not swarm.output_padding or (swarm.transposed and (swarm.stride or swarm.dilation))
        assert swarm.padding_mode == "zeros" or (swarm.padding != "none" and not swarm.transposed)
        assert swarm.lack is None or (swarm.padding_mode == "zeros" and not swarm.transposed)


def test_one_axis_has_none_to_be_like() -> None:
    assert not any(swarm.alike or swarm.square for swarm in swarms(rank=1, count=60))


@pytest.mark.parametrize(
    ("setting", "plain"),
    [
        (Setting.STRIDE, lambda swarm: not swarm.stride),
        (Setting.DILATION, lambda swarm: not swarm.dilation),
        (Setting.GROUPS, lambda swarm: not swarm.groups),
        (Setting.PADDING, lambda swarm: swarm.padding == "none"),
        (Setting.UNEQUAL_PADDING, lambda swarm: swarm.padding in ("none", "half the kernel", "symmetric")),
        (Setting.PADDING_MODE, lambda swarm: swarm.padding_mode == "zeros"),
        (Setting.TRANSPOSED, lambda swarm: not swarm.transposed),
        (Setting.OUTPUT_PADDING, lambda swarm: not swarm.output_padding),
        (Setting.DEGENERATE, lambda swarm: swarm.lack is None),
    ],
)
def test_a_setting_that_is_not_allowed_is_not_used(setting: str, plain: object) -> None:
    found = swarms(SETTINGS - {setting}, count=60)
    assert all(map(plain, found))  # type: ignore[arg-type]
    assert not all(map(plain, swarms()))  # type: ignore[arg-type]


def test_without_any_setting_only_axes_can_be_alike() -> None:
    plain = {
        (swarm.stride, swarm.padding, swarm.dilation, swarm.groups, swarm.transposed) for swarm in swarms(frozenset())
    }
    assert plain == {(False, "none", False, False, False)}
