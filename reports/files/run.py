"""The run folder as it is written: alone, line by line, and nothing half-finished under a name that is read.

A run can be resumed: parts that were examined to their end stay as they are, and the others are written anew, while
what was there of them is kept aside until they are as far.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from ...oracle.errors import InvalidArgument
from ..errors import InvalidRecord
from ..records.audited import Audited, audited
from ..records.baseline import INSTRUCTIONS
from ..records.codec import WrongField
from ..records.compared import Compared, Counting, names_of_values
from ..records.evidence import check_facts, describe, save_arrays
from ..records.naming import check_id
from ..records.record import CaseRecord, Evidence, Mismatch, RunInfo
from ..records.serialization import Finished, StoredMismatch, to_json
from ..records.stopped import Stopped
from .clearing import clear, refuse_foreign, remove_results
from .document import read_document
from .layout import ARRAYS, FINISHED, INFO, MISMATCH, MISMATCHES, PAGE, PARTIAL, RECORDS, REPRODUCER
from .links import refuse_any_link
from .lock import locked, unlock
from .part_files import EARLIER, UNFINISHED, Part, PartFile, part_files, part_path, set_aside
from .record_file import RecordFile
from .reproducer import reproducer
from .whole import copy_whole, write_whole

_OF_A_MACHINE = frozenset(("platform", "processor", INSTRUCTIONS))
"""What of a run's environment stands in each file of records: its parts may be examined on several machines."""


