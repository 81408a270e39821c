"""Metamorphic relations: true of the reference wherever they apply, and each broken by a fault that it is there for."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.numbers.arrays import widened
from convoracle.oracle.operands.data import Case, Numbers, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.padding import PADDING_MODES
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.reports.records.record import CandidateInfo
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Reply, Returned, Unsupported
from convoracle.suites.checks.examination import Examination
from convoracle.suites.checks.kind import OfCase
from convoracle.suites.checks.relations import (
    RELATIONS,
    applicable,
    ask_relation,
    relation_named,
)
from convoracle.suites.checks.relations.asking import KIND

from ...stateful import Honest as Right

UNLIKE = parse_case("n1c1k1i40x40x40x40f2x2x2x2d12x12x12x12/float32/uniform/0")
"""The dense kernel of its dilation has 1,785 times as many taps."""
DTYPES = ("float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "int8", "complex64")


class ClipsItsInput(Right):
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return reference.forward(np.minimum(input, 1), weight, geometry, bias)


class PrunesSmallWeights(Right):
    def input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        return reference.input_gradient(output_gradient, np.where(np.abs(weight) < 2, 0, weight), geometry)


class ClipsItsOutputGradient(Right):
    def update(
        self, input: Array, weight: Array, output_gradient: Array, learning_rate: float, geometry: ConvGeometry
    ) -> Array:
        return reference.update(input, weight, np.minimum(output_gradient, 1), geometry, learning_rate)


class ForgetsTheLastImage(Right):
    def bias_gradient(self, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return reference.bias_gradient(output_gradient[:-1], replace(geometry, batch=geometry.batch - 1))


class MixesImages(Right):
    """Adds the image before to each image: in any order of two of them, the same fault."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return reference.forward(input + np.roll(input, 1, axis=0), weight, geometry, bias)


class ReadsTheNextGroup(Right):
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        of_a_group = geometry.in_channels // geometry.groups
        shifted = np.roll(input, of_a_group if geometry.groups > 1 else 0, axis=1)
        return reference.forward(shifted, weight, geometry, bias)


class DoublesTheLastChannel(Right):
    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        result = reference.weight_gradient(input, output_gradient, geometry)
        result[-1] *= 2
        return result


class IgnoresDilation(Right):
    def input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        reach = zip(geometry.dilation, geometry.kernel, geometry.padding, strict=True)
        padding = tuple((low, high - (d - 1) * (r - 1)) for d, r, (low, high) in reach)
        return reference.input_gradient(
            output_gradient, weight, replace(geometry, dilation=(1,) * geometry.rank, padding=padding)
        )


class StartsItsStridesLate(Right):
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        late = tuple(s - 1 for s in geometry.stride)
        padding = tuple((low - by, high + by) for (low, high), by in zip(geometry.padding, late, strict=True))
        return reference.forward(input, weight, replace(geometry, padding=padding), bias)


class SwapsPaddingSides(Right):
    def input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        swapped = tuple((high, low) for low, high in geometry.padding)
        return reference.input_gradient(output_gradient, weight, replace(geometry, padding=swapped))


class RepeatsTheEdgeInstead(Right):
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        mode = "replicate" if geometry.padding_mode == "reflect" else geometry.padding_mode
        return reference.forward(input, weight, replace(geometry, padding_mode=mode), bias)


class SpoilsEveryFourthPosition(Right):
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        result = reference.forward(input, weight, geometry, bias)
        result[..., 3::4] += 1
        return result


class DoesNotFlipTheAdjointKernel(Right):
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        axes = tuple(range(2, weight.ndim)) if geometry.transposed else ()
        return reference.forward(input, np.flip(weight, axes), geometry, bias)


class SwapsPointwiseWeights(Right):
    """Has a way of its own for 1x1 kernels, wrong where the weight is square."""

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        result = reference.weight_gradient(input, output_gradient, geometry)
        square = set(geometry.kernel) == {1} and result.shape[0] == result.shape[1]
        return np.ascontiguousarray(result.swapaxes(0, 1)) if square else result


