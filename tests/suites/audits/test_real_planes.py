"""Whole layers on real numbers: right arithmetic is within its bound, a narrower one than is declared is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.numbers.dtypes import DTYPES
from convoracle.oracle.operands.data import parse_case, real_operands
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.audits.real_planes import RealLayer, real_layers
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.cases.corpora.selection import Selection

LAYERS = 'mb3ic16ih14oc24oh14kh3ph1n"three"\nmb2g16ic16ih9oc16oh9kh3ph1n"depthwise"\n'


class Convolution:
    """Right, in a wide dtype, but for what is made of operands and result."""

    passes = frozenset(Pass)
    version = "1.0"

    def __init__(
        self,
        of_operand: Callable[[Array], Array] = lambda array: array,
        made: Callable[[Array], Any] = lambda result: result,
    ) -> None:
        self.of_operand, self.made = of_operand, made

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Any:
        dtype = operands.input.dtype
        wide = np.complex128 if dtype.kind == "c" else np.float64
        result = reference.evaluate(pass_, operands.map(lambda array: self.of_operand(array).astype(wide)), geometry)
        return self.made(result.astype(dtype))


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    (tmp_path / "layers.txt").write_text(LAYERS)
    return str(tmp_path / "layers.txt")


def found(candidate: object, corpus: str, *passes: Pass, dtype: str = "float32") -> list[RealLayer]:
    layers = Selection((corpus,)).cases(dtypes=(dtype,), ranks=(2,), seed=3)
    return list(real_layers(InProcess(candidate), layers, passes or list(Pass)))


@pytest.mark.parametrize("dtype", [name for name in DTYPES if name != "int8"])
def test_right_arithmetic_is_within_the_bound_in_every_pass(dtype: str, corpus: str) -> None:
    candidate = "reference" if dtype.startswith(("complex128", "float8")) else Convolution()
    looked = found(candidate, corpus, dtype=dtype)
    assert looked
    assert {each.verdict.outcome for each in looked} <= {Outcome.CONFORMS, Outcome.UNDECIDED}
    assert all(each.verdict.elements and each.planes >= 2 for each in looked)


def test_what_was_looked_at_is_told(corpus: str) -> None:
    three, _ = found(Convolution(), corpus, Pass.FORWARD)
    assert three.verdict.outcome is Outcome.CONFORMS
    assert (three.planes, three.of_planes, three.verdict.elements, three.elements) == (64, 72, 12_544, 14_112)
    assert "three forward, real numbers: 12,544 of 14,112 elements, in 64 of 72 planes, are within the bound" in str(
        three
    )


def cut_to_eleven_bits(array: Array) -> Array:
    """As TF32 has them."""
    return (array.view(np.uint32) & np.uint32(0xFFFFE000)).view(np.float32)


@pytest.mark.parametrize("pass_", [Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT])
def test_narrower_factors_than_declared_are_seen_and_an_element_is_told(pass_: Pass, corpus: str) -> None:
    """Integers of the lattice have no bits that could be cut off."""
    for looked in found(Convolution(cut_to_eleven_bits), corpus, pass_):
        assert looked.verdict.outcome is Outcome.VIOLATES
        assert "are off by more than rounding can explain" in looked.told
        case, worst = parse_case(looked.case), looked.verdict.worst
        assert worst is not None
        operands = real_operands(case)
        right = reference.evaluate(pass_, operands.map(lambda array: array.astype(np.float64)), case.geometry)
        assert right[worst.index] == pytest.approx(worst.expected, rel=1e-12)
        cut = operands.map(lambda array: cut_to_eleven_bits(array).astype(np.float64))
        off = reference.evaluate(pass_, cut, case.geometry).astype(np.float32)
        assert off[worst.index] == worst.actual


def test_what_is_wrong_in_the_last_plane_is_seen_however_many_there_are(tmp_path: Path) -> None:
    (tmp_path / "many.txt").write_text("mb8ic64ih14oc64oh14kh3ph1\n")

    def tail(result: Array) -> Array:
        result[-1, -1, -1, -1] *= 1 + 2.0**-8
        return result

    (looked,) = found(Convolution(made=tail), str(tmp_path / "many.txt"), Pass.FORWARD)
    assert looked.planes < looked.of_planes
    assert looked.verdict.outcome is Outcome.VIOLATES
    assert looked.verdict.wrong == 1
    assert "the one at [7, 63, 13, 13] is" in looked.told


@pytest.mark.parametrize(
    ("made", "outcome", "told"),
    [
        (lambda result: result[:, :-1], Outcome.VIOLATES, "returned shape (3, 23, 14, 14), but should be"),
        (lambda result: None, Outcome.VIOLATES, "returned None, but should be an array"),
        (lambda result: [][1], Outcome.REFUSED, "raised IndexError"),
        (lambda result: np.full_like(result, np.nan), Outcome.VIOLATES, "is nan, but should be within"),
    ],
)
def test_what_is_no_result_is_told(made: Any, outcome: Outcome, told: str, corpus: str) -> None:
    first, _ = found(Convolution(made=made), corpus, Pass.FORWARD)
    assert first.verdict.outcome is outcome
    assert told in str(first)
    assert first.row.outcome is outcome
    assert not first.row.is_proven