class RunWriter:
    """Writes a run folder, alone; a context manager that closes the file of records.

    Every finished case is with the operating system before :meth:`append`
    returns, so it survives the death of this process at any point. The folder
    is locked until the writer is closed or its process ends.
    """

    def __init__(self, folder: Path, info: RunInfo, lock: int, environment: tuple[tuple[str, str], ...]) -> None:
        self.folder = folder
        self._info = info
        self._machine = tuple(fact for fact in environment if fact[0] in _OF_A_MACHINE)
        self._lock = lock
        self._files: dict[Part, RecordFile] = {}
        self._whole: set[Part] = set()
        self._before = 0.0
        self._stale: dict[str, Part] = {}
        """The mismatches of parts that are written anew, until they are met again."""
        self._counting = Counting(info.checks)
        self._of_values = names_of_values(info.checks)
        self._audited: set[Audited] = set()
        self._stopped: dict[Part, Stopped] = {}

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
            clear(path, replace=replace)
            (path / MISMATCHES).mkdir()
            (path / RECORDS).mkdir()
            write_whole(path / INFO, to_json(info, indent=2) + "\n")
            unless_created.pop_all()
        return cls(path, info, lock, info.environment)

    @classmethod
    def resumed(cls, folder: str | os.PathLike[str], environment: tuple[tuple[str, str], ...] = ()) -> RunWriter:
        """Go on with the run in a folder, here and now; what it has of unfinished parts is set aside.

        Raises
        ------
        InvalidArgument
            If the folder holds no run, or one that is being written.
        InvalidRecord
            If the run is damaged, or has links, behind which something else lies.
        """
        path = Path(folder)
        if not refuse_foreign(path) or not (path / RECORDS).is_dir():
            requirement = "should be the folder of a run that this version of convoracle has begun"
            raise InvalidArgument("folder", str(path), requirement, where="RunWriter.resumed")
        refuse_any_link(path)
        lock = locked(path)
        with contextlib.ExitStack() as unless_resumed:
            unless_resumed.callback(unlock, lock)
            writer = cls(path, read_document(RunInfo, path / INFO), lock, environment)
            writer._take_up(part_files(path, writer._info))
            unless_resumed.pop_all()
        return writer

    def _take_up(self, files: tuple[PartFile, ...]) -> None:
        from .reading import read_mismatches, read_part

        if (self.folder / FINISHED).exists():
            self._before = read_document(Finished, self.folder / FINISHED).seconds
        for file in files:
            if file.is_whole:
                self._whole.add(file.part)
                for record in read_part(file.path):
                    self._count(record)
        found = (
            (mismatch.id, Part(mismatch.candidate, mismatch.part)) for mismatch in read_mismatches(self.folder, [])
        )
        self._stale = {identity: part for identity, part in found if part not in self._whole}
        remove_results(self.folder)
        for file in files:
            if not file.is_whole:
                set_aside(self.folder, file)

    @property
    def info(self) -> RunInfo:
        """The run's facts."""
        return self._info

    @property
    def whole(self) -> frozenset[Part]:
        """The parts that were examined to their end."""
        return frozenset(self._whole)

    def missing(self) -> tuple[Part, ...]:
        """The other parts of the run's candidates, as they are planned."""
        names, numbers = [candidate.name for candidate in self._info.candidates], range(self._info.plan.parts)
        return tuple(part for name in names for number in numbers if (part := Part(name, number)) not in self._whole)

    def append(self, record: CaseRecord, part: int = 0) -> None:
        """Add the record of one case, of a part of its candidate."""
        self._file(Part(record.candidate, part)).append(record)
        self._count(record)

    def _file(self, part: Part) -> RecordFile:
        if part not in self._files:
            path = part_path(self.folder, part, UNFINISHED)
            self._files[part] = RecordFile(path, self._info.checks, self._machine)
        return self._files[part]

    def end(self, part: Part) -> None:
        """Say that the search of a part has ended; it is whole unless that stopped before."""
        if part in self._stopped:
            return
        file = self._file(part)
        del self._files[part]
        file.sync()
        file.close()
        part_path(self.folder, part, UNFINISHED).replace(part_path(self.folder, part))
        part_path(self.folder, part, EARLIER).unlink(missing_ok=True)
        for identity in [identity for identity, of in self._stale.items() if of == part]:
            self.discard_mismatch(identity)
        self._whole.add(part)

    def adopt(self, run: Path, files: Collection[PartFile]) -> None:
        """Take over parts that were examined in another run, with their mismatches.

        Raises
        ------
        InvalidRecord
            If what is taken over is damaged.
        """
        from .reading import read_instances, read_mismatches, read_part

        parts = {file.part for file in files}
        for mismatch in read_mismatches(run, []):
            if Part(mismatch.candidate, mismatch.part) in parts:
                self._adopt_mismatch(run, mismatch.id)
        for instance in read_instances(run):
            if Part(instance.candidate, instance.part) in parts:
                name = f"{instance.id}.json"
                copy_whole(run / MISMATCHES / name, self.folder / MISMATCHES / name)
        for file in files:
            for record in read_part(file.path):
                self._count(record)
            copy_whole(file.path, part_path(self.folder, file.part, "" if file.is_whole else UNFINISHED))
            if file.is_whole:
                for how in (EARLIER, UNFINISHED):
                    part_path(self.folder, file.part, how).unlink(missing_ok=True)
                self._whole.add(file.part)

    def _adopt_mismatch(self, run: Path, identity: str) -> None:
        home = self._home(identity)
        partial = home.with_name(PARTIAL + identity)
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(run / MISMATCHES / identity, partial, ignore=shutil.ignore_patterns(PAGE))
        shutil.rmtree(home, ignore_errors=True)
        partial.rename(home)

    def describe(self, info: RunInfo) -> None:
        """Replace the run's facts by others of the same run."""
        self._info = info
        write_whole(self.folder / INFO, to_json(info, indent=2) + "\n")

    def _count(self, record: CaseRecord) -> None:
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
        self._stale.pop(mismatch.id, None)
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
        self._stale.pop(mismatch_id, None)
        if home.exists():
            shutil.rmtree(home)

    def stop(self, stopped: Stopped, part: int = 0) -> None:
        """Say that the search of a part ended before its cases did."""
        self._stopped[Part(stopped.candidate, part)] = stopped

    def finish(self, seconds: float, interrupted: bool) -> None:
        """Say that the run has ended: by itself, or because someone stopped it."""
        for file in self._files.values():
            file.sync()
        if self._info.plan.parts > 1:
            from .met_again import fold  # with all that reads a run, which a new one does not wait for

            fold(self.folder)
        told = (_in_order(self._counting.result()), len(self._audited), tuple(self._cut_short()))
        finished = Finished(self._before + float(seconds), bool(interrupted), *told)
        write_whole(self.folder / FINISHED, to_json(finished, indent=2) + "\n")

    def _cut_short(self) -> Iterator[Stopped]:
        """Of each candidate of which a search ended before its cases did, how far all of them came."""
        for candidate in dict.fromkeys(part.candidate for part in self._stopped):
            stopped = [each for part, each in self._stopped.items() if part.candidate == candidate]
            whole = sum(self._info.plan.cases_of(part.number) for part in self._whole if part.candidate == candidate)
            examined, planned = (
                sum(numbers) for numbers in zip(*((s.examined, s.planned) for s in stopped), strict=True)
            )
            yield Stopped(candidate, whole + examined, whole + planned)

    def close(self) -> None:
        """Close the files of records and let others write the folder; nothing may be appended afterwards."""
        if self._lock >= 0:
            for file in self._files.values():
                file.close()
            self._files.clear()
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


def _in_order(found: Compared) -> Compared:
    """The same, whatever the order in which it was counted."""
    shares = sorted(found.shares, key=lambda share: (share.candidate, share.subject, share.dtype))
    reasons = sorted(found.reasons, key=lambda reason: (-reason.count, reason.candidate, reason.text))
    return Compared(tuple(shares), tuple(reasons))
