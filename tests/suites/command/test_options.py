"""The options: what they come to, what they default to, and what is refused in one sentence."""

from __future__ import annotations

import importlib
import os
import re

import pytest

from convoracle.suites.checks.registry import CHECKS
from convoracle.suites.command.options import parser

COMMANDS = {
    "check": [],
    "replay": ["record"],
    "report": ["folder"],
    "show": ["folder"],
    "explain": ["folder/id"],
    "diff": ["before", "after"],
    "merge": ["first", "second", "--out", "whole"],
    "campaign": ["reference"],
    "baseline": ["folder"],
    "seed": [],
    "header": [],
    "certify": ["reference", "--corpus", "resnet50"],
    "probe": ["reference"],
    "adapter": ["reference"],
    "support": [],
    "vectors export": ["folder"],
    "vectors verify": ["folder"],
    "completion": ["bash"],
    "power": [],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_names_a_function_that_there_is(command: str) -> None:
    options = parser().parse_args([*command.split(), *COMMANDS[command]])
    module, function = options.run.split(":")
    assert callable(getattr(importlib.import_module(f"convoracle.suites.command.{module}"), function))


def test_these_are_all_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["--help"])
    helped = re.findall(r"^    (\w+)\s", capsys.readouterr().out, re.MULTILINE)
    assert set(helped) == {command.split()[0] for command in COMMANDS}


def test_what_check_is_where_nothing_is_said() -> None:
    options = vars(parser().parse_args(["check"]))
    assert options == {
        "candidates": [], "profile": "quick", "out": None, "seed": 0, "cases": None,
        "corpora": None, "batch": None, "max_products": None, "ranks": None, "dtypes": None, "passes": None,
        "checks": None, "time_limit": 10.0, "memory_limit": 4.0, "max_time": None, "in_process": False,
        "jobs": len(os.sched_getaffinity(0)), "memory": None, "min_compared": 0.5,
        "write_supported": None, "supported": None, "baseline": None, "strict_baseline": False,
        "json": False, "quiet": False, "shard": None, "resume": None,
        "run": "check_command:check", "settings": (),
    }  # fmt: skip


def test_a_list_ends_where_the_next_option_begins() -> None:
    text = "check reference torch --ranks 1 6 --dtypes int8 --passes jvp update --checks reach illegal"
    options = parser().parse_args([*text.split(), "--corpus", "a", "--corpus", "b"])
    assert options.candidates == ["reference", "torch"]
    assert (options.ranks, options.dtypes, options.passes) == ([1, 6], ["int8"], ["jvp", "update"])
    assert (options.checks, options.corpora) == (["reach", "illegal"], ["a", "b"])


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("--seed 0 --cases 1 --min-compared 0 --time-limit 0.001", (0, 1, 0.0, 0.001)),
        ("--seed 7 --cases 20 --min-compared 1 --time-limit 1e6", (7, 20, 1.0, 1e6)),
    ],
)
def test_the_ends_of_what_numbers_may_be(text: str, values: tuple[float, ...]) -> None:
    options = parser().parse_args(["check", *text.split()])
    assert (options.seed, options.cases, options.min_compared, options.time_limit) == values


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90.0), ("5m", 300.0), ("1h", 3600.0), ("1s", 1.0)])
def test_a_time_has_a_unit(text: str, seconds: float) -> None:
    assert parser().parse_args(["check", "--max-time", text]).max_time == seconds


def test_a_seed_may_be_left_to_chance() -> None:
    assert parser().parse_args(["check", "--seed", "random"]).seed is None


@pytest.mark.parametrize(
    ("option", "texts", "told"),
    [
        ("--seed", ["-1", "1.0", "x", "", "²", "٣"], "should be an integer of at least 0"),
        ("--cases", ["0", "-3", "1e3"], "should be an integer of at least 1"),
        ("--batch", ["0"], "should be an integer of at least 1"),
        ("--max-products", ["0"], "should be an integer of at least 1"),
        ("--min-compared", ["-0.1", "1.1", "nan", "half"], "should be a number from 0 to 1"),
        ("--time-limit", ["0", "-1", "nan", "inf", "1000001", "soon"], "a number above 0, and at most 1000000"),
        ("--memory-limit", ["0", "inf"], "should be a number above 0, and at most 1000000"),
        ("--max-time", ["5", "0s", "-1m", "1.5h", "5 m", "5M", "1d", "٣m", "", "9999999s"], "or hours: 90s, 5m, 1h"),
        ("--ranks", ["0", "7"], "invalid choice"),
        ("--dtypes", ["float33"], "invalid choice: 'float33'"),
        ("--passes", ["backward"], "invalid choice: 'backward'"),
        ("--checks", ["everything"], "invalid choice: 'everything'"),
        ("--profile", ["fast"], "invalid choice: 'fast'"),
    ],
)  # fmt: skip
def test_what_an_option_may_not_be_is_named(
    option: str, texts: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in texts:
        with pytest.raises(SystemExit) as end:
            parser().parse_args(["check", f"{option}={text}"])
        assert end.value.code == 2
        errors = capsys.readouterr().err
        assert told in errors
        assert f"argument {option}" in errors
        assert text in errors


def test_every_check_can_be_asked_for_and_those_asked_on_demand_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert parser().parse_args(["check", "--checks", *CHECKS]).checks == list(CHECKS)
    with pytest.raises(SystemExit):
        parser().parse_args(["check", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert f"some of {', '.join(CHECKS)} (default: all, but " in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "required: COMMAND"),
        ("vectors", "required: ACTION"),
        ("replay", "required: RECORD"),
        ("report", "required: DIR"),
        ("adapter", "required: CANDIDATE"),
        ("vectors export x --format zip", "invalid choice: 'zip'"),
        ("power --cases 0", "should be an integer of at least 1"),
    ],
)
def test_what_is_missing_is_named(text: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parser().parse_args(text.split())
    assert end.value.code == 2
    assert told in capsys.readouterr().err


def test_a_version_and_the_exit_codes_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    for asked, told in (("--version", r"convoracle \d+\.\d+"), ("--help", r"0 all conform; 1 mismatches found")):
        with pytest.raises(SystemExit) as end:
            parser().parse_args([asked])
        assert end.value.code == 0
        assert re.search(told, " ".join(capsys.readouterr().out.split()))
