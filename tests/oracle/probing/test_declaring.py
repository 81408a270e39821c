"""What is to be declared is the narrowest that any card shows, and nothing where the defaults say it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from convoracle.oracle.probing.card import Card, probe
from convoracle.oracle.probing.declaring import declarations
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Pass

from .emulated import Arithmetic, convolution, in_sequence

GEOMETRY = ConvGeometry.of(size=1, kernel=1, in_channels=8, out_channels=1)
PLAIN = Arithmetic(in_sequence)


def _card(arithmetic: Arithmetic, dtype: str) -> Card:
    return probe(convolution(arithmetic, dtype), Pass.FORWARD, GEOMETRY, dtype)


@pytest.mark.parametrize(
    ("arithmetic", "dtype", "written"),
    [
        (PLAIN, "float32", "# the defaults: nothing to declare"),
        (PLAIN, "bfloat16", 'accumulators = {"bfloat16": "float32"}'),
        (replace(PLAIN, sums=8), "bfloat16", "# the defaults: nothing to declare"),
        (replace(PLAIN, sums=11, largest=Fraction(65504)), "float16", "# the defaults: nothing to declare"),
        (replace(PLAIN, operands=8), "float32", 'multipliers = {"float32": "bfloat16"}'),
        (replace(PLAIN, mode="toward zero"), "float32", 'conventions = {"accumulation/float32": "faithful"}'),
        (replace(PLAIN, mode="to nearest, ties away from zero"), "float32", "# the defaults: nothing to declare"),
        (replace(PLAIN, carried=True), "float32", 'conventions = {"sums/float32": "compensated"}'),
        (replace(PLAIN, flushed=Fraction(2) ** -126), "float32", 'conventions = {"subnormals/float32": "flushed"}'),
    ],
)
def test_what_an_arithmetic_should_declare(arithmetic: Arithmetic, dtype: str, written: str) -> None:
    assert str(declarations([_card(arithmetic, dtype)])) == written


def test_the_narrowest_of_several_cards_counts() -> None:
    cards = [_card(replace(PLAIN, operands=bits), "float32") for bits in (24, 8, 11)]
    assert declarations(cards).multipliers == {"float32": "bfloat16"}


def test_what_no_declaration_says_is_a_remark() -> None:
    found = declarations([_card(replace(PLAIN, sums=7), "bfloat16")])
    assert (found.accumulators, found.conventions) == ({}, {})
    assert "sums keep 7 bits, fewer than any accumulator that can be declared" in found.remarks[0]
