"""The lines that the documentation shows of a run folder are those that are written, and read as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from convoracle.reports.records.line import TICK
from convoracle.reports.records.lines import LineDecoder, LineEncoder
from convoracle.reports.records.migration import CHECKS

TOLD = (Path(__file__).parents[2] / "docs" / "run-folder.md").read_text()


def test_the_lines_that_are_shown() -> None:
    (block,) = re.findall(r"^```\n(\{.*?)^```", TOLD, re.MULTILINE | re.DOTALL)
    decoder, encoder = LineDecoder(), LineEncoder(CHECKS)
    read = [decoder.read(text.encode(), file="x", line=1) for text in block.splitlines()]
    first, second = (line.record() for line in read if line is not None)
    assert encoder.lines(first) + encoder.lines(second) == block
    assert [result.verdict.elements for result in (*first.results, *second.results)] == [3, 3, 200, 200]
    assert [(result.check, result.verdict.ratio) for result in second.results] == [
        ("structure", 0),
        ("precision", 0.246),
    ]
    assert second.results[1].seconds == pytest.approx(15 * TICK)
