"""The report of certificates: what is proven and how surely, what is not, and what a candidate says as text."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from convoracle.oracle.judging.verdict import Outcome
from convoracle.reports.records.certified import CertificateRow, Certificates
from convoracle.reports.records.serialization import from_json
from convoracle.reports.site.certificates import certified_sentence, write_certificates

HOSTILE = "<script>alert(1)</script>"
RIGHT = CertificateRow(
    "resnet50:conv1", "forward", "float32", "n1", Outcome.CONFORMS, "right", 802816, 2.0**-45, 0.1, 0.2
)
WRONG = CertificateRow(
    "own:a", "jvp", "float32", HOSTILE, Outcome.VIOLATES, f"violates: {HOSTILE}", 9, None, 0.1, 0.2, "check"
)
DOCUMENT = Certificates("torch", "2", "convoracle certify torch", (RIGHT, WRONG))


def test_what_is_proven_and_what_is_not(tmp_path: Path) -> None:
    write_certificates(DOCUMENT, tmp_path / "new")
    text = (tmp_path / "new" / "index.html").read_text("utf-8")
    assert "<script" not in text
    assert text.count("proven&nbsp;right") == 1
    assert "1 of 2 results certified; 1 violates; 0.20 s in its calls, 0.40 s for the certificates" in text
    assert "802,816" in text
    assert "at\u00a0most\u00a02^-45" in text
    assert "violates: &lt;script&gt;" in text
    assert "<code>check</code>" in text
    assert text.index("violates: ") < text.index("proven&nbsp;right")
    data = (tmp_path / "new" / "certificates.json").read_bytes()
    assert from_json(Certificates, data, file="certificates.json") == DOCUMENT
    assert [row["miss"] for row in json.loads(data)["rows"]] == [2.0**-45, None]


def test_what_was_asked_in_parts_is_told_with_what_that_leaves_open(tmp_path: Path) -> None:
    parts = replace(RIGHT, parts=4, images=2)
    sums = replace(parts, subject="weight_gradient")
    write_certificates(replace(DOCUMENT, rows=(RIGHT, parts, sums)), tmp_path)
    text = (tmp_path / "index.html").read_text("utf-8")
    assert text.count("proven&nbsp;right") == 3
    assert text.count("proven&nbsp;right, in 4 parts of up to 2 images") == 2
    assert text.count("of up to 2 images, each a sum over these alone") == 1


def test_what_was_said_at_length_is_cut_so_that_it_can_be_read_back(tmp_path: Path) -> None:
    write_certificates(replace(DOCUMENT, rows=(replace(WRONG, told="x" * 10**6),)), tmp_path)
    data = (tmp_path / "certificates.json").read_bytes()
    assert len(from_json(Certificates, data, file="").rows[0].told) == 2000


def test_the_sentence_counts_what_is_certified() -> None:
    assert certified_sentence((RIGHT,)) == "1 of 1 result certified; 0.10 s in its calls, 0.20 s for the certificates"
