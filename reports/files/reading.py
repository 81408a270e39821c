"""A run folder read back, with strict validation, also that of a run which was killed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from ..errors import InvalidRecord
from ..records.codec import WrongField
from ..records.evidence import check_facts, load_arrays
from ..records.line import Line
from ..records.question import check_question, check_values
from ..records.record import CaseRecord, CheckInfo, Evidence, Mismatch, RunInfo
from ..records.serialization import MAX_DOCUMENT_BYTES, Finished, StoredMismatch, from_json
from ..records.totals import Run, totals
from ..views.gate import settings_sentences, stopped_sentence
from .layout import ARRAYS, FINISHED, INFO, MISMATCH, MISMATCHES, PARTIAL, RECORDS
from .record_file import read_lines

T = TypeVar("T")


def read_run(folder: str | os.PathLike[str], listen: Callable[[RunInfo], Callable[[Line], None]] | None = None) -> Run:
    """Read a run folder, also that of a run which was killed.

    `listen` is given the run's facts, and what it returns each record, in their
    order and as they are read. One cut-off last line of the records, a mismatch
    that was still being written and an absent ``finished.json`` are what a killed
    run leaves; they are told in the run's notes.

    Raises
    ------
    InvalidRecord
        For any other damage, with file and line.
    """
    path = Path(folder)
    info = read_document(RunInfo, path / INFO)
    notes = list(settings_sentences(info.settings))
    lines = read_lines(path / RECORDS, notes)
    found = totals(lines if listen is None else _told(lines, listen(info)), info.checks)
    mismatches = tuple(_read_mismatches(path / MISMATCHES, notes))
    if not (path / FINISHED).exists():
        notes.append("The run did not come to its end: what it had finished by then is shown.")
        return Run(info, found, mismatches, finished=False, notes=tuple(notes))
    finished = read_document(Finished, path / FINISHED)
    if finished.interrupted:
        notes.append("The run was interrupted: what it had finished by then is shown.")
    notes += map(stopped_sentence, finished.stopped)
    told = (finished.seconds, tuple(notes), finished.audited, finished.stopped)
    return Run(info, found, mismatches, not finished.interrupted, *told)


def _told(lines: Iterable[Line], tell: Callable[[Line], None]) -> Iterator[Line]:
    for line in lines:
        tell(line)
        yield line


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
    stored = read_document(StoredMismatch, document)
    check_question(stored, checks, file=str(document))
    check_facts(stored.mismatch, stored.arrays, file=str(document))
    evidence = load_arrays(arrays, stored.arrays, stored.learning_rate)
    check_values(stored.mismatch, evidence.operands, file=str(arrays))
    return stored.mismatch, evidence


def read_document(kind: type[T], path: Path) -> T:
    """The document of the class `kind` in a file.

    Raises
    ------
    InvalidRecord
        If there is no such file, or it is damaged.
    """
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
        if home.name.startswith(PARTIAL):
            notes.append(f"A mismatch was still being written and is left out: {home.name.removeprefix(PARTIAL)}.")
            continue
        if not home.is_dir():  # such as .DS_Store or Thumbs.db
            continue
        stored = read_document(StoredMismatch, home / MISMATCH)
        if stored.mismatch.id != home.name:
            raise InvalidRecord(
                f"should be {home.name!r}, the name of its folder", file=str(home / MISMATCH), field="mismatch.id"
            )
        yield stored.mismatch