def drawn_geometry(generator: np.random.Generator) -> ConvGeometry:
    """A legal geometry that is not degenerate, of up to three axes, of any padding mode, or transposed."""
    while True:
        rank, groups = int(generator.integers(1, 4)), int(generator.integers(1, 4))
        transposed = bool(generator.random() < 0.35)
        mode = "zeros" if transposed or generator.random() < 0.5 else str(generator.choice(list(PADDING_MODES)))

        def axes(low: int, high: int) -> tuple[int, ...]:
            return tuple(map(int, generator.integers(low, high, rank, endpoint=True)))  # noqa: B023 - called at once

        stride, padding = axes(1, 3), tuple(zip(axes(0, 3), axes(0, 3), strict=True))
        extra = tuple(map(int, generator.integers(0, stride))) if transposed else ()
        inputs, outputs = (groups * int(generator.integers(1, 4)) for _ in range(2))
        size, batch = axes(1, 6 if rank < 3 else 4), int(generator.integers(1, 4))
        drawn = (batch, inputs, outputs, size, axes(1, 3), stride, padding, axes(1, 3), groups, mode, transposed, extra)
        try:
            geometry = ConvGeometry(*drawn)
        except InvalidArgument:
            continue
        if not geometry.is_degenerate and geometry.products < 10_000:
            return geometry


class Exact:
    """An executor of the reference in float64 or complex128, in which no lattice is rounded."""

    passes = frozenset(Pass)
    info = CandidateInfo("exact")

    def call(self, pass_: Pass, operands: Operands, geometry: ConvGeometry, *, seconds: float | None = None) -> Reply:
        wide = {name: widened(array) for name, array in operands.of(pass_).arrays().items()}
        value = reference.evaluate(pass_, replace(operands.of(pass_), **wide), geometry)
        return Returned(value, 0.0)


@pytest.mark.parametrize("seed", range(8))
def test_the_reference_has_every_relation(seed: int) -> None:
    generator = np.random.default_rng(seed)
    asked = 0
    for number in range(25):
        case = Case(drawn_geometry(generator), bool(number % 2), DTYPES[number % len(DTYPES)], "uniform", number)
        for pass_ in Pass:
            for relation in applicable(case, pass_):
                result = ask_relation(Exact(), relation, case, pass_)  # type: ignore[arg-type]
                assert result is not None
                assert result.verdict.outcome is Outcome.CONFORMS, (str(case), result)
                assert result.verdict.elements > 0
                asked += 1
    assert asked > 500


FAULTS = (
    (ClipsItsInput, Pass.FORWARD, "linearity-in-input", "n1c2k2i4f2/float64/uniform/1"),
    (PrunesSmallWeights, Pass.INPUT_GRADIENT, "linearity-in-weight", "n1c2k2i4f2/float16/uniform/1"),
    (ClipsItsOutputGradient, Pass.UPDATE, "linearity-in-output-gradient", "n1c2k2i4f2/float64/uniform/1"),
    (ForgetsTheLastImage, Pass.BIAS_GRADIENT, "batch-permutation", "n3c1k2i4f2/float64/uniform/1"),
    (MixesImages, Pass.FORWARD, "batch-independence", "n2c1k1i4f2/float64/uniform/1"),
    (DoublesTheLastChannel, Pass.WEIGHT_GRADIENT, "channel-permutation", "n1c2k3i4f2/float64/uniform/1"),
    (ReadsTheNextGroup, Pass.FORWARD, "channel-permutation", "n1c6k3i4f2g3/float64/uniform/1"),
    (ReadsTheNextGroup, Pass.FORWARD, "groups", "n1c4k2i4f2g2/float64/uniform/1"),
    (IgnoresDilation, Pass.INPUT_GRADIENT, "dilation", "n1c1k1i5f2p1d2/float64/uniform/1"),
    (StartsItsStridesLate, Pass.FORWARD, "stride", "n1c1k1i7f2s2p1+0/float64/uniform/1"),
    (SwapsPaddingSides, Pass.INPUT_GRADIENT, "wider-padding", "n1c1k1i5f3p1+0/float64/uniform/1"),
    (SwapsPaddingSides, Pass.INPUT_GRADIENT, "explicit-padding", "n1c1k1i5f3p1+0/float64/uniform/1"),
    (SwapsPaddingSides, Pass.INPUT_GRADIENT, "wider-padding", "n1c1k1i5f3s2p1+0t/float64/uniform/1"),
    (RepeatsTheEdgeInstead, Pass.FORWARD, "explicit-padding", "n1c1k1i4f3p1mreflect/float64/uniform/1"),
    (SpoilsEveryFourthPosition, Pass.FORWARD, "translation", "n1c1k1i6f2/float64/uniform/1"),
    (DoesNotFlipTheAdjointKernel, Pass.FORWARD, "transposition", "n1c2k1i4f2s2to1/bias/float64/uniform/1"),
    (DoesNotFlipTheAdjointKernel, Pass.INPUT_GRADIENT, "transposition", "n1c2k1i4f2s2/float64/uniform/1"),
    (SwapsPointwiseWeights, Pass.WEIGHT_GRADIENT, "matrix-product", "n1c3k3i4f1/float64/uniform/1"),
)


