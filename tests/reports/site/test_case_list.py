"""The files of the list of cases: every record is in them, told by numbers, and nothing in them is code."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CaseRecord, CheckResult, RunWriter, read_run
from convoracle.reports.records.line import whole
from convoracle.reports.site import case_list
from convoracle.reports.site.case_list import CaseList, script

RIGHT = Verdict(Outcome.CONFORMS, elements=3, ratio=0.25, resolution=0.5)


def called(path: Path) -> tuple[str, list]:
    """The arguments with which a file calls the page, and the function."""
    text = path.read_text("ascii")
    name, _, arguments = text.removeprefix("convoracle.").removesuffix(");\n").partition("(")
    *number, literal = json.loads(f"[{arguments}]")
    return name, [*number, json.loads(literal)]


def record(number: int, *results: CheckResult, **more) -> CaseRecord:
    told = results or (
        CheckResult("structure", "forward", Verdict(Outcome.CONFORMS, elements=3, resolution=0.0), 0.1),
        CheckResult("precision", "forward", replace(RIGHT, ratio=0.25 + number / 100), 0.1),
    )
    return CaseRecord(f"n1c1k1i4f2/float32/uniform/{number}", "torch", told, **more)


@pytest.fixture
def listed(tmp_path, info, monkeypatch):
    """The files of a list, as they are written of records that are read from a run."""

    def write(*records: CaseRecord) -> Path:
        with RunWriter.create(tmp_path / "run", info) as writer:
            for each in records:
                writer.append(each)
            writer.finish(1.0, False)
        folder = tmp_path / "list"
        folder.mkdir()
        made = CaseList(folder, info.checks)
        read_run(tmp_path / "run", lambda _: made.add)
        assert made.finish() == len(records)
        return folder

    monkeypatch.setattr(case_list, "ROWS", 4)
    monkeypatch.setattr(case_list, "VERDICTS", 2)
    return write


@pytest.mark.parametrize("count", [0, 1, 4, 5, 8])
def test_every_record_is_in_its_chunk(listed, count):
    folder = listed(*map(record, range(count)))
    rows = [called(folder / f"rows-{n}.js") for n in range(-(-count // 4))]
    assert [arguments[0] for _, arguments in rows] == list(range(len(rows)))
    cases = [case for _, (_, (text, *_)) in rows for case in text.split("\n")]
    assert cases == [record(n).case for n in range(count)]
    ratios = [ratio for _, (_, (_, _, _, chunk)) in rows for ratio in chunk]
    assert ratios == pytest.approx([0.25 + n / 100 for n in range(count)])
    records = [
        told for n in range(-(-count // 2)) for told in called(folder / f"verdicts-{n}.js")[1][1][1]
    ]  # fmt: skip
    assert [told[1] for told in records] == [[0.25 + n / 100] for n in range(count)]
    assert len(list(folder.iterdir())) == len(rows) + -(-count // 2) + 1


def test_the_tables_say_what_the_numbers_mean(listed):
    wrong = CheckResult("structure", "forward", Verdict(Outcome.VIOLATES, "off", elements=3), fault="torch-1")
    folder = listed(record(0), record(1, wrong), record(2, CheckResult("structure", "jvp", RIGHT), declined=7))
    _, (tables,) = called(folder / "tables.js")
    name = tables["names"].__getitem__
    assert (tables["records"], tables["rows"], tables["verdicts"]) == (3, 4, 2)
    kinds = [
        (name(owner), declined, [(*map(name, told[:3]), told[3] if told[3] < 0 else name(told[3])) for told in said])
        for owner, declined, said in tables["kinds"]
    ]
    assert kinds == [
        ("torch", 0, [("structure", "forward", "conforms", -1), ("precision", "forward", "conforms", -1)]),
        ("torch", 0, [("structure", "forward", "violates", "torch-1")]),
        ("torch", 1, [("structure", "jvp", "conforms", -1)]),
    ]
    ((dtype, layout, features),) = tables["traits"]
    assert (name(dtype), name(layout), list(map(name, features))) == (
        "float32", "contiguous", ["1 spatial axis", "nothing beyond a kernel"],
    )  # fmt: skip
    assert {name(number) for number in tables["ofValues"]} == {"structure", "precision"}


def test_verdicts_are_told_once_a_chunk_and_in_full_where_they_fail(listed):
    worst = Verdict(Outcome.VIOLATES, "off", elements=3, ratio=float("inf"), resolution=0.5)
    folder = listed(
        record(0), record(1, CheckResult("precision", "forward", worst, fault="torch-1"), origin="net:conv")
    )
    _, (number, (patterns, records)) = called(folder / "verdicts-0.js")
    assert number == 0
    assert patterns == [
        [["structure", "forward", "conforms", "", 0.0, 0, 0], ["precision", "forward", "conforms", "", None, 1, 1]]
    ]
    assert records[0] == [[0], [0.25], [0.5], "", 0]
    assert records[1] == [[[["precision", "forward", "violates", "off", 0.5, "inf", "torch-1"]]], [], [], "net:conv", 0]
    assert called(folder / "rows-0.js")[1][1][3] == [0.25, -1]


def test_a_record_of_an_earlier_schema_is_told_in_whole_results(tmp_path, info):
    """It has no patterns, and no numbers of its own beside its results."""
    made = CaseList(tmp_path, info.checks)
    made.add(whole(record(0)))
    made.finish()
    _, (_, (patterns, ((parts, ratios, resolutions, *_),))) = called(tmp_path / "verdicts-0.js")
    assert (patterns, ratios, resolutions) == ([], [], [])
    assert [[told[0], told[5]] for part in parts for told in part] == [["structure", 0.0], ["precision", 0.25]]


def test_a_reason_keeps_its_commas(listed):
    told = CheckResult("structure", "forward", Verdict(Outcome.UNSUPPORTED, "no groups, no bias, no dilation"))
    _, (_, (patterns, _)) = called(listed(record(0, told)) / "verdicts-0.js")
    assert patterns[0][0][3] == "no groups, no bias, no dilation"


HOSTILE = "</script>\n\u2028\"'\\ é `${x}`\x1b<!--"


def test_what_is_hostile_is_one_line_of_ascii_without_a_tag(listed):
    told = CheckResult(HOSTILE, HOSTILE, Verdict(Outcome.REFUSED, HOSTILE, HOSTILE), fault=HOSTILE)
    folder = listed(CaseRecord(HOSTILE, HOSTILE, (told,), HOSTILE))
    for path in folder.iterdir():
        text = path.read_text("ascii")
        assert not set(text) & set("<>")
        assert text.count("\n") == 1
        called(path)
    _, (_, (cases, *_)) = called(folder / "rows-0.js")
    assert cases.split("\n") == [r"</script> \u2028" + "\"'\\ é `${x}`" + r"\x1b<!--"]


def test_a_script_is_a_call_with_a_text():
    assert script("tables", None, '{"a":"<b>"}') == 'convoracle.tables("{\\"a\\":\\"\\u003cb\\u003e\\"}");\n'
    assert script("rows", 3, "[]") == 'convoracle.rows(3, "[]");\n'
