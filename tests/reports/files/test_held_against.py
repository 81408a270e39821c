"""A run folder remembers what was known to the run, on the day on which it started."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convoracle.reports import InvalidRecord, read_run
from convoracle.reports.files.held_against import held_against, keep_baseline
from convoracle.reports.files.layout import BASELINE

KNOWN = '[[known]]\ncandidate = "torch"\nreason = "known"\nexpires = 2026-11-25\n'


def test_a_mismatch_is_known_by_the_baseline_in_the_folder(writer, make_mismatch):
    found, evidence = make_mismatch("n1c1k1i4f2/float32/uniform/0", "forward", ((0, 0, 1),))
    writer.add_mismatch(found, evidence)
    run = read_run(writer.folder)
    assert held_against(run, writer.folder).unknown == (found,)
    keep_baseline(KNOWN, writer.folder)
    assert held_against(run, writer.folder).unknown == ()
    later = replace(run, info=replace(run.info, started="2026-11-25T06:00:00+00:00"))
    assert held_against(later, writer.folder).unknown == (found,)
    assert held_against(replace(run, info=replace(run.info, started="")), writer.folder).unknown == (found,)


def test_a_damaged_one_is_told(writer):
    keep_baseline("known = 1", writer.folder)
    with pytest.raises(InvalidRecord, match=BASELINE):
        held_against(read_run(writer.folder), writer.folder)
