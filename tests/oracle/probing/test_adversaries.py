"""Arithmetics that could be taken for others: no line of their cards is certain and wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import pytest

from convoracle.oracle.probing.card import probe
from convoracle.oracle.probing.declaring import declarations
from convoracle.oracle.probing.modes import ADDENDS_CUT, NEAREST_EVEN, TOWARD_ZERO, rounded
from convoracle.oracle.probing.trees import Node, Tree, leaves
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Pass

from .emulated import Arithmetic, at_once, blocked, convolution, in_sequence

GEOMETRY = ConvGeometry.of(size=1, kernel=1, in_channels=16, out_channels=1)
PLAIN = Arithmetic(in_sequence)


def _card(arithmetic: Arithmetic, dtype: str = "float32"):  # type: ignore[no-untyped-def]
    return probe(convolution(arithmetic, dtype), Pass.FORWARD, GEOMETRY, dtype)


@pytest.mark.parametrize("length", [4, 8])
@pytest.mark.parametrize("extra", [0, 1, 2, 3])
@pytest.mark.parametrize("mode", [TOWARD_ZERO, NEAREST_EVEN])
def test_matrix_units_that_cut_addends_off_are_known_with_their_extra_bits(length: int, extra: int, mode: str) -> None:
    """As measured by Fasi, Higham, Mikaitis and Pranesh (2021): blocks, extra bits of alignment, results cut off."""
    card = _card(Arithmetic(at_once(length), extra=extra, mode=mode))
    assert card.value("order") == f"{16 // length} blocks of {length} in sequence, each added at once to the sum so far"
    assert (card.value("sums"), card.value("rounding of sums")) == (24 + extra, ADDENDS_CUT)
    assert card.value("sums of partial sums") == 24
    modes = {ADDENDS_CUT} if extra == 0 else {mode, None}
    assert card.value("rounding of partial sums") in modes
    found = declarations([card])
    assert not found.accumulators
    assert found.conventions == {"accumulation/float32": "aligned"}


def test_matrix_units_with_float16_results_are_not_taken_for_float32_accumulators() -> None:
    arithmetic = Arithmetic(at_once(4), sums=11, extra=13, largest=Fraction(65504))
    card = _card(arithmetic, "float16")
    assert (card.value("sums"), card.value("sums of partial sums")) == (24, 11)
    assert not declarations([card]).accumulators


@dataclass(frozen=True)
class _ByPlace(Arithmetic):
    """Sums of so many terms, or terms of these places, are rounded in another way."""

    narrow: int = 0
    tail: int = 16

    def dot(self, factors: Sequence[tuple[Fraction, Fraction]]) -> Fraction:
        exact = [
            self.product(pair) if place < self.tail else replace(self, operands=11).product(pair)
            for place, pair in enumerate(factors)
        ]
        return self._stored(self.tree(len(exact)), exact)

    def _stored(self, tree: Tree, products: Sequence[Fraction]) -> Fraction:
        if isinstance(tree, int):
            return self.rounded(products[tree])
        total = self.rounded(sum((self._stored(child, products) for child in tree.children), Fraction(0)))
        return rounded(total, 8, NEAREST_EVEN) if len(leaves(tree)) == self.narrow else total


def _three_levels(terms: int) -> Tree:
    inner = [Node((Node((Node((i, i + 1)), i + 2)), i + 3)) for i in range(0, terms, 4)]
    halves = [Node((inner[i], inner[i + 1])) for i in range(0, len(inner), 2)]
    return Node(tuple(halves))


@pytest.mark.parametrize("narrow", [4, 8])
def test_partial_sums_that_are_stored_in_fewer_bits_are_seen_at_every_level(narrow: int) -> None:
    card = _card(_ByPlace(_three_levels, narrow=narrow))
    assert card.value("sums of partial sums") == 8


@pytest.mark.parametrize("tail", [1, 8, 15])
def test_operands_of_a_few_terms_that_have_fewer_bits_are_seen(tail: int) -> None:
    card = _card(_ByPlace(in_sequence, tail=tail))
    assert (card.value("input"), card.value("weight")) == (11, 11)
    told = next(finding.told for finding in card.findings if finding.line == "input")
    assert tail in (1,) or "in some terms, to 24 in others" in told


@pytest.mark.parametrize("guard", [1, 2, 3, 6])
def test_rounding_that_looks_at_a_few_bits_only_is_not_called_rounding_to_nearest(guard: int) -> None:
    assert _card(replace(PLAIN, guard=guard)).value("rounding of sums") is None


@dataclass(frozen=True)
class _Own(Arithmetic):
    """Sums that are rounded by a function of one's own."""

    whole: Callable[[Fraction], int] = round

    def rounded(self, value: Fraction) -> Fraction:
        below = rounded(value, self.sums, TOWARD_ZERO)
        above = rounded(value, self.sums, "upward" if value > 0 else "downward")
        if above == below:
            return value
        return below if self.whole((value - below) / (above - below)) == 0 else above


def _ties_down(part: Fraction) -> int:
    return int(part > Fraction(1, 2))


def _stochastic(part: Fraction) -> int:
    """As often up as the part says, by what looks random."""
    return int(hash((part.numerator, part.denominator)) % 97 < part * 97)


@pytest.mark.parametrize("whole", [_ties_down, _stochastic])
def test_other_modes_are_not_called_one_of_those_that_are_known(whole: Callable[[Fraction], int]) -> None:
    assert _card(_Own(in_sequence, whole=whole)).value("rounding of sums") is None


@dataclass(frozen=True)
class _Skipping(Arithmetic):
    """Terms that are zero are left out before the rest is summed, from the end where they are few."""

    def dot(self, factors: Sequence[tuple[Fraction, Fraction]]) -> Fraction:
        left = [pair for pair in factors if pair[0] and pair[1]]
        if len(left) < 8:
            left.reverse()
        return super().dot(left) if left else Fraction(0)


def test_where_zeros_change_the_order_no_bits_are_told() -> None:
    card = _card(_Skipping(in_sequence))
    assert card.value("sums") in (None, 24)
    assert card.value("rounding of sums") in (None, NEAREST_EVEN)


def test_sums_beyond_what_is_asked_are_told_as_at_least_that() -> None:
    card = _card(replace(PLAIN, sums=80), "float32")
    told = next((finding.told for finding in card.findings if finding.line == "sums"), "none")
    assert "or more" in told or told == "none"
    assert not declarations([_card(Arithmetic(blocked(4), sums=80))]).remarks
