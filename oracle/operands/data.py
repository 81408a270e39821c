"""Cases and their data: the integer lattice for structure, reals for precision, all from a seed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache, partial

import numpy as np

from ..answers import reference
from ..answers.exact import most_terms
from ..errors import InvalidArgument
from ..numbers.arrays import Float64
from ..numbers.dtypes import COMPONENTS, DTYPES, Arithmetic, Format, format_of, numpy_dtype
from ..numbers.roundings import smallest_normal
from ..numbers.scaled import unit_of
from ..problem.geometry import ConvGeometry, parse_geometry
from ..problem.layouts import BROADCAST, CONTIGUOUS, LAYOUTS, constant_axes
from ..problem.passes import ARRAYS, Array, Operands, Pass, is_defined, real_parts, shape_of
from .fills import FILLS, Fill, fill_of, integers_of, signs
from .lattice import Lattice, lattice_of

LEARNING_RATES = (0.5, 0.25, 1.0, 0.125)
"""Of the update, by the case's seed, for seeds below `PLAIN_SEEDS`; powers of two, so that scaling by them is exact."""
LATTICE_RATES = (-0.5, 2.0, 1.5, -1.0, 4.0, -0.125, 0.75, -3.0, 2.0**-8, 0.375, -16.0)
"""For larger seeds, of integers: of either sign, above one, tiny, with more than one bit; scaling is exact as well."""
REAL_RATES = (0.1, -0.1, 0.001, 1.7, -2.3, 10.0, -0.003, 0.3, -1.0, 3.0, 2.0**-12, 0.9)
"""For larger seeds, of reals: rounded to the operands' dtype, so that nothing is lost where a candidate does that."""
PLAIN_SEEDS = 1000
"""Seeds below this have plain learning rates, as they always had, and whatever was kept of them stays as it was."""
SEEDS = 1500
"""Data seeds are drawn below this; smaller ones are plainer."""
_MOST_AT_ONCE, _BLOCK_ELEMENTS = 1 << 24, 1 << 20
"""Elements of an array that is drawn as a whole, and of a block of a larger one."""
_SUMMED_BY_ANOTHER = (Pass.UPDATE, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT)
"""Their terms are those of the weight gradient and of the JVP."""


class Numbers(Enum):
    """What the operands are on which a case is asked."""

    INTEGERS = "integers"
    """Of the lattice, so small that every sum of products is exact in any order."""
    REALS = "reals"
    CONTAMINATED = "contaminated"
    """Integers of the lattice, with NaN and Inf among them."""

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Case:
    """One convolution problem with its dtype and data.

    Parameters
    ----------
    geometry : ConvGeometry
    bias : bool
        Whether the forward pass adds a bias.
    dtype : str
        One of `DTYPES`.
    fill : str
        Name in `FILLS` of the real data of the precision check; integers have one kind of data.
    seed : int
        Of the data, at least 0.
    layout : str
        Name in `LAYOUTS` of the operands' layout in memory.
    """

    geometry: ConvGeometry
    bias: bool
    dtype: str
    fill: str
    seed: int
    layout: str = CONTIGUOUS

    def __str__(self) -> str:
        """Text id, read back by :func:`parse_case`: ``n1c1k1i3x3f2x2/bias/float32/uniform/7``, then any layout."""
        text = f"{self.geometry}/{'bias/' if self.bias else ''}{self.dtype}/{self.fill}/{self.seed}"
        return text if self.layout == CONTIGUOUS else f"{text}/{self.layout}"


_CASE_TEXT = re.compile(
    r"(?P<geometry>[^/]+)/(?P<bias>bias/)?(?P<dtype>[^/]+)/(?P<fill>[^/]+)/(?P<seed>\d{1,18})"
    r"(?:/(?P<layout>[^/]+))?",
    re.ASCII,
)


