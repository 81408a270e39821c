"""Faults of single values: the fixed ones by hand, and those whose number is read from the results."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from convoracle.oracle.faults import FaultModel
from convoracle.oracle.faults.pointwise import of_operands, of_results
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Array, Pass

GEOMETRY = parse_geometry("n1c1k1i8f1")
VALUES = [-2.5, -0.5, 0.5, 1.5, 2.5, 7.0, 130.0, 40000.0]


def results(right: list[float], actual: list[float]) -> dict[str, FaultModel]:
    """The models of results that are read from these, without the fixed ones."""
    fixed = {model.name for model in of_results(np.array([1.0]), np.array([1.0]))}
    return {
        model.name: model
        for model in of_results(np.array(right, float), np.array(actual, float))
        if model.name not in fixed
    }


def of_row(model: FaultModel, values: list[float], result_of: Callable[..., Array]) -> list[float]:
    """What a model makes of the results that they are, each an input times 1."""
    return result_of(model, Pass.FORWARD, f"n1c1k1i{len(values)}f1", input=values, weight=[1.0]).ravel().tolist()


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("negative-zero", [0, 0, 0.5, 1.5, 2.5, 7, 130, 40000]),
        ("positive-zero", [-2.5, -0.5, 0, 0, 0, 0, 0, 0]),
        ("absolute", [2.5, 0.5, 0.5, 1.5, 2.5, 7, 130, 40000]),
        ("negative-absolute", [-2.5, -0.5, -0.5, -1.5, -2.5, -7, -130, -40000]),
        ("whole", [-2, 0, 0, 1, 2, 7, 130, 40000]),
        ("nearest-whole", [-2, 0, 0, 2, 2, 7, 130, 40000]),
        ("whole-below", [-3, -1, 0, 1, 2, 7, 130, 40000]),
        ("sign-only", [-1, -1, 1, 1, 1, 1, 1, 1]),
        ("wraps-8", [-2, 0, 0, 1, 2, 7, 130 - 256, 40000 % 256]),
        ("wraps-16", [-2, 0, 0, 1, 2, 7, 130, 40000 - 65536]),
        ("clipped-0-1", [0, 0, 0.5, 1, 1, 1, 1, 1]),
        ("clipped-0-6", [0, 0, 0.5, 1.5, 2.5, 6, 6, 6]),
        ("clipped-0-127", [0, 0, 0.5, 1.5, 2.5, 7, 127, 127]),
        ("clipped-0-255", [0, 0, 0.5, 1.5, 2.5, 7, 130, 255]),
        ("clipped-1", [-1, -0.5, 0.5, 1, 1, 1, 1, 1]),
        ("clipped-6", [-2.5, -0.5, 0.5, 1.5, 2.5, 6, 6, 6]),
    ],
)
def test_what_is_done_to_a_value(name: str, changed: list[float], result_of: Callable[..., Array]) -> None:
    operand = {model.name: model for model in of_operands(Pass.FORWARD, GEOMETRY)}
    assert of_row(operand[f"input-{name}"], VALUES, result_of) == changed
    by_weight = result_of(operand[f"weight-{name}"], Pass.FORWARD, "n1c1k8i1f1", input=[1.0], weight=VALUES)
    assert by_weight.ravel().tolist() == changed
    result = {model.name: model for model in of_results(np.array([1.0]), np.array([1.0]))}
    if f"result-{name}" in result:
        assert of_row(result[f"result-{name}"], VALUES, result_of) == changed
    else:
        assert name in ("clipped-1", "clipped-6")


@pytest.mark.parametrize(
    ("pass_", "operands"),
    [
        (Pass.FORWARD, {"input", "weight"}),
        (Pass.WEIGHT_GRADIENT, {"input", "output_gradient"}),
        (Pass.BIAS_GRADIENT, {"output_gradient"}),
        (Pass.JVP, {"input", "weight"}),
    ],
)
def test_there_is_one_model_of_each_kind_for_each_factor(pass_: Pass, operands: set[str]) -> None:
    names = [model.name for model in of_operands(pass_, GEOMETRY)]
    assert len(set(names)) == len(names) == 18 * len(operands)
    assert {name.partition("-")[0] for name in names} == operands


def test_the_words_name_the_operand() -> None:
    told = {model.name: model.sentence for model in of_operands(Pass.BIAS_GRADIENT, GEOMETRY)}
    assert told["output_gradient-sign-only"] == "only the sign of an element of the output gradient counted"
    assert told["output_gradient-absolute"].startswith("elements of the output gradient had no sign")


def test_a_direction_is_changed_as_its_operand(result_of: Callable[..., Array]) -> None:
    model = next(each for each in of_operands(Pass.JVP, GEOMETRY) if each.name == "input-absolute")
    found = result_of(model, Pass.JVP, "n1c1k1i2f1", input_direction=[-1.0, 2.0], weight=[-3.0])
    assert found.ravel().tolist() == [-3, -6]


@pytest.mark.parametrize(
    ("right", "actual", "names"),
    [
        ([-5, 0, 5, 9], [-3, 0, 5, 7], {"result-clipped-above", "result-clipped-below", "result-clipped"}),
        ([-5, 0, 5, 7], [-3, 0, 5, 7], {"result-clipped-below"}),
        ([-3, 0, 5, 9], [-3, 0, 5, 7], {"result-clipped-above"}),
        ([-5, 0, 5, 9], [0, 0, 5, 7], {"result-clipped-above", "result-clipped"}),
        ([-5, 0, 5, 9], [0, 0, 5, 6], {"result-clipped-above"}),
        ([-5, 0, 5, 9], [-3, 0, 5, 6], {"result-clipped-above", "result-clipped-below", "result-clipped"}),
        ([-5, 0, 5, 9], [-5, 0, 5, 9], set()),
    ],
)
def test_where_results_are_clipped_is_read_from_them(
    right: list[float], actual: list[float], names: set[str], result_of: Callable[..., Array]
) -> None:
    found = {name: model for name, model in results(right, actual).items() if "clipped" in name}
    assert set(found) == names
    assert all(of_row(found[name], right, result_of) == actual for name in names & {"result-clipped"})


def test_one_of_the_bounds_alone(result_of: Callable[..., Array]) -> None:
    found = results([-5, 0, 5, 9], [-3, 0, 5, 7])
    assert of_row(found["result-clipped-above"], [-5, 0, 9], result_of) == [-5, 0, 7]
    assert of_row(found["result-clipped-below"], [-5, 0, 9], result_of) == [-3, 0, 9]
    assert of_row(found["result-clipped"], [-5, 0, 9], result_of) == [-3, 0, 7]
    assert found["result-clipped"].sentence == "results were clipped to [-3, 7]"


def test_small_results_that_became_zero(result_of: Callable[..., Array]) -> None:
    found = results([0.5, -1, 2, 0], [0, 0, 2, 0])["result-small-zero"]
    assert of_row(found, [-1, 1, 0.25, 1.5, -1.5], result_of) == [0, 0, 0, 1.5, -1.5]
    assert found.sentence == "small results were zero, those of a size of 1 among them"
    assert "result-small-zero" not in results([0.5, -1], [0, 0])
    assert "result-small-zero" not in results([0.5, 0], [0.5, 0])


def test_negative_results_times_a_factor(result_of: Callable[..., Array]) -> None:
    found = results([-4, -1, 2], [-1, -0.25, 2])["result-negative-scaled"]
    assert of_row(found, [-8, 8, 0], result_of) == [-2, 8, 0]
    assert found.sentence == "results below zero were multiplied by 0.25 (a leaky ReLU)"


@pytest.mark.parametrize("of_largest", [0.0, 4.0, -4.0, -4.0 * (1 + 2.0**-7), np.nan])
def test_a_factor_that_is_told_otherwise_or_is_rounding_is_none(of_largest: float) -> None:
    assert "result-negative-scaled" not in results([-1, -4, 2], [-1, of_largest, 2])


def test_results_that_are_nowhere_negative_have_no_slope() -> None:
    assert "result-negative-scaled" not in results([0, 1, 2], [0, 4, 2])
    assert not results([], [])


def test_it_shows_where_there_is_a_value() -> None:
    model = next(of_results(np.array([1.0]), np.array([1.0])))
    assert model.shows(Pass.UPDATE, parse_geometry("n0c1k1i3f1"))
    assert not model.shows(Pass.FORWARD, parse_geometry("n0c1k1i3f1"))


def test_the_result_keeps_its_dtype(result_of: Callable[..., Array]) -> None:
    model = {each.name: each for each in of_results(np.array([1.0]), np.array([1.0]))}["result-absolute"]
    found = result_of(model, Pass.FORWARD, "n1c1k1i2f1", "int8", input=[-1, 2], weight=[3])
    assert (found.dtype, found.ravel().tolist()) == (np.int32, [3, 6])
