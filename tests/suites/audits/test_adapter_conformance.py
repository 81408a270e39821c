"""The conformance run for adapters finds what their authors get wrong, and nothing in an honest one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.audits.adapter_conformance import aspects
from convoracle.suites.calling.in_process import InProcess

_CALL = """
import numpy as np
from convoracle.oracle.answers import reference
from convoracle.oracle.problem.geometry import parse_geometry
actual = reference.forward(input.astype(np.float64), weight.astype(np.float64), parse_geometry("{}")).astype(np.float32)
"""


class Honest:
    """Float32 on two axes, computed in float64, without what the limitation names."""

    name, version = "honest", "1.0"
    accumulators = {"float32": "float64"}

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        if dtype != "float32" or geometry.transposed or geometry.padding_mode != "zeros" or geometry.rank != 2:
            return "plain convolutions of two axes in float32 only"
        return None

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        wide = None if bias is None else bias.astype(np.float64)
        return np.asarray(
            reference.forward(input.astype(np.float64), weight.astype(np.float64), geometry, wide)
        ).astype(np.float32)

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        return _CALL.format(geometry)


class SwapsSides(Honest):
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        sides = tuple((high, low) for low, high in geometry.padding)
        return super().forward(input, weight, bias, replace(geometry, padding=sides))


class RaisesOnDilation(Honest):
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        if set(geometry.dilation) != {1}:
            raise ValueError("dilation is not implemented")
        return super().forward(input, weight, bias, geometry)


class RoundsToHalf(Honest):
    """Operands rounded to float16, which small integers do not show."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return super().forward(input.astype(np.float16), weight.astype(np.float16), bias, geometry)


class PastesAnother(Honest):
    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        return _CALL.format(replace(geometry, stride=(1, 1)))


class NoVersion(Honest):
    version = ""


def _bad(candidate: object) -> dict[str, str]:
    return {aspect.what: aspect.detail for aspect in aspects(InProcess(candidate)) if not aspect.good}


@pytest.mark.parametrize("candidate", [Honest, NoVersion])
def test_nothing_is_found_in_an_honest_adapter(candidate: type[Honest]) -> None:
    """One's own kernel has no version, which is no fault."""
    assert _bad(candidate()) == {}
    first = next(iter(aspects(InProcess(candidate()))))
    assert ("give it the library's, if there is one, as `version`" in first.detail) is (candidate is NoVersion)


@pytest.mark.parametrize(
    ("candidate", "what", "told"),
    [
        (SwapsSides(), "unequal padding", "look for two that are exchanged"),
        (RaisesOnDilation(), "dilation", "NotImplementedError"),
        (RoundsToHalf(), "arithmetic in float32", "float64"),
        (PastesAnother(), "call to paste of forward", "ended with 1"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Honest) else "",
)
def test_each_mistake_is_found_where_it_is(candidate: object, what: str, told: str) -> None:
    bad = _bad(candidate)
    assert told in bad[what]
    assert "2-D" not in bad


class ForgetsAnAttribute(Honest):
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return np.zeros(geometry.strides)

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return np.zeros(geometry.pads if geometry.groups > 1 else geometry.weight_shape, input.dtype)


def test_one_error_is_told_once() -> None:
    """Was told for each feature, 29 times."""
    looked_at = list(aspects(InProcess(ForgetsAnAttribute())))
    bad = [aspect for aspect in looked_at if not aspect.good]
    told = [aspect for aspect in bad if "has no `strides`" in aspect.detail]
    assert [aspect.what for aspect in told] == ["2-D"]
    assert "it has batch, in_channels, out_channels, size, kernel, stride," in told[0].detail
    assert "; the same with 17 more: stride, dilation, padding, " in told[0].detail
    (other,) = [aspect for aspect in bad if "has no `pads`" in aspect.detail]
    assert other.what == "groups"
    assert other.detail.startswith("weight_gradient refused on n2c4k6i7x6f3x2g2/float32/uniform/0: ")
    assert other.detail.endswith("; the same with 1 more: depthwise, two outputs a channel")
    assert looked_at[-1].detail == "not tried: no pass is right on 2-D"


def test_wrong_numbers_are_told_for_each_feature() -> None:
    bad = _bad(SwapsSides())
    assert {"unequal padding", "stride, dilation and unequal padding"} <= bad.keys()