def parse_case(text: str) -> Case:
    """Read the text id of a case.

    Raises
    ------
    InvalidArgument
        If the text has another form, or names an unknown dtype, fill or layout, or
        an illegal geometry.
    """
    match = _CASE_TEXT.fullmatch(text)
    if match is None:
        raise InvalidArgument(
            "case", text, "should look like n1c1k1i3x3f2x2/bias/float32/uniform/7", where="parse_case"
        )
    layout = match["layout"] or CONTIGUOUS
    for name, value, known in (
        ("dtype", match["dtype"], DTYPES),
        ("fill", match["fill"], tuple(FILLS)),
        ("layout", layout, tuple(LAYOUTS)),
    ):
        if value not in known:
            raise InvalidArgument(name, value, f"should be one of {', '.join(known)}", where="parse_case")
    geometry = _geometry(match["geometry"])
    return Case(geometry, match["bias"] is not None, match["dtype"], match["fill"], int(match["seed"]), layout)


_geometry = lru_cache(maxsize=256)(parse_geometry)


def real_operands(case: Case, largest: float = math.inf, *, directions: bool = True) -> Operands:
    """Reals of the case's fill, for the precision check; rounded to the case's dtype.

    Integers are of the whole range of their dtype, or of those up to `largest`. The directions come last, and may be
    left out.
    """
    draw = partial(_operands, case, rng=_generator(case, stream=1), rate=_real_rate(case), directions=directions)
    if format_of(case.dtype).is_integer:
        return draw(lambda _: integers_of(case.fill, largest))
    return draw(lambda name: fill_of(case.fill, name))


def lattice_for(case: Case, arithmetic: Arithmetic | None = None) -> Lattice:
    """The lattice on which a case is asked of an arithmetic, by default of the plain one of its dtype."""
    return lattice_of(arithmetic or Arithmetic.of(case.dtype), _passes(case.dtype), case.geometry)


def lattice_operands(case: Case, lattice: Lattice | None = None, *, directions: bool = True) -> Operands:
    """Integers for the structure check: every partial sum, in any order, is exact.

    With n the most terms of any element of any pass and p the precision of the
    lattice, values of up to m with n m^2 <= 2^(p-1) keep every partial sum, also
    of the update, whose rate is chosen for it, within p bits. While n alone is above
    2^(p-1), elements are zeroed at random instead, until the sums of absolute terms fit.

    Parameters
    ----------
    case : Case
    lattice : Lattice, optional
        By default that of the case's dtype, where nothing else is declared.
    directions : bool
        Whether those are wanted, too; the others are the same without.
    """
    lattice = lattice or lattice_for(case)
    limit, passes, most_terms = 2 ** (lattice.precision - 1), _passes(case.dtype), most_summed(case)
    draw, largest = partial(_operands, case, rng=_generator(case, stream=0)), largest_integer(case, lattice)
    if most_terms <= limit:
        rate = _lattice_rate(case, lattice, most_terms * largest**2, largest)
        fill = partial(_nonzero_integers, largest=largest)
        return draw(lambda _: fill, rate=rate, directions=directions)
    density, rate = math.sqrt(limit / most_terms), _lattice_rate(case, lattice, limit, 1)
    while True:
        sparse_fill = partial(_sparse_signs, density=density)
        sparse = draw(lambda _: sparse_fill, rate=rate)  # noqa: B023 - called before the loop goes on
        if _largest_magnitude(sparse, case.geometry, passes) <= limit:
            return sparse
        density /= 2


