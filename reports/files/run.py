"""The run folder as it is written: alone, line by line, and nothing half-finished under a name that is read."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Self

from ...oracle.errors import InvalidArgument
from ..errors import InvalidRecord
from ..records.audited import Audited, audited
from ..records.codec import WrongField
from ..records.compared import Counting, names_of_values
from ..records.evidence import check_facts, describe, save_arrays
from ..records.record import CaseRecord, CheckInfo, Evidence, Mismatch, RunInfo
from ..records.serialization import Finished, StoredMismatch, check_id, to_json
from ..records.stopped import Stopped
from .layout import (
    ACCURACY,
    ARRAYS,
    BADGE,
    BASELINE,
    CASES,
    FINISHED,
    INFO,
    JUNIT,
    MATRIX,
    MISMATCH,
    MISMATCHES,
    PAGE,
    PARTIAL,
    RECORDS,
    REPRODUCER,
    SARIF,
    SUMMARY,
)
from .lock import LOCK, locked, unlock
from .record_file import RecordFile
from .reproducer import reproducer


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
        refuse_foreign(path)
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
        partial = home.with_name(PARTIAL + mismatch.id)
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


def refuse_foreign(folder: Path) -> bool:
    """Whether a folder holds a run; a new or empty one does not.

    Raises
    ------
    InvalidArgument
        If it is a file, or holds anything else.
    """
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
    if not refuse_foreign(folder):
        return
    if not replace:
        raise InvalidArgument(
            "folder", str(folder), "holds an earlier run; say that it is to be replaced", where="RunWriter.create"
        )
    for name in (MISMATCHES, CASES, MATRIX, ACCURACY, PARTIAL + CASES):
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
    for name in (FINISHED, BASELINE, SUMMARY, BADGE, PAGE, JUNIT, SARIF, RECORDS, INFO):
        (folder / name).unlink(missing_ok=True)


def _write_whole(path: Path, text: str) -> None:
    partial = path.with_name(PARTIAL + path.name)
    partial.write_text(text, "ascii")
    partial.replace(path)
