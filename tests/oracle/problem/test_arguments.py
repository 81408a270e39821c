"""Arguments of a geometry: read as integers, or refused by name, value and what would be right."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.problem.arguments import integer, integers, is_scalar, on_every_axis, padding_sides, per_axis


def test_a_scalar_stands_for_every_axis() -> None:
    assert [is_scalar(value) for value in (1, None, (1,), [], "ab", np.array([1]))] == [True] * 2 + [False] * 4
    assert per_axis(3, 2) == (3, 3)
    assert per_axis((3,), 2) == (3,)


@pytest.mark.parametrize("value", [2, np.int8(2), np.array(2)])
def test_an_integer_is_a_python_one(value: object) -> None:
    read = integer("stride", value, 2)
    assert (read, type(read)) == (2, int)


def test_the_minimum_is_admitted_and_what_is_below_it_is_not() -> None:
    assert integers("size", (0, 10**20), minimum=0) == (0, 10**20)
    with pytest.raises(InvalidArgument, match=r"^size\[1\]=-1, but should be an integer of at least 0 \[ConvGeometry"):
        integers("size", (0, -1), minimum=0)


@pytest.mark.parametrize("value", [True, np.float64(2), 2.0, "2", None, (2,)])
def test_what_is_no_integer_is_refused(value: object) -> None:
    with pytest.raises(InvalidArgument, match=r"^stride=.*, but should be an integer of at least 1 ") as refusal:
        integer("stride", value, 1)
    assert refusal.value.value is value


def test_any_iterable_of_integers_will_do_and_is_read_once() -> None:
    assert integers("kernel", iter((3, 2)), minimum=1) == (3, 2)
    assert integers("kernel", np.array([3, 2]), minimum=1) == (3, 2)
    assert integers("kernel", (), minimum=1) == ()


def test_one_entry_of_another_type_is_read_as_if_it_stood_alone() -> None:
    read = integers("kernel", (3, np.int64(2)), minimum=1)
    assert (read, [type(each) for each in read]) == ((3, 2), [int, int])
    with pytest.raises(InvalidArgument, match=r"^kernel\[1\]=True, but should be an integer of at least 1 "):
        integers("kernel", (3, True), minimum=1)
    assert padding_sides(((1, 2), (np.int8(3), 4))) == ((1, 2), (3, 4))
    with pytest.raises(InvalidArgument, match=r"^padding\[1\]\[0\]=True, but should be an integer of at least 0 "):
        padding_sides(((1, 2), (True, 4)))


@pytest.mark.parametrize("values", [3, "33", b"33", None])
def test_what_has_no_entry_for_each_axis_is_refused(values: object) -> None:
    with pytest.raises(InvalidArgument, match="should be a tuple of integers, one for each axis"):
        integers("size", values, minimum=0)


@pytest.mark.parametrize(
    "padding",
    [((1, 0), (0, 2)), [[1, 0], [0, 2]], np.array([[1, 0], [0, 2]]), ((s for s in p) for p in ((1, 0), (0, 2)))],
)
def test_pairs_of_padding(padding: object) -> None:
    assert padding_sides(padding) == ((1, 0), (0, 2))


@pytest.mark.parametrize(
    ("padding", "told"),
    [
        (1, "padding=1, but should be a tuple of (low, high) pairs"),
        ((1,), "padding[0]=1, but should be a (low, high) pair"),
        (((0, 0), (1, 2, 3)), "padding[1]=(1, 2, 3), but should be a (low, high) pair"),
        (((0, 0), (1,)), "padding[1]=(1,), but should be a (low, high) pair"),
        (((0, -1),), "padding[0][1]=-1, but should be an integer of at least 0"),
        (((0.5, 0),), "padding[0][0]=0.5, but should be an integer of at least 0"),
        (("ab",), "padding[0]='ab', but should be a (low, high) pair"),
    ],
)
def test_other_padding_is_refused(padding: object, told: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        padding_sides(padding)
    assert told in str(refusal.value)


def test_scalars_and_symmetric_padding_are_held_on_every_axis() -> None:
    assert on_every_axis((5, 4), 3, (2, 1), (1, (0, 2)), 1, 0, transposed=False) == {
        "size": (5, 4),
        "kernel": (3, 3),
        "stride": (2, 1),
        "padding": ((1, 1), (0, 2)),
        "dilation": (1, 1),
        "output_padding": (0, 0),
    }
    assert on_every_axis(5, 3, 1, 2, 1, 0, transposed=False)["padding"] == ((2, 2),)


def test_a_named_padding_has_output_padding_where_the_kernel_does_not_reach_unless_more_is_said() -> None:
    for said, expected in ((0, 3), (4, 4)):
        axes = on_every_axis(4, 2, 5, "same_upper", 1, said, transposed=True)
        assert (axes["padding"], axes["output_padding"]) == (((0, 0),), (expected,))
