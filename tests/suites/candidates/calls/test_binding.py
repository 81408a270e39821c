"""Binding: every parameter receives what its name or place says, and a case that cannot be expressed is unsupported."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.operands.data import Numbers, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.candidates import CandidateError
from convoracle.suites.candidates.calls.binding import bind_function
from convoracle.suites.candidates.loading.loaded import LoadedCandidate
from convoracle.suites.candidates.loading.source import bind_object
from convoracle.suites.checks.examination import ask

SYMMETRIC = ConvGeometry.of(size=(7, 6), kernel=3, stride=(2, 1), padding=(1, 2), dilation=(1, 2))
PLAIN = ConvGeometry.of(size=(3, 3), kernel=2)
ASYMMETRIC = ConvGeometry.of(size=(3, 3), kernel=2, padding=((0, 1), (0, 0)))


def received(function: Callable[..., object], pass_: Pass, geometry: ConvGeometry = PLAIN) -> object:
    """What a function that returns its arguments was given, operands as their names."""
    names = ("input", "weight", "bias", "output_gradient", "learning_rate")
    return bind_function(function, pass_).call({name: name for name in names}, geometry)


def bound(**functions: Callable[..., object]) -> LoadedCandidate:
    return bind_object(type("Candidate", (), {name: staticmethod(f) for name, f in functions.items()}))


def test_known_names_in_any_order() -> None:
    def forward(bias: Any, geometry: Any, weight: Any, input: Any) -> object:
        return input, weight, bias, geometry

    assert received(forward, Pass.FORWARD) == ("input", "weight", "bias", PLAIN)


@pytest.mark.parametrize(
    ("pass_", "order"),
    [
        (Pass.FORWARD, ("input", "weight")),
        (Pass.INPUT_GRADIENT, ("output_gradient", "weight")),
        (Pass.WEIGHT_GRADIENT, ("input", "output_gradient")),
    ],
)
def test_unknown_leading_names_are_the_operands_in_order(pass_: Pass, order: tuple[str, str]) -> None:
    assert received(lambda p, q: (p, q), pass_) == order
    assert received(lambda p, q, /: (p, q), pass_) == order


def test_unknown_names_of_the_other_passes() -> None:
    assert received(lambda dy: dy, Pass.BIAS_GRADIENT) == "output_gradient"
    assert received(lambda x, w, dy, lr: (x, w, dy, lr), Pass.UPDATE) == (
        "input",
        "weight",
        "output_gradient",
        "learning_rate",
    )


def test_known_and_unknown_names_together() -> None:
    assert received(lambda weight, x: (weight, x), Pass.FORWARD) == ("weight", "input")
    assert received(lambda x, w, b: (x, w, b), Pass.FORWARD) == ("input", "weight", "bias")
    assert received(lambda x, w, b=None: (x, w, b), Pass.FORWARD) == ("input", "weight", "bias")
    assert received(lambda x, w, *, eps=1e-5: (x, w, eps), Pass.FORWARD) == ("input", "weight", 1e-5)


def test_aliases_in_any_order() -> None:
    assert received(lambda w, x: (w, x), Pass.FORWARD) == ("weight", "input")
    assert received(lambda w, x, /: (w, x), Pass.FORWARD) == ("weight", "input")
    assert received(lambda b, w, x: (b, w, x), Pass.FORWARD) == ("bias", "weight", "input")
    assert received(lambda w, image: (w, image), Pass.FORWARD) == ("weight", "input")
    assert received(lambda w, dy: (w, dy), Pass.INPUT_GRADIENT) == ("weight", "output_gradient")
    assert received(lambda grad_output, x: (grad_output, x), Pass.WEIGHT_GRADIENT) == ("output_gradient", "input")
    assert received(lambda x, w, *, b=None: b, Pass.FORWARD) == "bias"


def test_alias_beside_the_name_it_stands_for() -> None:
    assert received(lambda input, weight, x=3: (input, weight, x), Pass.FORWARD) == ("input", "weight", 3)
    with pytest.raises(CandidateError, match="requires both `input` and `x`, which mean the same"):
        bind_function(lambda x, input, w: x, Pass.FORWARD)


@pytest.mark.parametrize("function", [lambda x, w, s: s, lambda p, q, s: s, lambda p, q, s, /: s])
def test_the_bias_goes_by_name_only(function: Callable[..., object]) -> None:
    with pytest.raises(CandidateError, match=r"requires `s`, which is none of the arguments that can be given: input"):
        bind_function(function, Pass.FORWARD)


def test_settings_are_tuples_for_each_axis() -> None:
    def forward(x: Any, w: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> object:
        return stride, padding, dilation, groups

    assert received(forward, Pass.FORWARD, SYMMETRIC) == ((2, 1), (1, 2), (1, 2), 1)


def test_keywords_of_any_name_receive_all_settings() -> None:
    given = received(lambda x, w, **settings: settings, Pass.FORWARD, SYMMETRIC)
    assert given == {"bias": "bias", "stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 1}


@pytest.mark.parametrize(
    ("geometry", "bias", "reason"),
    [
        (PLAIN, False, None),
        (PLAIN, True, "forward takes no `bias`"),
        (ConvGeometry.of(size=(4, 4), kernel=2, stride=2), False, "forward takes no `stride`"),
        (ConvGeometry.of(size=(4, 4), kernel=2, padding=1), False, "forward takes no `padding`"),
        (ConvGeometry.of(size=(4, 4), kernel=2, dilation=2), False, "forward takes no `dilation`"),
        (
            ConvGeometry.of(size=(4, 4), kernel=2, in_channels=2, out_channels=2, groups=2),
            False,
            "forward takes no `groups`",
        ),
    ],
)
def test_what_a_function_does_not_take_is_unsupported(geometry: ConvGeometry, bias: bool, reason: str | None) -> None:
    def forward(x: Any, w: Any) -> object:
        return x

    assert bound(forward=forward).limitation(Pass.FORWARD, geometry, "float32", bias) == reason


def test_asymmetric_padding_needs_the_geometry() -> None:
    def with_padding(x: Any, w: Any, padding: Any) -> object:
        return padding

    def with_geometry(x: Any, w: Any, geometry: Any) -> object:
        return geometry

    assert "symmetric" in str(bound(forward=with_padding).limitation(Pass.FORWARD, ASYMMETRIC, "float32", False))
    assert bound(forward=with_geometry).limitation(Pass.FORWARD, ASYMMETRIC, "float32", False) is None


def test_bias_gradient_needs_no_setting() -> None:
    assert bound(bias_gradient=lambda dy: dy).limitation(Pass.BIAS_GRADIENT, SYMMETRIC, "float32", True) is None


def test_name_with_a_rank() -> None:
    def my_conv2d(x: Any, w: Any) -> object:
        return x

    line = ConvGeometry.of(size=3, kernel=2)
    candidate = bind_object(my_conv2d)
    assert candidate.limitation(Pass.FORWARD, line, "float32", False) == "my_conv2d is for 2 spatial axes, not 1"
    assert candidate.limitation(Pass.FORWARD, PLAIN, "float32", False) is None


class Conv2d:
    """Not a function: its name is its class's."""

    def forward(self, x: Any, w: Any) -> object:
        return x

    def __call__(self, x: Any, w: Any) -> object:
        return x


