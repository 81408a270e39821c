"""Whether a case sees a fault, and whether the wrong result has the right shape."""

from __future__ import annotations

import pytest

from convoracle.oracle.faults import fault_named
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.audits.sighting import Sighting, keeps_shapes, sighting


@pytest.mark.parametrize(
    ("name", "pass_", "text", "seen"),
    [
        ("kernel-not-rotated", Pass.INPUT_GRADIENT, "n1c1k1i2f2/float32/uniform/0", Sighting.IN_SHAPE),
        ("kernel-not-rotated", Pass.INPUT_GRADIENT, "n1c1k1i2f1/float32/uniform/0", Sighting.NOT_AT_ALL),
        ("kernel-not-rotated", Pass.FORWARD, "n1c1k1i2f2/float32/uniform/0", Sighting.NOT_AT_ALL),
        ("stride-ignored", Pass.FORWARD, "n1c1k1i5f1s2/float32/uniform/0", Sighting.FITTED),
        ("bias-ignored", Pass.FORWARD, "n1c1k1i2f1/bias/float32/uniform/0", Sighting.IN_SHAPE),
        ("bias-ignored", Pass.FORWARD, "n1c1k1i2f1/float32/uniform/0", Sighting.NOT_AT_ALL),
        ("gradient-not-conjugated", Pass.INPUT_GRADIENT, "n1c1k1i2f1/complex64/uniform/0", Sighting.IN_SHAPE),
        ("gradient-not-conjugated", Pass.INPUT_GRADIENT, "n1c1k1i2f1/float32/uniform/0", Sighting.NOT_AT_ALL),
        ("stride-ignored", Pass.UPDATE, "n1c1k1i5f1s2/int8/uniform/0", Sighting.NOT_AT_ALL),
        ("result-in-bfloat16", Pass.FORWARD, "n1c1k1i5f2/float32/uniform/0", Sighting.IN_SHAPE),
        ("result-in-bfloat16", Pass.FORWARD, "n1c1k1i5f2/bfloat16/uniform/0", Sighting.NOT_AT_ALL),
        ("operand-changed", Pass.FORWARD, "n1c1k1i5f2/float32/uniform/0", Sighting.IN_SHAPE),
    ],
)
def test_how_a_case_sees_a_fault(name: str, pass_: Pass, text: str, seen: Sighting) -> None:
    assert sighting(fault_named(name), pass_, parse_case(text)) is seen


@pytest.mark.parametrize(
    ("name", "pass_", "text", "kept"),
    [
        ("stride-ignored", Pass.FORWARD, "n1c1k1i5f1s2", False),
        ("stride-ignored", Pass.FORWARD, "n1c1k1i5f1", True),
        ("padding-ignored", Pass.FORWARD, "n1c1k1i3f2p1", False),
        ("padding-sides-exchanged", Pass.FORWARD, "n1c1k1i3f2p1+0", True),
        ("kernel-axes-exchanged", Pass.FORWARD, "n1c1k1i3x3f2x2", True),
    ],
)
def test_whether_shapes_stay_as_they_are(name: str, pass_: Pass, text: str, kept: bool) -> None:
    assert keeps_shapes(fault_named(name), pass_, parse_geometry(text)) is kept


def test_in_shape_is_more_than_fitted_is_more_than_nothing() -> None:
    assert Sighting.IN_SHAPE > Sighting.FITTED > Sighting.NOT_AT_ALL
    assert not Sighting.NOT_AT_ALL
