"""Features: what a case has, and which of them tell one fault from another."""

from __future__ import annotations

import pytest

from convoracle.oracle.data import parse_case
from convoracle.suites.features import features, telling


@pytest.mark.parametrize(
    ("case", "has"),
    [
        ("n1c1k1i1f1/float32/uniform/0", set()),
        ("n1c1k1i1f1/bias/float32/uniform/0", {"a bias"}),
        ("n0c1k1i1f1/float32/uniform/0", {"an empty batch"}),
        ("n1c4k2i1f1g2/float32/uniform/0", {"groups above 1", "several input channels in a group"}),
        ("n1c1k1i3f1s2/float32/uniform/0", {"stride above 1", "several windows"}),
        ("n1c1k1i4f1s2/float32/uniform/0", {"stride above 1", "several windows", "windows that do not tile the input"}),
        ("n1c1k1i3f2d2/float32/uniform/0", {"dilation above 1", "a kernel above 1"}),
        ("n1c1k1i1f1p1/float32/uniform/0", {"padding", "several windows", "windows that lie in the padding"}),
        (
            "n1c1k1i2f2p0+1/float32/uniform/0",
            {"padding", "padding that differs between the sides", "a kernel above 1", "several windows"},
        ),
        (
            "n1c1k1i2x3f1x2/float32/uniform/0",
            {"2 spatial axes or more", "a kernel above 1", "a kernel that differs between axes", "several windows"},
        ),
    ],
)
def test_features_of_a_case(case: str, has: set[str]) -> None:
    assert features(parse_case(case)) == has | {"dtype float32"}


def test_settings_tell_faults_apart_and_sizes_only_where_there_are_none() -> None:
    assert telling(frozenset({"padding", "several windows"})) == {"padding"}
    assert telling(frozenset({"a kernel above 1"})) == {"a kernel above 1"}
    assert telling(frozenset()) == frozenset()
