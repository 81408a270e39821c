"""A run folder keeps all that was finished, whatever stops the run, and refuses what it did not write."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace

import ml_dtypes
import numpy as np
import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.numbers.dtypes import COMPONENTS, DTYPES
from convoracle.oracle.operands.data import lattice_operands, parse_case, real_operands
from convoracle.oracle.problem.passes import Pass, is_defined
from convoracle.reports import (
    Evidence,
    InvalidRecord,
    Mismatch,
    RunWriter,
    Witness,
    read_mismatch,
    read_records,
    read_run,
)
from convoracle.reports.records.migration import CHECKS

TORCH = "records/torch-0.unfinished.jsonl"


def assert_same(found, again):
    mismatch, evidence = found
    assert again[0] == mismatch
    for name, array in evidence.operands.arrays().items():
        read = again[1].operands.arrays()[name]
        assert read.dtype == array.dtype
        assert read.tobytes() == array.tobytes()
    for name in ("actual", "expected", "bound", "wrong"):
        array, read = getattr(evidence, name), getattr(again[1], name)
        if array is None:
            assert read is None
            continue
        assert read.dtype == array.dtype
        np.testing.assert_array_equal(read, array)
    assert again[1].operands.learning_rate == evidence.operands.learning_rate


def test_a_whole_run(writer, info, record, flipped):
    writer.append(record)
    writer.append(replace(record, candidate="reference"))
    home = writer.add_mismatch(*flipped)
    writer.finish(12.5, False)
    run = read_run(writer.folder)
    assert (run.info, run.finished, run.seconds, run.notes) == (info, True, 12.5, ())
    assert [case.candidate for case in read_records(writer.folder)] == ["reference", "torch"]
    assert (run.totals.records, run.totals.cases) == (2, 1)
    assert run.mismatches == (flipped[0],)
    assert sorted(path.name for path in home.iterdir()) == ["arrays.npz", "mismatch.json", "reproduce.py"]
    assert_same(flipped, read_mismatch(home))
    assert_same(flipped, read_mismatch(home / "mismatch.json"))


@pytest.mark.parametrize("dtype", [np.float64, np.float16, ml_dtypes.bfloat16, ">f4"])
@pytest.mark.parametrize("geometry", ["n1c1k1i4f2", "n0c2k2i3x3f2x2", "n2c2k4i3x4x5f2x2x2g2"])
def test_arrays_of_every_dtype(writer, make_mismatch, geometry, dtype):
    mismatch, evidence = make_mismatch(f"{geometry}/{np.dtype(dtype).name}/uniform/0", "forward", ())
    operands = evidence.operands
    cast = {name: array.astype(dtype) for name, array in operands.arrays().items()}
    evidence = replace(evidence, operands=replace(operands, **cast), actual=evidence.actual.astype(dtype))
    again = read_mismatch(writer.add_mismatch(mismatch, evidence))[1]
    assert again.operands.input.dtype.name == np.dtype(dtype).name
    np.testing.assert_array_equal(again.operands.input.astype(float), cast["input"].astype(float))
    np.testing.assert_array_equal(again.actual.astype(float), evidence.actual.astype(float))


def test_an_actual_of_a_dtype_that_no_case_has(writer, flipped):
    mismatch, evidence = flipped
    actual = evidence.actual.astype(ml_dtypes.float8_e4m3fn)
    again = read_mismatch(writer.add_mismatch(mismatch, replace(evidence, actual=actual)))[1]
    assert again.actual.dtype == actual.dtype
    np.testing.assert_array_equal(again.actual.astype(float), actual.astype(float))


def test_arrays_that_are_views_and_an_actual_that_cannot_be_kept(writer, flipped):
    mismatch, evidence = flipped
    turned = replace(evidence.operands, input=evidence.operands.input[:, :, ::-1])
    odd = replace(evidence, operands=turned, actual=np.array([object()]))
    again = read_mismatch(writer.add_mismatch(mismatch, odd))[1]
    assert again.actual is None
    np.testing.assert_array_equal(again.operands.input, turned.input)


def test_killed_while_writing(tmp_path, info):
    """The parent reads what the child had appended when kill -9 reached it."""
    script = """
