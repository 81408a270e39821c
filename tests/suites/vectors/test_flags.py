"""Which mistakes a case can show in a pass: each where it shows, and not on the plainer case beside it."""

from __future__ import annotations

import pytest

from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.vectors.flags import ACCEPTED_INVALID, FLAGS, flags_of

OF_VALUES = {"NarrowAccumulator", "Overflow", "FlushedSubnormals", "NanLeak", ACCEPTED_INVALID, "Constant"}
"""What certain values show, or calls that are no cases."""
F, DX, DF, DB = Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT

SHOWN: dict[str, tuple[Pass, str, str]] = {
    "KernelRotation": (F, "n1c1k1i4f2", "n1c1k1i4f1"),
    "KernelNotSquare": (F, "n1c1k1i5x5f3x2", "n1c1k1i5x5f3x1"),
    "EvenKernel": (F, "n1c1k1i5f2p0+1", "n1c1k1i5f3p1"),
    "AxesExchanged": (F, "n1c1k1i5x5f3x2", "n1c1k1i5x5f3x3"),
    "PaddingSides": (F, "n1c1k1i5f3p1+0", "n1c1k1i5f3p1"),
    "PaddingMode": (F, "n1c1k1i5f3p1mreflect", "n1c1k1i5f3p1"),
    "Stride": (F, "n1c1k1i5f2s2", "n1c1k1i3f2s2"),
    "StrideDilation": (DX, "n1c1k1i7f2s2", "n1c1k1i7f2s2d2"),
    "Dilation": (F, "n1c1k1i7f2d2", "n1c1k1i7f2"),
    "FloorRemainder": (DX, "n1c1k1i6f3s2", "n1c1k1i7f3s2"),
    "LastWindow": (F, "n1c1k1i3f2", "n1c1k1i2f2"),
    "UnreachedElements": (DX, "n1c1k1i7f1s2", "n1c1k1i7f2s2"),
    "ChannelIndex": (F, "n1c2k1i3f2", "n1c2k2i3f2g2"),
    "Groups": (F, "n1c2k2i3f2g2", "n1c2k2i3f2"),
    "DepthMultiplier": (F, "n1c2k4i3f2g2", "n1c2k2i3f2g2"),
    "VectorTail": (F, "n1c5k1i2f2", "n1c4k1i2f2"),
    "Bias": (F, "n1c1k1i3f2/bias", "n1c1k1i3f2"),
    "BiasReduction": (DB, "n2c1k1i3f2", "n1c1k1i3f2"),
    "BatchReduction": (DF, "n2c1k1i3f2", "n1c1k1i3f2"),
    "EmptyBatch": (F, "n0c1k1i3f2", "n1c1k1i3f2"),
    "NoChannels": (F, "n1c0k1i3f2", "n0c0k1i3f2"),
    "PaddingOnly": (F, "n1c1k1i3f1p1", "n1c1k1i3f2p1"),
    "OutputPadding": (F, "n1c1k1i3f2s2to1", "n1c1k1i3f2s2t"),
    "TransposedPadding": (F, "n1c1k1i3f2p1t", "n1c1k1i3f2p0+1t"),
    "UpdateStep": (Pass.UPDATE, "n1c1k1i3f2", ""),
    "SecondOrder": (Pass.JVP, "n1c1k1i3f2", ""),
    "Conjugation": (DX, "n1c1k1i3f2/complex64", "n1c1k1i3f2"),
    "IntegerSaturation": (F, "n1c1k1i3f2/int8", "n1c1k1i3f2"),
}  # fmt: skip
"""Flag -> the pass, a case that can show it, and one beside it that cannot."""


def flags(text: str, pass_: Pass) -> set[str]:
    geometry, _, more = text.partition("/")
    bias, dtype = ("bias/", "float32") if more == "bias" else ("", more or "float32")
    return set(flags_of(parse_case(f"{geometry}/{bias}{dtype}/uniform/0"), pass_))


@pytest.mark.parametrize("flag", SHOWN)
def test_where_it_shows_and_where_it_does_not(flag: str) -> None:
    pass_, shows, plain = SHOWN[flag]
    assert flag in flags(shows, pass_)
    assert not plain or flag not in flags(plain, pass_)


def test_every_flag_is_tried_but_those_of_certain_values() -> None:
    assert set(FLAGS) == set(SHOWN) | OF_VALUES
    assert all(not FLAGS[flag].shows(parse_case("n2c4k4i6f3s2p1/bias/int8/uniform/0"), F) for flag in OF_VALUES)


@pytest.mark.parametrize(
    ("flag", "pass_", "text"),
    [
        ("StrideDilation", F, "n1c1k1i7f2s2"),
        ("FloorRemainder", F, "n1c1k1i6f3s2"),
        ("FloorRemainder", DX, "n1c1k1i6f3s2t"),
        ("UnreachedElements", F, "n1c1k1i7f1s2"),
        ("Bias", DX, "n1c1k1i3f2/bias"),
        ("BiasReduction", DF, "n2c1k1i3f2"),
        ("BatchReduction", DX, "n2c1k1i3f2"),
        ("UpdateStep", DF, "n1c1k1i3f2"),
        ("SecondOrder", F, "n1c1k1i3f2"),
        ("Conjugation", F, "n1c1k1i3f2/complex64"),
        ("KernelRotation", DB, "n1c1k1i4f2"),
    ],
)
def test_a_mistake_of_another_pass_does_not_show(flag: str, pass_: Pass, text: str) -> None:
    assert flag not in flags(text, pass_)


def test_a_transposed_convolution_leaves_gaps_in_its_output() -> None:
    assert "UnreachedElements" in flags("n1c1k1i3f1s2t", F)
    assert "UnreachedElements" not in flags("n1c1k1i3f1s2t", DX)


def test_what_shows_nothing_else_shows_a_constant() -> None:
    assert flags("n1c1k1i1f1", F) == {"Constant"}
