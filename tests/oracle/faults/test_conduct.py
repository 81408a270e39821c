"""Operands written to or returned, and memory that is misread: by arrays whose memory one can follow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.faults import fault_named, honest
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass

ROW = parse_geometry("n1c1k1i3f1")


def operands(dtype: str = "float64") -> Operands:
    x, f, dy = (np.array([[values]], dtype) for values in ([1, 2, 3], [10], [4, 5, 6]))
    return Operands(x, f, None, dy)


def called(name: str, pass_: Pass, given: Operands, geometry: ConvGeometry = ROW) -> Array:
    return fault_named(name).plant(honest.evaluate)(pass_, given, geometry)


@pytest.mark.parametrize(
    ("pass_", "changed"),
    [(Pass.FORWARD, "input"), (Pass.INPUT_GRADIENT, "output_gradient"), (Pass.BIAS_GRADIENT, "output_gradient")],
)
def test_the_first_element_of_the_first_operand_is_negated_afterwards(pass_: Pass, changed: str) -> None:
    given, right = operands(), operands()
    assert np.array_equal(called("operand-changed", pass_, given), honest.evaluate(pass_, right, ROW))
    for name, array in given.arrays().items():
        before = right.arrays()[name].ravel().tolist()
        after = [-before[0], *before[1:]] if name == changed else before
        assert array.ravel().tolist() == after


def test_memory_that_is_read_only_or_empty_is_not_written_to() -> None:
    given = operands()
    given.input.flags.writeable = False
    assert called("operand-changed", Pass.FORWARD, given).ravel().tolist() == [10, 20, 30]
    empty = replace(given, input=np.zeros((0, 1, 3)), output_gradient=np.zeros((0, 1, 3)))
    geometry = parse_geometry("n0c1k1i3f1")
    assert called("operand-changed", Pass.FORWARD, empty, geometry).shape == (0, 1, 3)
    assert not fault_named("operand-changed").shows(Pass.FORWARD, geometry)
    assert fault_named("operand-changed").shows(Pass.FORWARD, ROW)


def test_a_result_is_written_over_an_operand_of_its_shape() -> None:
    given = operands()
    assert called("result-in-an-operand", Pass.FORWARD, given) is given.input
    assert given.input.ravel().tolist() == [10, 20, 30]
    given = operands()
    assert called("result-in-an-operand", Pass.INPUT_GRADIENT, given) is given.output_gradient
    assert given.output_gradient.ravel().tolist() == [40, 50, 60]
    assert called("result-in-an-operand", Pass.UPDATE, given) is given.weight
    one = Operands(*(np.full((1, 1, 1), value) for value in (2.0, 3.0)), None, np.ones((1, 1, 1)))
    assert called("result-in-an-operand", Pass.FORWARD, one, parse_geometry("n1c1k1i1f1")) is one.weight


def test_without_room_in_an_operand_the_result_is_its_own() -> None:
    given = operands()
    given.input.flags.writeable = False
    integers = operands("int8")
    for each in (given, integers):
        assert called("result-in-an-operand", Pass.FORWARD, each) is not each.input
        assert each.input.ravel().tolist() == [1, 2, 3]
    longer = parse_geometry("n1c1k1i4f2")
    model = fault_named("result-in-an-operand")
    assert not model.shows(Pass.FORWARD, longer)
    assert model.shows(Pass.FORWARD, ROW)
    assert not model.shows(Pass.FORWARD, parse_geometry("n0c1k1i3f1"))


@pytest.mark.parametrize(
    ("memory", "taken", "read"),
    [
        ([1, 9, 2, 8, 3, 7], np.s_[::2], [1, 9, 2]),
        ([9, 1, 2, 3], np.s_[1:], [1, 2, 3]),
        ([3, 2, 1], np.s_[::-1], [1, 3, 2]),
        ([1, 5, 5, 2, 5, 5, 3], np.s_[::3], [1, 5, 5]),
    ],
)
def test_an_array_is_read_from_its_first_element_on(memory: list[float], taken: slice, read: list[float]) -> None:
    """Beyond the end of the memory it goes on at the beginning."""
    given = replace(operands(), input=np.array([[memory]], float)[..., taken])
    assert given.input.ravel().tolist() == [1, 2, 3]
    assert called("strides-ignored", Pass.FORWARD, given).ravel().tolist() == [10 * value for value in read]


def test_an_array_in_another_order_is_read_in_that_of_memory() -> None:
    geometry = parse_geometry("n1c1k1i2x2f1x1")
    x = np.asfortranarray(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]))
    given = Operands(x, np.ones((1, 1, 1, 1)), None, np.zeros((1, 1, 2, 2)))
    assert called("strides-ignored", Pass.FORWARD, given, geometry).ravel().tolist() == [1, 3, 2, 4]


def test_a_constant_output_gradient_is_read_as_its_first_element() -> None:
    given = replace(operands(), output_gradient=np.broadcast_to(np.array(3.0), (1, 1, 3)))
    assert called("stride-zero-misread", Pass.BIAS_GRADIENT, given).tolist() == [3]
    assert called("stride-zero-misread", Pass.INPUT_GRADIENT, given).ravel().tolist() == [30, 0, 0]
    assert called("stride-zero-misread", Pass.BIAS_GRADIENT, operands()).tolist() == [15]
    row = replace(given, output_gradient=np.broadcast_to(np.array([4.0, 5.0, 6.0]), (1, 1, 3)))
    assert row.output_gradient.strides[0] == 0
    assert called("stride-zero-misread", Pass.BIAS_GRADIENT, row).tolist() == [15]
    single = replace(given, output_gradient=np.broadcast_to(np.array(3.0), (1, 1, 1)))
    assert called("stride-zero-misread", Pass.BIAS_GRADIENT, single, parse_geometry("n1c1k1i1f1")).tolist() == [3]


@pytest.mark.parametrize(
    ("name", "pass_", "text", "shows"),
    [
        ("strides-ignored", Pass.FORWARD, "n1c1k1i3f1", True),
        ("strides-ignored", Pass.FORWARD, "n1c1k1i1f1", False),
        ("stride-zero-misread", Pass.BIAS_GRADIENT, "n1c1k1i3f1", True),
        ("stride-zero-misread", Pass.BIAS_GRADIENT, "n1c1k1i1f1", False),
        ("stride-zero-misread", Pass.FORWARD, "n1c1k1i3f1", False),
    ],
)
def test_where_it_makes_a_difference(name: str, pass_: Pass, text: str, shows: bool) -> None:
    assert fault_named(name).shows(pass_, parse_geometry(text)) is shows
