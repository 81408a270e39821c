"""What is known of a part whose search was begun before: results that need not be asked for again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ...reports.files.part_files import EARLIER, Part, part_path
from ..checks.kind import OfCandidate
from ..checks.registry import kind_named
from .examiner import Results


def recalled(folder: Path, part: Part) -> Mapping[str, Results]:
    """By the ids of cases, what had come of them when the run in a folder was resumed; empty where nothing had.

    Which mismatch a result was told as is left out: that is found again. So is what was asked once of the candidate.

    Raises
    ------
    InvalidRecord
        If the file is damaged.
    """
    path = part_path(folder, part, EARLIER)
    if not path.is_file():
        return {}
    from ...reports.files.reading import read_part  # with all that reads a run, which a new one does not wait for

    asked = (record for record in read_part(path) if not record.declined and not _is_asked_once(record.results))
    return {record.case: tuple(replace(result, fault=None) for result in record.results) for record in asked}


def _is_asked_once(results: Results) -> bool:
    return bool(results) and all(isinstance(kind_named(each.check).schedule, OfCandidate) for each in results)