import os, signal, sys
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import *
writer = RunWriter.create(sys.argv[1], RunInfo(1, "quick", (), "", "", ()))
for number in range(50):
    result = CheckResult("structure", "forward", Verdict(Outcome.CONFORMS))
    writer.append(CaseRecord(f"n1c1k1i4f2-{number}", "x", (result,)))
os.kill(os.getpid(), signal.SIGKILL)
"""
    out = tmp_path / "out"
    done = subprocess.run([sys.executable, "-c", script, str(out)], check=False)
    assert done.returncode == -signal.SIGKILL
    run = read_run(out)
    assert run.totals.records == len(list(read_records(out))) == 50
    assert not run.finished
    assert "did not come to its end" in run.notes[0]


def test_one_torn_last_line(writer, record):
    """Also one that tells what records have in common, of which the record itself is not there yet."""
    writer.append(record)
    path = writer.folder / TORCH
    before = path.read_bytes()
    writer.append(replace(record, results=record.results[1:]))
    whole = path.read_bytes()
    lines = before.count(b"\n")
    assert whole.count(b"\n") == lines + 2
    for cut in range(1, len(whole) - len(before)):
        path.write_bytes(whole[:-cut])
        run = read_run(writer.folder)
        assert run.totals.records == 1
        if whole[:-cut].endswith(b"\n"):
            assert len(run.notes) == 1
        else:
            number = lines + whole[len(before) : -cut].count(b"\n") + 1
            assert (
                run.notes[0] == f"Line {number} of torch-0.unfinished.jsonl, the last one, was cut off and is left out."
            )


def test_other_damage_is_refused_with_its_line(writer, record):
    for _ in range(3):
        writer.append(record)
    path = writer.folder / TORCH
    lines = path.read_bytes().splitlines(keepends=True)
    second = len(lines) - 2
    path.write_bytes(b"".join((*lines[:second], lines[second][:40] + b"\n", lines[-1])))
    with pytest.raises(InvalidRecord, match=rf"torch-0\.unfinished\.jsonl:{second + 1}:\d+: is not JSON"):
        read_run(writer.folder)
    path.write_bytes(b"".join((*lines[:second], b"\n", lines[-1])))
    with pytest.raises(InvalidRecord, match=rf"torch-0\.unfinished\.jsonl:{second + 1}:"):
        read_run(writer.folder)


def test_a_record_of_a_case_that_is_none_is_counted_but_not_given(writer, record):
    writer.append(record)
    path = writer.folder / TORCH
    path.write_text(path.read_text().replace("n1c1k1i4f2", "i4f2"))
    assert read_run(writer.folder).totals.records == 1
    with pytest.raises(
        InvalidRecord, match=r"torch-0\.unfinished\.jsonl: case: should be a case of which forward has a result"
    ):
        list(read_records(writer.folder))


def test_interrupted(writer, record):
    writer.append(record)
    writer.finish(3.0, True)
    run = read_run(writer.folder)
    assert (run.finished, run.seconds) == (False, 3.0)
    assert "interrupted" in run.notes[0]


def test_a_mismatch_that_was_being_written(writer, flipped):
    writer.add_mismatch(*flipped)
    (writer.folder / "mismatches" / ".partial-torch-forward-2").mkdir()
    run = read_run(writer.folder)
    assert [mismatch.id for mismatch in run.mismatches] == [flipped[0].id]
    assert "torch-forward-2" in run.notes[0]


def test_a_candidate_that_says_more_than_can_be_read_back(writer, record, flipped):
    long = "\U0001f600" * 2_000_000
    said = Verdict(Outcome.REFUSED, f"raised {long}", long)
    writer.append(replace(record, results=(replace(record.results[0], verdict=said),)))
    witness = Witness("tensorflow", Outcome.REFUSED, long)
    writer.add_mismatch(replace(flipped[0], verdict=said, witnesses=(witness,)), flipped[1])
    run = read_run(writer.folder)
    ((kept,),), (mismatch,) = (record.results for record in read_records(writer.folder)), run.mismatches
    assert kept.verdict == mismatch.verdict
    assert kept.verdict.reason == f"raised {long}"[:1999] + "…"
    for text in (kept.verdict.cause, mismatch.witnesses[0].note):
        assert text == long[:1999] + "…"


def test_a_text_of_just_the_length_that_is_kept(writer, record):
    said = Verdict(Outcome.REFUSED, "x" * 2000)
    whole = replace(record, results=(replace(record.results[0], verdict=said),))
    writer.append(whole)
    assert list(read_records(writer.folder)) == [whole]


def test_stray_files_among_the_mismatches(writer, flipped):
    writer.add_mismatch(*flipped)
    for name in (".DS_Store", "Thumbs.db"):
        (writer.folder / "mismatches" / name).write_bytes(b"\0\1")
    run = read_run(writer.folder)
    assert run.mismatches == (flipped[0],)
    (writer.folder / "mismatches" / "empty").mkdir()
    with pytest.raises(InvalidRecord, match="no such file"):
        read_run(writer.folder)


def test_a_full_disk_leaves_whole_lines(writer, record, monkeypatch):
    writer.append(record)
    write = os.write

    def short_write(descriptor, data):
        if len(data) < 100:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[: len(data) - 50])

    monkeypatch.setattr(os, "write", short_write)
    with pytest.raises(OSError, match="No space"):
        writer.append(record)
    monkeypatch.undo()
    writer.append(record)
    writer.append(record)
    assert read_run(writer.folder).totals.records == 3
    assert (writer.folder / TORCH).read_text().count('"document":"records"') == 2


def test_an_occupied_folder_is_refused(tmp_path, info):
    (tmp_path / "thesis.tex").write_text("mine")
    for replaced in (False, True):
        with pytest.raises(InvalidArgument, match=r"should be new, empty, or the folder of an earlier run"):
            RunWriter.create(tmp_path, info, replace=replaced)
    assert (tmp_path / "thesis.tex").read_text() == "mine"


def test_an_earlier_run_is_replaced_only_when_asked(writer, info, record, flipped):
    writer.append(record)
    writer.add_mismatch(*flipped)
    writer.close()
    (writer.folder / "notes.txt").write_text("mine")
    with pytest.raises(InvalidArgument, match="holds an earlier run"):
        RunWriter.create(writer.folder, info)
    with RunWriter.create(writer.folder, info, replace=True):
        run = read_run(writer.folder)
    assert (run.totals.records, run.mismatches) == (0, ())
    assert (writer.folder / "notes.txt").read_text() == "mine"


def test_a_folder_that_another_run_is_writing(writer, info, record):
    writer.append(record)
    for replaced in (False, True):
        with pytest.raises(InvalidArgument, match="is being written by another run") as caught:
            RunWriter.create(writer.folder, info, replace=replaced)
        assert caught.value.where == "RunWriter.create"
    writer.append(record)
    assert read_run(writer.folder).totals.records == 2
    writer.close()
    writer.close()
    with RunWriter.create(writer.folder, info, replace=True):
        assert list(read_records(writer.folder)) == []


def test_two_processes_and_one_folder(tmp_path, info):
    """The lock is another process's until that dies; a refused run leaves a new folder's first run alone."""
    script = """
