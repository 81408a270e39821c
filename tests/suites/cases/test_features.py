"""Features: what a case has, and which of them tell one fault from another."""

from __future__ import annotations

import pytest

from convoracle.oracle.operands.data import parse_case
from convoracle.suites.cases.features import distinctive, features, needs, needs_of_all


@pytest.mark.parametrize(
    ("case", "has"),
    [
        ("n1c1k1i1f1/float32/uniform/0", set()),
        ("n1c1k1i1f1/bias/float32/uniform/0", {"a bias"}),
        ("n0c1k1i1f1/float32/uniform/0", {"an empty batch"}),
        ("n1c1k2i1f1/float32/uniform/0", {"several output channels"}),
        ("n1c2k2i1f1g2/float32/uniform/0", {"groups above 1", "several input channels", "several output channels"}),
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


def test_needs_leave_out_what_others_imply() -> None:
    assert needs(parse_case("n1c2k2i1f1g2/float32/uniform/0")) == {"groups above 1", "dtype float32"}
    assert needs(parse_case("n1c1k1i1f1p0+1/float32/uniform/0")) >= {"padding that differs between the sides"}
    assert "padding" not in needs(parse_case("n1c1k1i1f1p0+1/float32/uniform/0"))


def test_the_plainest_complex_dtype_needs_complex_numbers_only() -> None:
    plainest, other = (features(parse_case(f"n1c1k1i1f1/{dtype}/uniform/0")) for dtype in ("complex64", "complex128"))
    assert plainest == {"complex numbers"} < other
    assert needs(parse_case("n1c1k1i1f1/complex128/uniform/0")) == {"dtype complex128"}
    assert needs_of_all((1,), ("complex64", "complex128")) == {"complex numbers", "dtype complex64"}
    assert needs_of_all((1,), ("float32", "complex64")) == {"dtype float32"}


def test_settings_tell_faults_apart_and_sizes_only_where_there_are_none() -> None:
    assert distinctive(frozenset({"padding", "several windows"})) == {"padding"}
    assert distinctive(frozenset({"a kernel above 1"})) == {"a kernel above 1"}
    assert distinctive(frozenset()) == frozenset()
