"""A reproducer runs on its own, in a fresh process, and tells by its exit code whether the fault is still there."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import ml_dtypes
import numpy as np
import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.problem.passes import Operands
from convoracle.reports import Evidence, reproducer

WRONG_CALL = """
actual = np.zeros((1, 1, 3), dtype=input.dtype)
for p in range(3):
    actual[0, 0, p] = (input[0, 0, p : p + 2] * weight[0, 0, ::-1]).sum(dtype=input.dtype)
"""
RIGHT_CALL = WRONG_CALL.replace("[0, 0, ::-1]", "[0, 0]")


def run(script: str, folder=None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", *([str(folder / "reproduce.py")] if folder else ["-c", script])]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def evidence_of(values, taps, dtype, bound: float) -> Evidence:
    data, weight = np.array([[values]]).astype(dtype), np.array([[taps]]).astype(dtype)
    operands = Operands(data, weight, None, np.ones((1, 1, 3)).astype(dtype))
    x, f = data.astype(np.float64)[0, 0], weight.astype(np.float64)[0, 0]
    expected = np.array([[[x[p] * f[0] + x[p + 1] * f[1] for p in range(3)]]])
    wrong = np.array([[[x[p] * f[1] + x[p + 1] * f[0] for p in range(3)]]])
    return Evidence(operands, wrong.astype(dtype), expected, np.full((1, 1, 3), bound), np.ones((1, 1, 3), bool))


STRUCTURE = ([1, 2, 4, -8], [3, 5], np.float32, 0.0)
PRECISION = ([0.1, 1 / 3, -2.7e-5, 7.5e11], [0.3, 1e-7], np.float32, 1e-3)
BFLOAT16 = ([0.1, 1 / 3, 3.3895e38, -0.0], [0.3, 0.7], ml_dtypes.bfloat16, 0.01)


@pytest.mark.parametrize("values", [STRUCTURE, PRECISION, BFLOAT16], ids=["structure", "precision", "bfloat16"])
def test_it_reproduces_a_fault_and_not_its_absence(flipped, values):
    evidence = evidence_of(*values)
    done = run(reproducer(replace(flipped[0], call=WRONG_CALL), evidence))
    assert done.returncode == 1, done.stderr
    assert "reproduced: " in done.stdout
    assert "at [0, 0, 0]: actual" in done.stdout
    if values[-1] == 0:
        done = run(reproducer(replace(flipped[0], call=RIGHT_CALL), evidence))
        assert (done.returncode, done.stdout) == (0, "not reproduced: all 3 elements are right\n"), done.stderr


def test_it_needs_no_convoracle(flipped):
    script = reproducer(*flipped)
    assert "import convoracle" not in script
    assert "bound =" not in script


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, ml_dtypes.bfloat16, ml_dtypes.float8_e5m2])
def test_literals_keep_every_value(flipped, dtype):
    numbers = [0.0, -0.0, 1.0, -3.0, 0.1, 1e-5, 3e4, np.inf, -np.inf, np.nan, float(ml_dtypes.finfo(dtype).max)]
    values = np.array([[numbers[:4]]]).astype(dtype)
    expected = np.array([[numbers * 3]]).astype(dtype)
    mismatch, evidence = flipped
    evidence = replace(evidence, operands=replace(evidence.operands, input=values, weight=expected))
    script = reproducer(mismatch, evidence).split("learning_rate =")[0]
    names: dict[str, np.ndarray] = {}
    exec(script, names)
    for name, array in (("input", values), ("weight", expected)):
        assert names[name].dtype == array.dtype
        assert names[name].shape == array.shape
        finite = ~np.isnan(array.astype(np.float64))
        assert names[name][finite].tobytes() == array[finite].tobytes()


def test_large_arrays_are_loaded_from_the_file_beside_it(writer, make_mismatch):
    mismatch, evidence = make_mismatch("n1c2k2i40x40f3x3/float32/uniform/0", "forward", ((0, 1, 3, 4),))
    operands = Operands(*(array.astype(ml_dtypes.bfloat16) if array is not None else None for array in (
        evidence.operands.input, evidence.operands.weight, None, evidence.operands.output_gradient)))  # fmt: skip
    call = (
        "actual = np.load(Path(__file__).with_name('arrays.npz'))['actual']; assert input.dtype == ml_dtypes.bfloat16"
    )
    home = writer.add_mismatch(replace(mismatch, call=call), replace(evidence, operands=operands))
    done = run("", home)
    assert done.returncode == 1, done.stderr
    assert "reproduced: 1 of 2888 elements are wrong" in done.stdout
    assert len((home / "reproduce.py").read_text()) < 3000


@pytest.mark.parametrize(
    ("outcome", "call", "code", "words"),
    [
        (Outcome.CRASHED, "import os; os.abort()", -6, "expected to crash the process"),
        (Outcome.CRASHED, "pass", 0, "not reproduced: the call returned"),
        (Outcome.HUNG, "pass", 0, "expected not to return"),
        (Outcome.REFUSED, "raise ValueError('no')", 1, "expected to raise an error"),
        (Outcome.VIOLATES, "actual = input[:, :, :3]", 1, "returned memory of its operand input"),
        (Outcome.VIOLATES, "actual = None", 1, "returned a NoneType"),
        (
            Outcome.VIOLATES,
            "actual = np.zeros((1, 3), np.float64)",
            1,
            "returned shape (1, 3), but should be (1, 1, 3)",
        ),
        (Outcome.VIOLATES, "actual = np.zeros((1, 1, 3), 'f8')", 1, "returned dtype float64, but should be float32"),
        (Outcome.VIOLATES, "actual = np.zeros((1, 1, 3), 'f4'); weight[:] = 0", 1, "changed its operand weight"),
        (Outcome.VIOLATES, "actual = np.zeros((1, 1, 3), 'f4')", 0, "not reproduced: the result has the right form"),
    ],
)
def test_faults_that_are_not_in_the_values(flipped, outcome, call, code, words):
    mismatch = replace(flipped[0], verdict=Verdict(outcome, 'a "reason"\nof two lines'), call=call)
    done = run(reproducer(mismatch, replace(flipped[1], wrong=np.zeros((1, 1, 3), bool))))
    assert done.returncode == code, done.stderr
    assert words in done.stdout


def test_without_a_call_it_says_so(flipped):
    script = reproducer(replace(flipped[0], call=" "), flipped[1])
    assert "# The call that computes `actual`" in script
    done = run(script)
    assert done.returncode == 1
    assert "the call is missing" in done.stderr
    assert "reproduced:" not in done.stdout


def test_hostile_names_stay_in_comments(flipped):
    mismatch = replace(
        flipped[0], candidate='x"""\nraise SystemExit(9)\r\u2028raise SystemExit(8)', subject="\x0cimport os"
    )
    done = run(reproducer(mismatch, flipped[1]))
    assert done.returncode == 1
    assert "reproduced:" in done.stdout


def test_a_scalar_result(flipped):
    mismatch = replace(flipped[0], subject="adjoint", check="adjoint", call="actual = np.float64(3)")
    evidence = replace(flipped[1], expected=np.float64(2) * np.ones(()), wrong=np.ones((), bool), bound=np.zeros(()))
    done = run(reproducer(mismatch, evidence))
    assert done.returncode == 1
    assert "at []: actual 3.0, expected 2.0" in done.stdout
