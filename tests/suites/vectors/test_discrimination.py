"""The vectors tell right from wrong: every known fault shows, an honest implementation passes, and flags hold."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.faults import FAULT_MODELS, FaultModel, Implementation, Kind, fault_named, honest
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import ARRAYS, Array, Operands, Pass, real_parts
from convoracle.suites.vectors.expectations import FINITE, MINUS, NAN, PLUS
from convoracle.suites.vectors.manifest import array_at
from convoracle.suites.vectors.verify import read_set

SHIPPED = Path(__file__).parents[3] / "vectors"
SEEN_IN_FILES = tuple(model for model in FAULT_MODELS if model.kind is not Kind.CONDUCT)
"""What an implementation does to its operands, or from call to call, no file can show."""

MODELS_OF_FLAGS = {
    "KernelRotation": ("kernel-rotated", "kernel-not-rotated", "weight-gradient-rotated"),
    "AxesExchanged": (
        "kernel-axes-exchanged",
        "stride-axes-exchanged",
        "dilation-axes-exchanged",
        "padding-axes-exchanged",
        "first-stride-on-all-axes",
        "weight-rows-and-columns-exchanged",
    ),
    "PaddingSides": ("padding-sides-exchanged", "low-padding-on-both-sides", "high-padding-on-both-sides"),
    "PaddingMode": ("padding-mode-ignored",),
    "Dilation": ("dilation-ignored", "dilation-ignored-in-input-gradient", "dilation-ignored-in-weight-gradient"),
    "Groups": (
        "input-channels-of-the-next-group",
        "next-group-in-input-gradient",
        "next-group-in-weight-gradient",
        "groups-reversed",
    ),
    "DepthMultiplier": ("depth-multipliers-first",),
    "ChannelIndex": ("kernel-of-the-next-input-channel",),
    "OutputPadding": ("output-padding-ignored",),
    "KernelNotSquare": ("rotation-for-square-kernels", "kernel-axes-exchanged"),
    "EvenKernel": ("even-kernel-off-centre", "same-odd-element-on-the-other-side"),
    "StrideDilation": ("stride-and-dilation-exchanged-in-backward",),
    "Stride": (
        "stride-ignored",
        "stride-ignored-in-input-gradient",
        "stride-ignored-in-weight-gradient",
        "first-stride-on-all-axes",
    ),
    "FloorRemainder": ("remainder-at-the-wrong-end", "output-size-rounded-up"),
    "UnreachedElements": ("unreached-elements-not-zeroed",),
    "TransposedPadding": ("transposed-padding-on-the-input",),
    "Bias": ("bias-ignored",),
    "BiasReduction": ("bias-gradient-without-batch",),
    "BatchReduction": ("weight-gradient-of-first-image",),
    "UpdateStep": ("update-uphill",),
    "SecondOrder": ("jvp-lacks-input-direction", "double-backward-lacks-input-direction"),
    "Conjugation": ("gradient-not-conjugated",),
    "VectorTail": tuple(model.name for model in FAULT_MODELS if "-remainder-dropped-" in model.name),
}


@dataclass(frozen=True)
class Vector:
    id: str
    pass_: Pass
    flags: tuple[str, ...]
    geometry: ConvGeometry
    operands: Operands
    expected: Array
    bound: Array | None
    allowed: Array | None

    def passes(self, implementation: Implementation) -> bool:
        """As docs/vectors.md says to compare."""
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                actual = implementation(self.pass_, self.operands, self.geometry)
            except (ValueError, IndexError, ZeroDivisionError):
                return False
            if self.bound is None:
                return actual.dtype == self.expected.dtype and np.array_equal(actual, self.expected)
            values = real_parts(actual)
            if values.shape != self.expected.shape:
                return False
            right = np.isfinite(values) & (abs(values - self.expected) <= self.bound)
            if self.allowed is None:
                return bool(right.all())
            right &= (self.allowed & FINITE) != 0
            right |= ((self.allowed & PLUS) != 0) & (values == np.inf)
            right |= ((self.allowed & MINUS) != 0) & (values == -np.inf)
            return bool((right | ((self.allowed & NAN) != 0) & np.isnan(values)).all())


@pytest.fixture(scope="module")
def vectors() -> tuple[Vector, ...]:
    manifest, data = read_set(SHIPPED)

    def vector(group: dict, entry: dict) -> Vector:
        arrays = {name: array_at(place, data) for name, place in group["operands"].items()}
        operands = Operands(**dict.fromkeys(ARRAYS) | arrays, learning_rate=group["learning_rate"])
        pass_, geometry = Pass(entry["pass"]), parse_geometry(group["text"])
        told = (array_at(entry[name], data) if name in entry else None for name in ("expected", "bound", "allowed"))
        return Vector(entry["id"], pass_, tuple(entry["flags"]), geometry, operands.of(pass_), *told)

    return tuple(vector(group, entry) for group in manifest["groups"] for entry in group["vectors"])


def test_an_honest_implementation_passes(vectors: tuple[Vector, ...]) -> None:
    assert [vector.id for vector in vectors if not vector.passes(honest.evaluate)] == []


def _unseen(vectors: tuple[Vector, ...], model: FaultModel, passes: frozenset[Pass]) -> Iterator[Pass]:
    """The passes in which no vector shows a fault."""
    for pass_ in passes:
        asked = (
            vector
            for vector in vectors
            if vector.pass_ is pass_
            and vector.operands.input.dtype.name in model.needs.dtypes
            and model.shows(pass_, vector.geometry)
        )
        if all(vector.passes(model.plant(honest.evaluate)) for vector in asked):
            yield pass_


@pytest.mark.parametrize("model", SEEN_IN_FILES, ids=lambda model: model.name)
def test_every_fault_shows(vectors: tuple[Vector, ...], model: FaultModel) -> None:
    assert list(_unseen(vectors, model, frozenset(sorted(model.passes, key=str)[:1]))) == []


@pytest.mark.campaign
@pytest.mark.parametrize("model", SEEN_IN_FILES, ids=lambda model: model.name)
def test_every_fault_shows_in_every_pass(vectors: tuple[Vector, ...], model: FaultModel) -> None:
    assert list(_unseen(vectors, model, model.passes)) == []


@pytest.mark.parametrize("flag", MODELS_OF_FLAGS)
def test_a_flag_is_no_empty_claim(vectors: tuple[Vector, ...], flag: str) -> None:
    flagged = [vector for vector in vectors if flag in vector.flags]
    planted = [fault_named(name).plant(honest.evaluate) for name in MODELS_OF_FLAGS[flag]]
    assert [vector.id for vector in flagged if all(map(vector.passes, planted))] == []
    assert flagged
