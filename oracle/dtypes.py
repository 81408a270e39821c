"""Floating-point formats as arithmetic: precision, unit roundoff, range and ulp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from .errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class Format:
    """A binary floating-point format.

    Parameters
    ----------
    name : str
        As NumPy or ml_dtypes call it.
    precision : int
        Bits of the significand, the leading one included.
    min_exponent : int
        Exponent of the smallest normal number 2**min_exponent.
    max_exponent : int
        Exponent of the largest power of two.
    """

    name: str
    precision: int
    min_exponent: int
    max_exponent: int

    @property
    def unit_roundoff(self) -> float:
        """u = 2**-precision: rounding to nearest is off by at most u relative, in the normal range."""
        return 2.0**-self.precision

    @property
    def smallest_subnormal(self) -> float:
        """Spacing of the subnormal numbers; rounding there is off by at most half of it."""
        return float(np.ldexp(1.0, self.min_exponent - self.precision + 1))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype of this format."""
        return np.dtype(getattr(ml_dtypes, self.name) if self.name == "bfloat16" else self.name)

    def ulp(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Unit in the last place at each value: the spacing of this format's numbers there."""
        _, exponents = np.frexp(np.abs(values))
        exponents = np.where(values == 0, self.min_exponent, np.maximum(exponents - 1, self.min_exponent))
        spacing: NDArray[np.float64] = np.ldexp(np.ones(np.shape(values)), exponents - self.precision + 1)
        return spacing


FORMATS = {
    form.name: form
    for form in (
        Format("float64", 53, -1022, 1023),
        Format("float32", 24, -126, 127),
        Format("float16", 11, -14, 15),
        Format("bfloat16", 8, -126, 127),
    )
}


def format_of(name: str) -> Format:
    """The format called `name`.

    Raises
    ------
    InvalidArgument
        If there is no such format.
    """
    if name not in FORMATS:
        raise InvalidArgument("dtype", name, f"should be one of {', '.join(FORMATS)}", where="format_of")
    return FORMATS[name]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How an implementation computes: the format of its arrays and the one it accumulates in.

    Every product and every sum is rounded to `accumulator` or better, the
    result to `storage`.
    """

    storage: Format
    accumulator: Format

    @classmethod
    def of(cls, storage: str, accumulator: str | None = None) -> Arithmetic:
        """Arithmetic by the names of its formats; without `accumulator`, storage is the accumulator."""
        return cls(format_of(storage), format_of(accumulator or storage))
