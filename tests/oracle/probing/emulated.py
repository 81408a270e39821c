"""Convolutions in arithmetics that are known: one dot product, summed in a given way, for every element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from convoracle.oracle.answers.equations import terms
from convoracle.oracle.numbers.dtypes import format_of
from convoracle.oracle.probing.modes import NEAREST_EVEN, rounded
from convoracle.oracle.probing.trees import Node, Tree
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass

Factors = Sequence[tuple[Fraction, Fraction]]


@dataclass(frozen=True)
class Arithmetic:
    """How a dot product is computed."""

    tree: Callable[[int], Tree]
    sums: int = 24
    mode: str = NEAREST_EVEN
    operands: int = 53
    operand_mode: str = NEAREST_EVEN
    parts: int = 1
    extra: int = 2
    guard: int | None = None
    fused: bool = False
    inner: int | None = None
    """Bits of sums of two terms, where they are others."""
    carried: bool = False
    flushed: Fraction = Fraction(0)
    largest: Fraction = Fraction(2) ** 1024
    largest_operand: Fraction = Fraction(2) ** 1024

    def rounded(self, value: Fraction) -> Fraction:
        if self.guard is not None:
            value = rounded(value, self.sums + self.guard, "toward zero")
        result = rounded(value, self.sums, self.mode)
        if abs(result) > self.largest:
            raise OverflowError
        return result

    def operand(self, value: Fraction) -> list[Fraction]:
        parts: list[Fraction] = []
        if abs(value) > self.largest_operand:
            raise OverflowError
        if abs(value) < self.flushed:
            return [Fraction(0)]
        for _ in range(self.parts):
            parts.append(rounded(value - sum(parts), self.operands, self.operand_mode))
        return parts

    def product(self, pair: tuple[Fraction, Fraction]) -> Fraction:
        left, right = map(self.operand, pair)
        return sum(
            (a * b for i, a in enumerate(left) for j, b in enumerate(right) if i + j < self.parts), start=Fraction(0)
        )

    def dot(self, factors: Factors) -> Fraction:
        exact = [self.product(pair) for pair in factors]
        if self.carried:
            return self._compensated(exact)
        return self._sum(self.tree(len(exact)), exact)

    def _sum(self, tree: Tree, products: Sequence[Fraction]) -> Fraction:
        if isinstance(tree, int):
            return self.rounded(products[tree])
        if len(tree.children) > 2:
            return self._at_once([self._sum(child, products) for child in tree.children])
        one, other = tree.children
        if self.fused and isinstance(other, int):
            return self.rounded(self._sum(one, products) + products[other])
        return self.rounded(self._sum(one, products) + self._sum(other, products))

    def _at_once(self, values: list[Fraction]) -> Fraction:
        """As matrix units do: aligned to the largest, cut off some bits below its last place, summed exactly."""
        largest = max(map(abs, values))
        if not largest:
            return Fraction(0)
        unit = Fraction(2) ** (np.frexp(float(largest))[1].item() - self.sums - self.extra)
        return self.rounded(sum((int(value / unit) * unit for value in values), start=Fraction(0)))

    def _compensated(self, products: Sequence[Fraction]) -> Fraction:
        total = lost = Fraction(0)
        for product in products:
            wanted = self.rounded(self.rounded(product) - lost)
            after = self.rounded(total + wanted)
            lost, total = self.rounded(self.rounded(after - total) - wanted), after
        return total


def convolution(arithmetic: Arithmetic, dtype: str) -> Callable[[Pass, Operands, ConvGeometry], Array]:
    """Every element of a pass by that dot product; NaN and Inf by NumPy, since they follow the terms alone."""
    smallest = Fraction(2) ** format_of(dtype).min_exponent

    def ask(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        arrays, result = operands.arrays(), np.zeros(pass_.result_shape(geometry), operands.input.dtype)
        for index in np.ndindex(result.shape):
            pairs = [
                ([float(arrays[f.tensor][f.index]) for f in term.factors] + [1.0])[:2]
                for term in terms(pass_, geometry, index)
            ]
            if not np.isfinite(pairs).all():
                result[index] = sum(a * b for a, b in pairs)
            elif any(a for a, _ in pairs):
                try:
                    value = arithmetic.dot([(Fraction(a), Fraction(b)) for a, b in pairs])
                except OverflowError:
                    result[index] = np.nan
                    continue
                flushed = arithmetic.flushed and abs(value) < smallest
                result[index] = 0.0 if flushed else float(value)
        return result

    return ask


def in_sequence(terms: int) -> Tree:
    tree: Tree = 0
    for place in range(1, terms):
        tree = Node((tree, place))
    return tree


def pairwise(terms: int, first: int = 0) -> Tree:
    if terms == 1:
        return first
    half = terms // 2
    return Node((pairwise(half, first), pairwise(terms - half, first + half)))


def blocked(length: int) -> Callable[[int], Tree]:
    """Blocks that are summed, and their sums in sequence."""

    def tree(terms: int) -> Tree:
        blocks = [pairwise(length, start) for start in range(0, terms, length)]
        total = blocks[0]
        for block in blocks[1:]:
            total = Node((total, block))
        return total

    return tree


def split(parts: int) -> Callable[[int], Tree]:
    """Parts of the terms, each in sequence, and their sums pairwise (split-K)."""

    def tree(terms: int) -> Tree:
        length = terms // parts
        sums: list[Tree] = []
        for start in range(0, terms, length):
            total: Tree = start
            for place in range(start + 1, start + length):
                total = Node((total, place))
            sums.append(total)
        while len(sums) > 1:
            sums = [Node((sums[i], sums[i + 1])) for i in range(0, len(sums), 2)]
        return sums[0]

    return tree


def at_once(length: int) -> Callable[[int], Tree]:
    """Blocks that are added at once to the sum so far."""

    def tree(terms: int) -> Tree:
        total: Tree = Node(tuple(range(length)))
        for start in range(length, terms, length):
            total = Node((total, *range(start, start + length)))
        return total

    return tree