class Mine(Conv2d):
    """Two axes by its base's name."""


class Called2d:
    def __call__(self, x: Any, w: Any) -> object:
        return x


@functools.wraps(Conv2d().forward)
def wrapped(*given: Any) -> object:
    return given


@pytest.mark.parametrize(
    "candidate",
    [
        Conv2d,
        Conv2d(),
        Conv2d().forward,
        Mine,
        Mine().forward,
        Called2d,
        Called2d(),
        functools.partial(Conv2d()),
        wrapped,
    ],
    ids=lambda each: str(getattr(each, "__name__", type(each).__name__)),
)
def test_a_class_with_a_rank_in_its_name(candidate: Any) -> None:
    """Was asked for one and three axes, too."""
    line, square, cube = (ConvGeometry.of(size=(3,) * rank, kernel=2) for rank in (1, 2, 3))
    bound = bind_object(candidate)
    (pass_,) = bound.passes
    asked = [bound.limitation(pass_, geometry, "float32", False) is None for geometry in (line, square, cube)]
    assert asked == [False, True, False]


class ConvTranspose2d:
    def forward(self, x: Any, w: Any, stride: Any, padding: Any) -> object:
        return x


class Deconvolution1D(ConvTranspose2d):
    """A name of its own goes before its base's."""


def conv_transpose2d(x: Any, w: Any, stride: Any, padding: Any) -> object:
    return x


def deconv2d(x: Any, w: Any, stride: Any, padding: Any) -> object:
    return x


@pytest.mark.parametrize(
    ("candidate", "rank"), [(ConvTranspose2d, 2), (Deconvolution1D, 1), (conv_transpose2d, 2), (deconv2d, 2)]
)
def test_transposed_convolutions_only(candidate: Any, rank: int) -> None:
    bound = bind_object(candidate)
    for asked in (1, 2, 3):
        plain = ConvGeometry.of(size=(3,) * asked, kernel=2, stride=2, padding=1)
        transposed = replace(plain, transposed=True)
        assert "transposed convolutions only" in str(bound.limitation(Pass.FORWARD, plain, "float32", False)) or (
            asked != rank
        )
        assert (bound.limitation(Pass.FORWARD, transposed, "float32", False) is None) == (asked == rank)