@pytest.mark.parametrize(("faulty", "pass_", "name", "text"), FAULTS)
def test_a_fault_breaks_its_relation(faulty: type[Right], pass_: Pass, name: str, text: str) -> None:
    case, relation = parse_case(text), relation_named(name)
    honest = ask_relation(InProcess(Right), relation, case, pass_)
    assert honest is not None
    assert (honest.check, honest.subject) == (f"relation:{name}", str(pass_))
    assert honest.verdict.outcome is Outcome.CONFORMS
    result = ask_relation(InProcess(faulty), relation, case, pass_)
    assert result is not None
    assert (result.verdict.outcome, result.verdict.cause) == (Outcome.VIOLATES, "value")
    assert relation.explanation in result.verdict.reason
    assert f"{result.verdict.wrong} of {result.verdict.elements} elements differ" in result.verdict.reason


def test_every_relation_has_a_fault_that_breaks_it() -> None:
    second_order = {f"{kind}-{name}-direction" for kind in ("linearity-in", "no") for name in ("input", "weight")}
    assert {relation.name for relation in RELATIONS} - second_order == {name for _, _, name, _ in FAULTS}


@pytest.mark.parametrize(
    ("pass_", "name"), [(Pass.JVP, "input-direction"), (Pass.DOUBLE_BACKWARD_INPUT, "weight-direction")]
)
def test_a_fault_of_second_order_breaks_linearity(pass_: Pass, name: str) -> None:
    class Clips(Exact):
        def call(
            self, pass_: Pass, operands: Operands, geometry: ConvGeometry, *, seconds: float | None = None
        ) -> Reply:
            attribute = name.replace("-", "_")
            clipped = {attribute: np.minimum(getattr(operands, attribute), 1)}
            return super().call(pass_, replace(operands, **clipped), geometry)

    case = parse_case("n1c2k2i4f2/float64/uniform/1")
    result = ask_relation(Clips(), relation_named(f"linearity-in-{name}"), case, pass_)  # type: ignore[arg-type]
    assert result is not None
    assert result.verdict.outcome is Outcome.VIOLATES


def test_the_sentence_names_the_first_element_that_differs() -> None:
    case = parse_case("n1c1k1i6f2/float64/uniform/1")
    result = ask_relation(InProcess(SpoilsEveryFourthPosition), relation_named("translation"), case, Pass.FORWARD)
    assert result is not None
    assert "the first at [0, 0, 2]: " in result.verdict.reason
    assert result.verdict.region == ((0, 1), (0, 1), (2, 4))


class RefusesDenseKernels(Right):
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        if set(geometry.dilation) == {1}:
            raise ValueError("too dense")
        return reference.forward(input, weight, geometry, bias)


