"""The arrays of a mismatch: what is stored, what its description may say, and what of another file is refused."""

from __future__ import annotations

from dataclasses import replace

import ml_dtypes
import numpy as np
import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.reports import InvalidRecord
from convoracle.reports.records.evidence import (
    MAX_BYTES,
    case_geometry,
    case_layout,
    check_facts,
    describe,
    is_storable,
    load_arrays,
    named_arrays,
    save_arrays,
    subject_pass,
)
from convoracle.reports.records.serialization import ArrayFacts

REQUIRED = ("input", "weight", "output_gradient", "expected", "bound", "wrong")


def refusal_of(mismatch, facts):
    """What is wrong with a description of arrays, empty if nothing."""
    try:
        check_facts(mismatch, facts, file="f")
    except InvalidRecord as error:
        return str(error).removeprefix("f: arrays: ")
    return ""


def changed(facts, which, **changes):
    return tuple(replace(entry, **changes) if entry.name == which else entry for entry in facts)


@pytest.mark.parametrize("dtype", ["bool", "float16", "int64", "uint8", "complex64", "bfloat16", "float8_e4m3fn"])
def test_a_number_type_can_be_stored(dtype):
    own = getattr(ml_dtypes, dtype) if hasattr(ml_dtypes, dtype) else dtype
    assert is_storable(np.zeros(2, own))
    assert is_storable(np.zeros(2, own).astype(np.dtype(own).newbyteorder()))


@pytest.mark.parametrize("dtype", ["object", "U3", "longdouble", "M8[s]", "V4"])
def test_what_is_no_plain_number_type_cannot(dtype):
    assert not is_storable(np.zeros(2, dtype))


def test_what_is_not_there_or_has_no_plain_form_is_not_stored(flipped):
    _, evidence = flipped
    assert set(named_arrays(evidence)) == {*REQUIRED, "actual"}
    for actual in (None, np.array(["text"]), np.array([object()])):
        assert set(named_arrays(replace(evidence, actual=actual))) == set(REQUIRED)


def test_the_description_has_name_dtype_and_shape(flipped):
    facts = {entry.name: entry for entry in describe(flipped[1])}
    assert facts["input"] == ArrayFacts("input", "float32", (1, 1, 4))
    assert facts["wrong"] == ArrayFacts("wrong", "bool", (1, 1, 3))


def test_every_bit_of_a_number_is_kept(flipped, tmp_path):
    bits = np.arange(2**16, dtype=np.uint16).view(ml_dtypes.bfloat16)
    evidence = replace(flipped[1], actual=bits)
    save_arrays(tmp_path / "a.npz", evidence)
    read = load_arrays(tmp_path / "a.npz", describe(evidence), 0.25)
    assert read.actual.dtype == bits.dtype
    assert read.actual.tobytes() == bits.tobytes()
    assert read.operands.learning_rate == 0.25
    assert read.operands.bias is None
    assert read.actual.flags.writeable


@pytest.mark.parametrize(
    "array", [np.array(3.0), np.zeros((0, 2)), np.arange(6.0).reshape(2, 3).T, np.arange(6.0)[::2]]
)
def test_any_shape_and_layout_is_stored_in_c_order(flipped, tmp_path, array):
    evidence = replace(flipped[1], actual=array)
    save_arrays(tmp_path / "a.npz", evidence)
    read = load_arrays(tmp_path / "a.npz", describe(evidence), 0.5).actual
    assert (read.shape, read.tolist()) == (array.shape, array.tolist())
    assert read.flags.c_contiguous


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"shape": (1, 4, 1)}, "of shape (1, 1, 4), but should hold float32 of (1, 4, 1)"),
        ({"dtype": "int32"}, "holds float32 of shape (1, 1, 4), but should hold int32"),
        ({"shape": (1, 1, 5000)}, "bytes, but its shape (1, 1, 5000) needs 20000 and a header"),
        ({"name": "bias"}, "but should hold"),
    ],
)
def test_a_file_that_holds_something_else(flipped, tmp_path, changes, problem):
    save_arrays(tmp_path / "a.npz", flipped[1])
    with pytest.raises(InvalidRecord) as caught:
        load_arrays(tmp_path / "a.npz", changed(describe(flipped[1]), "input", **changes), 0.5)
    assert problem in str(caught.value)
    assert caught.value.file == str(tmp_path / "a.npz")


