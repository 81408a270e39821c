"""The card of an arithmetic that is known says what it is, and nothing that it is not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.probing.card import PASSES, probe
from convoracle.oracle.probing.dot import Unanswered
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass

from .emulated import Arithmetic, at_once, blocked, convolution, in_sequence, pairwise, split

GEOMETRY = ConvGeometry.of(size=1, kernel=1, in_channels=16, out_channels=1)
PLAIN = Arithmetic(in_sequence)
NEAREST, CUT = "to nearest, ties to even", "toward zero"
SINGLE = {"order": "16 in sequence", "sums": 24, "rounding of sums": NEAREST, "input": 24, "products": "rounded"}

TRUTHS = {
    "float32": (PLAIN, "float32", SINGLE | {"algorithm": "direct", "subnormal operands": "gradual"}),
    "fused multiply-add": (replace(PLAIN, fused=True), "float32", SINGLE | {"products": "fused"}),
    "tfloat32": (
        replace(PLAIN, operands=11),
        "float32",
        SINGLE
        | {
            "input": 11,
            "weight": 11,
            "rounding of the input": NEAREST,
            "range of operands": "wide",
            "products": "exact",
        },
    ),
    "tfloat32, cut off": (
        replace(PLAIN, operands=11, operand_mode=CUT),
        "float32",
        SINGLE | {"input": 11, "rounding of the input": CUT, "rounding of the weight": CUT, "products": "exact"},
    ),
    "bfloat16 multiplications": (replace(PLAIN, operands=8), "float32", SINGLE | {"input": 8, "products": "exact"}),
    "two parts in bfloat16, three products": (
        replace(PLAIN, operands=8, parts=2),
        "float32",
        SINGLE | {"input": 17, "products": "narrower"},
    ),
    "float16 sums": (
        replace(PLAIN, sums=11, largest=Fraction(65504)),
        "float16",
        {"sums": 11, "input": 11, "products": "rounded", "range of sums": "float16", "order": "16 in sequence"},
    ),
    "float16 summed in float32": (
        PLAIN,
        "float16",
        {"sums": 24, "input": 11, "products": "exact", "range of sums": "wide", "rounding of results": NEAREST},
    ),
    "float32 summed in float16": (
        replace(PLAIN, sums=11, largest=Fraction(65504)),
        "float32",
        {"algorithm": "direct", "sums": 11, "range of operands": "wide", "range of sums": "float16"},
    ),
    "float32 multiplied in float16": (
        replace(PLAIN, operands=11, largest_operand=Fraction(65504)),
        "float32",
        {"algorithm": "direct", "input": 11, "range of operands": "float16", "range of sums": "wide"},
    ),
    "bfloat16 summed in float32": (PLAIN, "bfloat16", {"sums": 24, "input": 8, "rounding of results": NEAREST}),
    "bfloat16 sums": (replace(PLAIN, sums=8), "bfloat16", {"sums": 8, "input": 8, "rounding of sums": NEAREST}),
    "sums cut off": (replace(PLAIN, mode=CUT), "float32", SINGLE | {"rounding of sums": CUT}),
    "sums away": (
        replace(PLAIN, mode="to nearest, ties away from zero"),
        "float32",
        SINGLE | {"rounding of sums": "to nearest, ties away from zero"},
    ),
    "pairwise": (Arithmetic(pairwise), "float32", SINGLE | {"order": "16 pairwise"}),
    "blocked": (
        Arithmetic(blocked(4)),
        "float32",
        SINGLE | {"order": "4 blocks of 4 in sequence, each 4 pairwise", "sums of partial sums": 24},
    ),
    "split": (Arithmetic(split(4)), "float32", SINGLE | {"order": "4 blocks of 4 pairwise, each 4 in sequence"}),
    "compensated": (replace(PLAIN, carried=True), "float32", {"compensation": True, "order": "16 in sequence"}),
    "flushed": (
        replace(PLAIN, flushed=Fraction(2) ** -126),
        "float32",
        SINGLE | {"subnormal operands": "flushed", "subnormal results": "flushed"},
    ),
    "float64": (replace(PLAIN, sums=53), "float64", SINGLE | {"sums": 53, "input": 53}),
}


@pytest.mark.parametrize("name", TRUTHS)
def test_the_card_of_a_known_arithmetic_says_what_it_is(name: str) -> None:
    arithmetic, dtype, truth = TRUTHS[name]
    card = probe(convolution(arithmetic, dtype), Pass.FORWARD, GEOMETRY, dtype)
    assert {line: card.value(line) for line in truth} == truth
    if "compensation" not in truth:
        assert card.value("compensation") is False


def test_blocks_that_are_added_at_once_are_nodes_of_several() -> None:
    card = probe(convolution(Arithmetic(at_once(4)), "float32"), Pass.FORWARD, GEOMETRY, "float32")
    order = next(finding for finding in card.findings if finding.line == "order")
    assert order.value == "4 blocks of 4 in sequence, each added at once to the sum so far"


def _stored_in_between(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    right = convolution(PLAIN, "float32")(pass_, operands, geometry)
    return right.astype(ml_dtypes.bfloat16).astype(np.float32)


def test_results_that_are_stored_in_fewer_bits_are_not_taken_for_narrow_operands() -> None:
    card = probe(_stored_in_between, Pass.FORWARD, GEOMETRY, "float32")
    truth = SINGLE | {"weight": 24, "results": 8, "rounding of results": NEAREST}
    assert {line: card.value(line) for line in truth if line != "products"} == {
        line: value for line, value in truth.items() if line != "products"
    }


def _in_single(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    single = operands.map(lambda array: array.astype(np.float32))
    return convolution(PLAIN, "float32")(pass_, single, geometry).astype(np.float64)


def test_numbers_that_are_lost_with_normal_ones_are_not_told_of_as_subnormal() -> None:
    card = probe(_in_single, Pass.FORWARD, GEOMETRY, "float64")
    assert (card.value("sums"), card.value("input")) == (24, 24)
    assert (card.value("subnormal operands"), card.value("subnormal results")) == (None, None)


@pytest.mark.parametrize("pass_", PASSES, ids=str)
def test_the_reference_is_known_in_every_pass(pass_: Pass) -> None:
    geometry = ConvGeometry.of(size=(4, 4), kernel=3, padding=1, in_channels=4, out_channels=4)
    card = probe(reference.evaluate, pass_, geometry, "float32")
    assert card.value("order") is not None
    assert card.value("sums") == 24
    assert card.value("rounding of sums") == NEAREST


def _winograd(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """F(2, 3) of one channel."""
    (d,), (g,) = operands.input[0], operands.weight[0]
    half = np.float32(0.5)
    filters = g[0], (g[0] + g[1] + g[2]) * half, (g[0] - g[1] + g[2]) * half, g[2]
    data = d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]
    m = [one * other for one, other in zip(data, filters, strict=True)]
    return np.array([[[m[0] + m[1] + m[2], m[1] - m[2] - m[3]]]], np.float32)


def _winograd_of_four(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """F(4, 3) of one channel, after Lavin and Gray (2016)."""
    b = [[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0], [0, -2, -1, 2, 1, 0]]
    b += [[0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1]]
    g = [[1 / 4, 0, 0], [-1 / 6, -1 / 6, -1 / 6], [-1 / 6, 1 / 6, -1 / 6], [1 / 24, 1 / 12, 1 / 6]]
    g += [[1 / 24, -1 / 12, 1 / 6], [0, 0, 1]]
    a = [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]
    of_data, of_filter, of_products = (np.array(each, np.float32) for each in (b, g, a))
    products = (of_data @ operands.input[0, 0]) * (of_filter @ operands.weight[0, 0])
    return (of_products @ products).reshape(1, 1, 4)


def _fourier(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    size = operands.input.shape[-1]
    spectrum = np.fft.rfft(operands.input[0, 0].astype(np.float64)) * np.conj(np.fft.rfft(operands.weight[0, 0], size))
    return np.fft.irfft(spectrum, size)[: size - 2].astype(np.float32).reshape(1, 1, -1)


@pytest.mark.parametrize(("transform", "size"), [(_winograd, 4), (_winograd_of_four, 6), (_fourier, 8)])
def test_a_transform_is_told_from_a_sum(transform, size: int) -> None:  # type: ignore[no-untyped-def]
    with np.errstate(all="ignore"):
        card = probe(transform, Pass.FORWARD, ConvGeometry.of(size=size, kernel=3), "float32")
    assert card.value("algorithm") == "transform"
    assert card.value("order") is None
    assert card.value("zeros") is None


def _fourier_of_halves(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """As in single precision, of whose errors float16 results show little."""
    size = operands.input.shape[-1]
    one, other = operands.input[0, 0].astype(np.float32), operands.weight[0, 0].astype(np.float32)
    spectrum = (np.fft.rfft(one) * np.conj(np.fft.rfft(other, size))).astype(np.complex64)
    return np.fft.irfft(spectrum, size)[: size - 2].astype(np.float16).reshape(1, 1, -1)


def test_a_transform_is_told_from_a_sum_though_results_are_of_float16() -> None:
    card = probe(_fourier_of_halves, Pass.FORWARD, ConvGeometry.of(size=8, kernel=3), "float16")
    assert card.value("algorithm") == "transform"
    assert card.value("order") is None


def _skipping(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The terms of the definition alone: no padding is multiplied."""
    return convolution(Arithmetic(in_sequence), "float32")(pass_, operands, geometry)


