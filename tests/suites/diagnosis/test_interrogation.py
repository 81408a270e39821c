"""Plain kernels with a mistake: each is told as what it is, whatever shape it returns, and none as what it is not."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.answers.exact import term_counts
from convoracle.oracle.faults import fault_named, honest
from convoracle.oracle.faults.natural import READINGS, natural_models
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.operands.data import Numbers, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.checks.examination import ask
from convoracle.suites.diagnosis.diagnosing import Told, explain
from convoracle.suites.diagnosis.fault import Fault

from .. import natural

ONE = "n1c1k1i1x1f1x1/float32/uniform/0"
Rest = Callable[[tuple[int, ...]], Array]


def told_of(executor: Executor, text: str, pass_: Pass = Pass.FORWARD) -> Told:
    case = parse_case(text)
    verdict = ask(executor, Numbers.INTEGERS, case, pass_).verdict
    assert verdict.outcome.is_mismatch, verdict
    return explain(Fault("x-1", "structure", str(pass_), verdict.outcome, verdict.cause, case, case, verdict), executor)


def test_the_plain_kernel_is_right() -> None:
    case = parse_case("n2c2k3i7x8f3x2s2x3p1x2d1x2/float32/uniform/0")
    assert not ask(natural.candidate(natural.plain), Numbers.INTEGERS, case, Pass.FORWARD).verdict.reason


@pytest.mark.parametrize(
    ("kernel", "case", "name"),
    [
        (natural.strides_exchanged, "n1c1k1i3x1f1x1s2x3", "stride-axes-exchanged"),
        (natural.one_stride, "n1c1k1i1x7f1x1s2x3", "first-stride-on-all-axes"),
        (natural.paddings_exchanged, "n1c1k1i1x1f1x1p1x2", "padding-axes-exchanged"),
        (natural.padding_ignored, "n1c1k1i1x1f1x1p1x2", "padding-ignored"),
        (natural.dilations_exchanged, "n1c1k1i1x1f1x2p1x2d1x2", "dilation-axes-exchanged"),
        (natural.dilation_ignored, "n1c1k1i1x3f1x2d1x2", "dilation-ignored"),
        (natural.rounded_up, "n1c1k1i1x3f1x1s2x3", "output-size-rounded-up"),
        (natural.full, "n1c1k1i1x2f1x2", "padding-full"),
        (natural.channels_last, "n1c1k1i1x2f1x1", "result-channels-last"),
        (natural.height_and_width_exchanged, "n1c1k1i2x3f1x1", "result-spatial-axes-reversed"),
        (natural.height_and_width_exchanged, "n1c1k1i2x2f1x1", "result-spatial-axes-reversed"),
        (natural.squeezed, "n1c1k1i1x1f1x1", "result-squeezed"),
        (natural.batch_dropped, "n1c1k1i1x1f1x1", "result-of-one-image"),
        (natural.flattened, "n1c1k1i1x1f1x1", "result-flattened"),
    ],
)
def test_a_fault_that_changes_the_shape_is_named(kernel: natural.Conv2d, case: str, name: str) -> None:
    told = told_of(natural.candidate(kernel), f"{case}/float32/uniform/0")
    assert told.names == (name,)
    assert told.sentences[0].endswith(f"({name}).")


def test_the_order_of_the_axes_is_told() -> None:
    told = told_of(natural.candidate(natural.channels_last), "n1c2k3i4x5f2x2/float32/uniform/0")
    assert told.kind == "shape"
    assert "the right result were returned with its axes in the order (0, 2, 3, 1)" in told.sentences[0]


@pytest.mark.parametrize(
    ("kernel", "case", "name", "what"),
    [
        (natural.relu, ONE, "result-negative-zero", "It depends on signs"),
        (natural.absolute, ONE, "result-absolute", "It depends on signs"),
        (natural.root_of_square, ONE, "result-absolute", "It depends on signs"),
        (natural.relu_of_input, "n1c2k1i2x2f1x1/float32/uniform/0", "input-negative-zero", "It depends on signs"),
        (natural.clipped, ONE, "result-clipped", "clipped to [-1000, 1000]"),
        (natural.relu6, ONE, "result-clipped-0-6", "clipped to [0, 6]"),
        (natural.leaky, ONE, "result-negative-scaled", "multiplied by 0.01"),
        (natural.thresholded, "n1c1k1i3x4f1x1/float32/uniform/0", "result-small-zero", "It depends on sizes"),
    ],
)
def test_a_fault_that_depends_on_the_data_is_told_as_that(
    kernel: natural.Conv2d, case: str, name: str, what: str
) -> None:
    told = told_of(natural.candidate(kernel), case)
    assert told.names == (name,)
    assert told.kind == "data"
    assert what in " ".join(told.sentences)
    assert not any("zero, and" in sentence or "read off" in sentence for sentence in told.sentences)


def test_another_dependence_on_the_data_is_no_known_fault_and_is_told_with_its_evidence() -> None:
    told = told_of(natural.candidate(natural.squared), ONE)
    assert told.kind == "data"
    assert told.names[0] == "depends-on-data-sign"
    assert told.sentences[0].startswith("None of the ")
    assert "at [0, 0, 0, 0] -114234 becomes 114233" in told.sentences[1]


class Gradients:
    """An input gradient, by anything done to the right one."""

    def __init__(self, change: Callable[[Array, ConvGeometry], Array]) -> None:
        self._change = change

    def input_gradient(self, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        given = Operands(np.zeros(geometry.input_shape, weight.dtype), weight, None, output_gradient)
        return self._change(honest.evaluate(Pass.INPUT_GRADIENT, given, geometry), geometry)


def leaving_memory() -> Callable[[Array, ConvGeometry], Array]:
    """Elements that no window reaches hold other numbers in every call."""
    anything = np.random.default_rng(5)

    def left(gradient: Array, geometry: ConvGeometry) -> Array:
        reached = np.broadcast_to(term_counts(Pass.INPUT_GRADIENT, geometry) > 0, gradient.shape)
        return np.where(reached, gradient, anything.normal(size=gradient.shape)).astype(gradient.dtype)

    return left


@pytest.mark.parametrize("case", ["n1c1k1i3f1s3", "n1c1k1i4f1s2", "n2c2k2i7f2s3"])
def test_what_no_window_reaches_may_hold_anything_and_nothing_else_may(case: str) -> None:
    """A rectifier was told as every result being zero, and memory that was not cleared."""
    positive = InProcess(Gradients(lambda gradient, _: np.maximum(gradient, 0)))
    text = next(
        f"{case}/float32/uniform/{seed}"
        for seed in range(9)
        if ask(
            positive, Numbers.INTEGERS, parse_case(f"{case}/float32/uniform/{seed}"), Pass.INPUT_GRADIENT
        ).verdict.wrong
    )
    assert told_of(positive, text, Pass.INPUT_GRADIENT).names == ("result-negative-zero",)
    memory = InProcess(Gradients(leaving_memory()))
    assert told_of(memory, text, Pass.INPUT_GRADIENT).names == ("unreached-elements-not-zeroed",)


def test_a_remainder_left_out_of_the_input_gradient() -> None:
    short = InProcess(Gradients(lambda gradient, _: gradient[..., :-1] if gradient.shape[-1] % 2 == 0 else gradient))
    told = told_of(short, "n1c1k1i4f1s2/float32/uniform/0", Pass.INPUT_GRADIENT)
    assert "input-gradient-without-remainder" in " ".join(told.sentences)


def test_two_faults_are_a_possibility_until_further_cases_confirm_them() -> None:
    text = "n1c1k1i5x6f2x2s1x2/float32/uniform/0"
    first, second = (fault_named(name) for name in ("kernel-rotated", "stride-axes-exchanged"))
    both = second.plant(first.plant(honest.evaluate))

    class Both:
        only = parse_case(text).geometry

        def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
            if self.only is not None and geometry != self.only:
                raise ValueError("not this one")
            zeros = np.zeros(geometry.output_shape, input.dtype)
            return both(Pass.FORWARD, Operands(input, weight, bias, zeros), geometry)

    candidate = Both()
    told = told_of(InProcess(candidate), text)
    assert told.names == ()
    assert told.sentences[0].startswith("Two faults together would give these numbers: as if ")
    assert "no proof" in told.sentences[1] or "do not tell" in told.sentences[1]
    candidate.only = None  # type: ignore[assignment]
    told = told_of(InProcess(candidate), text)
    assert set(told.names) == {"kernel-rotated", "stride-axes-exchanged"}
    assert "no single one of the" in told.sentences[1]


def test_a_model_that_holds_for_one_case_only_is_told_as_that() -> None:
    def without_corner(x: Array, w: Array, *settings: natural.Pair) -> Array:
        given = x.copy()
        given[:, :, 0, 0] = 0
        return natural.plain(given, w, *settings)

    told = told_of(natural.candidate(without_corner), ONE)
    assert told.names == ()
    assert told.sentences[0].startswith("None of the ")
    assert told.sentences[1].startswith("This case by itself is as if ")


@pytest.mark.parametrize("model", tuple(natural_models(())), ids=lambda model: model.name)
def test_every_reading_that_is_for_diagnosis_only_shows_somewhere(model) -> None:
    geometries = map(
        parse_geometry, ("n2c2k2i7x8f3x2s2x3p1+0x2+1d2x1", "n2c2k2i5x4f2x3s2x1t", "n1c1k1i6f2s3", "n1c1k1i5x5f3x2d2x3")
    )
    found = [(geometry, pass_) for geometry in geometries for pass_ in model.passes if model.shows(pass_, geometry)]
    assert found
    for geometry, pass_ in found:
        case = replace(parse_case(ONE), geometry=geometry)
        zeros = Operands(**_ones(case.geometry))
        right = honest.evaluate(pass_, zeros, geometry)
        wrong = model.plant(honest.evaluate)(pass_, zeros, geometry)
        assert wrong.dtype == right.dtype
    assert model in READINGS


def _ones(geometry: ConvGeometry) -> dict[str, Array]:
    shapes = {
        "input": geometry.input_shape,
        "weight": geometry.weight_shape,
        "bias": geometry.bias_shape,
        "output_gradient": geometry.output_shape,
    }
    arrays = {name: np.ones(shape) for name, shape in shapes.items()}
    return arrays | {f"{name}_direction": arrays[name] for name in ("input", "weight", "bias")}


def in_whole_blocks(rest: Rest, beyond: Callable[[Array], Array]) -> natural.Conv2d:
    """A plain kernel that has something else in the elements beyond its whole blocks, of which a view is given."""

    def conv(x: Array, w: Array, stride: natural.Pair, padding: natural.Pair, dilation: natural.Pair) -> Array:
        result = natural.plain(x, w, stride, padding, dilation)
        tail = beyond(result)
        tail[...] = rest(tail.shape).astype(x.dtype)
        return result

    return conv


def whole(length: int, block: int) -> int:
    return length - length % block


MEMORY = np.random.default_rng(0)
TAILS: dict[str, Callable[[Array], Array]] = {
    "row-blocks-only{}-4": lambda result: result[..., whole(result.shape[3], 4) :],
    "column-blocks-only{}-8": lambda result: result[:, :, whole(result.shape[2], 8) :],
    "element-blocks-only{}-64": lambda result: result.reshape(-1)[whole(result.size, 64) :],
    "position-blocks-only{}-16": lambda result: result.reshape(*result.shape[:2], math.prod(result.shape[2:]))[
        ..., whole(math.prod(result.shape[2:]), 16) :
    ],
}


@pytest.mark.parametrize(
    ("rest", "of_memory"), [(np.zeros, ""), (MEMORY.standard_normal, "-written")], ids=["zero before", "of memory"]
)
@pytest.mark.parametrize("name", TAILS)
def test_what_is_no_whole_block_is_told_although_small_cases_are_all_tail(
    name: str, rest: Rest, of_memory: str
) -> None:
    """It was told as that every result were zero, by a kernel of which most results are right."""
    told = told_of(natural.candidate(in_whole_blocks(rest, TAILS[name])), ONE)
    assert told.names == (name.format(of_memory),)
    assert ("The same call returns something else the second time." in told.sentences) is bool(of_memory)


def test_what_is_random_everywhere_is_nothing_that_was_not_written() -> None:
    noise = iter(np.random.default_rng(0).permutation(100_000) + 1)  # two calls never have the same

    def noisy(x: Array, w: Array, stride: natural.Pair, padding: natural.Pair, dilation: natural.Pair) -> Array:
        result = natural.plain(x, w, stride, padding, dilation)
        return result + np.fromiter(noise, x.dtype, result.size).reshape(result.shape)

    assert told_of(natural.candidate(noisy), ONE).names == ("unrepeatable",)


def test_memory_that_nobody_wrote_is_told_where_other_bytes_there_change_the_result() -> None:
    """What is filled in the same way each time looks like a wrong number that depends on nothing."""

    def conv(input: Array, weight: Array) -> Array:
        result = np.multiply(input, weight)
        result.flat[-1] += np.empty(500, np.float32)[77]
        return result

    with Isolated(conv) as executor:
        told = told_of(executor, ONE)
    assert told.names == ("uninitialised-memory",)
    assert told.kind == "calls"
    assert any(each.startswith("It reads memory that nobody wrote") for each in told.sentences)


def test_what_is_wrong_whatever_is_in_memory_is_not_told_as_memory() -> None:
    def conv(input: Array, weight: Array) -> Array:
        return np.multiply(input, weight) + np.float32(1.5)

    with Isolated(conv) as executor:
        told = told_of(executor, ONE)
    assert not any("nobody wrote" in each for each in told.sentences)


def test_what_is_right_in_a_first_call_only_is_not_told_as_memory() -> None:
    calls: list[int] = []

    def conv(input: Array, weight: Array) -> Array:
        calls.append(1)
        return np.multiply(input, weight) + np.float32(min(len(calls) - 1, 1) * 1.75)

    with Isolated(conv) as executor:
        assert ask(executor, Numbers.INTEGERS, parse_case(ONE), Pass.FORWARD).verdict.outcome is Outcome.CONFORMS
        told = told_of(executor, ONE)
    assert not any("nobody wrote" in each for each in told.sentences)
