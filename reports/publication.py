"""All that is made from the records of a run: the page and junit.xml, written into the run's folder."""

from __future__ import annotations

import os

from .files.junit import write_junit
from .page import write_page
from .records.totals import Run


def write_reports(run: Run, folder: str | os.PathLike[str]) -> None:
    """Write ``index.html`` and ``junit.xml`` of `run` into its folder, replacing earlier ones."""
    write_page(run, folder)
    write_junit(run, folder)
