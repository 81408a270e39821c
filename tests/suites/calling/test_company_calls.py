"""The history of calls: which are made, in which order, and what is told of one that comes out otherwise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.operands.data import lattice_operands, parse_case, real_operands
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.calling.company import (
    IMAGE,
    LATTICE,
    REALS,
    SQUARE,
    CompanyCall,
    CompanyQuestion,
    CompanyReply,
    Deviation,
)
from convoracle.suites.calling.company_calls import keep_company
from convoracle.suites.calling.replies import Raised, Unsupported
from convoracle.suites.candidates.loading.source import bind_object

from ..stateful import FAULTY, Honest


def call(text: str, *, reals: bool = False) -> CompanyCall:
    case = parse_case(f"{text}/float32/uniform/3")
    return CompanyCall(real_operands(case) if reals else lattice_operands(case), case.geometry)


def question(pass_: Pass = Pass.FORWARD, **settings: bool) -> CompanyQuestion:
    calls = {
        LATTICE: call("n2c1k1i4f3"),
        REALS: call("n2c1k1i4f3", reals=True),
        IMAGE: call("n1c1k1i4f3"),
        SQUARE: call("n1c1k1i3f3p1"),
    }
    square = calls[SQUARE].operands
    calls[SQUARE] = CompanyCall(
        replace(square, weight=square.input, output_gradient=square.input), calls[SQUARE].geometry
    )
    return CompanyQuestion(pass_, calls, seed=1, **settings)


def deviations(candidate: object, asked: CompanyQuestion) -> tuple[Deviation, ...]:
    """What came out otherwise; not the results of companions, which are always told."""
    kept = keep_company(bind_object(candidate), asked)
    assert isinstance(kept, CompanyReply)
    return tuple(each for each in kept.deviations if each.expected is not None or each.cause != "order")


def history(asked: CompanyQuestion) -> list[str]:
    """Each call as it is announced, once."""
    announced: list[str] = []
    keep_company(bind_object(Honest()), asked, announce=lambda doing, at_once=1: announced.append(doing))
    return list(dict.fromkeys(announced))


@pytest.mark.parametrize("pass_", [Pass.FORWARD, Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT])
def test_of_an_honest_candidate_nothing_but_the_companions_results_is_told(pass_: Pass) -> None:
    kept = keep_company(bind_object(Honest()), question(pass_))
    assert isinstance(kept, CompanyReply)
    assert [(each.cause, each.call, each.expected) for each in kept.deviations] == [
        ("order", IMAGE, None),
        ("order", SQUARE, None),
    ]
    assert kept.deviations[0].told == "the call n1c1k1i4f3 in float32 after this one"


def test_the_history_in_its_order() -> None:
    """Those first that others rest on, and last the threads."""
    told = history(question())
    expected = [
        "making its first call",
        "making the same call again",
        "making the same call on reals",
        "making the same call again, for the 11th time",
        "making the call with the opposite input after the same with the first",
        "making the call with the opposite weight after the same with the first",
        "making the call n1c1k1i4f3 in float32 after this one",
        "making the same call after the call n1c1k1i3f3p1 in float32",
        "making the call on the same arrays with weight negated in place and back again",
        "making the call on new arrays where others were freed",
        "making the same call after the caller wrote into an earlier result",
        "making the call n1c1k1i4f3 in float32 with strides of 7 along axes of size 1",
        "making the call n1c1k1i3f3p1 in float32 with one array for input and weight",
        "making the same call after a call whose weight raises an error where it is read",
        "making the same call after a call whose input raises an error where it is read",
        "4 threads were making calls at once",
    ]
    assert [each for each in told if each in expected] == expected


def test_the_same_call_is_made_eleven_times_on_reals() -> None:
    told = history(question())
    assert [f"making the same call again, for the {n} time" in told for n in ("3rd", "4th", "11th", "12th")] == [
        True,
        True,
        True,
        False,
    ]


def test_images_are_asked_alone_where_that_is_declared_until_one_differs() -> None:
    class Fixed(Honest):
        def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
            result = np.zeros(geometry.output_shape, np.float32)
            result += np.arange(1, geometry.batch + 1)[:, None, None] if geometry.batch > 1 else 1
            return result

    asked = question(images_alone=True)
    (found,) = (each for each in deviations(Fixed(), asked) if each.cause == "batch")
    assert (found.told, found.call) == ("image 1 of the batch by itself", REALS)
    assert np.asarray(found.expected).tolist() == [[[2, 2]]]
    assert np.asarray(found.got).tolist() == [[[1, 1]]]
    assert not any("by itself" in each for each in history(question()))
    assert not any("by itself" in each for each in history(question(Pass.WEIGHT_GRADIENT, images_alone=True)))


@pytest.mark.parametrize("seed", range(5))
def test_two_mixtures_of_layouts_go_round_with_the_seed(seed: int) -> None:
    asked = replace(question(), seed=seed)
    mixtures = [each for each in history(asked) if each.endswith(" in memory")]
    assert len(mixtures) == 2
    for mixture in mixtures:
        layouts = [part.split()[-1] for part in mixture.removesuffix(" in memory").replace(" and ", ", ").split(", ")]
        assert len(layouts) == 2
        assert len(set(layouts)) == 2
        assert "broadcast" not in layouts


@pytest.mark.parametrize(
    ("candidate", "told"),
    [
        ("KeepsItsFirstInput", "the call with the opposite input after the same with the first"),
        ("KeyedByAddress", "the call on the same arrays with input negated in place"),
        ("ReturnsOneBuffer", "a returned array, as it is after later calls"),
        ("Accumulates", "the same call again"),
        ("HandsOutItsCache", "the same call after the caller wrote into an earlier result"),
        ("WrongFromTheEleventhCall", "the same call again, for the 9th time"),
        ("WrongAfterAnError", "the same call after a call whose weight raises an error where it is read"),
        ("ReadsStridesOfOne", "the same call with strides of 1 along axes of size 1"),
        ("TakesOneObjectForZero", "the call n1c1k1i3f3p1 in float32 with one array for input and weight"),
    ],
)
def test_a_deviation_tells_the_call_at_which_it_was_seen(candidate: str, told: str) -> None:
    kind = next(each for each in FAULTY if each.__name__ == candidate)
    pass_, cause = FAULTY[kind]
    first = deviations(kind(), question(pass_))[0]
    assert (first.cause, first.told) == (cause, told)


def test_what_was_expected_and_what_came_are_told() -> None:
    """The first result is 0, and each one is greater by one."""

    class Counts:
        calls = -1

        def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
            self.calls += 1
            return np.full(geometry.output_shape, float(self.calls))

    first = deviations(Counts(), question())[0]
    assert (first.cause, first.told, first.call) == ("repeat", "the same call again", LATTICE)
    assert isinstance(first.expected, np.ndarray)
    assert isinstance(first.got, np.ndarray)
    assert (set(first.expected.flat), set(first.got.flat)) == ({0}, {1})


def test_bits_that_may_differ_are_told_each_time_and_others_once() -> None:
    class Wavers:
        """By the bit of a call on reals, which has fractions."""

        calls = 0

        def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
            self.calls += 1
            wavering = 2.0**-20 * self.calls if (input % 1).any() else 0.0
            return np.full(geometry.output_shape, wavering)

    def told(*, bitwise: bool) -> list[str]:
        return [each.told for each in deviations(Wavers(), question(bitwise=bitwise)) if each.call == REALS]

    assert told(bitwise=True)[0] == "the same call again"
    assert "the same call again, for the 3rd time" not in told(bitwise=True)
    assert told(bitwise=False)[:2] == ["the same call again", "the same call again, for the 3rd time"]


def test_an_operand_that_is_changed_is_told_once() -> None:
    class Spoils:
        def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
            if input.flags.writeable:
                input[...] = 1
            return np.zeros(geometry.output_shape)

    first = deviations(Spoils(), question())[0]
    assert (first.cause, first.told, first.got) == ("mutation", "the same call again", "changed its operand input")


@pytest.mark.parametrize(
    ("error", "reply"),
    [(ValueError("no"), Raised), (NotImplementedError("no"), Unsupported)],
)
def test_a_first_call_that_brings_no_array_is_the_reply(error: Exception, reply: type) -> None:
    calls = 0

    def conv(input: Array, weight: Array) -> Array:
        nonlocal calls
        calls += 1
        raise error

    assert isinstance(keep_company(bind_object(conv), question()), reply)
    assert calls == 1


def test_a_companion_that_is_declined_is_left_out() -> None:
    class WholeBatches(Honest):
        def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
            if geometry.batch == 1:
                raise NotImplementedError("one image")
            return super().forward(input, weight, bias, geometry)

    kept = keep_company(bind_object(WholeBatches()), question())
    assert isinstance(kept, CompanyReply)
    assert kept.deviations == ()
