"""The strategies: legal, within their space, rich in the places where implementations break, and well shrunk."""

from __future__ import annotations

import math
from collections import Counter
from functools import cache
from itertools import islice
from random import Random

import pytest
from hypothesis import find, given, settings

from convoracle.oracle.operands.data import Case, parse_case
from convoracle.oracle.operands.vocabulary import SETTINGS
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.layouts import CONTIGUOUS, LAYOUTS
from convoracle.suites.cases.corpora import shrinking
from convoracle.suites.cases.drawing import drawn
from convoracle.suites.cases.features import features
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.cases.space import Space
from convoracle.suites.cases.strategies import cases, conv_geometries

SPACES = [
    Space(ranks=(2,), dtypes=("float64",), max_products=100),
    Space(ranks=(1, 3), dtypes=("bfloat16", "float16"), settings=frozenset({"stride", "groups"})),
    Space(settings=frozenset()),
    Space(max_products=30, settings=SETTINGS - {"transposed", "degenerate"}),
    Space(max_products=1),
]


@pytest.mark.parametrize("space", SPACES, ids=["one rank", "two settings", "no settings", "small", "smallest"])
def test_every_case_lies_in_its_space(space: Space) -> None:
    @settings(max_examples=60, database=None)
    @given(cases(space=space))
    def lies_within(case: Case) -> None:
        geometry = case.geometry
        assert geometry.rank in space.ranks
        assert case.dtype in space.dtypes
        assert geometry.products <= space.max_products
        assert case in space
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
    met = Counter(feature for case in islice(drawn(Space(), 0), 300) for feature in features(case))
    rare = {name: met[name] for name in ALL_FEATURES if met[name] < 3}
    assert rare == {}


def _has_usual_padding(geometry: ConvGeometry) -> bool:
    halves = tuple((d * (r // 2),) * 2 for d, r in zip(geometry.dilation, geometry.kernel, strict=True))
    return geometry.padding == halves and geometry.padding_mode == "zeros" and not geometry.transposed


def test_what_people_use_most_is_among_the_wild_cases() -> None:
    geometries = [case.geometry for case in islice(drawn(PROFILES["standard"].space(), 0), 300)]
    planes = [geometry for geometry in geometries if geometry.rank == 2]
    alike = [g for g in planes if all(len(set(v)) == 1 for v in (g.kernel, g.stride, g.padding, g.dilation))]
    assert len(alike) > len(planes) / 4
    assert len([g for g in alike if len(set(g.size)) == 1]) > 5
    dense = [g for g in alike if g.kernel == (3, 3) and g.stride == g.dilation == (1, 1) and g.groups == 1]
    assert len([g for g in dense if _has_usual_padding(g)]) >= 2
    assert len([g for g in geometries if _has_usual_padding(g) and min(g.kernel) > 2 and g.kernel[0] % 2]) > 15


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


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.campaign) for seed in range(2, 9))])
@pytest.mark.parametrize(
    ("condition", "smallest"),
    [
        (lambda g: True, "n1c1k1i1f1"),
        (lambda g: max(g.stride) > 1, "n1c1k1i1f1s2"),
        (lambda g: max(g.dilation) > 1, "n1c1k1i1f1d2"),
        (lambda g: g.groups > 1, "n1c2k2i1f1g2"),
        (lambda g: g.batch == 0, "n0c1k1i1f1"),
        (lambda g: g.transposed, "n1c1k1i1f1t"),
        (lambda g: any(g.output_padding) and max(g.stride) > 1, "n1c1k1i1f1s2to1"),
        (lambda g: g.padding_mode == "replicate", "n1c1k1i1f1mreplicate"),
        (lambda g: g.in_channels == 0, "n1c0k1i1f1"),
        (lambda g: 0 in g.output_size, "n1c1k1i0f1"),
        (lambda g: g.rank == 2, "n1c1k1i1x1f1x1"),
        (lambda g: g.weight_shape[1] >= 16, "n1c16k1i1f1"),
        (lambda g: g.out_channels > 1 and g.batch > 1, "n2c1k2i1f1"),
        (lambda g: g.out_channels > 16, "n1c1k17i1f1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_counterexamples_shrink_to_the_plainest(condition: object, smallest: str, seed: int) -> None:
    """From each beginning: what Hypothesis leaves, which promises no least example, is made plainer step by step."""
    quiet = settings(database=None, max_examples=20_000)
    found = find(conv_geometries(), condition, settings=quiet, random=Random(seed))
    assert str(shrinking.smallest(found, condition)) == smallest


FAR = {
    "kernel 10": lambda g: 10 in g.kernel,
    "kernel above 20": lambda g: max(g.kernel) > 20,
    "stride 6": lambda g: 6 in g.stride,
    "stride above 20": lambda g: max(g.stride) > 20,
    "dilation 6 that is used": lambda g: any(d == 6 and r > 1 for d, r in zip(g.dilation, g.kernel, strict=True)),
    "dilation above 20": lambda g: max(g.dilation) > 20,
    "batch above 8": lambda g: g.batch > 8,
    "batch above 64": lambda g: g.batch > 64,
    "66 or more dense inputs": lambda g: g.groups == 1 and g.in_channels > 65,
    "130 or more inputs, several outputs": lambda g: g.groups == 1 and g.in_channels > 129 and g.out_channels > 1,
    "130 or more outputs": lambda g: g.out_channels // g.groups > 129,
    "32 dense channels in and out, kernel 3": lambda g: g.groups == 1
    and min(g.in_channels, g.out_channels) > 31
    and max(g.kernel) > 2,
    "6 groups": lambda g: g.groups == 6,
    "more than 64 groups": lambda g: g.groups > 64,
    "70 windows on an axis": lambda g: max(g.direct.output_size) > 69,
    "20 windows on each of two axes": lambda g: g.rank == 2 and min(g.direct.output_size) > 19,
    "70 windows and several channels": lambda g: max(g.direct.output_size) > 69 and min(g.weight_shape[:2]) > 2,
    "multiplier 6": lambda g: g.is_depthwise and g.out_channels == 6 * g.groups,
}  # fmt: skip


@pytest.mark.parametrize("name", FAR)
def test_there_is_no_edge_beyond_which_nothing_is_drawn(name: str) -> None:
    """Seldom ones: of the seldomest, depthwise ones of multiplier 6, three come up in 3,000 cases."""
    assert any(map(FAR[name], _deep()))


@cache
def _deep() -> list[ConvGeometry]:
    return [case.geometry for seed in range(3) for case in islice(drawn(PROFILES["deep"].space(), seed), 3000)]


def test_far_cases_stay_within_the_room_and_are_the_exception() -> None:
    products = sorted(geometry.products for geometry in _deep())
    assert products[-1] <= PROFILES["deep"].max_products
    assert products[len(products) // 2] < PROFILES["deep"].max_products // 4
    assert max(math.prod(g.input_shape) for g in _deep()) < 20 * PROFILES["deep"].max_products


@settings(max_examples=60)
@given(cases(space=Space(ranks=(4, 5, 6), max_products=2000)))
def test_more_than_three_axes_are_drawn_small(case: Case) -> None:
    assert case.geometry.rank in (4, 5, 6)
    assert case.geometry.products <= 2000
    assert parse_case(str(case)) == case
