"""All that is made from the records of a run: the page, junit.xml and sarif.json, written into the run's folder."""

from __future__ import annotations

import os

from .files.junit import write_junit
from .files.sarif import write_sarif
from .page import write_page
from .records.baseline import Held
from .records.totals import Run


def write_reports(run: Run, folder: str | os.PathLike[str], against: Held | None = None) -> None:
    """Write ``index.html``, ``junit.xml`` and ``sarif.json`` of `run` into its folder, replacing earlier ones.

    `against` is what is known of its mismatches.
    """
    write_page(run, folder)
    write_junit(run, folder)
    write_sarif(run, folder, against)
