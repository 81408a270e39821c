"""The vocabulary of what a case has: each word is true of a case made for it, and of no plain one."""

from __future__ import annotations

import pytest

from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.operands.vocabulary import LACKING, OF_GEOMETRY, SETTINGS, Lack, Setting, used_settings
from convoracle.oracle.problem.geometry import parse_geometry

USING = {
    Setting.STRIDE: "n1c1k1i3f1s2/float32/uniform/0",
    Setting.PADDING: "n1c1k1i3f1p1/float32/uniform/0",
    Setting.UNEQUAL_PADDING: "n1c1k1i3f1p0+1/float32/uniform/0",
    Setting.PADDING_MODE: "n1c1k1i3f1p1mreflect/float32/uniform/0",
    Setting.DILATION: "n1c1k1i3f2d2/float32/uniform/0",
    Setting.GROUPS: "n1c2k2i3f1g2/float32/uniform/0",
    Setting.BIAS: "n1c1k1i3f1/bias/float32/uniform/0",
    Setting.TRANSPOSED: "n1c1k1i3f1t/float32/uniform/0",
    Setting.OUTPUT_PADDING: "n1c1k1i3f1s2to1/float32/uniform/0",
    Setting.DEGENERATE: "n1c0k1i3f1/float32/uniform/0",
    Setting.LAYOUT: "n1c1k1i3f1/float32/uniform/0/strided",
}
BRINGS = {
    Setting.UNEQUAL_PADDING: {Setting.PADDING},
    Setting.PADDING_MODE: {Setting.PADDING},
    Setting.OUTPUT_PADDING: {Setting.TRANSPOSED, Setting.STRIDE},
}
WITHOUT = {
    Lack.IMAGES: "n0c1k1i3f1",
    Lack.INPUT_CHANNELS: "n1c0k1i3f1",
    Lack.OUTPUT_CHANNELS: "n1c1k0i3f1",
    Lack.INPUT: "n1c1k1i0f1",
    Lack.WINDOWS: "n1c1k1i1f3",
}


@pytest.mark.parametrize("setting", Setting)
def test_a_case_uses_the_setting_that_it_is_made_for_and_what_this_brings(setting: Setting) -> None:
    assert used_settings(parse_case(USING[setting])) == {setting} | BRINGS.get(setting, set())


def test_the_plainest_case_uses_none() -> None:
    assert used_settings(parse_case("n1c1k1i1f1/float32/uniform/0")) == set()


def test_every_setting_but_bias_and_layout_is_one_of_the_convolution() -> None:
    assert OF_GEOMETRY.keys() == SETTINGS - {Setting.BIAS, Setting.LAYOUT}


@pytest.mark.parametrize("lack", Lack)
def test_a_convolution_lacks_what_it_is_made_without_and_nothing_else(lack: Lack) -> None:
    geometry = parse_geometry(WITHOUT[lack])
    assert [name for name, is_lacking in LACKING.items() if is_lacking(geometry)] == [lack]
    assert geometry.is_degenerate == (lack is not Lack.IMAGES)
