"""Number formats as arithmetic: precision, unit roundoff, range and ulp; and what a candidate declares of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import ml_dtypes
import numpy as np

from ..errors import InvalidArgument
from .arrays import Float64
from .declarable import FORMS, has_form, winograd_tile


@dataclass(frozen=True, slots=True)
class Format:
    """A binary format of real numbers: floating-point, or integers that are never rounded.

    Parameters
    ----------
    name : str
        As NumPy or ml_dtypes call it.
    precision : int
        Bits of the significand, the leading one included; of an integer, without its sign.
    min_exponent : int
        Exponent of the smallest normal number 2**min_exponent.
    max_exponent : int
        Exponent of the largest power of two.
    is_integer : bool
    """

    name: str
    precision: int
    min_exponent: int
    max_exponent: int
    is_integer: bool = False

    @property
    def unit_roundoff(self) -> float:
        """u = 2**-precision: rounding to nearest is off by at most u relative, in the normal range."""
        return 0.0 if self.is_integer else 2.0**-self.precision

    @property
    def smallest_subnormal(self) -> float:
        """Spacing of the subnormal numbers; rounding there is off by at most half of it."""
        return 0.0 if self.is_integer else math.ldexp(1.0, self.min_exponent - self.precision + 1)

    @property
    def largest(self) -> float:
        """The largest finite number."""
        return math.ldexp(2.0 - 2.0 ** (1 - self.precision), self.max_exponent) - _MISSING.get(self.name, 0.0)

    def is_narrower_than(self, other: Format) -> bool:
        """Whether it has fewer bits of significand."""
        return self.precision < other.precision

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype of this format."""
        return numpy_dtype(self.name)

    def ulp(self, values: Float64) -> Float64:
        """Unit in the last place at each value: the spacing of this format's numbers there."""
        if self.is_integer:
            return np.ones(np.shape(values))
        _, exponents = np.frexp(np.abs(values))
        exponents = np.where(values == 0, self.min_exponent, np.maximum(exponents - 1, self.min_exponent))
        spacing: Float64 = np.ldexp(np.ones(np.shape(values)), exponents - self.precision + 1)
        return spacing

    def ulps(self, error: float, size: float) -> float:
        """An error in units of the last place of a number of that size; inf beyond what float64 holds."""
        exponent = max(math.frexp(size)[1] - 1, self.min_exponent) if size else self.min_exponent
        return error if self.is_integer else error / math.ldexp(1.0, exponent - self.precision + 1)


_MISSING = {"float8_e4m3fn": 32.0}
"""Where the largest pattern stands for NaN, not for a number."""

FORMATS = {
    form.name: form
    for form in (
        Format("float64", 53, -1022, 1023),
        Format("float32", 24, -126, 127),
        Format("float16", 11, -14, 15),
        Format("bfloat16", 8, -126, 127),
        Format("float8_e4m3fn", 4, -6, 8),
        Format("float8_e5m2", 3, -14, 15),
        Format("tfloat32", 11, -126, 127),
        Format("int8", 7, 0, 6, is_integer=True),
        Format("int32", 31, 0, 30, is_integer=True),
    )
}
"""By name; tfloat32 is no array's dtype, only what operands may be rounded to before they are multiplied."""

COMPONENTS = {"complex64": "float32", "complex128": "float64"}
"""Complex dtype -> the format of its real and imaginary parts."""

RESULTS = {"int8": "int32", "float8_e4m3fn": "float32", "float8_e5m2": "float32"}
"""Dtype of the operands -> that of the result, where it is another one."""

DTYPES = (
    "float64",
    "float32",
    "float16",
    "bfloat16",
    "float8_e4m3fn",
    "float8_e5m2",
    "int8",
    "complex64",
    "complex128",
)
"""What the operands of a case can be."""

WIDE_FLOATS = ("float64", "float32", "float16", "bfloat16")
"""The real dtypes with NaN, Inf and more than 8 bits."""

RESULT_DTYPES = (*DTYPES, "int32")
"""What results can be."""

EVERYDAY = ("float32", "float64", "float16", "bfloat16")
"""Dtypes in which any candidate is asked; in the others only one that says that it takes them."""


def format_of(name: str) -> Format:
    """The format called `name`, of a complex dtype that of its parts.

    Raises
    ------
    InvalidArgument
        If there is no such format.
    """
    form = FORMATS.get(COMPONENTS.get(name, name))
    if form is None:
        known = ", ".join((*FORMATS, *COMPONENTS))
        raise InvalidArgument("dtype", name, f"should be one of {known}", where="format_of")
    return form


def numpy_dtype(name: str) -> np.dtype[Any]:
    """The NumPy dtype called `name`, also of those that ml_dtypes defines."""
    own = name == "bfloat16" or name.startswith("float8")
    return np.dtype(getattr(ml_dtypes, name) if own else name)


def result_dtype(name: str) -> str:
    """The dtype of the result of operands of dtype `name`, unless a candidate declares another."""
    return RESULTS.get(name, name)