def test_a_file_that_is_not_there_or_no_archive(flipped, tmp_path):
    for content in (None, b"", b"PK"):
        if content is not None:
            (tmp_path / "a.npz").write_bytes(content)
        with pytest.raises(InvalidRecord):
            load_arrays(tmp_path / "a.npz", describe(flipped[1]), 0.5)


@pytest.mark.parametrize(
    ("name", "changes", "problem"),
    [
        ("input", {}, ""),
        ("actual", {"shape": (9, 9), "dtype": "complex128"}, ""),
        ("input", {"name": "frob"}, "the arrays lack input and hold 'frob'"),
        ("input", {"name": "weight"}, "the arrays lack input"),
        ("actual", {"name": "input"}, "the arrays are named twice"),
        ("actual", {"shape": (1,) * 16}, ""),
        ("actual", {"shape": (1,) * 17}, "but should have at most 16 sizes of at least 0"),
        ("actual", {"shape": (-1, 3)}, "but should have at most 16 sizes of at least 0"),
        ("actual", {"dtype": "object"}, "'actual'.dtype='object', but should be a number type that is kept"),
        ("input", {"shape": (1, 1, 5)}, "input.shape=(1, 1, 5), but should be (1, 1, 4) for n1c1k1i4f2"),
        ("expected", {"shape": (1, 1, 4)}, "expected.shape=(1, 1, 4), but should be (1, 1, 3) for n1c1k1i4f2"),
        ("expected", {"dtype": "float32"}, "expected.dtype='float32', but should be float64"),
        ("wrong", {"dtype": "uint8"}, "wrong.dtype='uint8', but should be bool"),
    ],
)
def test_a_description_that_the_case_cannot_have(flipped, name, changes, problem):
    found = refusal_of(flipped[0], changed(describe(flipped[1]), name, **changes))
    assert problem in found
    assert bool(found) == bool(problem)


def test_all_arrays_together_fit_into_memory(flipped):
    facts = describe(replace(flipped[1], actual=None))
    taken = 4 * (4 + 2 + 3) + 8 * 3 + 8 * 3 + 3
    room = MAX_BYTES - taken
    assert refusal_of(flipped[0], (*facts, ArrayFacts("actual", "int8", (room,)))) == ""
    told = f"the arrays take {MAX_BYTES + 1} bytes, but should take at most {MAX_BYTES}"
    assert refusal_of(flipped[0], (*facts, ArrayFacts("actual", "int8", (room + 1,)))) == told


def test_results_of_complex_operands_have_two_parts(make_mismatch):
    mismatch, evidence = make_mismatch("n1c1k1i4f2/complex64/uniform/0", "forward", ((0, 0, 1, 1),))
    assert refusal_of(mismatch, describe(evidence)) == ""
    real = changed(describe(evidence), "expected", shape=(1, 1, 3))
    assert "should be (1, 1, 3, 2)" in refusal_of(mismatch, real)


def test_a_result_of_no_pass_has_any_shape_but_one(flipped):
    mismatch = replace(flipped[0], check="adjoint", subject="adjoint")
    facts = describe(flipped[1])
    for name in ("expected", "bound", "wrong"):
        facts = changed(facts, name, shape=())
    assert refusal_of(mismatch, facts) == ""
    assert "bound.shape" in refusal_of(mismatch, changed(facts, "bound", shape=(1,)))


def test_the_geometry_and_the_layout_of_a_case():
    assert case_geometry("n1c1k1i4f2p1+0/bias/float32/uniform/0") == parse_geometry("n1c1k1i4f2p1+0")
    assert case_layout("n1c1k1i4f2/float32/uniform/0/fortran") == "fortran"
    assert case_layout("n1c1k1i4f2/float32/uniform/0") == case_layout("") == "contiguous"
    for case in ("", "hello", "/n1c1k1i4f2", "N1"):
        with pytest.raises(InvalidArgument, match="should look like"):
            case_geometry(case)


def test_the_pass_that_a_subject_names():
    assert subject_pass("jvp") is Pass.JVP
    assert subject_pass("adjoint") is subject_pass("JVP") is subject_pass("") is None