class DeclinesDenseKernels(Right):
    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        return "too dense" if set(geometry.dilation) == {1} else None


class SqueezesItsResult(Right):
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return np.squeeze(reference.forward(input, weight, geometry, bias))


@pytest.mark.parametrize(
    ("candidate", "outcome", "told"),
    [
        (RefusesDenseKernels, Outcome.REFUSED, "raised ValueError: too dense"),
        (DeclinesDenseKernels, Outcome.UNSUPPORTED, "too dense"),
        (SqueezesItsResult, Outcome.VIOLATES, "returned shape (3,), but should be (1, 1, 3)"),
    ],
)
def test_a_call_without_a_result_decides(candidate: type[Right], outcome: Outcome, told: str) -> None:
    case = parse_case("n1c1k1i5f2d2/float64/uniform/1")
    result = ask_relation(InProcess(candidate), relation_named("dilation"), case, Pass.FORWARD)
    assert result is not None
    assert result.verdict.outcome is outcome
    assert told in result.verdict.reason
    assert "[forward of n1c1k1i5f" in result.verdict.reason


class OnlyForward:
    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        return reference.forward(input, weight, geometry)


def test_nothing_is_said_where_there_is_nothing_to_say() -> None:
    case = parse_case("n1c1k1i5f2/float64/uniform/1")
    assert ask_relation(InProcess(Right), relation_named("groups"), case, Pass.FORWARD) is None
    assert ask_relation(InProcess(OnlyForward), relation_named("transposition"), case, Pass.FORWARD) is None


class Tangents:
    """Takes either direction alone."""

    def jvp(self, x: Array, w: Array, geometry: ConvGeometry, input_direction=None, weight_direction=None) -> Array:
        pairs = ((input_direction, w), (x, weight_direction))
        return sum(reference.forward(a, b, geometry) for a, b in pairs if a is not None and b is not None)


class DoublesTheOther(Tangents):
    """Takes the other tangent twice where one is left out."""

    def jvp(self, x: Array, w: Array, geometry: ConvGeometry, input_direction=None, weight_direction=None) -> Array:
        whole = super().jvp(x, w, geometry, input_direction, weight_direction)
        return 2 * whole if input_direction is None or weight_direction is None else whole


class WantsBoth:
    def jvp(self, x: Array, w: Array, geometry: ConvGeometry, input_direction, weight_direction) -> Array:
        return Tangents().jvp(x, w, geometry, input_direction, weight_direction)


@pytest.mark.parametrize("name", ["input", "weight"])
def test_a_direction_that_is_left_out_is_zero(name: str) -> None:
    case, relation = parse_case("n2c2k3i4f2s2p1/float64/uniform/1"), relation_named(f"no-{name}-direction")
    results = []
    for candidate in (Tangents, DoublesTheOther, WantsBoth):
        with Isolated(candidate) as executor:
            results.append(ask_relation(executor, relation, case, Pass.JVP))
    verdicts = [result.verdict for result in results if result is not None]
    assert [each.outcome for each in verdicts] == [Outcome.CONFORMS, Outcome.VIOLATES, Outcome.UNSUPPORTED]
    assert f"jvp wants `{name}_direction`: it does not default to None" in verdicts[-1].reason


def test_a_relation_is_not_asked_where_its_call_would_be_out_of_proportion() -> None:
    dilation = relation_named("dilation")
    assert dilation in applicable(UNLIKE, Pass.FORWARD)
    assert ask_relation(_Uncalled(), dilation, UNLIKE, Pass.FORWARD) is None


class _Uncalled(InProcess):
    """The reference, which fails the test if it is called."""

    def __init__(self) -> None:
        super().__init__("reference")

    def call(self, *arguments: object, **keywords: object) -> Reply:
        raise AssertionError("was called")


class _Declines(_Uncalled):
    def call(self, *arguments: object, **keywords: object) -> Reply:
        return Unsupported("not today")


