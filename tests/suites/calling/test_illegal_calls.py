"""Illegal calls as data: each is one step away from a legal one, says so, and is made of a candidate as it is."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Pass, shape_of
from convoracle.suites.calling.illegal_calls import IllegalCall, illegal_call, illegal_calls, make_illegal, unchecked
from convoracle.suites.calling.replies import Raised, Returned, Unsupported, WorkerReply
from convoracle.suites.candidates.loading.source import bind_object

EVERY = [call for rank in (1, 2, 3) for call in illegal_calls(rank)]


def test_each_call_has_a_subject_of_its_own_and_travels_as_json() -> None:
    assert len({call.subject for call in EVERY}) == len(EVERY)
    for call in EVERY:
        assert illegal_call(call.subject) is call
        assert unchecked(call.legal, json.loads(json.dumps(dict(call.settings)))) == unchecked(
            call.legal, dict(call.settings)
        )


@pytest.mark.parametrize("subject", ["stride 5 [forward, 2-D]", "stride 0 [forward, 9-D]", ""])
def test_what_is_no_subject_is_refused(subject: str) -> None:
    with pytest.raises(InvalidArgument, match="should be that of an illegal call") as raised:
        illegal_call(subject)
    assert repr(subject) in str(raised.value)


@pytest.mark.parametrize("call", EVERY, ids=lambda call: call.subject)
def test_what_is_told_is_what_is_wrong_and_nothing_else_is(call: IllegalCall) -> None:
    given, geometry = call.operands(), unchecked(call.legal, dict(call.settings))
    values = {name: getattr(geometry, name) for name, _ in call.settings}
    shapes = {
        f"{name}.shape": array.shape
        for name, array in given.arrays().items()
        if array.shape != shape_of(name, call.legal)
    }
    dtypes = {f"{name}.dtype": array.dtype for name, array in given.arrays().items() if array.dtype != np.float32}
    assert call.told in {f"{name}={value}" for name, value in {**values, **shapes, **dtypes}.items()}
    assert len(values) + len(dtypes) + len(shapes) == 1 or (len(values) == 1 and set(shapes) == {"weight.shape"})


@pytest.mark.parametrize("call", [call for call in EVERY if call.settings], ids=lambda call: call.subject)
def test_values_that_are_illegal_are_refused_by_a_geometry(call: IllegalCall) -> None:
    legal = {name: getattr(call.legal, name) for name in ConvGeometry.__dataclass_fields__}
    with pytest.raises(InvalidArgument):
        ConvGeometry(**legal | dict(call.settings))


@pytest.mark.parametrize("rank", [1, 2, 3, 6])
def test_there_are_the_same_in_every_rank_but_for_the_axes_of_gradients(rank: int) -> None:
    """Three gradients, each too large and too small on one axis more."""
    assert len(illegal_calls(rank)) == len(illegal_calls(1)) + 6 * (rank - 1)
    assert all(call.legal.rank == rank for call in illegal_calls(rank))


@pytest.mark.parametrize(
    ("subject", "told", "requirement"),
    [
        ("stride 0 [forward, 2-D]", "stride=(0, 0)", "should be at least 1"),
        (
            "groups that do not divide the input channels [forward, 1-D]",
            "groups=3",
            "should divide in_channels=4 and out_channels=6",
        ),
        ("negative padding [forward, 1-D]", "padding=((-1, -1),)", "should be at least 0"),
        ("negative dilation [input_gradient, 1-D]", "dilation=(-1,)", "should be at least 1"),
        ("groups 0 [weight_gradient, 1-D]", "groups=0", "should be at least 1"),
        ("bias too short [forward, 1-D]", "bias.shape=(5,)", "should be (6,)"),
        ("input of too few axes [forward, 2-D]", "input.shape=(2, 4, 6)", "should be (2, 4, 6, 5)"),
        ("weight of too few axes [forward, 1-D]", "weight.shape=(6, 4)", "should be (6, 4, 3)"),
        ("weight of too few channels [forward, 2-D]", "weight.shape=(6, 3, 3, 2)", "should be (6, 4, 3, 2)"),
        ("bias too long [forward, 1-D]", "bias.shape=(7,)", "should be (6,)"),
        (
            "output gradient too small on axis 2 [weight_gradient, 1-D]",
            "output_gradient.shape=(2, 6, 3)",
            "should be (2, 6, 4)",
        ),
        ("weight of another dtype [forward, 2-D]", "weight.dtype=float64", "should be that of input, float32"),
        (
            "output padding of a stride [forward, 2-D]",
            "output_padding=(2, 2)",
            "should be below the stride, (2, 2), or the dilation",
        ),
        ("transposed weight of too many channels [forward, 1-D]", "weight.shape=(5, 6, 3)", "should be (4, 6, 3)"),
    ],
)
def test_told_and_required(subject: str, told: str, requirement: str) -> None:
    call = illegal_call(subject)
    assert (call.told, call.requirement) == (told, requirement)


def test_unchecked_values_come_with_the_shapes_that_follow_and_the_legal_output() -> None:
    legal = illegal_calls(2)[0].legal
    geometry = unchecked(legal, {"stride": [0, -1], "groups": 2})
    assert (geometry.stride, geometry.groups, geometry.kernel) == ((0, -1), 2, legal.kernel)
    assert geometry.output_size == legal.output_size == (4, 4)
    assert geometry.weight_shape == (6, 2, 3, 2)
    assert (legal.stride, legal.groups) == ((1, 1), 1)


def made(function: Callable[..., object], call: IllegalCall, **attributes: object) -> WorkerReply:
    candidate = type("Candidate", (), {"forward": staticmethod(function), **attributes})()
    return make_illegal(
        bind_object(candidate), call.pass_, call.operands(), call.legal, dict(call.settings), call.needs
    )


STRIDE = illegal_call("stride 0 [forward, 2-D]")
WEIGHT = illegal_call("weight of one channel [forward, 2-D]")
BIAS = illegal_call("bias too short [forward, 2-D]")


def given_a_stride(input: Array, weight: Array, stride: tuple[int, ...]) -> Array:
    return np.array(stride)


def given_a_geometry(input: Array, weight: Array, geometry: ConvGeometry) -> Array:
    return np.array(geometry.stride)


def given_arrays(input: Array, weight: Array) -> Array:
    return np.array(weight.shape)


@pytest.mark.parametrize(
    ("function", "call", "validates", "returned"),
    [
        (given_a_stride, STRIDE, False, [0, 0]),
        (given_a_geometry, STRIDE, True, [0, 0]),
        (given_arrays, WEIGHT, False, [6, 1, 3, 2]),
    ],
)
def test_who_can_be_told_is_asked(
    function: Callable[..., object], call: IllegalCall, validates: bool, returned: list[int]
) -> None:
    reply = made(function, call, validates=validates)
    assert isinstance(reply, Returned)
    assert reply.value.tolist() == returned


@pytest.mark.parametrize(
    ("function", "call"), [(given_arrays, STRIDE), (given_a_geometry, STRIDE), (given_a_stride, BIAS)]
)
def test_who_cannot_be_told_is_not_asked(function: Callable[..., object], call: IllegalCall) -> None:
    assert made(function, call) == Unsupported("its parameters cannot express it")


def test_a_pass_that_it_does_not_have_is_not_asked() -> None:
    call = illegal_call("stride 0 [input_gradient, 2-D]")
    assert made(given_a_stride, call) == Unsupported("its parameters cannot express it")


@pytest.mark.parametrize("stride", [(1, 1), (0, 0)])
def test_who_declines_either_is_not_asked(stride: tuple[int, ...]) -> None:
    def limitation(self: object, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        return f"no stride of {stride}" if geometry.stride == stride else None

    assert made(given_a_stride, STRIDE, limitation=limitation) == Unsupported(f"no stride of {stride}")


def test_a_limitation_that_fails_says_nothing() -> None:
    """The call asks for it again, and tells its error."""

    def limitation(self: object, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        raise ZeroDivisionError("stride")

    reply = made(given_a_stride, STRIDE, limitation=limitation)
    assert isinstance(reply, Raised)
    assert reply.kind == "ZeroDivisionError"


def test_to_decline_in_the_call_is_a_refusal() -> None:
    def declining(input: Array, weight: Array, stride: tuple[int, ...]) -> Array:
        raise NotImplementedError("no such stride")

    assert made(declining, STRIDE) == Raised("NotImplementedError", "no such stride", "", 0.0)
