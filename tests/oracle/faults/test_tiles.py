"""Loops in blocks that lose some of them, and an index of eight bits."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from convoracle.oracle.faults import fault_named
from convoracle.oracle.faults.tiles import BLOCKS, COUNTED, MODELS, whole
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Array, Pass

SIX = [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("length", "block", "elements"), [(9, 4, 8), (8, 4, 8), (5, 4, 4), (4, 4, 4), (3, 4, 3), (0, 4, 0), (40, 32, 32)]
)
def test_whole_blocks_or_all_that_is_shorter_than_one(length: int, block: int, elements: int) -> None:
    assert whole(length, block) == elements


@pytest.mark.parametrize(
    ("name", "text", "input", "right", "wrong"),
    [
        ("row-remainder-dropped-4", "n1c1k1i6f1", SIX, SIX, [1, 2, 3, 4, 0, 0]),
        ("row-remainder-dropped-4", "n1c1k1i3f1", SIX[:3], SIX[:3], SIX[:3]),
        ("row-remainder-dropped-8", "n1c1k1i6f1", SIX, SIX, SIX),
        ("row-remainder-dropped-4", "n1c1k1i6x1f1x1", SIX, SIX, SIX),
        ("input-channel-remainder-dropped-4", "n1c6k1i1f1", SIX, [21], [10]),
        ("input-channel-remainder-dropped-4", "n1c10k2i1f1g2", [1] * 5 + [10] * 5, [5, 50], [4, 40]),
        ("output-channel-remainder-dropped-4", "n1c1k6i1f1", [7], [7] * 6, [7, 7, 7, 7, 0, 0]),
        ("row-blocks-only-4", "n1c1k1i6f1", SIX, SIX, [1, 2, 3, 4, 0, 0]),
        ("row-blocks-only-4", "n1c1k1i3f1", SIX[:3], SIX[:3], [0, 0, 0]),
        ("row-blocks-only-4", "n1c1k1i4f1", SIX[:4], SIX[:4], SIX[:4]),
        ("input-channel-blocks-only-4", "n1c6k1i1f1", SIX, [21], [10]),
        ("input-channel-blocks-only-4", "n1c6k2i1f1g2", SIX, [6, 15], [0, 0]),
        ("output-channel-blocks-only-4", "n1c1k6i1f1", [7], [7] * 6, [7, 7, 7, 7, 0, 0]),
        ("output-channel-blocks-only-4", "n1c1k3i1f1", [7], [7] * 3, [0, 0, 0]),
        ("column-blocks-only-4", "n1c1k1i6x1f1x1", SIX, SIX, [1, 2, 3, 4, 0, 0]),
        ("column-blocks-only-4", "n1c1k1i1x6f1x1", SIX, SIX, [0] * 6),
        ("position-blocks-only-16", "n1c1k1i3x6f1x1", [*range(1, 19)], [*range(1, 19)], [*range(1, 17), 0, 0]),
        ("position-blocks-only-16", "n2c1k1i9f1", [*range(1, 19)], [*range(1, 19)], [0] * 18),
        ("matrix-row-blocks-only-16", "n2c1k1i9f1", [*range(1, 19)], [*range(1, 19)], [*range(1, 17), 0, 0]),
        ("matrix-row-blocks-only-16", "n2c1k2i9f1", [1] * 18, [1] * 36, [1] * 25 + [0, 0] + [1] * 7 + [0, 0]),
        ("element-blocks-only-64", "n2c1k4i9f1", [1] * 18, [1] * 72, [1] * 64 + [0] * 8),
        ("term-blocks-only-4", "n1c2k1i3f3", SIX, [21], [10]),
        ("term-blocks-only-channels-last-4", "n1c2k1i3f3", SIX, [21], [1 + 4 + 2 + 5]),
        ("term-blocks-only-4", "n1c1k1i3f3", SIX[:3], [6], [0]),
        ("first-block-only-4", "n1c1k1i6f1", SIX, SIX, [1, 2, 3, 4, 0, 0]),
        ("first-block-only-4", "n1c1k1i4f1", SIX[:4], SIX[:4], SIX[:4]),
        ("last-block-only-4", "n1c1k1i6f1", SIX, SIX, [0, 0, 0, 0, 5, 6]),
        ("last-block-only-4", "n1c1k1i8f1", [*SIX, 7, 8], [*SIX, 7, 8], [0, 0, 0, 0, 5, 6, 7, 8]),
        ("last-block-only-4", "n1c1k1i4f1", SIX[:4], SIX[:4], SIX[:4]),
    ],
)
def test_the_output(
    name: str, text: str, input: list[int], right: list[int], wrong: list[int], result_of: Callable[..., Array]
) -> None:
    geometry = parse_geometry(text)
    weight = [1] * math.prod(geometry.weight_shape)
    for model, output in ((None, right), (name, wrong)):
        assert result_of(model, Pass.FORWARD, text, input=input, weight=weight).ravel().tolist() == output
    assert fault_named(name).shows(Pass.FORWARD, geometry) is (right != wrong)


@pytest.mark.parametrize(
    ("name", "pass_", "result"),
    [
        ("row-remainder-dropped-4", Pass.INPUT_GRADIENT, [10, 20, 30, 40, 0, 0]),
        ("row-remainder-dropped-4", Pass.WEIGHT_GRADIENT, [1 + 4 + 9 + 16]),
        ("last-block-only-4", Pass.WEIGHT_GRADIENT, [25 + 36]),
    ],
)
def test_what_the_gradients_lose(name: str, pass_: Pass, result: list[int], result_of: Callable[..., Array]) -> None:
    given = {"input": SIX, "weight": [10], "output_gradient": SIX}
    assert result_of(name, pass_, "n1c1k1i6f1", **given).ravel().tolist() == result


def test_an_input_of_more_than_128_elements_is_read_from_its_end_and_again(result_of: Callable[..., Array]) -> None:
    """128 is -128 in eight bits, which is the third of 130 elements."""
    counted = list(range(1, 131))
    wrong = [*counted[:128], 3, 4]
    found = result_of("index-overflow", Pass.FORWARD, "n1c1k1i130f1", input=counted, weight=[1])
    assert found.ravel().tolist() == wrong
    direction = result_of("index-overflow", Pass.JVP, "n1c1k1i130f1", input_direction=counted, weight=[1])
    assert direction.ravel().tolist() == wrong
    assert fault_named("index-overflow").shows(Pass.FORWARD, parse_geometry("n1c1k1i129f1"))
    assert not fault_named("index-overflow").shows(Pass.FORWARD, parse_geometry("n1c1k1i128f1"))
    assert not fault_named("index-overflow").shows(Pass.INPUT_GRADIENT, parse_geometry("n1c1k1i130f1"))


def test_there_is_one_of_each_kind_for_each_block() -> None:
    assert len(MODELS) == 8 * len(BLOCKS) + sum(len(blocks) for _, _, blocks, _ in COUNTED) + 2 * len(BLOCKS) + 1
    assert np.all([f"first-block-only-{block}" in {model.name for model in MODELS} for block in BLOCKS])
