"""The files for CI servers: valid by the servers' schemas, and their shell does what it says and nothing else."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from convoracle.suites.command.options import parser

from ..published import published_schema

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
GITLAB = yaml.safe_load((ROOT / "templates" / "gitlab.yml").read_text("utf-8"))
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
SCHEMAS = {
    "action": "https://json.schemastore.org/github-action.json",
    "gitlab": "https://gitlab.com/gitlab-org/gitlab/-/raw/master/app/assets/javascripts/editor/schema/ci.json",
    "hook": "https://json.schemastore.org/pre-commit-config.json",
}
KERNEL = """import numpy as np

def conv1d(x, w):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2], axis=2)
    return np.einsum("ncpr,kcr->nkp", windows, {weight})
"""
FEW = "--cases 8 --ranks 1 --dtypes float64 --checks structure --in-process --min-compared 0"
MALICE = 'x"; touch pwned; "$(touch pwned)`touch pwned` ${IFS} *'


@pytest.mark.parametrize(
    ("kind", "document", "broken"),
    [
        ("action", ACTION, {**ACTION, "runs": {"using": "composite"}}),
        ("gitlab", {"convolutions": GITLAB[".convoracle"]}, {"convolutions": {"script": 5}}),
        (
            "hook",
            {"repos": [{"repo": "local", "hooks": [HOOK]}]},
            {"repos": [{"repo": "local", "hooks": [{**HOOK, "types": 5}]}]},
        ),
    ],
)
def test_the_files_are_what_the_servers_read(kind: str, document: Any, broken: Any) -> None:
    schema = published_schema(SCHEMAS[kind])
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(document)] == []
    assert list(validator.iter_errors(broken))


def steps() -> Iterator[tuple[str, dict[str, str], str]]:
    """Every piece of shell: who runs it, its variables with what they are where nothing is said, and the text."""
    defaults = {name: each["default"] for name, each in ACTION["inputs"].items()}
    for step in ACTION["runs"]["steps"]:
        if "run" in step:
            env = {name: told(text, defaults) for name, text in step["env"].items()}
            yield step["name"], env, step["run"]
    install, check = GITLAB[".convoracle"]["script"]
    yield "GitLab installs", GITLAB[".convoracle"]["variables"], install
    yield "GitLab checks", GITLAB[".convoracle"]["variables"], check


def told(text: str, inputs: dict[str, str]) -> str:
    """What an expression of a variable comes to: an input, or what stands after it."""
    parsed = re.fullmatch(r"\$\{\{ inputs\.(\w+)(?: \|\| github\.action_path)? \}\}", text)
    assert parsed is not None, text
    return inputs[parsed[1]] or ("the action's folder" if "action_path" in text else "")


STEPS = {name: (env, text) for name, env, text in steps()}
CHECKS = {"Check": "", "GitLab checks": "CONVORACLE_"}
INSTALLS = {"Install convoracle": "WHAT", "GitLab installs": "CONVORACLE_INSTALL"}


def shell(name: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    env, text = STEPS[name]
    path = f"{folder / 'bin'}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    given = {**os.environ, **env, **variables, "PATH": path}
    command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", text]
    return subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A folder whose programs only write down what they are given, a line each."""
    (tmp_path / "bin").mkdir()
    for name in ("convoracle", "python3"):
        program = tmp_path / "bin" / name
        program.write_text('#!/bin/sh\nfor word in "$@"; do printf "%s\\n" "$word"; done > words\n')
        program.chmod(0o755)
    return tmp_path


def words(folder: Path) -> list[str]:
    return (folder / "words").read_text().splitlines()


def test_no_shell_has_an_expression_in_it() -> None:
    assert len(STEPS) == 4
    assert all("${{" not in text and "$[[" not in text for _, text in STEPS.values())


@pytest.mark.parametrize("name", CHECKS)
def test_what_is_given_reaches_the_command_as_it_is_and_is_not_run(name: str, recorded: Path) -> None:
    prefix = CHECKS[name]
    assert shell(name, recorded).returncode == 0
    assert words(recorded) == ["check", "--out", "conformance-report", "--"]
    values = {
        "CANDIDATE": f"{MALICE}\n\nexec:node conv.js",
        "PROFILE": MALICE,
        "BASELINE": MALICE,
        "ARGS": "-q  --seed 7",
    }
    done = shell(name, recorded, **{prefix + key: value for key, value in values.items()})
    assert done.returncode == 0, done.stderr
    out = ["check", "--out", "conformance-report", "--profile", MALICE, "--baseline", MALICE, "-q", "--seed", "7"]
    assert words(recorded) == [*out, "--", MALICE, "exec:node conv.js"]
    done = shell(name, recorded, **{f"{prefix}ARGS": MALICE})
    assert words(recorded)[3:-1] == MALICE.split()
    assert not (recorded / "pwned").exists()


