"""The run folder: written as the run goes, so that nothing finished is lost, and read back.

::

    run.json                          the run's facts
    records.jsonl                     the record of a case a line, handed to the operating system line by line
    mismatches/ID/mismatch.json, arrays.npz, reproduce.py
    finished.json                     written when the run ends
    summary.json, badge.json          what came of it, by what it was held against
    held-against.toml                 the baseline that the run was held against, if there was one
    index.html, junit.xml, sarif.json made from the others
    .lock                             held by the run that is writing; empty, and ignored by readers
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from ...oracle.errors import InvalidArgument
from ..errors import InvalidRecord
from ..records.audited import Audited, audited
from ..records.codec import WrongField
from ..records.compared import Counting, names_of_values
from ..records.evidence import check_facts, describe, load_arrays, save_arrays
from ..records.question import check_question, check_values
from ..records.record import CaseRecord, CheckInfo, Evidence, Mismatch, RunInfo
from ..records.serialization import MAX_DOCUMENT_BYTES, Finished, StoredMismatch, check_id, from_json, to_json
from ..records.stopped import Stopped
from ..records.totals import Run, totals
from ..views.gate import settings_sentences, stopped_sentence
from .lock import LOCK, locked, unlock
from .record_file import RecordFile, read_lines
from .reproducer import reproducer

T = TypeVar("T")

INFO, RECORDS, MISMATCHES, FINISHED = "run.json", "records.jsonl", "mismatches", "finished.json"
MISMATCH, ARRAYS, REPRODUCER = "mismatch.json", "arrays.npz", "reproduce.py"
BASELINE, SUMMARY, BADGE = "held-against.toml", "summary.json", "badge.json"
PAGE, JUNIT, SARIF = "index.html", "junit.xml", "sarif.json"
_PARTIAL = ".partial-"


class RunWriter:
    """Writes a run folder, alone; a context manager that closes the file of records.

    Every finished case is with the operating system before :meth:`append`
    returns, so it survives the death of this process at any point. The folder
    is locked until the writer is closed or its process ends.
    """

    def __init__(self, folder: Path, records: RecordFile, lock: int, checks: Collection[CheckInfo]) -> None:
        self.folder = folder
        self._records = records
        self._lock = lock
        self._counting = Counting(checks)
        self._of_values = names_of_values(checks)
        self._audited: set[Audited] = set()
        self._stopped: list[Stopped] = []

    @classmethod
    def create(cls, folder: str | os.PathLike[str], info: RunInfo, *, replace: bool = False) -> RunWriter:
        """Start a run in a new or empty folder; with `replace`, in the folder of an earlier run, which is removed.

        Raises
        ------
        InvalidArgument
            If the folder holds anything else, an earlier run that is not to be replaced, or one being written.
        """
        path = Path(folder)
        _refuse_foreign(path)
        path.mkdir(parents=True, exist_ok=True)
        lock = locked(path)
        with contextlib.ExitStack() as unless_created:
            unless_created.callback(unlock, lock)
            _clear(path, replace=replace)
            (path / MISMATCHES).mkdir()
            _write_whole(path / INFO, to_json(info, indent=2) + "\n")
            records = RecordFile(path / RECORDS, info.checks)
            unless_created.pop_all()
        return cls(path, records, lock, info.checks)

    def append(self, record: CaseRecord) -> None:
        """Add the record of one case."""
        self._records.append(record)
        self._counting.add(record)
        self._audited |= audited(record, self._of_values)

    def add_mismatch(self, mismatch: Mismatch, evidence: Evidence) -> Path:
        """Write the folder of a mismatch and return it; a mismatch of the same id is replaced.

        Raises
        ------
        InvalidRecord
            If the id cannot name a folder, or the evidence does not fit the case.
        """
        home = self._home(mismatch.id)
        check_facts(mismatch, describe(evidence), file=str(home / MISMATCH))
        partial = home.with_name(_PARTIAL + mismatch.id)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        stored = StoredMismatch(mismatch, evidence.operands.learning_rate, describe(evidence))
        save_arrays(partial / ARRAYS, evidence)
        (partial / REPRODUCER).write_text(reproducer(mismatch, evidence), "utf-8", "backslashreplace")
        (partial / MISMATCH).write_text(to_json(stored, indent=2) + "\n", "ascii")
        if home.exists():
            shutil.rmtree(home)
        partial.rename(home)
        return home

    def discard_mismatch(self, mismatch_id: str) -> None:
        """Remove the folder of a mismatch that turned out to be an instance of another, if it is there."""
        home = self._home(mismatch_id)
        if home.exists():
            shutil.rmtree(home)

    def stop(self, stopped: Stopped) -> None:
        """Say that a search ended before its cases did."""
        self._stopped.append(stopped)

    def finish(self, seconds: float, interrupted: bool) -> None:
        """Say that the run has ended: by itself, or because someone stopped it."""
        self._records.sync()
        told = (self._counting.result(), len(self._audited), tuple(self._stopped))
        finished = Finished(float(seconds), bool(interrupted), *told)
        _write_whole(self.folder / FINISHED, to_json(finished, indent=2) + "\n")

    def close(self) -> None:
        """Close the file of records and let others write the folder; nothing may be appended afterwards."""
        if self._lock >= 0:
            self._records.close()
            unlock(self._lock)
            self._lock = -1

    def _home(self, mismatch_id: str) -> Path:
        try:
            check_id(mismatch_id)
        except WrongField as error:
            raise InvalidRecord(error.problem, field="id") from None
        return self.folder / MISMATCHES / mismatch_id

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def read_run(folder: str | os.PathLike[str]) -> Run:
    """Read a run folder, also that of a run which was killed.

    One cut-off last line of the records, a mismatch that was still being
    written and an absent ``finished.json`` are what a killed run leaves; they
    are told in the run's notes.

    Raises
    ------
    InvalidRecord
        For any other damage, with file and line.
    """
    path = Path(folder)
    info = _read_document(RunInfo, path / INFO)
    notes = list(settings_sentences(info.settings))
    found = totals(read_lines(path / RECORDS, notes), info.checks)
    mismatches = tuple(_read_mismatches(path / MISMATCHES, notes))
    if not (path / FINISHED).exists():
        notes.append("The run did not come to its end: what it had finished by then is shown.")
        return Run(info, found, mismatches, finished=False, notes=tuple(notes))
    finished = _read_document(Finished, path / FINISHED)
    if finished.interrupted:
        notes.append("The run was interrupted: what it had finished by then is shown.")
    notes += map(stopped_sentence, finished.stopped)
    told = (finished.seconds, tuple(notes), finished.audited, finished.stopped)
    return Run(info, found, mismatches, not finished.interrupted, *told)


def read_records(folder: str | os.PathLike[str]) -> Iterator[CaseRecord]:
    """The records of a run folder, one after the other; a last line that was cut off is left out.

    Raises
    ------
    InvalidRecord
        As `read_run` does, and for a case that is none.
    """
    path = Path(folder) / RECORDS
    for line in read_lines(path, []):
        try:
            yield line.record()
        except WrongField as error:
            raise InvalidRecord(error.problem, file=str(path), field="case") from None


def read_mismatch(
    path: str | os.PathLike[str], checks: Mapping[str, CheckInfo] | None = None
) -> tuple[Mismatch, Evidence]:
    """Read a mismatch and its arrays, given its folder or its ``mismatch.json``.

    Parameters
    ----------
    path : path
    checks : mapping of str to CheckInfo, or None
        The kinds of checks that can be asked again, by name, if it is to be; by default it may be of any.

    Raises
    ------
    InvalidRecord
        If either file is missing, damaged, too large, or does not fit the
        case, or the check would give a false verdict on the operands.
    """
    given = Path(path)
    document = given / MISMATCH if given.is_dir() else given
    arrays = document.with_name(ARRAYS)
    stored = _read_document(StoredMismatch, document)
    check_question(stored, checks, file=str(document))
    check_facts(stored.mismatch, stored.arrays, file=str(document))
    evidence = load_arrays(arrays, stored.arrays, stored.learning_rate)
    check_values(stored.mismatch, evidence.operands, file=str(arrays))
    return stored.mismatch, evidence


def _refuse_foreign(folder: Path) -> bool:
    """Refuse a folder that is neither new, empty nor that of a run; says whether it holds a run."""
    if folder.exists() and not folder.is_dir():
        raise InvalidArgument("folder", str(folder), "should be a folder, not a file", where="RunWriter.create")
    if not folder.exists() or all(entry.name == LOCK for entry in folder.iterdir()):
        return False
    if not (folder / INFO).is_file() or not (folder / RECORDS).is_file():
        raise InvalidArgument(
            "folder", str(folder), "should be new, empty, or the folder of an earlier run", where="RunWriter.create"
        )
    return True


def _clear(folder: Path, *, replace: bool) -> None:
    if not _refuse_foreign(folder):
        return
    if not replace:
        raise InvalidArgument(
            "folder", str(folder), "holds an earlier run; say that it is to be replaced", where="RunWriter.create"
        )
    if (folder / MISMATCHES).is_dir():
        shutil.rmtree(folder / MISMATCHES)
    for name in (FINISHED, BASELINE, SUMMARY, BADGE, PAGE, JUNIT, SARIF, RECORDS, INFO):
        (folder / name).unlink(missing_ok=True)


def _write_whole(path: Path, text: str) -> None:
    partial = path.with_name(_PARTIAL + path.name)
    partial.write_text(text, "ascii")
    partial.replace(path)


def _read_document(kind: type[T], path: Path) -> T:
    return from_json(kind, _bytes(path), file=str(path))


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise InvalidRecord("there is no such file", file=str(path))
    with path.open("rb") as stream:
        return stream.read(MAX_DOCUMENT_BYTES + 1)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sorts x-2 before x-10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", path.name)]


def _read_mismatches(folder: Path, notes: list[str]) -> Iterator[Mismatch]:
    if not folder.is_dir():
        return
    for home in sorted(folder.iterdir(), key=_natural):
        if home.name.startswith(_PARTIAL):
            notes.append(f"A mismatch was still being written and is left out: {home.name.removeprefix(_PARTIAL)}.")
            continue
        if not home.is_dir():  # such as .DS_Store or Thumbs.db
            continue
        stored = _read_document(StoredMismatch, home / MISMATCH)
        if stored.mismatch.id != home.name:
            raise InvalidRecord(
                f"should be {home.name!r}, the name of its folder", file=str(home / MISMATCH), field="mismatch.id"
            )
        yield stored.mismatch
