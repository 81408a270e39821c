"""The baseline of the main job: it can be read, and its reasons name findings that are described."""

from __future__ import annotations

import re
from pathlib import Path

from convoracle.reports.records.baseline_file import KEYS, read_baseline
from convoracle.suites.candidates import DEFAULT

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "findings" / "known.toml"


def test_every_deviation_is_of_a_default_candidate_and_names_findings_that_are_there() -> None:
    described = (ROOT / "docs" / "findings.md").read_text("utf-8")
    named: set[str] = set()
    for known in read_baseline(FILE):
        assert known.candidate in DEFAULT
        assert known.version
        named |= set(re.findall(r"\b[TF]\d+\b", known.reason))
    assert {"T6", "F9"} <= named
    assert [name for name in named if f"| [{name}](" not in described] == []


def test_the_page_has_every_key_and_its_example_is_read(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "baseline.md").read_text("utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(KEYS)
    (tmp_path / "known.toml").write_text(page.partition("```toml\n")[2].partition("```")[0])
    assert [known.version for known in read_baseline(tmp_path / "known.toml")] == [">=2.13,<2.15"]


def test_the_main_job_is_held_against_it() -> None:
    assert f"--baseline {FILE.relative_to(ROOT)}" in (ROOT / "tox.ini").read_text("utf-8")
