"""All that is made from the records of a run: pages, junit.xml and sarif.json, written into the run's folder."""

from __future__ import annotations

import os

from .files.held_against import held_against
from .files.junit import write_junit
from .files.links import refuse_links
from .files.reading import read_run
from .files.sarif import write_sarif
from .records.totals import Run
from .site import SiteWriter


def write_reports(folder: str | os.PathLike[str]) -> Run:
    """Read a run and write its pages, ``junit.xml`` and ``sarif.json`` into its folder, replacing earlier ones.

    Raises
    ------
    InvalidRecord
        As `read_run` does, if the baseline in the folder is damaged, and if a file would be written outside of it.
    """
    refuse_links(folder)
    with SiteWriter(folder) as site:
        run = read_run(folder, site.listen)
        against = held_against(run, folder)
        site.finish(run, against)
    write_junit(run, folder)
    write_sarif(run, folder, against)
    return run
