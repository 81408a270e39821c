"""What lies in a run folder; written as the run goes, so that nothing finished is lost.

::

    run.json                          the run's facts
    held-against.toml                 the baseline that the run was held against, if there was one
    records/CANDIDATE-0.jsonl         the record of a case a line, handed to the operating system line by line; for each
                                      part of each candidate, see `part_files`
    mismatches/ID/mismatch.json, arrays.npz, reproduce.py
    mismatches/ID.json                of one that is the same as another, met again in another part
    finished.json                     written when the run ends
    summary.json, badge.json          what came of it, by what it was held against
    identity/CANDIDATE.json           identity cards of a candidate, if it was probed
    certificates/CANDIDATE.json       what became of whole layers, if it was asked for them
    index.html, cases/, matrix/, accuracy/, identity/index.html, certificates/index.html, mismatches/ID/index.html,
    junit.xml, sarif.json             made from the others
    campaign.json, campaign.html      how far a campaign is that is made by workers
    .lock                             held by the run that is writing; empty, and ignored by readers
"""

from __future__ import annotations

INFO, RECORDS, MISMATCHES, FINISHED = "run.json", "records", "mismatches", "finished.json"
OLD_RECORDS = "records.jsonl"
"""All records of a run of schema 6 or earlier."""
MISMATCH, ARRAYS, REPRODUCER = "mismatch.json", "arrays.npz", "reproduce.py"
BASELINE, SUMMARY, BADGE = "held-against.toml", "summary.json", "badge.json"
CAMPAIGN, CAMPAIGN_PAGE = "campaign.json", "campaign.html"
PAGE, JUNIT, SARIF = "index.html", "junit.xml", "sarif.json"
CASES, MATRIX, ACCURACY = "cases", "matrix", "accuracy"
IDENTITY, CERTIFICATES = "identity", "certificates"
"""Folders of what was found beside the cases, and of the pages that show it."""
PARTIAL = ".partial-"
"""What begins so is being written, and ignored by readers."""
