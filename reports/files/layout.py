"""What lies in a run folder; written as the run goes, so that nothing finished is lost.

::

    run.json                          the run's facts
    held-against.toml                 the baseline that the run was held against, if there was one
    records.jsonl                     the record of a case a line, handed to the operating system line by line
    mismatches/ID/mismatch.json, arrays.npz, reproduce.py
    finished.json                     written when the run ends
    summary.json, badge.json          what came of it, by what it was held against
    index.html, cases/, matrix/, accuracy/, mismatches/ID/index.html, junit.xml, sarif.json    made from the others
    .lock                             held by the run that is writing; empty, and ignored by readers
"""

from __future__ import annotations

INFO, RECORDS, MISMATCHES, FINISHED = "run.json", "records.jsonl", "mismatches", "finished.json"
MISMATCH, ARRAYS, REPRODUCER = "mismatch.json", "arrays.npz", "reproduce.py"
BASELINE, SUMMARY, BADGE = "held-against.toml", "summary.json", "badge.json"
PAGE, JUNIT, SARIF = "index.html", "junit.xml", "sarif.json"
CASES, MATRIX, ACCURACY = "cases", "matrix", "accuracy"
PARTIAL = ".partial-"
"""What begins so is being written, and ignored by readers."""
