"""All that is made from the records of a run, written anew each time."""

from __future__ import annotations

from dataclasses import replace

from convoracle.reports import read_run, write_reports


def test_the_reports_of_a_run(writer, record):
    writer.append(record)
    write_reports(read_run(writer.folder), writer.folder)
    assert (writer.folder / "index.html").read_text("utf-8").startswith("<!doctype html>")
    assert (writer.folder / "junit.xml").read_text("utf-8").startswith("<?xml")
    assert (writer.folder / "sarif.json").read_text("utf-8").startswith("{")


def test_earlier_reports_are_replaced(writer, record, info):
    writer.append(record)
    run = read_run(writer.folder)
    for seed in (7, 1234567):
        write_reports(replace(run, info=replace(info, seed=seed)), str(writer.folder))
    page = (writer.folder / "index.html").read_text("utf-8")
    assert "1234567" in page
    assert "structure[forward]" in (writer.folder / "junit.xml").read_text("utf-8")
    assert page.count("<!doctype html>") == 1
