"""Runs of the same plan put together: of each part the best copy there is.

Of copies that are not the same, what is kept follows from them alone, whatever the order in which they are given: what
was examined to its end, then what has more against the candidate, then what has more records. So merging is
associative, commutative and idempotent.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from ...oracle.errors import InvalidArgument
from ..records.record import CandidateInfo, RunInfo
from ..records.same_run import differences
from ..records.serialization import Finished, to_json
from ..records.stopped import Stopped
from .annexes import put_together
from .document import read_document
from .layout import FINISHED, INFO, RECORDS
from .part_files import Part, PartFile, part_files
from .reading import read_part
from .run import RunWriter

_BETWEEN = " | "
"""What machines say in different words of themselves stands side by side."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of putting runs together.

    Parameters
    ----------
    missing : tuple of Part
        Of which there is nothing, or not all.
    contradicted : tuple of Part
        Of which there were several whole copies, which did not come to the same.
    """

    missing: tuple[Part, ...]
    contradicted: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class _Copy:
    """A part in one of the runs."""

    run: Path
    file: PartFile


def merge(runs: Sequence[str | os.PathLike[str]], out: str | os.PathLike[str]) -> Merged:
    """Write into the folder `out` what runs of one plan have in all; a run that was there is replaced.

    Parameters
    ----------
    runs : sequence of path
        Their folders, which are only read.
    out : path
        Another folder.

    Raises
    ------
    InvalidArgument
        If there are none, `out` is one of them or holds something else, or they are not of one plan.
    InvalidRecord
        If one is damaged.
    """
    folders, target = list(dict.fromkeys(map(Path, runs))), Path(out)
    if not folders:
        raise InvalidArgument("runs", runs, "should be folders of runs", where="merge")
    if target.resolve() in {folder.resolve() for folder in folders}:
        raise InvalidArgument("out", str(target), "should be another folder than the runs'", where="merge")
    infos = [_info(folder) for folder in folders]
    for folder, info in zip(folders[1:], infos[1:], strict=True):
        if different := differences(infos[0], info):
            requirement = f"should be of the same run as {folders[0]}, but is not: {'; '.join(different)}"
            raise InvalidArgument("runs", str(folder), requirement, where="merge")
    copies: dict[Part, list[_Copy]] = {}
    for folder, info in zip(folders, infos, strict=True):
        for file in part_files(folder, info):
            copies.setdefault(file.part, []).append(_Copy(folder, file))
    chosen = {part: _best(of_part) for part, of_part in sorted(copies.items(), key=lambda each: each[0])}
    with closing(RunWriter.create(target, together(infos), replace=True)) as writer:
        for folder in folders:
            writer.adopt(folder, [copy.file for copy, _ in chosen.values() if copy.run == folder])
        put_together(zip(folders, infos, strict=True), target)
        missing = writer.missing()
        for part in missing:
            writer.stop(Stopped(part.candidate, 0, writer.info.plan.cases_of(part.number)), part.number)
        writer.finish(sum(map(_seconds, folders)), interrupted=False)
    return Merged(missing, tuple(part for part, (_, is_contradicted) in chosen.items() if is_contradicted))


def _info(folder: Path) -> RunInfo:
    info = read_document(RunInfo, folder / INFO)
    if not (folder / RECORDS).is_dir():
        requirement = "should be the folder of a run that this version of convoracle has made"
        raise InvalidArgument("runs", str(folder), requirement, where="merge")
    return info


def _seconds(folder: Path) -> float:
    path = folder / FINISHED
    return read_document(Finished, path).seconds if path.exists() else 0.0


def _best(copies: list[_Copy]) -> tuple[_Copy, bool]:
    """The copy of a part that is kept, and whether another whole one contradicts it."""
    if len(copies) == 1:
        return copies[0], False
    weighed = sorted(((copy.file.is_whole, *_weight(copy.file.path)), number) for number, copy in enumerate(copies))
    (best, number) = weighed[-1]
    contradicted = any(weight[0] and weight != best for weight, _ in weighed)
    return copies[number], contradicted


def _weight(path: Path) -> tuple[int, int, str]:
    """Verdicts against the candidate, records, and a hash of all but the times."""
    wrong, count, digest = 0, 0, hashlib.sha256()
    for record in read_part(path):
        results = tuple(replace(result, seconds=0.0) for result in record.results)
        wrong += sum(result.verdict.outcome.is_mismatch for result in results)
        count += 1
        digest.update(to_json(replace(record, results=results)).encode())
    return wrong, count, digest.hexdigest()


def together(infos: Sequence[RunInfo]) -> RunInfo:
    """The facts of runs of one plan, in no order."""
    plain = sorted(infos, key=lambda info: to_json(replace(info, started="", shard="")))[0]
    names = dict.fromkeys(name for info in infos for name, _ in info.environment)
    said = {name: {value for info in infos for key, value in info.environment if key == name} for name in names}
    candidates = zip(*(info.candidates for info in infos), strict=True)
    return replace(
        plain,
        started=min(info.started for info in infos),
        command=_joined(info.command for info in infos),
        environment=tuple((name, _joined(values)) for name, values in said.items()),
        candidates=tuple(map(_of_all, candidates)),
        min_compared=max(info.min_compared for info in infos),
        shard="",
    )


def _of_all(candidates: tuple[CandidateInfo, ...]) -> CandidateInfo:
    libraries = sorted({library for candidate in candidates for library in candidate.libraries})
    return replace(candidates[0], source=min(each.source for each in candidates), libraries=tuple(libraries))


def _joined(texts: Iterable[str]) -> str:
    return _BETWEEN.join(sorted({part for text in texts for part in text.split(_BETWEEN)}))
