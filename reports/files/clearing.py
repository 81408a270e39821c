"""What may be removed from a folder so that a run is written there, and which folders are let alone."""

from __future__ import annotations

import shutil
from pathlib import Path

from ...oracle.errors import InvalidArgument
from .layout import (
    ACCURACY,
    BADGE,
    BASELINE,
    CAMPAIGN,
    CAMPAIGN_PAGE,
    CASES,
    CERTIFICATES,
    FINISHED,
    IDENTITY,
    INFO,
    JUNIT,
    MATRIX,
    MISMATCHES,
    OLD_RECORDS,
    PAGE,
    PARTIAL,
    RECORDS,
    SARIF,
    SUMMARY,
)
from .lock import LOCK
from .part_files import is_begun


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
    if not (folder / INFO).is_file() or not is_begun(folder):
        raise InvalidArgument(
            "folder", str(folder), "should be new, empty, or the folder of an earlier run", where="RunWriter.create"
        )
    return True


def clear(folder: Path, *, replace: bool) -> None:
    """Remove the run in a folder, if it may be replaced; what else lies there stays.

    Raises
    ------
    InvalidArgument
        If it may not, or the folder holds something else.
    """
    if not refuse_foreign(folder):
        return
    if not replace:
        raise InvalidArgument(
            "folder", str(folder), "holds an earlier run; say that it is to be replaced", where="RunWriter.create"
        )
    remove_results(folder)
    for name in (MISMATCHES, RECORDS, IDENTITY, CERTIFICATES):
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
    for name in (BASELINE, OLD_RECORDS, INFO):
        (folder / name).unlink(missing_ok=True)


def remove_results(folder: Path) -> None:
    """Remove what says what came of a run, which is no more, or not yet again."""
    for name in (CASES, MATRIX, ACCURACY, PARTIAL + CASES):
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
    pages = (f"{name}/{PAGE}" for name in (IDENTITY, CERTIFICATES))
    for name in (FINISHED, SUMMARY, BADGE, CAMPAIGN, CAMPAIGN_PAGE, PAGE, JUNIT, SARIF, *pages):
        (folder / name).unlink(missing_ok=True)
