"""The strategies: legal, within their space, rich in the places where implementations break, and well shrunk."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import find, given, settings

from convoracle.oracle.data import Case, parse_case
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.layouts import CONTIGUOUS, LAYOUTS
from convoracle.suites.features import features
from convoracle.suites.strategies import SETTINGS, Space, cases, conv_geometries

SPACES = [
    Space(ranks=(2,), dtypes=("float64",), max_products=100),
    Space(ranks=(1, 3), dtypes=("bfloat16", "float16"), settings=frozenset({"stride", "groups"})),
    Space(settings=frozenset()),
]


@pytest.mark.parametrize("space", SPACES, ids=["one rank", "two settings", "no settings"])
def test_every_case_lies_in_its_space(space: Space) -> None:
    @settings(max_examples=60, database=None)
    @given(cases(space=space))
    def lies_within(case: Case) -> None:
        geometry = case.geometry
        assert geometry.rank in space.ranks
        assert case.dtype in space.dtypes
        assert case in space or geometry.in_channels == geometry.out_channels == geometry.groups
        used = {
            "stride": max(geometry.stride) > 1,
            "padding": any(map(any, geometry.padding)),
            "unequal padding": any(low != high for low, high in geometry.padding),
            "dilation": max(geometry.dilation) > 1,
            "groups": geometry.groups > 1,
            "bias": case.bias,
            "padding mode": geometry.padding_mode != "zeros",
            "transposed": geometry.transposed,
            "output padding": any(geometry.output_padding),
            "degenerate": geometry.is_degenerate,
            "layout": case.layout != CONTIGUOUS,
        }
        assert used.keys() == SETTINGS
        assert {name for name, value in used.items() if value} <= space.settings

    lies_within()


def test_three_hundred_cases_meet_every_feature() -> None:
    met: Counter[str] = Counter()

    @settings(max_examples=300, database=None, derandomize=True)
    @given(cases())
    def count(case: Case) -> None:
        met.update(features(case))

    count()
    rare = {name: met[name] for name in ALL_FEATURES if met[name] < 3}
    assert rare == {}


ALL_FEATURES = (
    "a bias", "an empty batch", "a batch above 1", "several input channels",
    "several output channels", "groups above 1", "2 spatial axes or more", "3 spatial axes",
    "stride above 1", "windows that do not tile the input", "dilation above 1", "padding",
    "padding that differs between the sides", "a kernel above 1", "a kernel that differs between axes",
    "several windows", "a stride that differs between axes", "a dilation that differs between axes",
    "padding that differs between axes", "windows that lie in the padding", "dtype float16", "dtype bfloat16",
    "transposed", "output padding", "padding mode reflect", "padding mode replicate", "padding mode circular",
    *(f"the memory layout {layout}" for layout in LAYOUTS if layout != CONTIGUOUS),
)  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "smallest"),
    [
        (lambda g: True, "n1c1k1i1f1"),
        (lambda g: max(g.stride) > 1, "n1c1k1i1f1s2"),
        (lambda g: max(g.dilation) > 1, "n1c1k1i3f2d2"),
        (lambda g: g.groups > 1, "n1c2k2i1f1g2"),
        (lambda g: g.batch == 0, "n0c1k1i1f1"),
        (lambda g: g.transposed, "n1c1k1i1f1t"),
        (lambda g: any(g.output_padding) and g.rank == 1, "n1c1k1i1f1s2to1"),
        (lambda g: g.padding_mode == "replicate", None),
        (lambda g: g.in_channels == 0, "n1c0k1i1f1"),
        (lambda g: 0 in g.output_size, None),
        (lambda g: g.rank == 2, "n1c1k1i1x1f1x1"),
        (lambda g: g.weight_shape[1] >= 16, "n1c16k1i1f1"),
        (lambda g: g.out_channels > 1 and g.batch > 1, "n2c1k2i1f1"),
        (lambda g: g.out_channels > 16, "n1c1k17i1f1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_counterexamples_shrink_to_the_plainest(condition: object, smallest: str) -> None:
    found = find(conv_geometries(), condition, settings=settings(database=None, max_examples=2000, derandomize=True))
    if smallest is not None:
        assert str(found) == smallest
    else:
        assert (found.products, found.rank, found.stride, found.groups) <= (1, 1, (1,), 1)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"ranks": ()}, "ranks=(), but should be some of 1, 2, 3"),
        ({"ranks": (7,)}, "ranks=(7,), but should be some of 1, 2, 3, 4, 5, 6"),
        ({"dtypes": ("int32",)}, "should be some of float64, float32, float16, bfloat16, float8_e4m3fn"),
        ({"max_products": 0}, "max_products=0, but should be at least 1"),
        ({"settings": frozenset({"speed"})}, "settings={'speed'}, but should be some of"),
    ],
)
def test_an_impossible_space_is_refused(arguments: dict, told: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        Space(**arguments)
    assert told in str(refusal.value)


@settings(max_examples=60)
@given(cases(space=Space(ranks=(4, 5, 6), max_products=2000)))
def test_more_than_three_axes_are_drawn_small(case: Case) -> None:
    assert case.geometry.rank in (4, 5, 6)
    assert case.geometry.products <= 2000
    assert parse_case(str(case)) == case
