"""The smallest counterexample found is no larger than one that a person would write by hand."""

from __future__ import annotations

from contextlib import closing

import pytest

from convoracle.oracle.faults import FAULT_MODELS, FaultModel, fault_named
from convoracle.oracle.operands.data import Case
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.layouts import CONTIGUOUS
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.audits.planted import PlantedInProcess
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.features import needs
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.search.events import FaultShrunk
from convoracle.suites.search.search import search

BY_HAND = {
    "n1c1k1i2f2": (
        "kernel-rotated kernel-not-rotated weight-gradient-rotated kernel-rotated-in-one-axis "
        "padding-not-complemented dilation-counted-from-zero"
    ),
    "n1c1k1i1x2f1x2": "rotation-for-square-kernels",
    "n1c1k1i2x2f2x2": "kernel-axes-exchanged",
    "n1c1k1i1x1f1x1p0x1": "padding-axes-exchanged first-padding-on-all-axes settings-axes-exchanged",
    "n1c1k1i1f1p0+1": "padding-sides-exchanged high-padding-on-both-sides",
    "n1c1k1i1f2p0+1": "same-odd-element-on-the-other-side low-padding-on-both-sides",
    "n1c1k1i1f1p0+2": "padding-shared-evenly",
    "n1c1k1i1f1p1": "padding-ignored padding-read-from-memory nan-leaks-through-padding transform-wraps-around",
    "n1c1k1i1f1p1d2": "padding-dilated",
    "n1c1k1i1f2p1": "even-kernel-off-centre windows-from-the-padding-dropped outermost-tap-dropped-at-the-border",
    "n1c1k1i2f1p1mreflect": "padding-mode-ignored reflection-repeats-the-edge reflection-skips-an-element",
    "n1c1k1i2f1p1mcircular": "circular-padding-off-by-one",
    "n1c1k1i1x3f1x1s1x2": "stride-axes-exchanged",
    "n1c1k1i2x1f1x3s1x2p0x1": "same-padding-from-the-first-size",
    "n1c1k1i1x2f1x1s2x1": "first-stride-on-all-axes",
    "n1c1k1i3f1s2": (
        "stride-ignored stride-ignored-in-input-gradient stride-ignored-in-weight-gradient "
        "stride-and-dilation-exchanged-in-backward unreached-elements-not-zeroed"
    ),
    "n1c1k1i1x3f1x2d1x2": "dilation-axes-exchanged first-dilation-on-all-axes",
    "n1c1k1i1f1d2": "dilated-kernel-too-long",
    "n1c1k1i3f2d2": "dilation-ignored dilation-ignored-in-input-gradient dilation-ignored-in-weight-gradient",
    "n1c1k1i2f1s2": ("last-window-dropped remainder-at-the-wrong-end output-size-rounded-up output-size-too-small"),
    "n1c1k1i2f1s2p1to1": "output-padding-zero-filled",
    "n1c1k1i1f1s2to1": "output-padding-ignored",
    "n1c1k1i3f1p1t": "transposed-padding-on-the-input",
    "n1c2k2i1f1g2": (
        "input-channels-of-the-next-group next-group-in-input-gradient next-group-in-weight-gradient groups-reversed "
        "groups-and-dilation-exchanged groups-ignored first-group-read-by-all kernels-of-the-first-group"
    ),
    "n1c2k4i1f1g2": "output-channels-interleaved depth-multipliers-first depth-multiplier-dropped",
    "n1c4k2i1f1g2": "input-channels-interleaved",
    "n1c4k2i1f1g2t": "transposed-groups-interleaved",
    "n1c2k1i1f1": "kernel-of-the-next-input-channel",
    "n1c2k1i2f1": "input-read-as-channels-last equal-sizes-taken-for-channels-last",
    "n1c1k2i2f1": (
        "output-gradient-read-as-channels-last bias-gradient-of-channels-last output-written-as-channels-last"
    ),
    "n1c2k2i1f1": "weight-rows-and-columns-exchanged",
    "n2c1k1i1f1": (
        "batch-mean-of-weight-gradient weight-gradient-is-a-mean weight-gradient-of-first-image "
        "first-image-only bias-gradient-without-batch bias-gradient-is-a-mean infinity-saturates "
        "strides-ignored stride-zero-misread input-rows-aligned"
    ),
    "n2c1k1i2f2": "input-rows-of-output-length output-rows-of-input-length",
    "n0c1k1i1f1": "empty-batch-uninitialised",
    "n1c1k1i2f1": (
        "bias-gradient-without-last-axis bias-gradient-without-first-axis nan-spreads-to-the-neighbour "
        "plan-without-size-in-its-key"
    ),
    "n1c1k2i1f1": "bias-by-position",
    "n1c1k1i1f1": (
        "row-blocks-only-4 row-blocks-only-8 row-blocks-only-16 row-blocks-only-32 "
        "input-channel-blocks-only-4 input-channel-blocks-only-8 input-channel-blocks-only-16 "
        "input-channel-blocks-only-32 output-channel-blocks-only-4 output-channel-blocks-only-8 "
        "output-channel-blocks-only-16 output-channel-blocks-only-32 row-blocks-only-written-4 "
        "row-blocks-only-written-8 row-blocks-only-written-16 row-blocks-only-written-32 "
        "column-blocks-only-4 column-blocks-only-8 column-blocks-only-16 column-blocks-only-32 "
        "column-blocks-only-written-4 column-blocks-only-written-8 column-blocks-only-written-16 "
        "column-blocks-only-written-32 position-blocks-only-16 position-blocks-only-32 "
        "position-blocks-only-64 position-blocks-only-written-16 position-blocks-only-written-32 "
        "position-blocks-only-written-64 matrix-row-blocks-only-16 matrix-row-blocks-only-32 "
        "matrix-row-blocks-only-64 matrix-row-blocks-only-written-16 matrix-row-blocks-only-written-32 "
        "matrix-row-blocks-only-written-64 element-blocks-only-64 element-blocks-only-128 "
        "element-blocks-only-256 element-blocks-only-written-64 element-blocks-only-written-128 "
        "element-blocks-only-written-256 "
        "term-blocks-only-4 term-blocks-only-8 term-blocks-only-16 term-blocks-only-32 "
        "term-blocks-only-channels-last-4 term-blocks-only-channels-last-8 "
        "term-blocks-only-channels-last-16 term-blocks-only-channels-last-32 "
        "last-tap-dropped first-tap-dropped-in-backward input-gradient-doubled added-to-what-was-there "
        "returns-zeros returns-a-constant bias-ignored bias-added-twice update-uphill "
        "learning-rate-hard-coded update-of-nothing gradient-not-conjugated jvp-lacks-input-direction "
        "jvp-lacks-weight-direction double-backward-lacks-input-direction "
        "double-backward-lacks-weight-direction sums-in-float16 sums-in-bfloat16 sums-in-float32 "
        "factors-in-tfloat32 factors-in-bfloat16 factors-in-float32 result-in-float16 "
        "result-in-bfloat16 result-in-float32 "
        "error-of-the-largest-element nan-taken-for-zero nan-in-results-lost "
        "subnormals-flushed integers-saturate operand-changed result-in-an-operand result-memory-reused "
        "race-between-threads returns-the-previous-result added-to-the-previous-result "
        "plan-without-dtype-in-its-key "
        "bias-gradient-with-weight-gradient-only momentum-left-in "
        "result-never-written last-row-never-written factors-in-float16 input-in-float16 "
        "weight-in-float16 output-gradient-in-float16 input-in-bfloat16 weight-in-bfloat16 "
        "output-gradient-in-bfloat16"
    ),
    "n1c1k1i5f1": "row-remainder-dropped-4 first-block-only-4 last-block-only-4 row-remainder-never-written-4",
    "n1c5k1i1f1": "input-channel-remainder-dropped-4",
    "n1c1k5i1f1": "output-channel-remainder-dropped-4",
    "n1c1k1i9f1": "row-remainder-dropped-8 first-block-only-8 last-block-only-8 row-remainder-never-written-8",
    "n1c9k1i1f1": "input-channel-remainder-dropped-8",
    "n1c1k9i1f1": "output-channel-remainder-dropped-8",
    "n1c1k1i17f1": "row-remainder-dropped-16 first-block-only-16 last-block-only-16 row-remainder-never-written-16",
    "n1c17k1i1f1": "input-channel-remainder-dropped-16",
    "n1c1k17i1f1": "output-channel-remainder-dropped-16",
    "n1c1k1i33f1": "row-remainder-dropped-32 first-block-only-32 last-block-only-32 row-remainder-never-written-32",
    "n1c33k1i1f1": "input-channel-remainder-dropped-32",
    "n1c1k33i1f1": "output-channel-remainder-dropped-32",
    "n1c4k4i1f1": "tfloat32-for-multiples-of-4-channels",
    "n1c8k8i1f1": "tfloat32-for-multiples-of-8-channels",
    "n1c32k32i1f1": "tfloat32-for-multiples-of-32-channels",
    "n1c3k1i2f2": "pairs-saturate-in-int16 lowest-integer-not-negated",
    "n3c15k1i3f1": "index-overflow",
}
"""The smallest geometry that a person would think of, and the models that it shows; `index-overflow` needs 128
elements, in whatever shape. Two need numbers at the ends of int8's range, and so many elements that some are drawn.
Where no window reaches, n1c1k1i2f1s2 has fewer products, but also windows that do not tile, which the fault does not
need; a plan of a larger size does for a smaller one."""
SMALLEST = {name: geometry for geometry, names in BY_HAND.items() for name in names.split()}
QUICK = (
    "kernel-not-rotated",
    "padding-sides-exchanged",
    "last-window-dropped",
    "groups-reversed",
    "dilation-ignored",
    "depth-multiplier-dropped",
    "strides-ignored",
    "plan-without-size-in-its-key",
)


