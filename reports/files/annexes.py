"""What was found of a run's candidates beside its cases: identity cards and certificates, a document of each."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from ...oracle.errors import InvalidArgument
from ..errors import InvalidRecord
from ..records.certified import Certificates
from ..records.identity import IdentityCards
from ..records.naming import file_stem, with_version
from ..records.record import RunInfo
from ..records.serialization import to_json
from .document import read_document
from .layout import CERTIFICATES, IDENTITY, INFO
from .links import refuse_any_link
from .lock import locked, unlock
from .whole import write_whole

Annex = TypeVar("Annex", IdentityCards, Certificates)
_FOLDERS: dict[type[IdentityCards | Certificates], str] = {IdentityCards: IDENTITY, Certificates: CERTIFICATES}


def annexes(kind: type[Annex], folder: Path, info: RunInfo) -> tuple[Annex, ...]:
    """Those of a kind that lie in the folder of a run, in the order of its candidates.

    Raises
    ------
    InvalidRecord
        If one is damaged, or of another candidate or version than the run's.
    """
    found = []
    for candidate in info.candidates:
        path = _path(kind, folder, candidate.name)
        if path.exists():
            document = read_document(kind, path)
            if (document.candidate, document.version) != (candidate.name, candidate.version):
                whose = with_version(document.candidate, document.version)
                raise InvalidRecord(f"is of {whose}, which this run did not examine", file=str(path), field="candidate")
            found.append(document)
    return tuple(found)


def add(document: IdentityCards | Certificates, folder: str | os.PathLike[str]) -> None:
    """Add what was found of a candidate to the run in a folder: cards in the place of earlier ones, layers beside them.

    Raises
    ------
    InvalidArgument
        If the run has not examined that candidate in that version, or is being written.
    InvalidRecord
        If the folder has no run, or what is there is damaged or a link.
    """
    home = Path(folder)
    require_examined(document.candidate, document.version, home)
    refuse_any_link(home)
    lock = locked(home)
    try:
        path = _path(type(document), home, document.candidate)
        if isinstance(document, Certificates) and path.exists():
            document = read_document(Certificates, path).with_later(document)
        _write(document, home)
    finally:
        unlock(lock)


def require_examined(candidate: str, version: str, folder: Path) -> None:
    """Refuse to add something to a run that examined another candidate, or another version of it.

    Raises
    ------
    InvalidArgument
        If it did.
    InvalidRecord
        If the folder has no run.
    """
    examined = [with_version(each.name, each.version) for each in read_document(RunInfo, folder / INFO).candidates]
    wanted = with_version(candidate, version)
    if wanted not in examined:
        told = f"should be a run that examined {wanted}; this one examined {', '.join(examined)}"
        raise InvalidArgument("into", str(folder), told, where="add")


def put_together(runs: Iterable[tuple[Path, RunInfo]], target: Path) -> None:
    """Write into a run what runs of the same plan have in all; what they differ in follows from the answers alone."""
    read = list(runs)
    for cards in _by_candidate(each for run, info in read for each in annexes(IdentityCards, run, info)):
        _write(max(cards, key=to_json), target)
    for certificates in _by_candidate(each for run, info in read for each in annexes(Certificates, run, info)):
        _write(_merged(certificates), target)


def _by_candidate(documents: Iterable[Annex]) -> Iterable[list[Annex]]:
    by_name: dict[str, list[Annex]] = {}
    for document in documents:
        by_name.setdefault(document.candidate, []).append(document)
    return by_name.values()


def _merged(certificates: Sequence[Certificates]) -> Certificates:
    """Of each question the answer that is worst for the candidate."""
    rows = sorted(
        (row for each in certificates for row in each.rows),
        key=lambda row: (row.question, row.outcome.is_mismatch, not row.is_proven, str(row)),
    )
    kept = {row.question: row for row in rows}
    command = min(each.command for each in certificates)
    return replace(certificates[0], command=command, rows=tuple(kept.values()))


def _path(kind: type[IdentityCards | Certificates], folder: Path, candidate: str) -> Path:
    return folder / _FOLDERS[kind] / f"{file_stem(candidate)}.json"


def _write(document: IdentityCards | Certificates, folder: Path) -> None:
    path = _path(type(document), folder, document.candidate)
    path.parent.mkdir(exist_ok=True)
    write_whole(path, to_json(document, indent=2) + "\n")