import sys
from convoracle.reports import *
writer = RunWriter.create(sys.argv[1], RunInfo(1, "quick", (), "", "", ()))
print("ready", flush=True)
sys.stdin.read()
"""
    out = tmp_path / "out"
    command = [sys.executable, "-c", script, str(out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        with pytest.raises(InvalidArgument, match="is being written by another run"):
            RunWriter.create(out, info, replace=True)
        assert read_run(out).info.seed == 1
        process.kill()
    with RunWriter.create(out, info, replace=True):
        assert read_run(out).info == info


def test_a_refused_folder_is_not_locked(writer, info, tmp_path):
    writer.close()
    with pytest.raises(InvalidArgument, match="holds an earlier run"):
        RunWriter.create(writer.folder, info)
    RunWriter.create(writer.folder, info, replace=True).close()
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(InvalidArgument, match="should be new, empty"):
        RunWriter.create(tmp_path, info)
    assert not (tmp_path / ".lock").exists()


def test_a_folder_with_nothing_but_a_lock_is_empty(tmp_path, info):
    (tmp_path / ".lock").touch()
    with RunWriter.create(tmp_path, info):
        assert read_run(tmp_path).info == info


def test_a_mismatch_is_replaced_and_discarded(writer, flipped):
    mismatch, evidence = flipped
    writer.add_mismatch(mismatch, evidence)
    writer.add_mismatch(replace(mismatch, needs=("padding",)), evidence)
    assert [each.needs for each in read_run(writer.folder).mismatches] == [("padding",)]
    writer.discard_mismatch(mismatch.id)
    writer.discard_mismatch(mismatch.id)
    assert read_run(writer.folder).mismatches == ()
    with pytest.raises(InvalidRecord):
        writer.discard_mismatch("..")


def test_mismatches_are_in_the_order_of_their_numbers(writer, flipped):
    for number in (10, 2, 1):
        writer.add_mismatch(replace(flipped[0], id=f"torch-forward-{number}"), flipped[1])
    found = read_run(writer.folder).mismatches
    assert [mismatch.id for mismatch in found] == ["torch-forward-1", "torch-forward-2", "torch-forward-10"]


NUMBERS = {check.name: check.numbers for check in CHECKS}
SUBJECTS = [
    ("structure", Pass.FORWARD),
    ("structure", Pass.UPDATE),
    ("structure", Pass.JVP),
    ("structure", Pass.DOUBLE_BACKWARD_WEIGHT),
    ("precision", Pass.UPDATE),
    ("precision", Pass.JVP),
]
GEOMETRIES = [
    "n2c2k4i5x4f2x2p1x1g2",
    "n1c1k1i300f1",
    "n0c1k1i4f2",
    "n1c200k1i2f1",
    "n2c2k4i3x2f3x2s2x1g2to1x0",
    "n1c1k1i5f3p4mreflect",
    "n2c2k1i2f3",
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_the_operands_of_every_check_are_read_back(writer, dtype, geometry):
    """Those of runs fit the conditions, also where the lattice is as wide as its sums allow."""
    parts = (2,) if dtype in COMPONENTS else ()
    for bias, fill, layout in (("bias/", "uniform", "/fortran"), ("", "normal", ""), ("", "wide", "/broadcast")):
        case = parse_case(f"{geometry}/{bias}{dtype}/{fill}/3{layout}")
        for check, pass_ in SUBJECTS:
            if not is_defined(pass_, dtype):
                continue
            operands = real_operands(case) if check == "precision" else lattice_operands(case)
            shape = (*pass_.result_shape(case.geometry), *parts)
            evidence = Evidence(operands.of(pass_), None, np.zeros(shape), np.zeros(shape), np.zeros(shape, bool))
            mismatch = Mismatch(
                "x-1", "x", check, str(pass_), str(case), str(case), Verdict(Outcome.REFUSED), numbers=NUMBERS[check]
            )
            assert_same((mismatch, evidence), read_mismatch(writer.add_mismatch(mismatch, evidence)))
        nothing = np.zeros(())
        operands = lattice_operands(case).of(Pass.FORWARD)
        evidence = Evidence(operands, None, nothing, nothing, nothing.astype(bool))
        adjoint = Mismatch(
            "x-1",
            "x",
            "adjoint",
            "adjoint",
            str(case),
            str(case),
            Verdict(Outcome.VIOLATES),
            numbers=NUMBERS["adjoint"],
        )
        assert read_mismatch(writer.add_mismatch(adjoint, evidence))[0] == adjoint
