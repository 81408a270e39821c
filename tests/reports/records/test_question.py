"""Whether a mismatch that was read can be asked again: limits from both sides, and operands that give true verdicts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Numbers
from convoracle.oracle.problem.passes import Operands
from convoracle.reports import InvalidRecord, Mismatch, read_mismatch
from convoracle.reports.records import earlier
from convoracle.reports.records.question import check_question, check_values
from convoracle.reports.records.record import CheckInfo, kind_of
from convoracle.reports.records.serialization import ArrayFacts, StoredMismatch

CASE = "n1c1k1i4f2/float32/uniform/0"
FACTS = tuple(
    ArrayFacts(name, "float32", shape)
    for name, shape in (("input", (1, 1, 4)), ("weight", (1, 1, 2)), ("output_gradient", (1, 1, 3)))
)
EARLIER = ("structure", "forward", CASE)
CHECKS = {check.name: check for check in earlier.CHECKS} | {"relation": CheckInfo("relation")}


def mismatch(check="structure", **changes):
    """One on the numbers on which its check asks."""
    plain = Mismatch("x-1", "x", check, "forward", CASE, CASE, Verdict(Outcome.VIOLATES))
    return replace(plain, numbers=CHECKS[kind_of(check)].numbers, **changes)


def refusal_of(given, rate=0.5, arrays=FACTS, checks=CHECKS):
    """Why it cannot be asked, empty if it can."""
    try:
        check_question(StoredMismatch(given, rate, arrays), checks, file="f")
    except InvalidRecord as error:
        return str(error).removeprefix("f: ")
    return ""


def values_refused(given, *, input=(1, 2, 3, 4), weight=(1, 1), output_gradient=(1, 1, 1), rate=0.5, dtype="float32"):
    arrays = (np.array([[values]], dtype) for values in (input, weight))
    operands = Operands(*arrays, None, np.array([[output_gradient]], dtype), rate)
    try:
        check_values(given, operands, file="f")
    except InvalidRecord as error:
        return str(error).removeprefix("f: ")
    return ""


@pytest.mark.parametrize(
    ("check", "rate", "told"),
    [
        ("structure", 0.5, ""),
        ("structure", -64.0, ""),
        ("structure", 2.0**-14, ""),
        ("structure", 0.5 + 2.0**-14, ""),
        ("structure", 2.0**-15, "learning_rate: should be from 6.103515625e-05 to 64.0"),
        ("structure", 64.5, "learning_rate: should be from"),
        ("structure", 0.0, "learning_rate: should be from"),
        ("structure", float("nan"), "learning_rate: should be from"),
        ("structure", 0.5 + 2.0**-15, "learning_rate: should be a multiple of 6.103515625e-05"),
        ("precision", 0.5 + 2.0**-15, ""),
        ("precision", -0.1, ""),
        ("contamination", 0.1, "learning_rate: should be a multiple"),
    ],
)  # fmt: skip
def test_the_learning_rate_scales_exactly(check, rate, told):
    found = refusal_of(mismatch(check=check), rate)
    assert found.startswith(told)
    assert bool(found) == bool(told)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"after": (EARLIER,) * 16}, ""),
        ({"after": (EARLIER,) * 17}, "mismatch.after: should have at most 16 entries"),
        ({"after": (EARLIER, ("adjoint", "adjoint", CASE))}, "mismatch.after[1]: should be one of structure"),
        ({"after": (("structure", "adjoint", CASE),)}, "mismatch.after[0]: should be one of forward"),
        ({"after": (("structure", "jvp", f"n1c1k1i{2**24}f1/float32/uniform/0"),)}, ""),
        ({"after": (("structure", "jvp", f"n1c1k1i{2**24 + 1}f1/float32/uniform/0"),)},
         "mismatch.after[0]: should be a case of arrays of 16777216 elements at most"),
        ({"after": (("structure", "jvp", "hello"),)}, "mismatch.after[0]: should look like"),
        ({"case": "hello"}, "mismatch.case: should look like"),
        ({"case": CASE + "0" * 500}, "mismatch.case: should have at most 500 characters"),
        ({"subject": "frob"}, "mismatch.subject: should be one of forward"),
        ({"check": "relation:stride", "subject": "frob"}, ""),
        ({"check": "adjoint", "subject": "adjoint"}, ""),
        ({"check": "adjoint", "subject": "forward"}, "mismatch.subject: should be one of adjoint"),
        ({"subject": "jvp"}, "arrays: should hold a input_direction"),
        ({"case": "n1c1k1i4f2/bias/float32/uniform/0"}, "arrays: should hold a bias"),
        ({"case": "n1c1k1i4f2/float64/uniform/0"}, "arrays[0].dtype: input should be float64"),
    ],
)  # fmt: skip
def test_what_is_asked(changes, told):
    found = refusal_of(mismatch(**changes))
    assert found.startswith(told)
    assert bool(found) == bool(told)


@pytest.mark.parametrize("name", ["bias", "input_direction", "weight_direction", "bias_direction"])
def test_what_the_case_and_its_pass_do_not_have_is_not_there(name):
    found = refusal_of(mismatch(), arrays=(*FACTS, ArrayFacts(name, "float32", (1,))))
    assert found == f"arrays: should hold no {name}, as the case and its pass say"


def test_all_that_a_pass_of_second_order_takes_is_there():
    directions = ("bias", "input_direction", "weight_direction", "bias_direction")
    arrays = (*FACTS, *(ArrayFacts(name, "float32", ()) for name in directions))
    assert refusal_of(mismatch(subject="jvp", case="n1c1k1i4f2/bias/float32/uniform/0"), arrays=arrays) == ""
    assert refusal_of(mismatch(subject="jvp"), arrays=arrays).startswith("arrays: should hold no bias")
    assert refusal_of(mismatch(subject="jvp"), arrays=arrays[:3] + arrays[4:6]) == ""


def test_a_result_may_have_another_dtype_than_its_operands():
    assert refusal_of(mismatch(), arrays=(*FACTS, ArrayFacts("actual", "float64", (1, 1, 3)))) == ""


def test_a_pass_that_is_not_asked_of_a_dtype():
    arrays = tuple(replace(entry, dtype="int8") for entry in FACTS)
    found = refusal_of(mismatch(case="n1c1k1i4f2/int8/uniform/0", subject="update"), arrays=arrays)
    assert found == "mismatch.subject: should be a pass that is asked of int8, not 'update'"


def test_a_check_is_one_of_those_that_there_are():
    assert refusal_of(mismatch(check="relation:stride")) == ""
    far = {"reach": CheckInfo("reach")}
    assert refusal_of(mismatch(), checks=far) == "mismatch.check: should be one of reach, not 'structure'"


@pytest.mark.parametrize(
    ("check", "numbers"), [("structure", Numbers.REALS), ("adjoint", None), ("relation:x", Numbers.REALS)]
)
def test_a_record_does_not_say_on_what_a_check_asks(check, numbers):
    """Else a check of integers could be asked on reals, where honest results differ."""
    said = replace(mismatch(check=check, subject="adjoint" if check == "adjoint" else "forward"), numbers=numbers)
    assert refusal_of(said).startswith("mismatch.numbers: should be ")
    assert refusal_of(said, checks=None) == ""


@pytest.mark.parametrize(
    ("changes", "arrays", "told"),
    [
        ({}, {}, ""),
        ({}, {"input": (2**23, 2**23 - 1, 0, 0)}, ""),
        ({}, {"input": (2**23, 2**23, 0, 0)}, "operands: are too large: the terms of forward"),
        ({}, {"input": (2**23, -(2**23), 0, 0)}, "operands: are too large"),
        ({}, {"input": (0.5, 1, 1, 1)}, "input: should hold integers, for the check 'structure'"),
        ({}, {"weight": (np.inf, 1)}, "weight: should hold no NaN or Inf"),
        ({"check": "contamination"}, {"weight": (np.inf, 1)}, ""),
        ({"check": "contamination"}, {"weight": (np.nan, 0.5)}, "weight: should hold integers, for the check"),
        ({"check": "precision"}, {"input": (0.5, 1, 1, 1)}, ""),
        ({"check": "precision"}, {"input": (np.nan, 1, 1, 1)}, "input: should hold no NaN or Inf"),
        ({"check": "precision"}, {"input": (2.0**127, 2.0**126, 0, 0)}, ""),
        ({"check": "precision"}, {"input": (2.0**127, 2.0**127, 0, 0)}, "operands: are too large: the terms"),
        ({"check": "precision", "case": CASE.replace("uniform", "huge")}, {"input": (2.0**127, 2.0**127, 0, 0)}, ""),
        ({"check": "relation:stride"}, {"input": (np.nan, 0.5, 1, 1)}, ""),
        ({"subject": "update"}, {"weight": (2**23 - 6, 0)}, ""),
        ({"subject": "update"}, {"weight": (2**23 - 3, 0)}, "operands: are too large: the terms of update"),
        ({"check": "adjoint", "subject": "adjoint"}, {"output_gradient": (2**23, 2**23, 0)},
         "operands: are too large: the terms of input_gradient"),
    ],
)  # fmt: skip
def test_operands_whose_sums_are_exact_or_in_range(changes, arrays, told):
    """An update by one half has sums of 3, 4.5 and the weight, in units of one half."""
    found = values_refused(mismatch(**changes), **arrays)
    assert found.startswith(told)
    assert bool(found) == bool(told)


def test_a_check_that_nobody_knows_is_read_and_not_asked(writer, flipped):
    home = writer.add_mismatch(replace(flipped[0], check="frob", subject="anything"), flipped[1])
    assert read_mismatch(home)[0].check == "frob"
    with pytest.raises(InvalidRecord, match=r"mismatch\.check: should be one of structure, .*, not 'frob'"):
        read_mismatch(home, CHECKS)


def test_the_file_of_the_operands_is_named(writer, flipped):
    operands = replace(flipped[1].operands, weight=np.array([[[1, 0.5]]], np.float32))
    home = writer.add_mismatch(flipped[0], replace(flipped[1], operands=operands))
    with pytest.raises(InvalidRecord, match="weight: should hold integers, for the check 'structure'") as caught:
        read_mismatch(home)
    assert caught.value.file == str(home / "arrays.npz")


def test_float64_operands_whose_sums_leave_float64(writer, make_mismatch):
    mismatch, evidence = make_mismatch("n1c1k1i4f2/float64/uniform/0", "forward", ())
    for values in ([[[1e300, 1e300]]], [[[1e300, 1e-300]]]):
        weight = np.array(values)
        large = {name: array.astype(float) * 1e300 for name, array in evidence.operands.arrays().items()}
        operands = replace(evidence.operands, **{**large, "weight": weight})
        home = writer.add_mismatch(
            replace(mismatch, check="precision", numbers=Numbers.REALS), replace(evidence, operands=operands)
        )
        with pytest.raises(InvalidRecord, match=r"less than 2\*\*1024"):
            read_mismatch(home)
