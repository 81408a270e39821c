"""Symbolic links in a run folder: where files are written, there are none, or others' files would be written over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..errors import InvalidRecord
from .layout import (
    ACCURACY,
    ARRAYS,
    BASELINE,
    CASES,
    CERTIFICATES,
    FINISHED,
    IDENTITY,
    INFO,
    MATRIX,
    MISMATCH,
    MISMATCHES,
    OLD_RECORDS,
    RECORDS,
)

_ONLY_READ = frozenset((INFO, RECORDS, OLD_RECORDS, FINISHED, BASELINE, MISMATCH, ARRAYS))
"""Files that may lie elsewhere."""


def refuse_links(folder: str | os.PathLike[str]) -> None:
    """Refuse to write reports into a run folder where they would not stay in it.

    Raises
    ------
    InvalidRecord
        If something in it that is written, or a folder of it, is a symbolic link.
    """
    home = Path(folder)
    written = (home, *(home / name for name in (CASES, MATRIX, ACCURACY, IDENTITY, CERTIFICATES, MISMATCHES)))
    for place in (*written, *_folders(home / MISMATCHES)):
        for entry in _entries(place):
            if entry.is_symlink() and entry.name not in _ONLY_READ:
                raise InvalidRecord("is a link, behind which no report is written: remove it", file=entry.path)


def refuse_any_link(folder: str | os.PathLike[str]) -> None:
    """Refuse to go on with a run in a folder that has links: all of it may be written.

    Raises
    ------
    InvalidRecord
        If something in it is a symbolic link.
    """
    home = Path(folder)
    names = (RECORDS, IDENTITY, CERTIFICATES, MISMATCHES)
    for place in (home, *(home / name for name in names), *_folders(home / MISMATCHES)):
        for entry in _entries(place):
            if entry.is_symlink():
                raise InvalidRecord("is a link, behind which no run is written: remove it", file=entry.path)


def _folders(place: Path) -> Iterator[Path]:
    return (Path(entry.path) for entry in _entries(place) if entry.is_dir(follow_symlinks=False))


def _entries(place: Path) -> list[os.DirEntry[str]]:
    if not place.is_dir():
        return []
    with os.scandir(place) as entries:
        return list(entries)