@pytest.mark.parametrize("name", INSTALLS)
def test_what_is_installed_is_one_word(name: str, recorded: Path) -> None:
    assert shell(name, recorded, **{INSTALLS[name]: MALICE}).returncode == 0
    assert words(recorded) == ["-m", "pip", "install", MALICE]
    assert not (recorded / "pwned").exists()


def test_github_installs_the_action_itself_and_gitlab_says_that_it_is_to_be_told(recorded: Path) -> None:
    assert shell("Install convoracle", recorded).returncode == 0
    assert words(recorded)[-1] == "the action's folder"
    done = shell("GitLab installs", recorded)
    assert done.returncode != 0
    assert "should be what pip installs" in done.stderr


@pytest.mark.parametrize(
    ("name", "weight", "code", "told"),
    [("Check", "w[:, :, ::-1]", 1, "does not pass"), ("GitLab checks", "w", 0, "passes")],
)
def test_the_check_ends_as_the_command_does_and_leaves_what_is_uploaded(
    name: str, weight: str, code: int, told: str, tmp_path: Path
) -> None:
    (tmp_path / "kernel.py").write_text(KERNEL.replace("{weight}", weight))
    given = {"CANDIDATE": "kernel.py:conv1d", "ARGS": FEW}
    variables = {CHECKS[name] + key: value for key, value in given.items()}
    done = shell(name, tmp_path, **variables, GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))
    assert done.returncode == code, done.stderr
    assert f"### convoracle: {told}\n" in (tmp_path / "summary.md").read_text()
    uploaded = [step["with"]["sarif_file"] for step in ACTION["runs"]["steps"] if "sarif" in str(step.get("uses"))]
    uploaded += [*GITLAB[".convoracle"]["artifacts"]["paths"], GITLAB[".convoracle"]["artifacts"]["reports"]["junit"]]
    for path in uploaded:
        assert (tmp_path / path.replace("${{ inputs.out }}", ACTION["inputs"]["out"]["default"])).exists()


def test_the_hook_is_a_command_that_there_is(tmp_path: Path) -> None:
    (tmp_path / "right.py").write_text(KERNEL.replace("{weight}", "w"))
    command = [str(Path(sys.executable).with_name("convoracle")), *shlex.split(HOOK["entry"])[1:]]
    done = subprocess.run([*command, "right.py:conv1d", *FEW.split()], cwd=tmp_path, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert {"id", "name", "entry", "language"} <= HOOK.keys()


def test_what_the_page_shows_has_the_names_that_there_are() -> None:
    text = (ROOT / "docs" / "ci.md").read_text("utf-8")
    github, gitlab, hooks = map(yaml.safe_load, re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    assert github[0]["with"].keys() <= ACTION["inputs"].keys()
    assert gitlab["convolutions"]["variables"].keys() <= GITLAB[".convoracle"]["variables"].keys()
    assert (ROOT / gitlab["include"]["file"]).exists()
    (hook,) = hooks["repos"][0]["hooks"]
    assert hook["id"] == HOOK["id"]
    assert parser().parse_args(["check", *hook["args"]]).cases == 50
    assert parser().parse_args(["check", *github[0]["with"]["args"].split()]).max_time == 600


def test_the_options_that_the_page_shows_in_a_file_are_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = re.findall(
        r"^```toml\n(.*?)^```", (ROOT / "docs" / "ci.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    (tmp_path / "pyproject.toml").write_text(block)
    monkeypatch.chdir(tmp_path)
    options = parser().parse_args(["check"])
    assert (options.candidates, options.max_time, len(options.settings)) == (["kernels.py:MyConvolution"], 300, 6)


def test_the_commands_that_the_page_shows(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "ci.md").read_text("utf-8")
    (tmp_path / "kernels.py").write_text(KERNEL.replace("{weight}", "w") + "MyConvolution = conv1d\n")
    (tmp_path / "pyproject.toml").write_text(
        "[tool.convoracle]\ncases = 5\nout = 'report'\nchecks = 'structure'\nranks = 1\nmin-compared = 0\n"
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        done = subprocess.run(
            ["bash", "-e", "-c", block], cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (block, done.stderr)
    assert json.loads((tmp_path / "summary.json").read_text())["passes"]
