"""Records that nobody wrote so, or somebody on purpose: refused with what is wrong, and never executed."""

from __future__ import annotations

import contextlib
import json
import shutil
import struct
import tracemalloc
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from convoracle.reports import InvalidRecord, read_mismatch, read_run, write_reports
from convoracle.reports.records.lines import LineDecoder
from convoracle.reports.records.migration import CHECKS


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


def test_an_array_that_inflates_beyond_its_size_is_not_inflated(writer, make_mismatch):
    """The archive says that the member has as many bytes as it should; what is compressed has thousands of times more.

    It is larger than what the standard library inflates at least, 4 KiB.
    """
    home = writer.add_mismatch(*make_mismatch("n1c1k1i4000f2/float32/uniform/0", "forward", ((0, 0, 0),)))
    with zipfile.ZipFile(home / "arrays.npz") as archive:
        size = archive.getinfo("input.npy").file_size
    rewrite(home, lambda members: members.update({"input.npy": members["input.npy"] + bytes(2**28)}))
    data = (home / "arrays.npz").read_bytes()
    told = struct.pack("<I", size + 2**28)
    assert told in data
    (home / "arrays.npz").write_bytes(data.replace(told, struct.pack("<I", size)))
    with peak_of() as peak, pytest.raises(InvalidRecord):
        read_mismatch(home)
    assert peak() < 2**25


def test_a_list_of_very_many_members_is_not_read(writer, flipped):
    home = writer.add_mismatch(*flipped)
    with zipfile.ZipFile(home / "arrays.npz", "a") as archive:
        for number in range(2000):
            archive.writestr(f"{number:040}", b"")
    with pytest.raises(InvalidRecord, match=r"is not a \.zip archive of few members"):
        read_mismatch(home)


@pytest.mark.parametrize("end", [b"", b"x", b"PK\x05\x06", b"PK\x06\x07" + bytes(38)])
def test_an_archive_that_ends_otherwise(writer, flipped, end):
    home = writer.add_mismatch(*flipped)
    (home / "arrays.npz").write_bytes(end)
    with pytest.raises(InvalidRecord):
        read_mismatch(home)


@pytest.mark.parametrize("dtype", [b"<f9", b"<c2", b"|i7", b"<f99"])
def test_a_dtype_that_numpy_does_not_know(writer, flipped, dtype):
    home = writer.add_mismatch(*flipped)
    rewrite(home, lambda members: members.update({"input.npy": members["input.npy"].replace(b"<f4", dtype)}))
    with pytest.raises(InvalidRecord):
        read_mismatch(home)


@pytest.mark.parametrize(
    "case", ["n1c1k1i999999999999f1", "n1c1k1i999999x999999f1x1", f"n1c1k1i{'1x' * 40}1f{'1x' * 40}1"]
)
def test_a_huge_convolution_takes_no_memory_on_the_page(writer, record, case):
    """Its terms would be counted for the plot of precision."""
    writer.append(replace(record, case=f"{case}/float32/uniform/0"))
    writer.finish(1.0, False)
    with peak_of() as peak:
        write_reports(writer.folder)
    assert peak() < 2**26


@pytest.mark.parametrize("name", ["index.html", ".partial-index.html", "junit.xml", "sarif.json", "matrix/index.html"])
def test_no_report_is_written_behind_a_link(writer, record, tmp_path, name):
    writer.append(record)
    writer.finish(1.0, False)
    others = tmp_path / "others.txt"
    others.write_text("mine")
    (writer.folder / name).parent.mkdir(exist_ok=True)
    (writer.folder / name).symlink_to(others)
    with pytest.raises(InvalidRecord, match="is a link, behind which no report is written"):
        write_reports(writer.folder)
    assert others.read_text() == "mine"


@pytest.mark.parametrize("name", ["matrix", "accuracy", "cases", "mismatches"])
def test_no_report_is_written_into_a_folder_elsewhere(writer, record, tmp_path, name):
    writer.append(record)
    writer.finish(1.0, False)
    (tmp_path / "elsewhere").mkdir()
    (writer.folder / "mismatches").rmdir() if name == "mismatches" else None
    (writer.folder / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidRecord, match="is a link"):
        write_reports(writer.folder)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_no_page_of_a_mismatch_is_written_behind_a_link(writer, flipped, tmp_path):
    home = writer.add_mismatch(*flipped)
    writer.finish(1.0, False)
    (tmp_path / "others.txt").write_text("mine")
    (home / "index.html").symlink_to(tmp_path / "others.txt")
    with pytest.raises(InvalidRecord, match="is a link"):
        write_reports(writer.folder)
    assert (tmp_path / "others.txt").read_text() == "mine"


def test_records_that_lie_elsewhere_are_read(writer, record, tmp_path):
    writer.append(record)
    writer.finish(1.0, False)
    (writer.folder / "records" / "torch-0.unfinished.jsonl").rename(tmp_path / "kept.jsonl")
    (writer.folder / "records" / "torch-0.unfinished.jsonl").symlink_to(tmp_path / "kept.jsonl")
    assert write_reports(writer.folder).finished


@pytest.mark.parametrize("value", ["[]", "{}", "7.5"])
def test_a_document_takes_up_to_thirty_times_its_size(value):
    document = f"[{','.join([value] * 2**15)}]".encode()
    with peak_of() as peak, pytest.raises(InvalidRecord):
        LineDecoder().read(document, file="records.jsonl", line=1)
    assert peak() < 30 * len(document)


@contextlib.contextmanager
def peak_of():
    """The most memory that Python and NumPy took meanwhile."""
    tracemalloc.start()
    peak = []
    try:
        yield lambda: peak[0] if peak else tracemalloc.get_traced_memory()[1]
    finally:
        peak.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
