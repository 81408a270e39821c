"""The page of identity cards: every line in its place, and what a candidate says is text."""

from __future__ import annotations

from pathlib import Path

from convoracle.reports.records.identity import IdentityCards, Property, Section, Told
from convoracle.reports.site.identity import write_identity

HOSTILE = "<script>alert(1)</script>"
SECTIONS = (
    Section("float32", (Property("order", (Told("9 in sequence", "forward tiny"), Told("pairwise", "wgrad tiny"))),)),
    Section("float16", (Property("sums", (Told(f"kept to 24 bits {HOSTILE}", ""),)),)),
)


def test_each_property_is_told_with_where_it_holds_and_markup_is_text(tmp_path: Path) -> None:
    path = tmp_path / "card.html"
    declared = f'multipliers = {{"float32": "{HOSTILE}"}}'
    write_identity(IdentityCards(HOSTILE, "1.0", HOSTILE, SECTIONS, declared), path)
    text = path.read_text("utf-8")
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 4
    assert 'rowspan="2">order</th><td>9 in sequence</td><td class="quiet">forward tiny</td>' in text
    assert '<td>pairwise</td><td class="quiet">wgrad tiny</td>' in text
    assert text.index("float32") < text.index("float16")
    assert "default-src 'none'" in text
