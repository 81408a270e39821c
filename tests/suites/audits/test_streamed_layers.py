"""Layers in parts of their batch: right ones are certified, a wrong element is told where it is, and memory is kept."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.numbers.dtypes import Arithmetic
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.audits.certified_layers import CertifiedLayer, certified_layers
from convoracle.suites.audits.parts import needed
from convoracle.suites.audits.real_planes import RealLayer, real_layers
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.replies import Died, Reply
from convoracle.suites.cases.corpora.selection import CorpusCase, Provenance

CASE = parse_case("n8c4k6i9x9f3x3p1x1/float32/uniform/3")
LAYER = CorpusCase(CASE, Provenance("own"))
EVERY = tuple(Pass)


def memory_for(images: int, *passes: Pass) -> int:
    """With which parts are of so many images."""
    geometry = parse_case(str(CASE).replace("n8", f"n{images}", 1))
    return needed(geometry, Arithmetic.of("float32"), passes or EVERY)


class Convolution:
    """Right, but for what is made of the result; it keeps the batches and inputs that it was given."""

    passes = frozenset(Pass)
    version = "1.0"

    def __init__(self, made: Callable[[Array, int], None] = lambda result, call: None) -> None:
        self.made = made
        self.given: list[Array] = []

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Any:
        self.given.append(operands.input)
        wide = operands.map(lambda array: array.astype(np.float64))
        result = reference.evaluate(pass_, wide, geometry).astype(operands.input.dtype)
        self.made(result, len(self.given))
        return result


def certified(candidate: Convolution, memory: int, *passes: Pass) -> list[CertifiedLayer]:
    return list(certified_layers(InProcess(candidate), [LAYER], passes or EVERY, memory=memory))


def test_right_layers_are_certified_in_parts_with_operands_of_their_own() -> None:
    candidate = Convolution()
    found = certified(candidate, memory_for(2))
    assert [(each.pass_, each.verdict.outcome) for each in found] == [(pass_, Outcome.CONFORMS) for pass_ in Pass]
    assert {len(input) for input in candidate.given} == {2}
    assert len(candidate.given) == 4 * len(Pass)
    assert not np.array_equal(candidate.given[0], candidate.given[-1])
    told = {each.pass_: each.told for each in found}
    assert told[Pass.FORWARD].startswith("3,888 elements are right, but for a probability of 2^-4")
    assert told[Pass.FORWARD].endswith(", in 4 parts of 2 images")
    assert told[Pass.UPDATE].startswith("216 elements are right")
    assert told[Pass.UPDATE].endswith(", in each of 4 parts of 2 images, a sum over these alone")
    row = found[0].row
    assert (row.parts, row.images, row.elements) == (4, 2, 3888)
    assert row.miss is not None
    assert row.miss <= 2.0**-40


def test_the_result_is_the_same_where_it_fits() -> None:
    whole, also = (certified(Convolution(), memory) for memory in (memory_for(8), 2**40))
    assert [(each.told, each.row.parts, each.row.images) for each in whole] == [(each.told, 1, 0) for each in also]


@pytest.mark.parametrize("call", [1, 3, 4])
def test_a_wrong_element_of_any_part_is_found_in_the_place_that_it_has_in_the_whole(call: int) -> None:
    def off(result: Array, number: int) -> None:
        if number == call:
            result[1, 2, 3, 4] += 1

    candidate = Convolution(off)
    (found,) = certified(candidate, memory_for(2, Pass.FORWARD), Pass.FORWARD)
    assert found.verdict.outcome is Outcome.VIOLATES
    assert found.certificate is not None
    assert found.certificate.wrong is not None
    start = 2 * call - 2
    assert found.certificate.wrong.index == (start + 1, 2, 3, 4)
    assert f"of images {start} to {start + 1}, the element at {[start + 1, 2, 3, 4]} is " in str(found)
    assert len(candidate.given) == call, "no part is asked after it"
    assert found.row.miss is None


def test_a_wrong_sum_over_some_images_is_found_and_other_passes_go_on() -> None:
    def off(result: Array, number: int) -> None:
        if result.shape == (6, 4, 3, 3) and number == 4:
            result[5, 3, 2, 2] -= 1

    gradient, forward = certified(Convolution(off), memory_for(4), Pass.FORWARD, Pass.WEIGHT_GRADIENT)[::-1]
    assert forward.is_certified
    assert "of images 4 to 7, the element at [5, 3, 2, 2] is " in gradient.verdict.reason


def test_what_is_wrong_with_all_images_alone_is_not_asked_and_the_line_says_so() -> None:
    def off(result: Array, number: int) -> None:
        if len(result) == 8:
            result[7] = 0

    assert certified(Convolution(off), 2**40, Pass.FORWARD)[0].verdict.outcome is Outcome.VIOLATES
    (parts,) = certified(Convolution(off), memory_for(4, Pass.FORWARD), Pass.FORWARD)
    assert parts.is_certified
    assert "in 2 parts of 4 images" in str(parts)


def test_one_image_that_is_too_large_is_not_asked() -> None:
    candidate = Convolution()
    found = certified(candidate, memory_for(1) - 1)
    assert {each.verdict.outcome for each in found} == {Outcome.UNDECIDED}
    assert "one image takes" in str(found[0])
    assert not candidate.given
    reals = list(real_layers(InProcess(candidate), [LAYER], EVERY, memory=1))
    assert {each.verdict.outcome for each in reals} == {Outcome.UNDECIDED}
    assert not candidate.given


class Greedy(InProcess):
    """Whose process always wants more memory than it may have."""

    def call(self, *given: Any, **settings: Any) -> Reply:
        return Died("memory limit of 1 GiB")


def test_a_candidate_that_needs_more_memory_than_it_may_have_is_not_called_wrong() -> None:
    (found,) = certified_layers(Greedy(Convolution()), [LAYER], [Pass.FORWARD], memory=2**30)
    assert found.verdict.outcome is Outcome.UNDECIDED
    assert "needs more memory than it may have: memory limit of 1 GiB" in str(found)


def reals(candidate: Convolution, pass_: Pass, images: int) -> RealLayer:
    (found,) = real_layers(InProcess(candidate), [LAYER], [pass_], memory=memory_for(images, pass_))
    return found


def test_real_numbers_are_looked_at_in_parts() -> None:
    found = reals(Convolution(), Pass.FORWARD, 2)
    assert found.verdict.outcome is Outcome.CONFORMS
    assert "3,888 of 3,888 elements, in 48 of 48 planes, in 4 parts of 2 images" in str(found)
    assert (found.row.parts, found.row.images) == (4, 2)
    gradient = reals(Convolution(), Pass.WEIGHT_GRADIENT, 2)
    assert "864 of 864 elements, in 96 of 96 planes, in each of 4 parts of 2 images, a sum over" in str(gradient)


def test_a_real_number_that_is_off_is_told_where_it_is_in_the_whole() -> None:
    def off(result: Array, number: int) -> None:
        if number == 3:
            result[0, 0, 0, 0] += 1

    found = reals(Convolution(off), Pass.FORWARD, 2)
    assert found.verdict.outcome is Outcome.VIOLATES
    assert "of images 4 to 5, 1 elements are off by more than rounding" in found.verdict.reason
    assert "the one at [4, 0, 0, 0] is" in found.verdict.reason


class Quiet(Convolution):
    """That keeps nothing."""

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Any:
        return np.repeat(operands.input, 2, axis=1)


def peak(batch: int, memory: int | None) -> int:
    """Bytes that were allocated at once for a layer whose result is its input, twice."""
    layer = CorpusCase(parse_case(f"n{batch}c4k8i64x64f1x1/float32/uniform/0"), Provenance("own"))
    executor = InProcess(Quiet())
    tracemalloc.start()
    found = list(certified_layers(executor, [layer], [Pass.FORWARD], memory=memory))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found[0].verdict.outcome is Outcome.VIOLATES
    return most


def test_memory_is_given_back_between_the_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """All parts are asked, though each is wrong; what is held at once does not grow with their number."""
    monkeypatch.setattr("convoracle.suites.audits.parts.settles", lambda verdict: False)
    peak(8, None)
    one, all_of_16, together = peak(8, None), peak(128, 4 * peak(8, None)), peak(128, None)
    assert all_of_16 < 4 * one
    assert together > 8 * one