def test_absent_pass() -> None:
    reason = bind_object(lambda x, w: x).limitation(Pass.UPDATE, PLAIN, "float32", False)
    assert reason is not None
    assert reason.endswith("has no `update`")


def test_own_limitation_comes_first() -> None:
    class Picky:
        def forward(self, x: Any, w: Any) -> object:
            return x

        def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
            return "no float16" if dtype == "float16" else None

    candidate = bind_object(Picky)
    assert candidate.limitation(Pass.FORWARD, PLAIN, "float16", False) == "no float16"
    assert candidate.limitation(Pass.FORWARD, PLAIN, "float32", False) is None


def test_unknown_required_parameter_is_named_with_the_known_ones() -> None:
    def forward(input: Any, weight: Any, stride: Any, *, workspace: Any) -> object:
        return workspace

    with pytest.raises(CandidateError, match=r"forward requires `workspace`.* geometry, stride"):
        bind_function(forward, Pass.FORWARD)


@pytest.mark.parametrize("pass_", [Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.UPDATE], ids=str)
def test_backward_pass_without_output_gradient(pass_: Pass) -> None:
    with pytest.raises(CandidateError, match="takes no `output_gradient`, on which"):
        bind_function(lambda x, w: x, pass_)


def test_no_operand() -> None:
    with pytest.raises(CandidateError, match="name its parameters output_gradient"):
        bind_function(lambda geometry: geometry, Pass.BIAS_GRADIENT)


def test_signature_that_cannot_be_read() -> None:
    def opaque(x: Any, w: Any) -> object:
        return x

    opaque.__signature__ = "none"  # type: ignore[attr-defined]
    with pytest.raises(CandidateError, match="wrap it in a Python function"):
        bind_function(opaque, Pass.FORWARD)


def conv_of_this_module(x: Any, w: Any, *, stride: Any) -> Any:
    return np.full(PLAIN.output_shape, float(x.sum() + w.sum()) * stride[0])


def test_call_text_runs() -> None:
    operands = Operands(np.ones(PLAIN.input_shape), np.ones(PLAIN.weight_shape), None, np.ones(PLAIN.output_shape))
    candidate = bind_object(conv_of_this_module)
    namespace: dict[str, Any] = {**operands.arrays(), "conv_of_this_module": conv_of_this_module}
    text = candidate.call_text(Pass.FORWARD, PLAIN, "float64", False)
    exec(text, namespace)
    assert "test_binding.py, line" in text
    assert np.array_equal(namespace["actual"], candidate.evaluate(Pass.FORWARD, operands, PLAIN))


class UpsamplingConvTranspose2d:
    """The windows of a transposed convolution, added one tap at a time; its weight is (C, K, *R)."""

    def forward(self, x: Any, w: Any, stride: Any, padding: Any, output_padding: Any) -> object:
        spans = [
            (i - 1) * s + r + extra
            for i, s, r, extra in zip(x.shape[2:], stride, w.shape[2:], output_padding, strict=True)
        ]
        whole = np.zeros((x.shape[0], w.shape[1], *spans), x.dtype)
        for row, column in np.ndindex(*w.shape[2:]):
            rows, columns = (
                slice(at, at + (i - 1) * s + 1, s) for at, i, s in zip((row, column), x.shape[2:], stride, strict=True)
            )
            whole[:, :, rows, columns] += np.einsum("nchw,ck->nkhw", x, w[:, :, row, column])
        (top, left), (height, width) = padding, spans
        return whole[:, :, top : height - top, left : width - left]


def test_a_class_for_transposed_convolutions_is_right_on_them() -> None:
    executor = InProcess(UpsamplingConvTranspose2d)
    case = parse_case("n2c3k2i4x5f3x2s2x3p1x0to1x2/float32/uniform/0")
    assert ask(executor, Numbers.INTEGERS, case, Pass.FORWARD).verdict.outcome is Outcome.CONFORMS
    direct = replace(case, geometry=replace(case.geometry, transposed=False, output_padding=()))
    verdict = ask(executor, Numbers.INTEGERS, direct, Pass.FORWARD).verdict
    assert (verdict.outcome, verdict.reason) == (
        Outcome.UNSUPPORTED,
        "UpsamplingConvTranspose2d is for transposed convolutions only, going by its name",
    )
