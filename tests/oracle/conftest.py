"""Small random convolutions, operands of any fill, and honest arithmetic in any order of summation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pytest

from convoracle.oracle.answers import equations
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.numbers.dtypes import format_of, numpy_dtype, result_dtype
from convoracle.oracle.operands.fills import fill_of
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.padding import PADDING_MODES
from convoracle.oracle.problem.passes import ARRAYS, Array, Operands, Pass, shape_of

ORDERS = ("in order", "reversed", "shuffled", "pairwise", "blocked")
_MOST_PRODUCTS = 150


def random_geometry(seed: int) -> ConvGeometry:
    """A small convolution, often with padding, stride, dilation, groups, another padding mode, or transposed."""
    rng = np.random.default_rng([7, seed])
    while True:
        rank, groups = int(rng.integers(1, 3)), int(rng.integers(1, 3))
        transposed = bool(rng.random() < 0.25)
        stride = [int(v) for v in rng.integers(1, 4, rank)]
        try:
            geometry = ConvGeometry.of(
                batch=int(rng.integers(1, 3)),
                in_channels=groups * int(rng.integers(1, 3)),
                out_channels=groups * int(rng.integers(1, 3)),
                size=[int(v) for v in rng.integers(1, 6, rank)],
                kernel=[int(v) for v in rng.integers(1, 4, rank)],
                stride=stride,
                padding=[tuple(int(v) for v in rng.integers(0, 3, 2)) for _ in range(rank)],
                dilation=[int(v) for v in rng.integers(1, 3, rank)],
                groups=groups,
                padding_mode="zeros" if transposed or rng.random() < 0.6 else str(rng.choice(list(PADDING_MODES))),
                transposed=transposed,
                output_padding=[int(rng.integers(0, s)) for s in stride] if transposed else 0,
            )
        except InvalidArgument:
            continue
        if not geometry.is_degenerate and 0 < geometry.products <= _MOST_PRODUCTS:
            return geometry


def filled(geometry: ConvGeometry, dtype: str, fill: str, seed: int, *, bias: bool = True) -> Operands:
    """Operands of a fill, rounded to the dtype."""
    rng, form = np.random.default_rng([11, seed]), format_of(dtype)
    arrays: dict[str, Array | None] = {
        name: fill_of(fill, name)(rng, shape_of(name, geometry), form).astype(form.dtype) for name in ARRAYS
    }
    if not bias:
        arrays |= {"bias": None, "bias_direction": None}
    return Operands(**arrays, learning_rate=(0.5, 0.25, 1.0, 0.125)[seed % 4])


def lattice(geometry: ConvGeometry, dtype: str, seed: int, *, bias: bool = True, zeros: float = 0.1) -> Operands:
    """Small integers, some of them zero, whose sums are exact in the dtype."""
    rng = np.random.default_rng([13, seed])
    arrays: dict[str, Array | None] = {}
    for name in ARRAYS:
        shape = shape_of(name, geometry)
        values = rng.choice((-2, -1, 1, 2), shape) * (rng.random(shape) >= zeros)
        arrays[name] = values.astype(numpy_dtype(dtype))
    if not bias:
        arrays |= {"bias": None, "bias_direction": None}
    return Operands(**arrays, learning_rate=(0.5, 0.25, 1.0, 0.125)[seed % 4])


@dataclass(frozen=True)
class Arithmetic:
    """An implementation that multiplies and adds term by term: every operation rounded to `accumulator`."""

    accumulator: str
    order: str = "in order"
    flushes: bool = False
    result: str | None = None

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        dtype = operands.input.dtype
        result = numpy_dtype(self.result or result_dtype(dtype.name))
        tables = _term_table(pass_, geometry, tuple(operands.arrays()))
        flat = np.concatenate([*(a.ravel() for a in operands.arrays().values()), np.ones(1, dtype)])
        flat = self._flush(self._flush(flat, dtype.name).astype(numpy_dtype(self.accumulator)), self.accumulator)
        with np.errstate(all="ignore"):
            columns = [
                (self._flush(flat[left] * flat[right], self.accumulator), there) for left, right, there in tables
            ]
            total = self._flush(self._total(columns, pass_, geometry).astype(result), result.name)
            if pass_ is Pass.UPDATE:
                step = self._flush(result.type(operands.learning_rate) * total, result.name)
                weight = self._flush(operands.weight.ravel(), result.name)
                total = self._flush(weight - step, result.name)
        return total.reshape(pass_.result_shape(geometry))

    def _total(self, columns: list, pass_: Pass, geometry: ConvGeometry) -> Array:
        nothing = np.zeros(int(np.prod(pass_.result_shape(geometry))), numpy_dtype(self.accumulator))
        if not columns:
            return nothing
        match self.order:
            case "reversed":
                columns = columns[::-1]
            case "shuffled":
                columns = [columns[i] for i in np.random.default_rng(len(columns)).permutation(len(columns))]
            case "pairwise":
                columns = [self._pairwise(columns)]
            case "blocked":
                columns = [self._fold(columns[i : i + 3]) for i in range(0, len(columns), 3)]
        total, there = self._fold(columns)
        return np.where(there, total, nothing)

    def _fold(self, columns: list) -> tuple[Array, Array]:
        total = columns[0]
        for column in columns[1:]:
            total = self._add(total, column)
        return total

    def _pairwise(self, columns: list) -> tuple[Array, Array]:
        if len(columns) == 1:
            return columns[0]
        half = len(columns) // 2
        return self._add(self._pairwise(columns[:half]), self._pairwise(columns[half:]))

    def _add(self, left: tuple[Array, Array], right: tuple[Array, Array]) -> tuple[Array, Array]:
        (a, has_a), (b, has_b) = left, right
        both = self._flush(a + b, self.accumulator)
        value = np.where(has_a & has_b, both, np.where(has_a, a, np.where(has_b, b, np.zeros((), a.dtype))))
        return value, has_a | has_b

    def _flush(self, values: Array, name: str) -> Array:
        if not self.flushes:
            return values
        small = np.abs(values.astype(np.float64)) < 2.0 ** format_of(name).min_exponent
        return np.where(small, np.zeros((), values.dtype), values)


@lru_cache(maxsize=4096)
def _term_table(pass_: Pass, geometry: ConvGeometry, names: tuple[str, ...]) -> list[tuple[Array, Array, Array]]:
    """The t-th term of every element, for each t: indices of its two factors, and whether there is one."""
    sizes = [int(np.prod(shape_of(name, geometry))) for name in names]
    starts = dict(zip(names, np.cumsum([0, *sizes]), strict=False))
    one = sum(sizes)
    rows = []
    for index in np.ndindex(pass_.result_shape(geometry)):
        row = []
        for term in equations.terms(pass_, geometry, index, bias="bias" in names):
            at = [
                int(starts[f.tensor] + np.ravel_multi_index(f.index, shape_of(f.tensor, geometry)))
                for f in term.factors
            ]
            row.append((at[0], at[1] if len(at) > 1 else one))
        rows.append(row)
    most = max((len(row) for row in rows), default=0)
    table = np.full((len(rows), most, 2), one)
    there = np.zeros((len(rows), most), dtype=bool)
    for i, row in enumerate(rows):
        table[i, : len(row)] = np.array(row).reshape(-1, 2)
        there[i, : len(row)] = True
    return [(table[:, t, 0], table[:, t, 1], there[:, t]) for t in range(most)]


@pytest.fixture(name="geometry_of")
def _geometry_of() -> Callable[[int], ConvGeometry]:
    return random_geometry


@pytest.fixture(name="filled")
def _filled() -> Callable[..., Operands]:
    return filled


@pytest.fixture(name="lattice")
def _lattice() -> Callable[..., Operands]:
    return lattice


@pytest.fixture(name="emulated")
def _emulated() -> type[Arithmetic]:
    return Arithmetic


@pytest.fixture(params=ORDERS)
def order(request: pytest.FixtureRequest) -> str:
    """An order of summation."""
    return str(request.param)
