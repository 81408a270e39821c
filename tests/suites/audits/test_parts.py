"""Parts of a layer's batch: as few as fit, as equal as can be, each with a seed of its own."""

from __future__ import annotations

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.numbers.dtypes import Arithmetic
from convoracle.oracle.operands.data import Case, parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.audits.parts import decisive, needed, parts_of, told_of_parts, too_large

LAYER = parse_case("n8c2k4i9f3/float32/uniform/5")


def images(case: Case) -> int:
    """A layer that takes a byte an image, and ten for its weight."""
    return 10 + case.geometry.batch


@pytest.mark.parametrize("memory", [None, 18, 1000])
def test_a_layer_that_fits_is_asked_as_it_is(memory: int | None) -> None:
    (part,) = parts_of(LAYER, images, memory)
    assert part.case == LAYER
    assert (part.is_last, part.images, part.told("reason")) == (True, 0, "reason")
    assert part.index(Pass.FORWARD, (3, 1, 0)) == (3, 1, 0)


@pytest.mark.parametrize(
    ("memory", "batches"), [(17, [4, 4]), (14, [4, 4]), (13, [2, 3, 3]), (12, [2, 2, 2, 2]), (11, [1] * 8), (10, [])]
)
def test_as_few_and_as_equal_parts_as_there_can_be(memory: int, batches: list[int]) -> None:
    parts = parts_of(LAYER, images, memory)
    assert [part.case.geometry.batch for part in parts] == batches
    assert [part.start for part in parts] == [sum(batches[:number]) for number in range(len(batches))]
    assert [part.case.seed for part in parts] == [5 + number for number in range(len(batches))]
    assert [part.is_last for part in parts] == [number == len(batches) - 1 for number in range(len(batches))]
    assert {part.images for part in parts} <= {max(batches, default=0)}


def test_a_place_is_told_in_the_whole_result_unless_that_is_a_sum_over_the_images() -> None:
    part = parts_of(LAYER, images, 12)[2]
    assert part.index(Pass.INPUT_GRADIENT, (1, 0, 7)) == (5, 0, 7)
    assert part.index(Pass.WEIGHT_GRADIENT, (1, 0, 2)) == (1, 0, 2)
    assert part.told("it is wrong") == "of images 4 to 5, it is wrong"
    assert told_of_parts(Pass.FORWARD, 8, 4, 2) == ", in 4 parts of 2 images"
    assert told_of_parts(Pass.FORWARD, 8, 3, 3) == ", in 3 parts of at most 3 images"
    assert told_of_parts(Pass.BIAS_GRADIENT, 8, 8, 1) == ", in each of 8 parts of 1 image, a sum over these alone"


def test_what_a_layer_takes_is_four_times_its_operands_and_three_times_its_result() -> None:
    arithmetic = Arithmetic.of("float32")
    input, weight, output = 8 * 2 * 9, 4 * 2 * 3, 8 * 4 * 7
    assert needed(LAYER, arithmetic, [Pass.FORWARD]) == 4 * (4 * (input + weight + output) + 3 * output)
    assert needed(LAYER, arithmetic, [Pass.WEIGHT_GRADIENT]) == 4 * (4 * (input + weight + output) + 3 * weight)
    both = 4 * (4 * (2 * input + 2 * weight + output) + 3 * output)
    assert needed(LAYER, arithmetic, [Pass.FORWARD, Pass.JVP]) == both
    assert needed(LAYER, arithmetic, [Pass.FORWARD], widened=True) == (4 + 24) * (2 * input + 2 * weight + output)


def test_what_is_too_large_is_told_with_what_it_would_take() -> None:
    verdict = too_large(LAYER, lambda case: images(case) << 20, 10 << 20)
    assert verdict.outcome is Outcome.UNDECIDED
    assert verdict.reason.startswith("one image takes 11 MiB of memory with its copies, but 10 MiB may be taken")


def test_the_verdict_on_a_layer_is_the_worst_on_its_parts() -> None:
    right, close, coarse, wrong = (
        Verdict(Outcome.CONFORMS, ratio=0.1),
        Verdict(Outcome.CONFORMS, ratio=0.9),
        Verdict(Outcome.UNDECIDED, "too coarse"),
        Verdict(Outcome.VIOLATES, "off", ratio=3.0),
    )
    assert decisive([right, close, right]) == 1
    assert decisive([right, coarse, close]) == 1
    assert decisive([coarse, right, wrong]) == 2
