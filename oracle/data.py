"""Cases and their data: the integer lattice for structure, reals for precision, all from a seed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .dtypes import Format, format_of
from .errors import InvalidArgument
from .exact import evaluate, term_counts
from .geometry import ConvGeometry, parse_geometry
from .passes import Operands, Pass

Float64 = NDArray[np.float64]
LEARNING_RATES = (0.5, 0.25, 1.0, 0.125)
"""Of the update, by the case's seed; powers of two, so that scaling by them is exact."""
_LATTICE_PRECISION = 24
_LARGEST_LATTICE_VALUE = 512


@dataclass(frozen=True, slots=True)
class Case:
    """One convolution problem with its dtype and data.

    Parameters
    ----------
    geometry : ConvGeometry
    bias : bool
        Whether the forward pass adds a bias.
    dtype : str
        Name of a format in `FORMATS`.
    fill : str
        Name in `FILLS` of the real data of the precision check.
    seed : int
        Of the data, at least 0.
    """

    geometry: ConvGeometry
    bias: bool
    dtype: str
    fill: str
    seed: int

    def __str__(self) -> str:
        """Text id, read back by :func:`parse_case`: ``n1c1k1i3x3f2x2/bias/float32/uniform/7``."""
        return f"{self.geometry}/{'bias/' if self.bias else ''}{self.dtype}/{self.fill}/{self.seed}"


_CASE_TEXT = re.compile(
    r"(?P<geometry>[^/]+)/(?P<bias>bias/)?(?P<dtype>[^/]+)/(?P<fill>[^/]+)/(?P<seed>\d{1,18})", re.ASCII
)


def parse_case(text: str) -> Case:
    """Read the text id of a case.

    Raises
    ------
    InvalidArgument
        If the text has another form, or names an unknown dtype or fill, or an
        illegal geometry.
    """
    match = _CASE_TEXT.fullmatch(text)
    if match is None:
        raise InvalidArgument(
            "case", text, "should look like n1c1k1i3x3f2x2/bias/float32/uniform/7", where="parse_case"
        )
    if match["fill"] not in FILLS:
        raise InvalidArgument("fill", match["fill"], f"should be one of {', '.join(FILLS)}", where="parse_case")
    return Case(
        parse_geometry(match["geometry"]),
        match["bias"] is not None,
        format_of(match["dtype"]).name,
        match["fill"],
        int(match["seed"]),
    )


def real_operands(case: Case) -> Operands:
    """Reals of the case's fill, for the precision check; rounded to the case's dtype."""
    return _operands(case, FILLS[case.fill], _generator(case, stream=1))


def lattice_operands(case: Case) -> Operands:
    """Integers for the structure check: every partial sum, in any order, is exact in the case's dtype.

    With n the most terms of any element of any pass and p the precision of the
    storage format (at most 24), values of up to m with n m^2 <= 2^(p-1) keep
    every partial sum, also of the update with alpha = 1/8, within p bits. While
    n alone is above 2^(p-1), elements are zeroed at random instead, until the
    sums of absolute terms fit.
    """
    form = format_of(case.dtype)
    limit = 2 ** (min(form.precision, _LATTICE_PRECISION) - 1)
    most_terms = 1 + max(int(term_counts(pass_, case.geometry).max(initial=0)) for pass_ in Pass)
    generator = _generator(case, stream=0)
    if most_terms <= limit:
        largest = min(math.isqrt(limit // most_terms), _LARGEST_LATTICE_VALUE)
        return _operands(case, lambda rng, shape, _: _nonzero_integers(rng, shape, largest), generator)
    density = math.sqrt(limit / most_terms)
    while True:
        sparse = _operands(case, lambda rng, shape, _, q=density: _sparse_signs(rng, shape, q), generator)  # type: ignore[misc]
        if _largest_magnitude(sparse, case.geometry) <= limit:
            return sparse
        density /= 2


def _largest_magnitude(operands: Operands, geometry: ConvGeometry) -> float:
    return max(float(evaluate(pass_, operands, geometry).magnitude.max(initial=0)) for pass_ in Pass)


def _generator(case: Case, *, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([case.seed, stream]))


def _operands(case: Case, fill: Fill, rng: np.random.Generator) -> Operands:
    form = format_of(case.dtype)
    geometry = case.geometry
    shapes = (geometry.input_shape, geometry.weight_shape, geometry.bias_shape, geometry.output_shape)
    input_, weight, bias, gradient = (fill(rng, shape, form).astype(form.dtype) for shape in shapes)
    rate = LEARNING_RATES[case.seed % len(LEARNING_RATES)]
    return Operands(input_, weight, bias if case.bias else None, gradient, rate)


def _nonzero_integers(rng: np.random.Generator, shape: tuple[int, ...], largest: int) -> Float64:
    return rng.integers(1, largest, shape, endpoint=True) * _signs(rng, shape)


def _sparse_signs(rng: np.random.Generator, shape: tuple[int, ...], density: float) -> Float64:
    return _signs(rng, shape) * (rng.random(shape) < density)


def _signs(rng: np.random.Generator, shape: tuple[int, ...]) -> Float64:
    return np.where(rng.integers(0, 2, shape) == 0, 1.0, -1.0)


def _uniform(rng: np.random.Generator, shape: tuple[int, ...], form: Format) -> Float64:
    """Magnitudes in [1, 2): all terms are of much the same size, so the resolution is at its best."""
    return rng.uniform(1.0, 2.0, shape) * _signs(rng, shape)


def _normal(rng: np.random.Generator, shape: tuple[int, ...], form: Format) -> Float64:
    return rng.standard_normal(shape)


def _wide(rng: np.random.Generator, shape: tuple[int, ...], form: Format) -> Float64:
    """Exponents spread over a quarter of the format's range, so that no product leaves it."""
    spread = -form.min_exponent // 4
    values: Float64 = np.ldexp(_uniform(rng, shape, form), rng.integers(-spread, 2, shape))
    return values


Fill = Callable[[np.random.Generator, tuple[int, ...], Format], Float64]
FILLS: dict[str, Fill] = {"uniform": _uniform, "normal": _normal, "wide": _wide}
