"""The file of records is whole after each record, whatever comes between, and is read as a stream."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CaseRecord, CheckResult, InvalidRecord
from convoracle.reports.files.record_file import RecordFile, read_lines, read_machine
from convoracle.reports.records import lines
from convoracle.reports.records.migration import CHECKS


def record(seed: int, check: str = "structure") -> CaseRecord:
    verdict = Verdict(Outcome.CONFORMS, elements=3, resolution=0.0)
    return CaseRecord(f"n1c1k1i4f2/float32/uniform/{seed}", "a", (CheckResult(check, "forward", verdict),))


def read(path: Path) -> list[CaseRecord]:
    notes: list[str] = []
    found = [line.record() for line in read_lines(path, notes)]
    assert notes == []
    return found


def test_each_record_is_in_the_file_when_it_is_appended(tmp_path: Path) -> None:
    file = RecordFile(tmp_path / "records.jsonl", CHECKS)
    assert read(tmp_path / "records.jsonl") == []
    for count in range(1, 4):
        file.append(record(count))
        assert read(tmp_path / "records.jsonl") == [record(seed) for seed in range(1, count + 1)]
    file.sync()
    file.close()
    with pytest.raises(FileExistsError):
        RecordFile(tmp_path / "records.jsonl", CHECKS)


def test_what_is_told_once_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST_PATTERNS", 3)
    file = RecordFile(tmp_path / "records.jsonl", CHECKS)
    kept = [record(seed, f"relation:{seed % 5}") for seed in range(12)]
    for each in kept:
        file.append(each)
    file.close()
    assert read(tmp_path / "records.jsonl") == kept
    assert (tmp_path / "records.jsonl").read_text().count('"document":"records"') == 4


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_after_a_write_that_failed_all_is_told_anew(
    error: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the record that is not there had told would be missing in those after it."""
    file = RecordFile(tmp_path / "records.jsonl", CHECKS)
    file.append(record(0))
    with monkeypatch.context() as patch:
        write = os.write

        def torn(descriptor: int, data: bytes) -> int:
            if len(data) < 20:
                raise error
            return write(descriptor, data[:-10])

        patch.setattr(os, "write", torn)
        with pytest.raises(error):
            file.append(record(1, "precision"))
    file.append(record(2, "precision"))
    file.close()
    assert read(tmp_path / "records.jsonl") == [record(0), record(2, "precision")]


def test_two_files_in_one_are_the_records_of_both(tmp_path: Path) -> None:
    for name in "xy":
        file = RecordFile(tmp_path / name, CHECKS)
        file.append(record(ord(name), name))
        file.close()
    (tmp_path / "both").write_bytes((tmp_path / "x").read_bytes() + (tmp_path / "y").read_bytes())
    assert read(tmp_path / "both") == [record(ord(name), name) for name in "xy"]


def test_a_record_is_there_before_the_next_is_read(tmp_path: Path) -> None:
    file = RecordFile(tmp_path / "records.jsonl", CHECKS)
    for seed in range(3):
        file.append(record(seed))
    file.close()
    with (tmp_path / "records.jsonl").open("ab") as stream:
        stream.write(b"[damaged]\n")
    found = read_lines(tmp_path / "records.jsonl", [])
    assert [line.record() for line in itertools.islice(found, 3)] == [record(seed) for seed in range(3)]
    with pytest.raises(InvalidRecord, match=r"records\.jsonl:8:\d+: is not JSON"):
        next(found)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidRecord, match="there is no such file"):
        next(read_lines(tmp_path / "records.jsonl", []))


def test_a_file_tells_on_which_machine_its_records_were_made(tmp_path: Path) -> None:
    """Also where it begins anew, and where it tells nothing of it."""
    machine = (("processor", "EPYC"), ("instructions", "avx2 avx512f"))
    file = RecordFile(tmp_path / "told.jsonl", CHECKS, machine)
    file.append(record(1))
    file.append(record(2))
    assert read_machine(tmp_path / "told.jsonl") == machine
    assert read(tmp_path / "told.jsonl") == [record(1), record(2)]
    other = RecordFile(tmp_path / "untold.jsonl", CHECKS)
    assert read_machine(tmp_path / "untold.jsonl") == ()
    other.append(record(1))
    assert read_machine(tmp_path / "untold.jsonl") == ()
