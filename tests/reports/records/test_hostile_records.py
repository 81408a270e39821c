"""Records that nobody wrote so, or somebody on purpose: refused with what is wrong, and never executed."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from convoracle.reports import InvalidRecord, read_mismatch, read_run
from convoracle.reports.records.earlier import CHECKS


def test_an_id_that_leaves_the_folder(writer, flipped):
    with pytest.raises(InvalidRecord, match="id: should be 1 to 150"):
        writer.add_mismatch(replace(flipped[0], id="../../escaped"), flipped[1])


def test_an_id_that_is_not_its_folders_name(writer, flipped):
    home = writer.add_mismatch(*flipped)
    shutil.move(home, home.with_name("other"))
    with pytest.raises(InvalidRecord, match="should be 'other', the name of its folder"):
        read_run(writer.folder)


def test_evidence_of_another_shape(writer, flipped):
    mismatch, evidence = flipped
    with pytest.raises(InvalidRecord, match=r"input.shape=\(1, 1, 4\), but should be \(1, 1, 5\) for n1c1k1i5f3"):
        writer.add_mismatch(replace(mismatch, case="n1c1k1i5f3"), evidence)
    with pytest.raises(InvalidRecord, match="should look like"):
        writer.add_mismatch(replace(mismatch, case="hello"), evidence)


EARLIER = ["structure", "forward", "n1c1k1i4f2/float32/uniform/1"]


def stored(home):
    return json.loads((home / "mismatch.json").read_text())


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (lambda b: b["arrays"][3].update(dtype="object"), "dtype='object'"),
        (lambda b: b["arrays"][3].update(dtype="finfo"), "dtype='finfo'"),
        (lambda b: b["arrays"][0].update(shape=[1, 1, 10**30]), "but should take at most"),
        (lambda b: b["arrays"][0].update(shape=[-1, 1, 4]), "sizes of at least 0"),
        (lambda b: b["arrays"][0].update(shape=[1] * 1000), "at most 16 sizes"),
        (lambda b: b["arrays"][0].update(name="../input"), "lack input"),
        (lambda b: b["arrays"].append(b["arrays"][0]), "named twice"),
        (lambda b: b["mismatch"].update(id="../x"), "mismatch.id: should be 1 to 150"),
        (lambda b: b["mismatch"].update(case="n1c1k1i5f2/float32/uniform/0"), "input.shape"),
        (lambda b: b["mismatch"].update(case="n1c1k1i9f" + "9" * 4000), "mismatch.case: should"),
        (lambda b: b["mismatch"].update(after=[EARLIER] * 17), "mismatch.after: should have at most 16"),
        (lambda b: b["mismatch"].update(after=[["company", *EARLIER[1:]]]), "after[0]: should be one of structure"),
        (lambda b: b["mismatch"].update(after=[[*EARLIER[:2], "hello"]]), "after[0]: should look like"),
        (
            lambda b: b["mismatch"].update(after=[[*EARLIER[:2], "n1c1k1i99999999f1/float32/uniform/0"]]),
            "after[0]: should be a case of arrays of 16777216 elements at most",
        ),
        (lambda b: b["mismatch"].update(case="n1c1k1i4f2/float32"), "mismatch.case: should look like"),
        (lambda b: b["mismatch"].update(case="n1c1k1i4f2/float32/frob/0"), "mismatch.case: should be one of uniform"),
        (lambda b: b["mismatch"].update(case="n1c1k1i4f2/int32/uniform/0"), "mismatch.case: should be one of float64"),
        (lambda b: b["mismatch"].update(case="n1c1k1i4f2p3t/float32/uniform/0"), "mismatch.case: should leave some"),
        (lambda b: b["mismatch"].update(case="n1c1k1i4f9/float32/uniform/0"), "weight.shape"),
        (lambda b: b["mismatch"].update(case="n1c1k1i4f2/float32/uniform/0/heap"), "should be one of contiguous"),
        (lambda b: b["mismatch"].update(subject="jvp"), "arrays: should hold a input_direction"),
        (
            lambda b: b["mismatch"].update(case="n1c1k1i4f2/float64/uniform/0"),
            "arrays[0].dtype: input should be float64",
        ),
        (lambda b: b["mismatch"].update(case="n1c1k1i4f2/bias/float32/uniform/0"), "arrays: should hold a bias"),
        (lambda b: b["mismatch"].update(subject="frobnicate"), "mismatch.subject: should be one of forward, "),
        (lambda b: b["mismatch"].update(subject="adjoint"), "mismatch.subject: should be one of forward, "),
        (lambda b: b["mismatch"].update(check="adjoint"), "mismatch.subject: should be one of adjoint, not"),
        (lambda b: b.update(learning_rate=0.3), "learning_rate: should be a multiple of 6.1"),
        (lambda b: b.update(learning_rate=2.0**-1000), "learning_rate: should be from 6.1"),
        (lambda b: b.update(learning_rate=-100.0), "learning_rate: should be from 6.1"),
        (lambda b: b.update(learning_rate="inf"), "learning_rate: should be finite"),
    ],
)
def test_hostile_mismatches(writer, flipped, edit, problem):
    home = writer.add_mismatch(*flipped)
    body = stored(home)
    edit(body)
    (home / "mismatch.json").write_text(json.dumps(body))
    with pytest.raises(InvalidRecord) as caught:
        read_mismatch(home, {check.name: check for check in CHECKS})
    assert problem in str(caught.value)


def rewrite(home, edit):
    with zipfile.ZipFile(home / "arrays.npz") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    edit(members)
    with zipfile.ZipFile(home / "arrays.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def pickled() -> bytes:
    import io

    stream = io.BytesIO()
    np.save(stream, np.array([[[print]]]), allow_pickle=True)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (lambda m: m.pop("bound.npy"), "but should hold"),
        (lambda m: m.update({"../../evil.npy": b""}), "but should hold"),
        (lambda m: m.update({"input.npy": m["input.npy"] + b"\0" * 10**7}), "input.npy has"),
        (lambda m: m.update({"input.npy": m["input.npy"] + b"\0" * 8}), "should have 16 bytes of data"),
        (lambda m: m.update({"input.npy": m["input.npy"][:-4]}), "should have 16 bytes of data"),
        (lambda m: m.update({"input.npy": pickled()}), "not that of plain numbers"),
        (lambda m: m.update({"input.npy": b"\0" * 144}), "not in .npy format"),
        (lambda m: m.update({"input.npy": m["input.npy"].replace(b"<f4", b"|O8")}), "not that of plain numbers"),
        (lambda m: m.update({"input.npy": m["input.npy"].replace(b"<f4", b"<i4")}), "should hold float32"),
        (lambda m: m.update({"input.npy": m["input.npy"].replace(b"(1, 1, 4)", b"(1, 4, 1)")}), "of shape"),
    ],
)
def test_hostile_arrays(writer, flipped, edit, problem):
    home = writer.add_mismatch(*flipped)
    rewrite(home, edit)
    with pytest.raises(InvalidRecord, match=problem) as caught:
        read_mismatch(home)
    assert caught.value.file == str(home / "arrays.npz")


def test_a_zip_that_lies_about_its_sizes(writer, flipped):
    home = writer.add_mismatch(*flipped)
    data = bytearray((home / "arrays.npz").read_bytes())
    for position in range(0, len(data), 7):
        damaged = bytearray(data)
        damaged[position] ^= 0xFF
        (home / "arrays.npz").write_bytes(damaged)
        try:
            read_mismatch(home)
        except InvalidRecord:
            continue


@pytest.mark.parametrize("name", ["mismatch.json", "arrays.npz"])
def test_missing_files(writer, flipped, name):
    home = writer.add_mismatch(*flipped)
    (home / name).unlink()
    with pytest.raises(InvalidRecord, match=r"(?i)no such file"):
        read_mismatch(home)


def test_a_folder_that_is_no_run(tmp_path):
    with pytest.raises(InvalidRecord, match=r"run\.json: there is no such file"):
        read_run(tmp_path)