def by_hand(model: FaultModel) -> Case:
    """The case that a person would write, in the plainest dtype and memory in which the fault shows."""
    dtype = "float32" if "float32" in model.needs.dtypes else model.needs.dtypes[0]
    layout = min(model.needs.layouts, default=CONTIGUOUS)
    return Case(parse_geometry(SMALLEST[model.name]), model.needs.bias, dtype, "uniform", 0, layout)


def assert_no_larger_than_by_hand(name: str) -> None:
    model = fault_named(name)
    expected = by_hand(model)
    assert any(model.shows(pass_, expected.geometry) for pass_ in model.passes)
    budget = Budget(PROFILES["quick"].space(), frozenset(Pass), 100, seed=0, faults=1, own_dtypes=True)
    with closing(search(PlantedInProcess(model), budget)) as events:
        fault = next(event.fault for event in events if isinstance(event, FaultShrunk))
    assert fault.shrunk.geometry.products <= expected.geometry.products, str(fault.shrunk)
    assert len(needs(fault.shrunk)) <= len(needs(expected)), str(fault.shrunk)


def test_every_model_has_a_smallest_geometry() -> None:
    assert set(SMALLEST) == {model.name for model in FAULT_MODELS}


@pytest.mark.parametrize("name", QUICK)
def test_a_counterexample_is_as_small_as_by_hand(name: str) -> None:
    assert_no_larger_than_by_hand(name)


@pytest.mark.campaign
@pytest.mark.parametrize("name", [name for name in SMALLEST if name not in QUICK])
def test_every_other_counterexample_is_as_small_as_by_hand(name: str) -> None:
    assert_no_larger_than_by_hand(name)
