"""A search that ended before its cases did is kept, told everywhere, and held to the share that is wanted."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from convoracle.reports import InvalidRecord, junit, read_run, write_reports
from convoracle.reports.records.baseline import Held
from convoracle.reports.records.stopped import Stopped
from convoracle.reports.views.gate import Judgement, cut_short
from convoracle.reports.views.markdown import summary_markdown

TOLD = "torch: 30 of 200 cases (15 %) were examined: of the others nothing is known."


@pytest.fixture
def run(writer, record):
    writer.append(record)
    writer.stop(Stopped("torch", 30, 200))
    writer.finish(1.0, interrupted=False)
    return read_run(writer.folder)


def test_it_is_kept_and_told_on_the_page_in_junit_and_in_markdown(run, writer):
    assert (run.finished, run.stopped, run.notes) == (True, (Stopped("torch", 30, 200),), (TOLD,))
    assert write_reports(writer.folder) == run
    assert TOLD in (writer.folder / "index.html").read_text("utf-8")
    assert f"- {TOLD}" in summary_markdown(run, Judgement(Held(())))
    root = ElementTree.fromstring(junit(run).encode())
    assert [each.get("value") for each in root.iterfind(".//property[@name='note']")] == [TOLD, TOLD]


def test_less_than_is_wanted_is_too_little(run):
    assert cut_short(run.stopped, 0.15) == ()
    (sentence,) = cut_short(run.stopped, 0.5)
    assert sentence.startswith("torch: 30 of 200 cases (15 %) were examined, less than the 50 % that are wanted.")
    of_torch = ElementTree.fromstring(junit(run).encode()).find("testsuite[@name='torch']")
    assert sentence in of_torch.find("testcase/error").get("message")
    content = replace(run, info=replace(run.info, min_compared=0.15))
    assert ElementTree.fromstring(junit(content).encode()).find("testsuite[@name='torch']//error") is None


def test_more_examined_than_planned_is_refused(run, writer):
    path = writer.folder / "finished.json"
    body = json.loads(path.read_text())
    body["stopped"][0]["examined"] = 201
    path.write_text(json.dumps(body))
    with pytest.raises(InvalidRecord, match="should have no more examined than planned"):
        read_run(writer.folder)
