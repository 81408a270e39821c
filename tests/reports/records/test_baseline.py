"""Known deviations: which mismatches each speaks of, when it holds, and which files are none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.numbers.dtypes import DTYPES
from convoracle.oracle.operands.data import Numbers
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.reports import CandidateInfo, CaseRecord, CheckInfo, CheckResult, InvalidRecord, Mismatch, RunInfo
from convoracle.reports.records.baseline import Held, Known, held
from convoracle.reports.records.baseline_file import read_baseline
from convoracle.reports.records.conditions import read_conditions
from convoracle.reports.records.line import whole
from convoracle.reports.records.totals import Run, totals

WRONG = Verdict(Outcome.VIOLATES, cause="value", elements=4)
CASE = "n1c1k1i3f2/bfloat16/uniform/0"
MISMATCH = Mismatch(
    "torch-jvp-1", "torch", "relation:stride", "jvp", CASE, CASE, WRONG, needs=("an empty batch", "padding")
)
KNOWN = Known("torch", "it is known")
TODAY = date(2026, 11, 28)
CHECKS = (CheckInfo("relation"), CheckInfo("structure", rows=("forward", "jvp"), numbers=Numbers.INTEGERS))
PLATFORM = (("platform", "Linux-6.1-x86_64"), ("processor", "AMD EPYC"), ("instructions", "avx2 avx512f"))


def run(*mismatches: Mismatch, version: str = "2.13.0+cpu", subject: str = "jvp", check: str = "structure") -> Run:
    info = RunInfo(0, "quick", (CandidateInfo("torch", version),), "", "", PLATFORM, checks=CHECKS)
    result = CheckResult(check, subject, Verdict(Outcome.CONFORMS, elements=4, resolution=0.0))
    record = CaseRecord(CASE, "torch", (result,))
    return Run(info, totals([whole(record)], CHECKS), mismatches, finished=True)


@pytest.mark.parametrize(
    ("fields", "speaks"),
    [
        ({}, True),
        ({"candidate": "tensorflow"}, False),
        ({"checks": ("relation",)}, True),
        ({"checks": ("structure",)}, False),
        ({"passes": ("forward", "jvp")}, True),
        ({"passes": ("forward",)}, False),
        ({"dtypes": ("bfloat16",)}, True),
        ({"dtypes": ("float32", "float16")}, False),
        ({"needs": ("padding",)}, True),
        ({"needs": ("padding", "an empty batch")}, True),
        ({"needs": ("padding", "transposed")}, False),
        ({"geometry": read_conditions({"rank": 1, "kernel": 2})}, True),
        ({"geometry": read_conditions({"rank": 1, "kernel": ">2"})}, False),
        ({"ids": "torch-jvp-*"}, True),
        ({"ids": "torch-jvp"}, False),
        ({"quarantine": True}, False),
    ],
)
def test_a_deviation_speaks_of_what_it_does_not_leave_out(fields: dict[str, Any], speaks: bool) -> None:
    known = replace(KNOWN, **fields)
    assert known.speaks_of(MISMATCH) == speaks
    if "candidate" not in fields:
        found = held(run(MISMATCH), (known,), TODAY)
        assert found.known == (((known, (MISMATCH,)),) if speaks else ())
        assert found.unknown == (() if speaks else (MISMATCH,))


@pytest.mark.parametrize(
    ("fields", "holds"),
    [
        ({"version": ">=2.13,<2.15"}, True),
        ({"version": "<2.13"}, False),
        ({"platform": "x86_64"}, True),
        ({"platform": "EPYC"}, True),
        ({"platform": "arm64"}, False),
        ({"instructions": ("avx512f",)}, True),
        ({"instructions": ("avx512f", "!amx_bf16")}, True),
        ({"instructions": ("avx512",)}, False),
        ({"instructions": ("!avx2",)}, False),
        ({"expires": date(2026, 11, 29)}, True),
        ({"expires": TODAY}, False),
    ],
)
def test_a_deviation_holds_of_some_versions_in_some_places_for_some_time(fields: dict[str, Any], holds: bool) -> None:
    known = replace(KNOWN, **fields)
    found = held(run(MISMATCH), (known,), TODAY)
    assert bool(found.known) == holds == (not found.unknown)
    assert found.expired == ((known,) if fields.get("expires") == TODAY else ())
    assert found.absent == ()


def test_no_range_has_the_version_of_who_has_none() -> None:
    assert held(run(MISMATCH, version=""), (replace(KNOWN, version=">=0"),), TODAY).unknown == (MISMATCH,)


def test_each_mismatch_belongs_to_the_first_deviation_that_speaks_of_it() -> None:
    other = replace(MISMATCH, id="torch-forward-1", subject="forward")
    first, second = replace(KNOWN, passes=("forward",)), KNOWN
    found = held(run(MISMATCH, other), (first, second), TODAY)
    assert found == Held((), ((first, (other,)), (second, (MISMATCH,))))


@pytest.mark.parametrize(
    ("fields", "is_absent"),
    [
        ({}, True),
        ({"passes": ("jvp",), "dtypes": ("bfloat16",), "checks": ("structure",)}, True),
        ({"passes": ("forward",)}, False),
        ({"dtypes": ("float32",)}, False),
        ({"checks": ("company",)}, False),
        ({"candidate": "tensorflow"}, False),
        ({"expires": TODAY}, False),
    ],
)
def test_what_does_not_show_is_absent_only_where_it_could_have_shown(fields: dict[str, Any], is_absent: bool) -> None:
    known = replace(KNOWN, **fields)
    assert held(run(), (known,), TODAY).absent == ((known,) if is_absent else ())


def test_where_the_instruction_sets_are_not_known_nothing_is_said_of_them() -> None:
    told = run(MISMATCH)
    older = replace(told, info=replace(told.info, environment=PLATFORM[:2]))
    for names in (("avx2",), ("!amx_bf16",)):
        assert held(older, (replace(KNOWN, instructions=names),), TODAY).unknown == (MISMATCH,)


def test_what_has_no_geometry_fits_no_condition_on_one() -> None:
    known = replace(KNOWN, geometry=read_conditions({"rank": 1}))
    assert not known.speaks_of(replace(MISMATCH, case="no case/bfloat16"))


def test_what_is_in_quarantine_neither_shows_nor_is_absent_until_it_expires() -> None:
    closed = replace(KNOWN, quarantine=True)
    assert held(run(MISMATCH), (closed,), TODAY) == Held((MISMATCH,), quarantined=(closed,))
    assert held(run(version=""), (replace(closed, version=">=2"),), TODAY) == Held(())
    over = replace(closed, expires=TODAY)
    assert held(run(), (over,), TODAY) == Held((), expired=(over,))
    geometry = parse_geometry("n1c1k1i3f2")
    some = replace(closed, passes=("jvp",), dtypes=("bfloat16",), needs=("padding",))
    assert some.closes("jvp", "bfloat16", geometry, {"padding", "a bias"})
    others = (("update", "bfloat16", {"padding"}), ("jvp", "float32", {"padding"}), ("jvp", "bfloat16", ()))
    assert not any(some.closes(subject, dtype, geometry, features) for subject, dtype, features in others)
    assert not replace(closed, geometry=read_conditions({"kernel": 3})).closes("jvp", "bfloat16", geometry, ())


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], tuple[Known, ...]]:
    def read(text: str) -> tuple[Known, ...]:
        (tmp_path / "known.toml").write_text(text, "utf-8")
        return read_baseline(tmp_path / "known.toml")

    return read


def test_a_file_may_say_all_of_a_deviation_or_little(read: Callable[[str], tuple[Known, ...]]) -> None:
    everything = """
        [[known]]
        candidate = "torch"
        reason = "r"
        check = "structure"
        pass = ["jvp", "forward"]
        dtype = "int8"
        needs = ["padding"]
        geometry = { rank = 2 }
        id = "torch-*"
        version = ">=2"
        platform = "x86"
        instructions = ["avx2", "!amx_bf16"]
        link = "https://example.org/1"
        expires = 2027-06-30
        [[known]]
        candidate = "mlx"
        reason = "s"
        quarantine = true
    """
    assert read(everything) == (
        Known(
            "torch", "r", ("structure",), ("jvp", "forward"), ("int8",), ("padding",), read_conditions({"rank": 2}),
            "torch-*", ">=2", "x86", ("avx2", "!amx_bf16"), "https://example.org/1", date(2027, 6, 30),
        ),
        Known("mlx", "s", quarantine=True),
    )  # fmt: skip
    assert read(ENTRY + f"dtype = {list(DTYPES)}")[0].dtypes == DTYPES
    assert read("") == ()


ENTRY = '[[known]]\ncandidate = "torch"\nreason = "r"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("known = 1", "should have nothing but [[known]] tables"),
        ("[other]", "should have nothing but [[known]] tables"),
        ("known = [1]", "known 1: should be a table"),
        ("[[known]", "is not TOML"),
        ('[[known]]\ncandidate = "torch"', "known 1, reason: should be there: a text that is not empty"),
        ('[[known]]\nreason = "r"', "known 1, candidate: should be there: a candidate's name"),
        (ENTRY + 'dtypes = "int8"', "known 1, dtypes: should be one of candidate, reason, check, pass, dtype"),
        (ENTRY + 'dtype = "int7"', "known 1, dtype: 'int7' should be one of float64,"),
        (ENTRY + "pass = 3", "known 1, pass: 3 should be a pass, or a list of them"),
        (ENTRY + 'check = [" "]', "known 1, check: [' '] should be a kind of check"),
        (ENTRY + 'version = "2.13 or so"', "known 1, version: '2.13 or so' should be a range of versions"),
        (ENTRY + 'expires = "soon"', "known 1, expires: 'soon' should be a date, such as 2027-06-30"),
        (ENTRY + "expires = 2027-06-30T10:00:00", "should be a date"),
        (ENTRY + "geometry = { rank = 'two' }", "known 1, geometry: rank = 'two' should be such as 2, '>1' or '!=3'"),
        (
            ENTRY + "instructions = 'AVX 2'",
            "'AVX 2' should be an instruction set, such as avx512f",
        ),
        (ENTRY + "quarantine = 1", "known 1, quarantine: 1 should be true or false"),
        (ENTRY + "quarantine = true\ncheck = 'structure'", "known 1, check: should be left out with quarantine: "),
        (ENTRY + "id = 'x'\nquarantine = true", "known 1, id: should be left out with quarantine: "),
        (ENTRY + ENTRY + "link = false", "known 2, link: False should be an address"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_place(
    text: str, told: str, read: Callable[[str], tuple[Known, ...]]
) -> None:
    with pytest.raises(InvalidRecord) as raised:
        read(text)
    assert told in str(raised.value)
    assert "known.toml" in str(raised.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidRecord, match=r"nowhere.toml: cannot be read: No such file"):
        read_baseline(tmp_path / "nowhere.toml")
