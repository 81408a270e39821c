"""The usual layers: every kind in every profile, in all conditions in turn, and what a restricted space keeps."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.operands.data import Case
from convoracle.oracle.operands.vocabulary import SETTINGS, used_settings
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.audits.power import stream
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.cases import usual
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.corpora import CORPORA, load_corpus
from convoracle.suites.cases.corpora.shrinking import shrunk
from convoracle.suites.cases.covering import covering
from convoracle.suites.cases.drawing import shares
from convoracle.suites.cases.profiles import PROFILES, Profile
from convoracle.suites.cases.space import Space
from convoracle.suites.cases.usual import CHANNEL_PAIRS, LAYERS, ROUNDS, SIZES, Layer, usual_cases

from ..searching import searched


def is_of(layer: Layer, geometry: ConvGeometry) -> bool:
    """Whether a convolution is of a kind, told by its own numbers alone."""
    rank = geometry.rank
    kernel, sides = (value if isinstance(value, tuple) else (value,) * rank for value in (layer.kernel, layer.padding))
    if isinstance(layer.padding, str):
        sides = geometry.sides_named(layer.padding)
    else:
        sides = tuple((side, side) for side in sides)
    groups = {
        "dense": geometry.groups == 1,
        "one channel": geometry.in_channels == geometry.out_channels == 1,
        "grouped": geometry.groups > 1,
        "depthwise": geometry.in_channels == geometry.groups > 1,
    }
    return (
        (geometry.kernel, geometry.padding) == (kernel, sides)
        and set(geometry.stride) == {layer.stride}
        and set(geometry.dilation) == {layer.dilation}
        and set(geometry.output_padding) == {layer.output_padding}
        and geometry.transposed is layer.transposed
        and geometry.padding_mode == "zeros"
        and groups[layer.channels]
        and geometry.out_channels >= layer.multiplier * geometry.groups
        and (layer.channels != "depthwise" or geometry.out_channels == layer.multiplier * geometry.groups)
    )


KINDS = [layer for layer in LAYERS if not layer.lacks]
DEGENERATE = {
    "no images": lambda g: g.batch == 0 and not g.is_degenerate,
    "no input channels": lambda g: g.in_channels == 0 < g.out_channels,
    "no output channels": lambda g: g.out_channels == 0 < g.in_channels,
    "no input": lambda g: 0 in g.size,
    "no window": lambda g: 0 in g.output_size and 0 not in g.size,
}


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_a_run_of_each_profile_has_every_kind_and_every_degenerate_form(profile: Profile, seed: int) -> None:
    space = profile.space()
    layers = list(islice(usual_cases(space, seed), profile.cases))
    share = shares(profile.cases, len(covering(space)), len(layers)).usual
    asked = [case.geometry for case in layers[:share]]
    assert [k.name for k in KINDS if not any(is_of(k, g) and g.rank == k.rank and g.products > 0 for g in asked)] == []
    assert [name for name, lacks in DEGENERATE.items() if not any(map(lacks, asked))] == []


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("ranks", [(1, 2, 3), (1,), (2,), (3,)])
def test_a_quick_run_has_more_images_than_a_vector_or_a_tile_is_wide(ranks: tuple[int, ...], seed: int) -> None:
    profile = PROFILES["quick"]
    space = profile.space(ranks=ranks)
    layers = list(islice(usual_cases(space, seed), profile.cases))
    asked = layers[: shares(profile.cases, len(covering(space)), len(layers)).usual]
    batches = [case.geometry.batch for case in asked if case.geometry.products > 0]
    assert sum(batch > 8 for batch in batches) > 1
    assert max(batches) > 16


def test_the_stream_of_a_search_has_them() -> None:
    profile = PROFILES["quick"]
    asked = [case.geometry for case in stream(profile.space(), profile.cases, 5)]
    assert [kind.name for kind in KINDS if not any(is_of(kind, geometry) for geometry in asked)] == []


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_space_of_one_rank_has_every_kind_that_is_not_of_another(rank: int) -> None:
    asked = [case.geometry for case in islice(usual_cases(PROFILES["quick"].space(ranks=(rank,)), 0), 40)]
    missing = [kind.name for kind in KINDS if not any(is_of(kind, geometry) for geometry in asked)]
    assert missing == ([] if rank == 2 else ["1 by 7", "7 by 1"])
    assert {geometry.rank for geometry in asked} == {rank}


def test_a_kind_meets_every_channel_count_size_and_dtype_from_seed_to_seed() -> None:
    space = PROFILES["standard"].space()
    pointwise = next(layer for layer in LAYERS if layer.name == "pointwise")
    firsts = []
    for seed in range(2 * ROUNDS):
        asked = (case for case in islice(usual_cases(space, seed), 1, 40) if case.geometry.rank == 2)
        firsts.append(next(case for case in asked if is_of(pointwise, case.geometry)))
    in_and_out = {(case.geometry.in_channels, case.geometry.out_channels) for case in firsts}
    assert len(in_and_out & set(CHANNEL_PAIRS)) > 0.8 * len(CHANNEL_PAIRS)
    assert {inputs for inputs, _ in in_and_out} >= {1, 3, *(w + d for w in (4, 8, 16, 32, 64) for d in (-1, 0, 1))}
    assert len({case.geometry.size for case in firsts} & set(SIZES)) == len(SIZES)
    assert {case.dtype for case in firsts} == set(space.dtypes)


def test_deep_runs_have_each_kind_in_each_dtype_in_odd_and_even_sizes_and_past_each_width() -> None:
    asked = [case for seed in range(3) for case in usual_cases(PROFILES["deep"].space(), seed)]
    for kind in KINDS:
        of_kind = [case for case in asked if is_of(kind, case.geometry)]
        sizes = {size for case in of_kind for size in case.geometry.size}
        assert {case.dtype for case in of_kind} == set(Space().dtypes), kind.name
        assert {size % 2 for size in sizes} == {0, 1}, kind.name
        assert 1 in sizes or kind.name in UNPADDED, kind.name
        assert max(case.geometry.batch for case in of_kind) > 1
        shapes = [case.geometry.weight_shape for case in of_kind]
        counts = {shape[0 if kind.channels == "depthwise" else 1] // kind.multiplier for shape in shapes}
        if kind.channels != "one channel":
            assert counts >= {3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64}, kind.name


UNPADDED = ("3 by 3, unpadded", "5 by 5, unpadded", "11 by 11, stride 4", "patches of 2", "patches of 4")
"""They have no window on an axis of size one."""


def test_layers_of_every_corpus_are_among_them() -> None:
    space = Space()
    asked = {case.geometry for case in usual_cases(space, 0)}
    rare = {geometry for geometry in asked if not any(is_of(kind, geometry) for kind in KINDS)}
    layers = {
        corpus: {shrunk(entry.geometry, space.max_products) for entry in load_corpus(corpus)} for corpus in CORPORA
    }
    assert [corpus for corpus, of_corpus in layers.items() if not asked & of_corpus] == []
    assert sum(bool(rare & of_corpus) for of_corpus in layers.values()) > 2


def test_the_cases_are_those_of_space_and_seed() -> None:
    space = PROFILES["quick"].space()
    first = list(usual_cases(space, 3))
    assert list(usual_cases(space, 3)) == first
    assert list(usual_cases(space, 4)) != first
    assert len(set(first)) == len(first)
    assert str(first[0]) == "n1c1k1i1f1/float32/uniform/0"


def test_a_layer_is_made_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usual, "_case", lambda *_: pytest.fail("made already"))
    assert str(next(usual_cases(Space(), 0))) == "n1c1k1i1f1/float32/uniform/0"


RESTRICTED = [
    Space(ranks=(2,), dtypes=("int8",), max_products=60),
    Space(ranks=(1, 3), dtypes=("float32",), settings=frozenset({"stride", "bias"})),
    Space(dtypes=("complex64", "float32"), settings=SETTINGS - {"layout", "unequal padding", "transposed"}),
]


@pytest.mark.parametrize("space", RESTRICTED, ids=["small", "two settings", "without some"])
def test_a_restricted_space_has_no_case_outside(space: Space) -> None:
    layers = list(usual_cases(space, 0))
    assert len(layers) > 30
    assert all(case in space and used_settings(case) <= space.settings for case in layers)
    assert {case.dtype for case in layers} == set(space.dtypes)


@dataclass(frozen=True)
class WrongOn:
    """Right but for one layer, on which the first element is off by one."""

    layer: Layer

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        result = reference.forward(input, weight, geometry, bias)
        if geometry.rank == self.layer.rank and is_of(self.layer, geometry) and result.size:
            result.flat[0] += 1
        return result


COMMON = (
    "3 by 3",
    "depthwise 3 by 3",
    "pointwise",
    "3 by 3, stride 2",
    "7 by 7, stride 2",
    "depthwise 5 by 5, stride 2",
    "causal, dilated",
    "volume of 3",
    "transposed 2 by 2, stride 2",
    "transposed 4 by 4, stride 2",
)


def _wrong_past_eight_images(input: Array, weight: Array, stride: tuple[int, ...]) -> Array:
    geometry = ConvGeometry.of(
        size=input.shape[2:],
        kernel=weight.shape[2:],
        batch=input.shape[0],
        in_channels=input.shape[1],
        out_channels=weight.shape[0],
        stride=stride,
    )
    result = reference.forward(input, weight, geometry)
    result[8:] = 0
    return result


@pytest.mark.parametrize("seed", range(3))
def test_a_kernel_that_is_wrong_past_eight_images_only_is_found_by_a_quick_run(seed: int) -> None:
    profile = PROFILES["quick"]
    budget = Budget(profile.space(), frozenset({Pass.FORWARD}), profile.cases, seed, checks=frozenset({"structure"}))
    faults = searched(InProcess(_wrong_past_eight_images), budget).faults
    assert [(fault.subject, fault.cause, fault.shrunk.geometry.batch) for fault in faults] == [("forward", "value", 9)]


@pytest.mark.parametrize(
    ("name", "seed"), [(name, 0) for name in COMMON] + [(name, seed) for name in COMMON[:2] for seed in (1, 2, 3)]
)
def test_a_kernel_that_is_wrong_on_one_usual_layer_only_is_found_by_a_quick_run(name: str, seed: int) -> None:
    layer = next(layer for layer in LAYERS if layer.name == name)
    profile = PROFILES["quick"]
    budget = Budget(profile.space(), frozenset({Pass.FORWARD}), profile.cases, seed, checks=frozenset({"structure"}))
    faults = searched(InProcess(WrongOn(layer)), budget).faults
    assert [(fault.subject, fault.cause) for fault in faults] == [("forward", "value")]
    assert is_of(layer, faults[0].shrunk.geometry)


def test_the_case_of_a_layer_that_a_space_cannot_hold_is_left_out() -> None:
    tiny = Space(ranks=(2,), max_products=2)
    layers = list(islice(usual_cases(tiny, 0), 40))
    assert isinstance(layers[0], Case)
    assert all(case in tiny for case in layers)
    assert any(case.geometry.kernel == (1, 1) and case.geometry.products > 0 for case in layers)
