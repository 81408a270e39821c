"""A run folder read back, with strict validation, also that of a run which was killed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from ..errors import InvalidRecord
from ..records.baseline import INSTRUCTIONS
from ..records.certified import Certificates
from ..records.codec import WrongField
from ..records.evidence import check_facts, load_arrays
from ..records.identity import IdentityCards
from ..records.instances import Instance, instance_of, kept_for, natural
from ..records.line import Line
from ..records.lines import Interned
from ..records.machine_kinds import MachineKind, kind_of_machine
from ..records.question import check_question, check_values
from ..records.record import CaseRecord, CheckInfo, Evidence, Mismatch, RunInfo
from ..records.serialization import Finished, StoredMismatch
from ..records.totals import Beside, Run, Totalling, Totals
from ..views.gate import settings_sentences, stopped_sentence
from .annexes import annexes
from .document import read_document
from .layout import ARRAYS, FINISHED, INFO, MISMATCH, MISMATCHES, OLD_RECORDS, PARTIAL, RECORDS
from .part_files import part_files
from .record_file import read_lines, read_machine

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
    mismatches, kept = _told_apart(path, notes)
    found, machines = _added_up(path, info, _lines(path, info, kept, notes), listen)
    beside = Beside(annexes(IdentityCards, path, info), annexes(Certificates, path, info))
    if not (path / FINISHED).exists():
        notes.append("The run did not come to its end: what it had finished by then is shown.")
        return Run(info, found, mismatches, finished=False, notes=tuple(notes), beside=beside, machines=machines)
    finished = read_document(Finished, path / FINISHED)
    if finished.interrupted:
        notes.append("The run was interrupted: what it had finished by then is shown.")
    notes += map(stopped_sentence, finished.stopped)
    told = (finished.seconds, tuple(notes), finished.audited, finished.stopped, beside, machines)
    return Run(info, found, mismatches, not finished.interrupted, *told)


def read_info(folder: str | os.PathLike[str]) -> RunInfo:
    """The facts of the run in a folder.

    Raises
    ------
    InvalidRecord
        If it has none, or they are damaged.
    """
    return read_document(RunInfo, Path(folder) / INFO)


def _added_up(
    path: Path,
    info: RunInfo,
    lines: Iterable[tuple[Path, Line]],
    listen: Callable[[RunInfo], Callable[[Line], None]] | None,
) -> tuple[Totals, tuple[MachineKind, ...]]:
    """What the records add up to: all of them, and those of each kind of machine, where there are several."""
    tell = None if listen is None else listen(info)
    kinds = _kinds_of_machines(path, info)
    every, of_kinds = Totalling(info.checks), {kind: Totalling(info.checks) for kind in kinds.values()}
    for file, line in lines:
        if tell is not None:
            tell(line)
        every.add(line)
        if file in kinds:
            of_kinds[kinds[file]].add(line)
    results = {kind: totalling.result() for kind, totalling in of_kinds.items()}
    machines = (kind_of_machine(kind, found.compared, found.counts.faults) for kind, found in sorted(results.items()))
    return every.result(), tuple(machines)


def _kinds_of_machines(path: Path, info: RunInfo) -> Mapping[Path, str]:
    """The instruction sets with which the files of records were made that tell them; none if those are all the same."""
    if not (path / RECORDS).is_dir():
        return {}
    machines = {file.path: dict(read_machine(file.path)) for file in part_files(path, info)}
    kinds = {file: " ".join(sorted(machine.get(INSTRUCTIONS, "").split())) for file, machine in machines.items()}
    return {file: kind for file, kind in kinds.items() if kind} if len({*kinds.values()} - {""}) > 1 else {}


def read_records(folder: str | os.PathLike[str]) -> Iterator[CaseRecord]:
    """The records of a run folder, one after the other; a last line that was cut off is left out.

    Raises
    ------
    InvalidRecord
        As `read_run` does, and for a case that is none.
    """
    path = Path(folder)
    _, kept = _told_apart(path, [])
    for file, line in _lines(path, read_document(RunInfo, path / INFO), kept, []):
        yield _record(line, file)


def read_part(path: Path) -> Iterator[CaseRecord]:
    """The records of one file, one after the other; a last line that was cut off is left out.

    Raises
    ------
    InvalidRecord
        If a line is none, or its case.
    """
    for line in read_lines(path, []):
        yield _record(line, path)


def _record(line: Line, path: Path) -> CaseRecord:
    try:
        return line.record()
    except WrongField as error:
        raise InvalidRecord(error.problem, file=str(path), field="case") from None


def _lines(folder: Path, info: RunInfo, kept: Mapping[str, str], notes: list[str]) -> Iterator[tuple[Path, Line]]:
    """The records of a run, each with its file, and the mismatches of some ids told as those that are kept for them."""
    interned: Interned = {}
    if (folder / OLD_RECORDS).is_file():
        paths = [folder / OLD_RECORDS]
    else:
        paths = [file.path for file in part_files(folder, info)]
    for file in paths:
        for line in read_lines(file, notes, interned):
            yield file, line.with_faults(kept)


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


def _told_apart(folder: Path, notes: list[str]) -> tuple[tuple[Mismatch, ...], Mapping[str, str]]:
    """The mismatches of a run without those that are the same as others, and for each such the id of what is kept."""
    found = tuple(read_mismatches(folder, notes))
    kept = kept_for(all_instances(folder, found).values())
    return tuple(mismatch for mismatch in found if mismatch.id not in kept), kept


def all_instances(run: Path, mismatches: Iterable[Mismatch]) -> dict[str, Instance]:
    """By id, what mismatches of a run are told from each other by, and those that are no more than told.

    Raises
    ------
    InvalidRecord
        If one is damaged.
    """
    own = (instance_of(mismatch) for mismatch in mismatches)
    return {each.id: each for each in (*filter(None, own), *read_instances(run))}


def read_instances(run: Path) -> Iterator[Instance]:
    """The mismatches of a run folder that are no more than told, since others are the same.

    Raises
    ------
    InvalidRecord
        If one is damaged.
    """
    for path in sorted((run / MISMATCHES).glob("*.json"), key=lambda each: natural(each.name)):
        instance = read_document(Instance, path)
        if path.name != f"{instance.id}.json":
            raise InvalidRecord(f"should be {path.stem!r}, as its file is named", file=str(path), field="id")
        yield instance


def read_mismatches(run: Path, notes: list[str]) -> Iterator[Mismatch]:
    """The mismatches in a run folder; of those still being written is told in `notes`.

    Raises
    ------
    InvalidRecord
        If one is damaged.
    """
    folder = run / MISMATCHES
    if not folder.is_dir():
        return
    for home in sorted(folder.iterdir(), key=lambda each: natural(each.name)):
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