SUMS_IN_FLOAT64: Mapping[str, str] = MappingProxyType(
    {dtype: "float64" for dtype in DTYPES if not format_of(dtype).is_integer}
)
"""The accumulators of who computes everything in float64, but for integers."""

CONVENTIONS: Mapping[str, tuple[str, ...]] = {
    "algorithm": ("direct", "transform"),
    "accumulation": ("nearest", "faithful", "aligned"),
    "order": ("any", "pairwise"),
    "complex": ("four products", "three products"),
    "contamination": ("contained", "spreads"),
    "subnormals": ("gradual", "flushed"),
    "sums": ("plain", "compensated"),
    "zeros": ("multiplied", "skipped"),
    "operands": ("rounded", "truncated"),
    "integers": ("wrap", "saturate"),
    "repeatability": ("bitwise", "varies"),
    "batch": ("varies", "invariant"),
}
"""What implementations legitimately do in different ways, each with its default first.

algorithm: sums of products, or a transform such as Winograd's or the FFT, which
rounds on integers and whose error is bounded for the result as a whole; accumulation:
products and sums are rounded to nearest, or to either neighbour (toward zero, to odd,
at random), or terms are aligned to the largest of a block and cut off, as in tensor
cores; order: terms are summed in any order, or with so few additions after each other
as a promise gives, which has a tighter bound; complex:
real products for each complex one, three of them after Gauss; contamination: one NaN
reaches the elements that read it, or others as well, multiplied by the zeros of a
transform or between taps; subnormals: kept, or taken for zero; sums: added one after
another, or all of an element with the rounding errors carried along (Kahan), which has
a tighter bound, and NaN where one overflows; zeros: multiplied like any other number, or left out with their terms,
so that zero times Inf or NaN is nothing; operands: rounded to the nearest number of
the multiplier's format, or cut off; integers: what a result's dtype cannot hold is
taken modulo a power of two, or is its largest or lowest number; repeatability: the
same bits for the same call, or not always; batch: an image may come to other bits
beside other images, or to the same in any batch.
Values with numbers in them are those of `declarable.FORMS`: ``winograd F(4, 3)`` is a
transform, and ``blocks of 32`` and ``8 parts`` are orders.
A candidate may declare one for a dtype only: ``{"subnormals/bfloat16": "flushed"}``.
"""


def is_value(convention: str, value: str) -> bool:
    """Whether a convention can be declared so."""
    return value in CONVENTIONS[convention] or has_form(convention, value)


def values_of(convention: str) -> tuple[str, ...]:
    """All that a convention can be, for people."""
    return (*CONVENTIONS[convention], *(form.text for form in FORMS.get(convention, ())))


def conventions_of(declared: Mapping[str, str], dtype: str) -> dict[str, str]:
    """The conventions that hold for a dtype, by their plain names; what is declared for it alone goes first."""
    general = {name: value for name, value in declared.items() if "/" not in name}
    own = {name.partition("/")[0]: value for name, value in declared.items() if name.partition("/")[2] == dtype}
    return general | own


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How an implementation computes with operands of one dtype.

    Operands are rounded to `multiplier` before they are multiplied; every product
    and every sum is rounded to `accumulator` or better, the result to `result`.

    Parameters
    ----------
    storage, multiplier, accumulator, result : Format
        Of complex numbers, of each part.
    result_dtype : str
    conventions : Mapping[str, str]
        As in `CONVENTIONS`, where it is not the default.
    largest_operand : float
        The largest absolute value that integers are taken in; inf where all of the storage format are.
    """

    storage: Format
    multiplier: Format
    accumulator: Format
    result: Format
    result_dtype: str
    conventions: Mapping[str, str] = field(default_factory=dict)
    largest_operand: float = math.inf

    @classmethod
    def of(
        cls,
        dtype: str,
        accumulator: str | None = None,
        *,
        multiplier: str | None = None,
        result: str | None = None,
        conventions: Mapping[str, str] | None = None,
        largest_operand: float = math.inf,
    ) -> Arithmetic:
        """Arithmetic by the names of its dtypes; without `accumulator`, the result's format is the accumulator."""
        result_name = result or result_dtype(dtype)
        return cls(
            format_of(dtype),
            format_of(multiplier or dtype),
            format_of(accumulator or result_name),
            format_of(result_name),
            result_name,
            conventions or {},
            largest_operand,
        )

    def does(self, convention: str, value: str) -> bool:
        """Whether a convention has this value here; each of Winograd's algorithms is a transform."""
        held = self.value(convention)
        return held == value or (value == "transform" and winograd_tile(held) is not None)

    def value(self, convention: str) -> str:
        """What a convention is here."""
        return self.conventions.get(convention, CONVENTIONS[convention][0])

    @property
    def rounding_unit(self) -> float:
        """What rounding a product or a sum is off by, relative: u to nearest, 2 u to any neighbour."""
        u = self.accumulator.unit_roundoff
        return u if self.does("accumulation", "nearest") else 2 * u