@pytest.mark.parametrize(
    ("text", "dilation", "asked"),
    [
        ("n1c1k1i1099f2", 599, True),
        ("n1c1k1i1101f2", 601, False),
        ("n1c1k1i300000f2", 299_999, True),
        ("n1c1k1i300001f2", 300_000, False),
    ],
)
def test_a_call_may_have_300_times_the_products_of_its_case_or_of_a_small_one(
    text: str, dilation: int, asked: bool
) -> None:
    """500 results of 600 or of 602 products instead of 2; one result of 300,000 or of 300,001 products."""
    case = parse_case(f"{text}d{dilation}/float32/uniform/0")
    result = ask_relation((_Declines if asked else _Uncalled)(), relation_named("dilation"), case, Pass.FORWARD)
    assert (result is not None) is asked


def test_one_result_is_enough_to_be_compared() -> None:
    case = parse_case("n1c1k1i1f1/float32/uniform/0")
    began = time.perf_counter()
    result = ask_relation(InProcess(Right), relation_named("linearity-in-input"), case, Pass.FORWARD)
    assert result is not None
    assert (result.verdict.outcome, result.verdict.elements) == (Outcome.CONFORMS, 1)
    assert 0 < result.seconds <= time.perf_counter() - began


def test_a_relation_is_asked_again_by_its_name() -> None:
    examination = Examination(InProcess(Right), parse_case("n1c1k1i5f2/float32/uniform/0"), (Pass.FORWARD,))
    result = KIND.ask(examination, "relation:translation", "forward")
    assert result is not None
    assert (result.check, result.subject) == ("relation:translation", "forward")
    assert result.verdict.outcome is Outcome.CONFORMS


FORWARD = ["linearity-in-input", "linearity-in-weight", "wider-padding", "translation", "transposition"]
"""What is said of a plain convolution of one image and one channel."""


def questions(case: Case, *sound: Pass, candidate: type[Right] = Right) -> list[str]:
    """The relations that a case is asked for when these passes were found without a fault, with the passes."""
    examination = Examination(InProcess(candidate), case, (Pass.FORWARD, Pass.INPUT_GRADIENT))
    for pass_ in sound:
        examination.ask(Numbers.INTEGERS, pass_)
    assert isinstance(KIND.schedule, OfCase)
    return [f"{check.removeprefix('relation:')} of {pass_}" for check, pass_ in KIND.schedule.questions(examination)]


def test_every_second_seed_is_asked_for_one_relation_and_goes_through_all() -> None:
    """Not for one between two passes where only one of them is known to be without a fault."""
    plain = parse_case("n1c1k1i5f2/float32/uniform/0")
    of_forward = [questions(replace(plain, seed=seed), Pass.FORWARD) for seed in range(10)]
    assert of_forward[1::2] == [[]] * 5
    assert of_forward[::2] == [[f"{name} of forward"] for name in (*FORWARD[:-1], FORWARD[0])]
    both = [questions(replace(plain, seed=seed), Pass.FORWARD, Pass.INPUT_GRADIENT) for seed in range(0, 10, 2)]
    assert both == [[f"{name} of forward"] for name in FORWARD]


@pytest.mark.parametrize("seed", [0, 1])
def test_a_large_case_is_asked_for_all_of_the_forward_pass(seed: int) -> None:
    large = parse_case(f"n11c32k32i34f3/float32/uniform/{seed}")
    asked = questions(large, Pass.FORWARD, Pass.INPUT_GRADIENT)
    more = {"batch-independence", "batch-permutation", "channel-permutation"}
    assert set(asked) == {f"{name} of forward" for name in more | set(FORWARD)}
    assert len(asked) == len(set(asked))


class Transforms(Right):
    conventions = {"algorithm": "transform"}


def test_who_rounds_integers_is_asked_for_none() -> None:
    assert questions(parse_case("n1c1k1i5f2/float32/uniform/0"), Pass.FORWARD, candidate=Transforms) == []
