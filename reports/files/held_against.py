"""The baseline that a run is held against, kept in its folder: its reports are made again without another."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

from ..records.baseline import Held, held
from ..records.baseline_file import read_baseline
from ..records.totals import Run
from .layout import BASELINE


def baseline_text(path: Path) -> str:
    """The text of a file that is a baseline.

    Raises
    ------
    InvalidRecord
        If it is none.
    """
    read_baseline(path)
    return path.read_text("utf-8")


def keep_baseline(text: str, folder: str | os.PathLike[str]) -> None:
    """Write the text of a baseline into a run's folder."""
    (Path(folder) / BASELINE).write_text(text, "utf-8")


def held_against(run: Run, folder: str | os.PathLike[str]) -> Held:
    """A run's mismatches, held against the baseline in its folder on the day on which it started.

    Raises
    ------
    InvalidRecord
        If the baseline is damaged.
    """
    path = Path(folder) / BASELINE
    return held(run, read_baseline(path), _day(run)) if path.exists() else Held(run.mismatches)


def _day(run: Run) -> date:
    try:
        return datetime.fromisoformat(run.info.started).date()
    except ValueError:
        return datetime.now(UTC).date()
