"""Ways to put a fault around an implementation, by one that only tells what it was given."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.faults import FAULT_MODELS
from convoracle.oracle.faults.model import Implementation, Kind, Needs
from convoracle.oracle.faults.planting import (
    BACKWARDS,
    CONVOLVING,
    EVERY,
    Change,
    along,
    altered,
    fitted,
    garbage,
    misreading,
    omitting,
    planting,
    probe,
    rearranging,
    resized,
    trailing,
    with_operands,
    with_result,
    wrong_conduct,
    wrong_geometry,
    wrong_terms,
)
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import ARRAYS, Array, Operands, Pass, shape_of

ROW = parse_geometry("n1c1k1i4f2")


def drawn(geometry: ConvGeometry = ROW) -> Operands:
    """Every array counted from 1 in order."""
    arrays: dict[str, Any] = {
        name: np.arange(1.0, 1 + np.prod(shape_of(name, geometry))).reshape(shape_of(name, geometry)) for name in ARRAYS
    }
    return Operands(**arrays)


def given_to(change: Change, pass_: Pass, geometry: ConvGeometry = ROW) -> tuple[Operands, ConvGeometry, Array]:
    """What a change gives the implementation, which returns numbers counted from 1, and what it makes of them."""
    seen: list[tuple[Operands, ConvGeometry]] = []

    def counting(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        seen.append((operands, geometry))
        shape = pass_.result_shape(geometry)
        return np.arange(1.0, 1 + np.prod(shape)).reshape(shape)

    result = change(counting, pass_, drawn(geometry), geometry)
    ((operands, given),) = seen
    return operands, given, result


def flat(array: Array | None) -> list[float]:
    assert array is not None
    return array.ravel().tolist()


def negated(implementation: Any, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    return -implementation(pass_, operands, geometry)


def test_the_groups_of_passes() -> None:
    assert set(EVERY) == set(Pass)
    assert set(CONVOLVING) == set(Pass) - {Pass.BIAS_GRADIENT}
    assert set(CONVOLVING) - set(BACKWARDS) == {
        Pass.FORWARD, Pass.JVP, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT,
    }  # fmt: skip


def test_a_change_is_planted_in_its_passes_and_the_right_one_is_left_as_it_is() -> None:
    faulty = planting(negated, (Pass.FORWARD,))(reference.evaluate)
    right = [reference.evaluate(pass_, drawn(), ROW) for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT)]
    assert flat(faulty(Pass.FORWARD, drawn(), ROW)) == flat(-right[0])
    assert flat(faulty(Pass.INPUT_GRADIENT, drawn(), ROW)) == flat(right[1])


def test_a_planted_fault_warns_of_no_overflow() -> None:
    def overflowing(*arguments: Any) -> Array:
        return np.array([1e300]) * 1e300 - np.array([1e300]) * 1e300

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        faulty = planting(lambda implementation, *given: implementation(*given), EVERY)(overflowing)
        assert np.isnan(faulty(Pass.FORWARD, drawn(), ROW))


def test_wrong_terms_show_where_they_make_a_difference() -> None:
    first_tap_twice = with_operands(lambda name, array, geometry: array * 2 if name == "weight" else array)
    model = wrong_terms("a", "b", "c", first_tap_twice, (Pass.FORWARD, Pass.WEIGHT_GRADIENT))
    assert (model.name, model.sentence, model.explanation, model.kind) == ("a", "b", "c", Kind.TERMS)
    assert model.passes == {Pass.FORWARD, Pass.WEIGHT_GRADIENT}
    assert model.shows(Pass.FORWARD, ROW)
    assert not model.shows(Pass.WEIGHT_GRADIENT, ROW)
    assert not model.shows(Pass.INPUT_GRADIENT, ROW)
    assert not model.shows(Pass.FORWARD, parse_geometry("n0c1k1i4f2"))
    assert model.misread is None


@pytest.mark.parametrize(("dtypes", "shows"), [(("complex64", "complex128"), True), (("complex64", "float32"), False)])
def test_a_fault_of_complex_numbers_only_is_looked_for_among_them(dtypes: tuple[str, ...], shows: bool) -> None:
    conjugated = with_operands(lambda name, array, geometry: np.conj(array))
    assert wrong_terms("a", "b", "c", conjugated, needs=Needs(dtypes=dtypes)).shows(Pass.FORWARD, ROW) is shows


def test_a_misread_geometry_is_told_if_it_is_not_enormous() -> None:
    def padded(geometry: ConvGeometry) -> ConvGeometry | None:
        return altered(geometry, size=tuple(60 * size for size in geometry.size))

    model = wrong_geometry("a", "b", "c", padded, (Pass.FORWARD,))
    assert model.misread is not None
    assert model.misread(parse_geometry("n1c1k1i9x9f2x2")) == parse_geometry("n1c1k1i540x540f2x2")
    assert model.misread(parse_geometry("n1c1k1i90x90f2x2")) is None
    large = wrong_geometry("a", "b", "c", lambda geometry: altered(geometry, batch=1), (Pass.FORWARD,))
    assert large.misread is not None
    assert large.misread(parse_geometry("n2c1k1i4096x2048f1x1")) == parse_geometry("n1c1k1i4096x2048f1x1")


def test_each_planted_conduct_has_a_memory_of_its_own() -> None:
    def make() -> Change:
        calls: list[Pass] = []

        def change(implementation: Any, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
            calls.append(pass_)
            return np.array(len(calls))

        return change

    model = wrong_conduct("a", "b", "c", make, (Pass.FORWARD,), lambda pass_, geometry: True, Needs(calls="again"))
    one, other = model.plant(reference.evaluate), model.plant(reference.evaluate)
    assert [int(planted(Pass.FORWARD, drawn(), ROW)) for planted in (one, one, other)] == [1, 2, 1]
    assert (model.kind, model.needs.calls) == (Kind.CONDUCT, "again")
    assert [model.shows(pass_, ROW) for pass_ in (Pass.FORWARD, Pass.JVP)] == [True, False]


@pytest.mark.parametrize("text", ["n1c1k1i4f2", "n2c1k1i100x100f1x1"])
@pytest.mark.parametrize("is_complex", [False, True])
def test_a_probe_is_integers_whose_sums_are_exact(text: str, is_complex: bool) -> None:
    geometry = parse_geometry(text)
    operands = probe(geometry, is_complex)
    for array in operands.arrays().values():
        parts = np.stack((array.real, array.imag)) if is_complex else array
        assert (parts == np.rint(parts)).all()
        assert (parts != 0).all()
        assert (parts < 0).any() or array.size < 4
    sizes = operands.map(lambda array: np.abs(array.real) + np.abs(array.imag))
    for pass_ in Pass:
        assert np.abs(reference.evaluate(pass_, sizes, geometry)).max() < 2**53
    assert np.abs(operands.input).max() > 2**15
    assert probe(geometry, is_complex) is operands


def test_another_geometry_reads_and_writes_arrays_of_the_right_shapes() -> None:
    shorter = misreading(lambda geometry: parse_geometry("n1c1k1i3f1"))
    operands, given, result = given_to(shorter, Pass.FORWARD)
    assert given == parse_geometry("n1c1k1i3f1")
    assert (flat(operands.input), flat(operands.weight), flat(operands.output_gradient)) == ([1, 2, 3], [1], [1, 2, 3])
    assert flat(result) == [1, 2, 3]
    longer = misreading(lambda geometry: parse_geometry("n1c1k1i4f2p1"))
    operands, _, result = given_to(longer, Pass.FORWARD)
    assert flat(operands.output_gradient) == [1, 2, 3, 0, 0]
    assert flat(result) == [1, 2, 3]
    assert flat(given_to(shorter, Pass.INPUT_GRADIENT)[2]) == [1, 2, 3, 0]


@pytest.mark.parametrize("other", [None, ROW])
def test_what_cannot_be_misread_is_right(other: ConvGeometry | None) -> None:
    for change in (misreading(lambda geometry: other), resized(lambda geometry: other)):
        operands, given, result = given_to(change, Pass.FORWARD)
        assert given == ROW
        assert flat(operands.input) == [1, 2, 3, 4]
        assert flat(result) == [1, 2, 3]


def test_a_result_of_another_size_keeps_it() -> None:
    operands, given, result = given_to(resized(lambda geometry: altered(geometry, stride=(2,))), Pass.FORWARD)
    assert given == parse_geometry("n1c1k1i4f2s2")
    assert flat(operands.output_gradient) == [1, 2, 3]
    assert flat(result) == [1, 2]


def test_a_geometry_is_altered_where_that_is_legal() -> None:
    assert altered(ROW, stride=(2,)) == parse_geometry("n1c1k1i4f2s2")
    assert altered(ROW, stride=(1,), batch=1) is ROW
    assert altered(ROW, stride=(1,), batch=2) == parse_geometry("n2c1k1i4f2")
    assert altered(ROW, stride=(0,)) is None


@pytest.mark.parametrize(
    ("shape", "numbers"),
    [
        ((2, 3), [1, 2, 3, 4, 5, 6]),
        ((1, 2), [1, 2]),
        ((3, 2), [1, 2, 4, 5, 0, 0]),
        ((2, 0), []),
        ((1, 4), [1, 2, 3, 0]),
    ],
)
def test_an_array_is_cut_off_or_continued_with_zeros(shape: tuple[int, ...], numbers: list[int]) -> None:
    array = np.arange(1, 7, dtype=np.int8).reshape(2, 3)
    found = fitted(array, shape)
    assert (found.shape, found.dtype, flat(found)) == (shape, np.int8, numbers)


def test_a_direction_is_changed_as_its_operand() -> None:
    tenfold = with_operands(lambda name, array, geometry: 10 * array if name in ("weight", "bias") else array)
    operands, _, result = given_to(tenfold, Pass.FORWARD)
    assert (flat(operands.weight), flat(operands.weight_direction)) == ([10, 20], [10, 20])
    assert (flat(operands.bias), flat(operands.bias_direction)) == ([10], [10])
    assert flat(operands.input) == flat(operands.input_direction) == [1, 2, 3, 4]
    assert flat(result) == [1, 2, 3]


def test_a_result_is_changed_afterwards() -> None:
    change = with_result(lambda result, pass_, geometry: result * 10 + len(str(pass_)))
    assert flat(given_to(change, Pass.JVP)[2]) == [13, 23, 33]


def rolled(array: Array, geometry: ConvGeometry) -> Array:
    return np.roll(array, 1, -1)


def rolled_back(array: Array, geometry: ConvGeometry) -> Array:
    return np.roll(array, -1, -1)


@pytest.mark.parametrize(
    ("name", "pass_", "result"),
    [
        ("input", Pass.FORWARD, [1, 2, 3]),
        ("input", Pass.INPUT_GRADIENT, [2, 3, 4, 1]),
        ("input", Pass.DOUBLE_BACKWARD_INPUT, [2, 3, 4, 1]),
        ("weight", Pass.WEIGHT_GRADIENT, [2, 1]),
        ("weight", Pass.UPDATE, [2, 1]),
        ("weight", Pass.INPUT_GRADIENT, [1, 2, 3, 4]),
        ("output_gradient", Pass.FORWARD, [2, 3, 1]),
        ("output_gradient", Pass.JVP, [2, 3, 1]),
        ("output_gradient", Pass.WEIGHT_GRADIENT, [1, 2]),
        ("bias", Pass.BIAS_GRADIENT, [1]),
    ],
)
def test_what_is_read_in_other_places_is_written_there(name: str, pass_: Pass, result: list[int]) -> None:
    operands, _, found = given_to(rearranging(name, rolled, rolled_back), pass_)
    expected = drawn()
    for each, array in operands.arrays().items():
        right = expected.arrays()[each]
        assert flat(array) == flat(rolled(right, ROW) if each.removesuffix("_direction") == name else right)
    assert flat(found) == result


def test_a_permutation_is_its_own_inverse_unless_another_is_given() -> None:
    def reversed_(array: Array, geometry: ConvGeometry) -> Array:
        return array[..., ::-1]

    assert flat(given_to(rearranging("input", reversed_), Pass.INPUT_GRADIENT)[2]) == [4, 3, 2, 1]


def last(shape: tuple[int, ...], geometry: ConvGeometry) -> Array:
    return along(len(shape) - 1, trailing(shape[-1], shape[-1] - 1), len(shape))


@pytest.mark.parametrize(
    ("name", "pass_", "read", "result"),
    [
        ("input", Pass.FORWARD, {"input": [1, 2, 3, 0], "input_direction": [1, 2, 3, 0]}, [1, 2, 3]),
        ("input", Pass.INPUT_GRADIENT, {"input": [1, 2, 3, 0], "input_direction": [1, 2, 3, 0]}, [1, 2, 3, 0]),
        ("output_gradient", Pass.FORWARD, {"output_gradient": [1, 2, 0]}, [1, 2, 0]),
        ("weight", Pass.WEIGHT_GRADIENT, {"weight": [1, 0], "weight_direction": [1, 0]}, [1, 0]),
        ("weight", Pass.UPDATE, {"weight_direction": [1, 0]}, [1, 2]),
    ],
)
def test_what_takes_no_part_is_read_as_zero_and_never_written(
    name: str, pass_: Pass, read: dict[str, list[int]], result: list[int]
) -> None:
    """Of an update the old weight stays: it is 2, as what the implementation returns there."""
    operands, _, found = given_to(omitting(name, last), pass_)
    for each, array in operands.arrays().items():
        assert flat(array) == read.get(each, flat(drawn().arrays()[each])), each
    assert flat(found) == result


def test_an_update_keeps_the_old_weight_where_nothing_is_written() -> None:
    def tenfold(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        return 10 * operands.weight

    assert flat(omitting("weight", last)(tenfold, Pass.UPDATE, drawn(), ROW)) == [10, 2]


@pytest.mark.parametrize("mask", [None, np.zeros((1, 1, 1), bool)])
def test_without_a_mask_nothing_is_omitted(mask: Array | None) -> None:
    operands, _, result = given_to(omitting("input", lambda shape, geometry: mask), Pass.INPUT_GRADIENT)
    assert flat(operands.input) == flat(result) == [1, 2, 3, 4]


def test_masks_of_an_axis() -> None:
    assert trailing(4, 2).tolist() == [False, False, True, True]
    assert trailing(2, 2).tolist() == [False, False]
    assert along(1, trailing(3, 1), 4).shape == (1, 3, 1, 1)
    assert along(3, trailing(3, 1), 4).shape == (1, 1, 1, 3)


@pytest.mark.parametrize("dtype", ["float16", "int8", "complex64"])
def test_garbage_is_small_and_never_zero(dtype: str) -> None:
    found = garbage((2, 3), np.dtype(dtype))
    assert (found.dtype, found.tolist()) == (np.dtype(dtype), [[3, 4, 5], [6, 7, 3]])
    assert garbage((0, 2), np.dtype(dtype)).shape == (0, 2)


@pytest.mark.parametrize(
    "change",
    [
        rearranging("input", rolled, rolled_back),
        omitting("weight", last),
        misreading(lambda geometry: parse_geometry("n1c1k1i3f1")),
    ],
)
def test_operands_are_left_as_they_are(change: Change) -> None:
    operands = drawn()
    change(reference.evaluate, Pass.WEIGHT_GRADIENT, operands, ROW)
    assert all((array == drawn().arrays()[name]).all() for name, array in operands.arrays().items())


@pytest.mark.parametrize("text", ["n2c2k4i4x5f1x1s2x1p1x1", "n1c2k2i3x4f2x3p1x0+1d2x1g2", "n2c2k3i3f2s2to1"])
def test_a_fault_shows_where_it_changes_what_the_reference_gives(text: str) -> None:
    """Of a call that it leaves as it is, the result is remembered: that may not hide what it does change."""
    geometry = parse_geometry(text)
    of_terms = [model for model in FAULT_MODELS if model.kind is Kind.TERMS and "float64" in model.needs.dtypes]
    shown = 0
    for model in of_terms:
        faulty = model.plant(reference.evaluate)
        for pass_ in model.passes:
            right = reference.evaluate(pass_, probe(geometry), geometry)
            differs = not np.array_equal(faulty(pass_, probe(geometry), geometry), right)
            assert model.shows(pass_, geometry) == differs, (model.name, pass_)
            shown += differs
    assert len(of_terms) > 100
    assert 100 < shown < 0.9 * sum(len(model.passes) for model in of_terms)


def test_a_step_of_another_length_is_another_call() -> None:
    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        return implementation(pass_, replace(operands, learning_rate=2 * operands.learning_rate), geometry)

    model = wrong_terms("doubled", "the step is doubled", "", change, (Pass.UPDATE, Pass.FORWARD))
    assert model.shows(Pass.UPDATE, ROW)
    assert not model.shows(Pass.FORWARD, ROW)
