"""The files of records in a run folder: one for each part of each candidate, whose name says how far it came.

::

    records/torch-0.jsonl               the first part, examined to its end
    records/torch-1.unfinished.jsonl    the second, which is being examined, or was when the run ended
    records/torch-1.earlier.jsonl       what had been examined of it before the run was resumed

What comes of a part follows from the part, and it is examined from its first case on: of two unfinished files the
longer one has what the other has.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from ..errors import InvalidRecord
from ..records.naming import file_stem
from ..records.record import RunInfo
from .layout import OLD_RECORDS, RECORDS

UNFINISHED, EARLIER = ".unfinished", ".earlier"
_NAME = re.compile(r"(.+)-(0|[1-9][0-9]{0,8})(\.unfinished|\.earlier|)\.jsonl", re.ASCII | re.DOTALL)


class Part(NamedTuple):
    """A part of a run: of which candidate, and its number from 0."""

    candidate: str
    number: int


class PartFile(NamedTuple):
    """The file of a part, and whether the part was examined to its end."""

    part: Part
    path: Path
    is_whole: bool


def part_path(folder: Path, part: Part, how: str = "") -> Path:
    """Where the records of a part are; while it is not examined to its end, with ``how`` in its name."""
    return folder / RECORDS / f"{file_stem(part.candidate)}-{part.number}{how}.jsonl"


def part_files(folder: Path, info: RunInfo) -> tuple[PartFile, ...]:
    """The file of each part that was begun, candidate by candidate in the order of the run, and part by part.

    Raises
    ------
    InvalidRecord
        If there is no folder of them.
    """
    if not (folder / RECORDS).is_dir():
        raise InvalidRecord("there is no such folder", file=str(folder / RECORDS))
    places = {file_stem(candidate.name): (place, candidate.name) for place, candidate in enumerate(info.candidates)}
    found: dict[tuple[int, str, int], list[Path]] = {}
    for path in sorted(folder.joinpath(RECORDS).iterdir()):
        named = _NAME.fullmatch(path.name)
        if named is None:  # such as .DS_Store
            continue
        place, candidate = places.get(named[1], (len(places), named[1]))
        found.setdefault((place, candidate, int(named[2])), []).append(path)
    return tuple(_best(Part(candidate, number), paths) for (_, candidate, number), paths in sorted(found.items()))


def is_begun(folder: Path) -> bool:
    """Whether a folder has records of a run, also of an earlier schema."""
    return (folder / RECORDS).is_dir() or (folder / OLD_RECORDS).is_file()


def set_aside(folder: Path, file: PartFile) -> None:
    """Keep what there is of an unfinished part, in one file, so that the part can be begun anew."""
    kept = part_path(folder, file.part, EARLIER)
    file.path.replace(kept)
    part_path(folder, file.part, UNFINISHED).unlink(missing_ok=True)


def _best(part: Part, paths: list[Path]) -> PartFile:
    ends = (f"{UNFINISHED}.jsonl", f"{EARLIER}.jsonl")
    whole = next((path for path in paths if not path.name.endswith(ends)), None)
    if whole is not None:
        return PartFile(part, whole, is_whole=True)
    return PartFile(part, max(paths, key=lambda path: path.stat().st_size), is_whole=False)
