"""Which vectors there are: a designed set, small, in which sizes, axes, sides and channels all differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...oracle.data import Case
from ...oracle.dtypes import COMPONENTS, format_of
from ...oracle.geometry import ConvGeometry, parse_geometry
from ...oracle.layouts import CONTIGUOUS
from ...oracle.passes import Pass, is_defined
from ..checks.value import Check
from ..corpora import load
from ..corpora.shrinking import shrunk
from ..support import features
from .flags import flags_of

_MOST_PRODUCTS = 500
_LARGE = 1_000
_EXTREMES = {
    "one element of everything": "n1c1k1i1f1",
    "a kernel as large as the input": "n2c2k3i4x3f4x3",
    "windows that lie in the padding alone": "n1c2k2i2x3f2x1p4x0",
    "a stride beyond the kernel": "n2c2k3i7x9f2x1s3x4",
    "a stride beyond the input": "n1c2k2i3x4f1x2s5x6",
    "a dilation beyond the input": "n1c2k2i3x4f2x2p4x3d5x4",
    "channels beyond a multiple of four": "n1c5k7i4x3f2x2",
    "channels beyond a multiple of eight": "n1c9k10i3x2f2x2",
    "channels beyond a multiple of sixteen": "n1c17k18i2x2f2x1",
    "three axes, all different": "n2c2k3i4x3x5f2x3x2s1x2x3p1+0x0+1x1+2d1x1x2",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One vector.

    Parameters
    ----------
    id : str
    check : Check
        Structure: integers, equal; precision: reals, within a bound; contamination: NaN and Inf where they may be.
    case : Case
    pass_ : Pass
    comment : str
        Why it exists.
    flags : tuple of str
    """

    id: str
    check: Check
    case: Case
    pass_: Pass
    comment: str
    flags: tuple[str, ...]


def choices() -> tuple[Choice, ...]:
    """The set, in an order that stays the same."""
    found = [*_of_features(), *_extremes(), *_reported(), *_reals(), *_contaminated()]
    return tuple(replace(choice, id=f"{number:04}") for number, choice in enumerate(found, start=1))


def _of_features() -> Iterator[Choice]:
    for feature in features():
        if feature.case.layout == CONTIGUOUS:
            yield from _structure(feature.case, feature.name)


def _extremes() -> Iterator[Choice]:
    for comment, text in _EXTREMES.items():
        yield from _structure(Case(parse_geometry(text), True, "float32", "uniform", 1), comment)


def _reported() -> Iterator[Choice]:
    """Geometries of public reports, shrunk where they are large, in the passes of first order."""
    for entry in load("regressions"):
        geometry = shrunk(entry.geometry, _MOST_PRODUCTS)
        size = "" if geometry == entry.geometry else ", shrunk"
        if _numbers(geometry) < _LARGE:
            case = Case(geometry, False, "float32", "uniform", 2)
            wanted = (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT)
            yield from _structure(case, f"reported as {entry.name}{size}: {entry.note}".rstrip(": "), wanted)


def _numbers(geometry: ConvGeometry) -> int:
    shapes = (geometry.input_shape, geometry.weight_shape, geometry.output_shape)
    total = 0
    for shape in shapes:
        size = 1
        for extent in shape:
            size *= extent
        total += size
    return total


def _structure(case: Case, comment: str, passes: tuple[Pass, ...] = tuple(Pass)) -> Iterator[Choice]:
    for pass_ in passes:
        if is_defined(pass_, case.dtype):
            yield Choice("", Check.STRUCTURE, case, pass_, comment, flags_of(case, pass_))


_RICH = parse_geometry("n2c4k6i6x5f3x2s2x1p1+0x0+1g2")
_KINDS = {
    "uniform": ("reals of much the same size", "NarrowAccumulator"),
    "cancellation": ("sums that nearly cancel", "NarrowAccumulator"),
    "wide": ("exponents over a quarter of the range", "NarrowAccumulator"),
    "subnormal": ("products below the smallest normal number", "FlushedSubnormals"),
    "huge": ("sums around the largest number", "Overflow"),
}


def _reals() -> Iterator[Choice]:
    for dtype in ("float64", "float32", "float16", "bfloat16", "complex64", "complex128"):
        for fill, (comment, flag) in _KINDS.items():
            if fill == "huge" and dtype in COMPONENTS:
                continue
            case = Case(_RICH, True, dtype, fill, 3)
            for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT):
                yield Choice("", Check.PRECISION, case, pass_, comment, (flag,))


def _contaminated() -> Iterator[Choice]:
    for dtype in ("float64", "float32", "float16", "bfloat16"):
        assert not format_of(dtype).is_integer
        for seed in range(4):
            case = Case(_RICH, True, dtype, "uniform", seed)
            for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT):
                yield Choice("", Check.CONTAMINATION, case, pass_, "NaN and Inf among integers", ("NanLeak",))