def largest_integer(case: Case, lattice: Lattice) -> int:
    """The largest absolute value of an element of the case's lattice operands: m as above, or 1 where some are zero."""
    return max(1, min(math.isqrt(2 ** (lattice.precision - 1) // most_summed(case)), lattice.largest))


def most_summed(case: Case) -> int:
    """One more than the most products in any element of any pass, of complex numbers in either part of it."""
    parts = 2 if case.dtype in COMPONENTS else 1
    return 1 + parts * _most_products(_passes(case.dtype), case.geometry)


@lru_cache(maxsize=256)
def _most_products(passes: tuple[Pass, ...], geometry: ConvGeometry) -> int:
    """In any element of any pass."""
    return max(most_terms(pass_, geometry) for pass_ in passes)


@lru_cache
def _passes(dtype: str) -> tuple[Pass, ...]:
    return tuple(pass_ for pass_ in Pass if is_defined(pass_, dtype))


def _lattice_rate(case: Case, lattice: Lattice, sums: int, weight: int) -> float:
    """The first learning rate, from the seed's own on, in whose units all of a step fits the lattice."""
    rates = LEARNING_RATES if case.seed < PLAIN_SEEDS else LATTICE_RATES
    for number in range(case.seed, case.seed + len(rates)):
        rate = rates[number % len(rates)]
        if (abs(rate) * sums + weight) / unit_of(rate) <= 2.0**lattice.precision:
            return rate
    return 1.0


def _real_rate(case: Case) -> float:
    """The seed's learning rate as a normal number of the case's dtype."""
    if case.seed < PLAIN_SEEDS or format_of(case.dtype).is_integer:
        return LEARNING_RATES[case.seed % len(LEARNING_RATES)]
    form, rate = format_of(case.dtype), REAL_RATES[case.seed % len(REAL_RATES)]
    rounded = float(np.float64(rate).astype(form.dtype))
    return math.copysign(max(abs(rounded), smallest_normal(form)), rate)


def _largest_magnitude(operands: Operands, geometry: ConvGeometry, passes: tuple[Pass, ...]) -> float:
    """The largest sum of absolute terms; of complex numbers, an upper bound of it."""
    sizes = operands.map(_sizes)
    summed = [pass_ for pass_ in passes if pass_ not in _SUMMED_BY_ANOTHER]
    return max(float(reference.evaluate(pass_, sizes, geometry).max(initial=0)) for pass_ in summed)


def _sizes(array: Array) -> Float64:
    sizes = np.abs(real_parts(array).astype(np.float64))
    return sizes.sum(axis=-1) if array.dtype.kind == "c" else sizes


def _generator(case: Case, *, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([case.seed, stream]))


def _operands(
    case: Case, fill_for: Callable[[str], Fill], rng: np.random.Generator, rate: float, *, directions: bool = True
) -> Operands:
    names = ARRAYS if directions else tuple(name for name in ARRAYS if not name.endswith("_direction"))
    arrays = {name: _array(name, case, fill_for(name), rng) for name in names}
    if not case.bias:
        arrays |= dict.fromkeys(("bias", "bias_direction"))
    return Operands(**arrays, learning_rate=rate)  # type: ignore[arg-type]


def _array(name: str, case: Case, fill: Fill, rng: np.random.Generator) -> Array | None:
    """One operand, filled and rounded to the case's dtype."""
    form = format_of(case.dtype)
    shape = shape_of(name, case.geometry)
    drawn = shape
    if case.layout == BROADCAST:
        constant = constant_axes(name, len(shape))
        drawn = tuple(min(size, 1) if axis in constant else size for axis, size in enumerate(shape))
    if case.dtype in COMPONENTS:
        parts = (fill(rng, drawn, form).astype(form.dtype) for _ in range(2))
        values = np.stack(tuple(parts), axis=-1).view(numpy_dtype(case.dtype))[..., 0]
    else:
        values = _drawn(fill, rng, drawn, form)
    return values if drawn == shape else np.array(np.broadcast_to(values, shape), order="C")


def _drawn(fill: Fill, rng: np.random.Generator, shape: tuple[int, ...], form: Format) -> Array:
    """Rounded to a format; of very large arrays a block at a time, since a fill takes 24 bytes for each element."""
    size = math.prod(shape)
    if size <= _MOST_AT_ONCE:
        return fill(rng, shape, form).astype(form.dtype)
    values = np.empty(size, form.dtype)
    for start in range(0, size, _BLOCK_ELEMENTS):
        block = values[start : start + _BLOCK_ELEMENTS]
        block[:] = fill(rng, block.shape, form)
    return values.reshape(shape)


def _nonzero_integers(rng: np.random.Generator, shape: tuple[int, ...], form: Format, *, largest: int) -> Float64:
    return rng.integers(1, largest, shape, endpoint=True) * signs(rng, shape)


def _sparse_signs(rng: np.random.Generator, shape: tuple[int, ...], form: Format, *, density: float) -> Float64:
    return signs(rng, shape) * (rng.random(shape) < density)
