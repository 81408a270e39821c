"""The report of certificates: what is proven and how surely, what is not, and what a candidate says as text."""

from __future__ import annotations

import json
from pathlib import Path

from convoracle.oracle.judging.verdict import Outcome
from convoracle.reports import CandidateInfo
from convoracle.reports.site.certificates import CertificateRow, write_certificates

HOSTILE = "<script>alert(1)</script>"
RIGHT = CertificateRow(
    "resnet50:conv1", "forward", "float32", "n1", Outcome.CONFORMS, "right", 802816, 2.0**-45, 0.1, 0.2
)
WRONG = CertificateRow("own:a", "jvp", "float32", HOSTILE, Outcome.VIOLATES, f"violates: {HOSTILE}", 9, None, 0.1, 0.2)


def test_what_is_proven_and_what_is_not(tmp_path: Path) -> None:
    write_certificates(
        CandidateInfo("torch", "2"), [RIGHT, WRONG], "1 of 2 results certified", "certify", tmp_path / "new"
    )
    text = (tmp_path / "new" / "index.html").read_text("utf-8")
    assert "<script" not in text
    assert text.count("proven&nbsp;right") == 1
    assert "802,816" in text
    assert "at most 2^-45" in text
    assert "violates: &lt;script&gt;" in text
    document = json.loads((tmp_path / "new" / "certificates.json").read_text())
    assert document["candidate"] == {"name": "torch", "version": "2"}
    assert [row["outcome"] for row in document["rows"]] == ["conforms", "violates"]
    assert [row["miss"] for row in document["rows"]] == [2.0**-45, None]
