"""Lines of a card are worse than declared where they are, and only there."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from convoracle.oracle.numbers.dtypes import Arithmetic as Declared
from convoracle.oracle.probing.card import probe
from convoracle.oracle.probing.comparing import worse_lines
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Pass

from .emulated import Arithmetic, at_once, convolution, in_sequence

GEOMETRY = ConvGeometry.of(size=1, kernel=1, in_channels=8, out_channels=1)
PLAIN = Arithmetic(in_sequence)
SINGLE = Declared.of("float32")
TF32 = replace(PLAIN, operands=11)
HALF = replace(PLAIN, sums=11, largest=Fraction(65504))
FLUSHED = replace(PLAIN, flushed=Fraction(2) ** -126)


@pytest.mark.parametrize(
    ("arithmetic", "declared", "worse"),
    [
        (PLAIN, SINGLE, ()),
        (replace(PLAIN, sums=53), SINGLE, ()),
        (replace(PLAIN, fused=True), SINGLE, ()),
        (Arithmetic(at_once(4)), SINGLE, ()),
        (
            Arithmetic(at_once(4), extra=0),
            SINGLE,
            ("addends are cut off before they are added (declared: rounded to nearest)",) * 2,
        ),
        (
            Arithmetic(at_once(4), mode="toward zero"),
            SINGLE,
            (
                "sums of partial sums are rounded toward zero (declared: rounded to nearest)",
                "results are rounded toward zero (declared: to nearest)",
            ),
        ),
        (replace(PLAIN, mode="to nearest, ties away from zero"), SINGLE, ()),
        (replace(PLAIN, mode="toward zero"), replace(SINGLE, conventions={"accumulation": "faithful"}), ()),
        (Arithmetic(at_once(4), extra=0), replace(SINGLE, conventions={"accumulation": "aligned"}), ()),
        (
            Arithmetic(at_once(4), extra=0),
            replace(SINGLE, conventions={"accumulation": "faithful"}),
            ("addends are cut off before they are added (declared: rounded one by one)",) * 2,
        ),
        (
            TF32,
            SINGLE,
            ("the input is kept to 11 bits (declared: 24)", "the weight is kept to 11 bits (declared: 24)"),
        ),
        (TF32, Declared.of("float32", multiplier="tfloat32"), ()),
        (
            replace(TF32, operand_mode="toward zero"),
            Declared.of("float32", multiplier="tfloat32"),
            (
                "the input is rounded toward zero (declared: to nearest)",
                "the weight is rounded toward zero (declared: to nearest)",
            ),
        ),
        (
            replace(TF32, operand_mode="toward zero"),
            Declared.of("float32", multiplier="tfloat32", conventions={"operands": "truncated"}),
            (),
        ),
        (HALF, Declared.of("float16"), ()),
        (PLAIN, Declared.of("float16", "float32"), ()),
        (
            HALF,
            Declared.of("float16", "float32"),
            (
                "sums are kept to 11 bits (declared: 24)",
                "sums of partial sums are kept to 11 bits (declared: 24)",
                "the range of sums is that of float16 (declared: float32)",
            ),
        ),
        (replace(PLAIN, mode="toward zero"), SINGLE, ("sums are rounded toward zero (declared: rounded to nearest)",)),
        (replace(PLAIN, sums=30, mode="toward zero"), SINGLE, ()),
        (replace(PLAIN, operands=8, parts=2), Declared.of("float32", multiplier="bfloat16"), ()),
        (
            replace(PLAIN, operands=8, parts=2),
            SINGLE,
            (
                "the input is kept to 17 bits (declared: 24)",
                "the weight is kept to 17 bits (declared: 24)",
                "products are less exact than sums of 24 bits (declared: 24)",
            ),
        ),
        (
            FLUSHED,
            SINGLE,
            (
                "subnormal operands are taken for zero (declared: kept)",
                "subnormal results are taken for zero (declared: kept)",
            ),
        ),
        (FLUSHED, Declared.of("float32", conventions={"subnormals": "flushed"}), ()),
    ],
)
def test_the_lines_that_are_worse(arithmetic: Arithmetic, declared: Declared, worse: tuple[str, ...]) -> None:
    dtype = declared.storage.name
    card = probe(convolution(arithmetic, dtype), Pass.FORWARD, GEOMETRY, dtype)
    assert worse_lines(card, declared) == worse
