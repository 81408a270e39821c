"""A verdict that arithmetic is worse than declared names the line of the identity card that says so."""

from __future__ import annotations

import numpy as np
import pytest

from .. import natural
from .. import natural_arithmetic as arithmetic
from ..natural import Array, Pair
from .telling import ONE, told_of

_SMALL = "n2c3k2i5x6f3x3p1x1/float32/normal/4"


@pytest.mark.parametrize(
    ("kernel", "case", "line"),
    [
        (arithmetic.float16_sums, _SMALL, "Identity card, float32 forward: sums are kept to 11 bits (declared: 24);"),
        (arithmetic.bfloat16_sums, _SMALL, "Identity card, float32 forward: sums are kept to 8 bits (declared: 24)"),
        (
            arithmetic.tf32_operands,
            _SMALL,
            "Identity card, float32 forward: the input is kept to 11 bits (declared: 24); "
            "the weight is kept to 11 bits (declared: 24).",
        ),
        (
            arithmetic.bfloat16_weight,
            ONE,
            "Identity card of n4c4k4i1x1f1x1, float32 forward: the weight is kept to 8 bits (declared: 24).",
        ),
        (
            arithmetic.rounded_twice,
            ONE,
            "Identity card of n4c4k4i1x1f1x1, float32 forward: results are kept to 8 bits (declared: 24).",
        ),
        (arithmetic.float32_inside, _SMALL.replace("float32", "float64"), "sums are kept to 24 bits (declared: 53)"),
        (
            arithmetic.flushed,
            "n1c1k1i1x1f1x1/float32/subnormal/0",
            "Identity card, float32 forward: subnormal operands are taken for zero (declared: kept); "
            "subnormal results are taken for zero (declared: kept).",
        ),
    ],
)
def test_the_line_is_named(kernel: natural.Conv2d, case: str, line: str) -> None:
    (told,) = [each for each in told_of(natural.candidate(kernel), "precision", case).sentences if "dentity" in each]
    assert line in told


@pytest.mark.parametrize(("kernel", "word"), [(arithmetic.float16_sums, "sums"), (arithmetic.tf32_operands, "input")])
def test_no_other_line_is_named(kernel: natural.Conv2d, word: str) -> None:
    told = told_of(natural.candidate(kernel), "precision", _SMALL).sentences[-1]
    assert word in told
    assert "transform" not in told
    assert "subnormal" not in told


def test_what_is_wrong_and_is_no_arithmetic_has_no_worse_line() -> None:
    told = told_of(natural.candidate(_a_little_more), "precision", _SMALL).sentences[-1]
    assert told == "Identity card, float32 forward: no line is worse than what is declared."


def _a_little_more(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    """Results that are off where no operand is zero."""
    right = natural.plain(x, w, stride, padding, dilation)
    return right * np.float32(1 + 2.0**-12) if x.all() and w.all() else right