@pytest.mark.parametrize(("ask", "truth"), [(_skipping, "skipped"), (reference.evaluate, "multiplied")])
def test_whether_the_zeros_of_the_padding_are_multiplied(ask, truth: str) -> None:  # type: ignore[no-untyped-def]
    with np.errstate(invalid="ignore"):
        card = probe(ask, Pass.FORWARD, ConvGeometry.of(size=3, kernel=3, padding=1), "float32")
    assert card.value("padding") == truth


def test_a_candidate_that_does_not_answer_is_told_of_and_not_guessed() -> None:
    def silent(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        raise Unanswered("it raised ValueError: no")

    card = probe(silent, Pass.FORWARD, GEOMETRY, "float32")
    assert [finding.value for finding in card.findings] == [None]
    assert "it raised ValueError: no" in card.findings[0].told


def test_bits_that_vary_are_seen() -> None:
    calls = [0]

    def varying(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        calls[0] += 1
        right = reference.evaluate(pass_, operands, geometry)
        return right if calls[0] % 2 else right * np.float32(1 + 2**-20)

    assert probe(varying, Pass.FORWARD, GEOMETRY, "float32").value("repeated") == "varies"


def _split_by_images(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """A weight gradient in parts of a sixteenth, but for one image."""
    return convolution(Arithmetic(split(geometry.batch**2)), "float32")(pass_, operands, geometry)


@pytest.mark.parametrize(
    ("ask", "truth"), [(_split_by_images, "differs"), (convolution(PLAIN, "float32"), "same")], ids=["split", "plain"]
)
@pytest.mark.parametrize("pass_", [Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT], ids=str)
def test_images_of_zeros_change_a_sum_over_images_only_where_it_is_divided(ask, truth: str, pass_: Pass) -> None:  # type: ignore[no-untyped-def]
    geometry = ConvGeometry.of(size=(4, 4), kernel=1, in_channels=2, out_channels=2)
    card = probe(ask, pass_, geometry, "float32")
    assert card.value("batch") == truth
