"""`[tool.convoracle]`: what stands in it, who wins, from where its paths are told, and what it may not say."""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from convoracle.reports import InvalidRecord, read_run
from convoracle.suites.command import options
from convoracle.suites.command.cli import main

EVERYTHING = """[tool.convoracle]
candidates = ["kernels.py:conv", "./build/libmine.so", "package.kernels:conv", "torch", "exec:node conv.js"]
profile = "standard"
out = "report"
seed = "random"
cases = 12
corpus = ["resnet50", "own.txt"]
batch = 2
max-products = 1000
ranks = [1, 2]
dtypes = "float32"
passes = ["forward", "jvp"]
checks = ["structure"]
time-limit = 2.5
memory-limit = 1
max-time = "5m"
jobs = 3
in-process = true
memory = ["kept/failures", "readonly:given", "redis://host:1/2"]
min-compared = 0.25
write-supported = "new.json"
supported = "/old.json"
baseline = "known.toml"
strict-baseline = true
json = false
quiet = true
"""


def parsed(*words: str) -> Namespace:
    return options.parser().parse_args(["check", *words])


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Writes the file into a folder, in a folder of which the command runs."""
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "er")

    def write(text: str) -> Path:
        (tmp_path / "pyproject.toml").write_text(text, "utf-8")
        return tmp_path / "pyproject.toml"

    return write


def test_every_option_may_stand_in_the_file_and_paths_are_told_from_there(write: Callable[[str], Path]) -> None:
    write(EVERYTHING)
    told = vars(parsed())
    settings = told.pop("settings")
    assert told == {
        "candidates": [
            "../../kernels.py:conv", "./../../build/libmine.so", "package.kernels:conv", "torch", "exec:node conv.js"
        ],
        "profile": "standard", "out": Path("../../report"), "seed": None, "cases": 12,
        "corpora": ["resnet50", "../../own.txt"], "batch": 2, "max_products": 1000, "ranks": [1, 2],
        "dtypes": ["float32"], "passes": ["forward", "jvp"], "checks": ["structure"], "time_limit": 2.5,
        "memory_limit": 1.0, "max_time": 300.0, "jobs": 3, "in_process": True,
        "memory": ["../../kept/failures", "readonly:../../given", "redis://host:1/2"],
        "min_compared": 0.25, "write_supported": Path("../../new.json"), "supported": told["supported"],
        "baseline": Path("../../known.toml"), "strict_baseline": True, "json": False, "quiet": True, "shard": None,
        "resume": None, "run": "check_command:check",
    }  # fmt: skip
    assert told["supported"].resolve() == Path("/old.json")
    assert [name for name, _, _ in settings] == [line.split(" = ")[0] for line in EVERYTHING.splitlines()[1:]]
    assert ("ranks", "1 2", "../../pyproject.toml") in settings


def test_the_command_line_wins_also_with_what_is_the_default_and_with_lists(write: Callable[[str], Path]) -> None:
    write(EVERYTHING)
    told = parsed("reference", "--profile", "quick", "--corpus", "vgg16", "--ranks", "3", "--cases", "12", "--out", "x")
    assert (told.candidates, told.profile, told.corpora, told.ranks) == (["reference"], "quick", ["vgg16"], [3])
    assert {name for name, _, _ in told.settings}.isdisjoint(
        {"candidates", "profile", "corpus", "ranks", "cases", "out"}
    )
    assert told.batch == 2


def test_the_nearest_file_with_the_table_is_read(write: Callable[[str], Path]) -> None:
    write("[tool.convoracle]\ncases = 7\n")
    Path("pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert parsed().cases == 7
    Path("../pyproject.toml").write_text("[tool.convoracle]\ncases = 8\n")
    assert (parsed().cases, parsed().settings) == (8, (("cases", "8", "../pyproject.toml"),))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("case = 1", "tool.convoracle.case: is no option; did you mean 'cases'?; there are candidates, profile, "),
        ("zzz = 1", "tool.convoracle.zzz: is no option; there are candidates, profile, "),
        ("help = true", "tool.convoracle.help: is no option"),
        ("profile = 'standart'", "'standart' should be one of quick, standard, deep; did you mean 'standard'?"),
        ("dtypes = ['float32', 'bfloat15']", "'bfloat15' should be one of float64, "),
        ("ranks = [0]", "0 should be one of 1, 2, 3, 4, 5, 6"),
        ("ranks = ['one']", "'one' should be one of 1, 2, 3, 4, 5, 6"),
        ("cases = 0", "'0' should be an integer of at least 1"),
        ("cases = true", "True should be N: cases for each candidate"),
        ("cases = [3]", "[3] should be N: cases for each candidate"),
        ("max-time = '5'", "'5' should be a number of seconds, minutes or hours: 90s, 5m, 1h"),
        ("quiet = 1", "1 should be true or false"),
        ("out = 2026-01-01", "datetime.date(2026, 1, 1) should be DIR: the report's folder"),
        ("candidates = [{}]", "{} should be CANDIDATE: some of reference"),
    ],
)
def test_what_it_may_not_say_is_told_with_the_key_the_value_and_what_is_allowed(
    line: str, told: str, write: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write(f"[tool.convoracle]\n{line}\n")
    assert main(["check"]) == 2
    assert told in (error := capsys.readouterr().err)
    assert error.startswith(f"convoracle: ../../pyproject.toml: tool.convoracle.{line.split(' = ')[0]}: ")


@pytest.mark.parametrize(
    ("text", "problem"), [("[tool", "is not TOML"), ("[tool]\nconvoracle = 1\n", "tool.convoracle: should be a table")]
)
def test_what_cannot_be_read_is_told(text: str, problem: str, write: Callable[[str], Path]) -> None:
    write(text)
    with pytest.raises(InvalidRecord, match=problem):
        parsed()


def test_help_and_other_commands_read_no_file(write: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    write("[tool")
    assert options.parser().parse_args(["seed"]).run == "seed_command:seed"
    with pytest.raises(SystemExit):
        parsed("--help")
    script = "import sys; from convoracle.suites.command.cli import main\ntry: main(['check', '--help'])\n"
    script += "except SystemExit: print('tomllib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False\n")


def test_a_run_says_what_came_from_the_file(
    write: Callable[[str], Path], check_conv1d: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    write("[tool.convoracle]\n")  # of another folder than the one in which the next one runs
    Path("pyproject.toml").write_text("[tool.convoracle]\npasses = ['forward']\ncases = 3\n")
    assert check_conv1d("right", "--out", "run") == 0
    told = "From pyproject.toml: passes = forward."
    assert told in capsys.readouterr().out
    assert read_run("run").info.settings == (("passes", "forward", "pyproject.toml"),)
    assert told in Path("run/index.html").read_text("utf-8")
    assert json.loads(Path("run/summary.json").read_text())["notes"] == [told]
