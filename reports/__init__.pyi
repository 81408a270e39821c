from .errors import InvalidRecord
from .files.junit import junit, write_junit
from .files.reading import read_mismatch, read_records, read_run
from .files.reproducer import reproducer
from .files.run import RunWriter
from .files.sarif import sarif, write_sarif
from .publication import write_reports
from .records.naming import mismatch_id
from .records.record import (
    SCHEMA_VERSION,
    CandidateInfo,
    CaseRecord,
    CheckInfo,
    CheckResult,
    Evidence,
    Mismatch,
    RunInfo,
    Witness,
)
from .records.tally import Cell, Row, Tally, tally
from .records.totals import Run, Totals
from .views.terminal import mismatch_text, mismatch_view, summary_table, tally_table

__all__ = [
    "SCHEMA_VERSION",
    "CandidateInfo",
    "CaseRecord",
    "Cell",
    "CheckInfo",
    "CheckResult",
    "Evidence",
    "InvalidRecord",
    "Mismatch",
    "Row",
    "Run",
    "RunInfo",
    "RunWriter",
    "Tally",
    "Totals",
    "Witness",
    "junit",
    "mismatch_id",
    "mismatch_text",
    "mismatch_view",
    "read_mismatch",
    "read_records",
    "read_run",
    "reproducer",
    "sarif",
    "summary_table",
    "tally",
    "tally_table",
    "write_junit",
    "write_reports",
    "write_sarif",
]
