"""`convoracle completion`: what each shell completes with its script, asked of the shells themselves."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from convoracle.suites.candidates import BUILT_IN
from convoracle.suites.command.cli import main
from convoracle.suites.command.completing import completed
from convoracle.suites.command.options import COMMANDS

Complete = Callable[[str], set[str]]


@pytest.fixture
def script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], Path]:
    """The script of a shell, in a folder with a file of one's own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kernels.py").write_text("")

    def write(shell: str) -> Path:
        if shutil.which(shell) is None:
            pytest.skip(f"there is no {shell} here")
        assert main(["completion", shell]) == 0
        (tmp_path / "script").write_text(capsys.readouterr().out)
        return tmp_path / "script"

    return write


def in_bash(script: Path, line: str) -> set[str]:
    words = line.split(" ")
    asks = f'source {script}; COMP_WORDS=("$@"); COMP_CWORD={len(words) - 1}; _convoracle'
    asks += '; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-uc", asks, "bash", *words], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    return {word for word in done.stdout.splitlines() if word}


def in_fish(script: Path, line: str) -> set[str]:
    environment = {**os.environ, "HOME": str(script.parent), "XDG_CONFIG_HOME": str(script.parent)}
    asks = ["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"]
    done = subprocess.run(asks, capture_output=True, text=True, check=True, timeout=60, env=environment)
    return {told.split("\t")[0] for told in done.stdout.splitlines()}


def in_zsh(script: Path, line: str) -> set[str]:
    """The words of what the line editor shows after a tab."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ |= {"TERM": "dumb", "PS1": "", "COLUMNS": "400"}
        os.execvp("zsh", ["zsh", "-f", "-i"])
    try:
        start = f"autoload -Uz compinit; compinit -u -D; setopt auto_list; source {script}; echo rea''dy\n"
        os.write(terminal, start.encode())
        _read(terminal, "ready\r\n")
        os.write(terminal, f"{line}\t\t".encode())
        return set(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\x07\x08\r]", " ", _read(terminal, None)).split())
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(terminal)


def _read(terminal: int, end: str | None) -> str:
    """What comes until `end`, or else until nothing does for a while."""
    text, patience, deadline = "", 1.5, time.monotonic() + 30
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], patience)[0]:
            if end is None:
                break
            continue
        text += os.read(terminal, 65536).decode(errors="replace")
        if end is not None and end in text:
            break
    return text


SHELLS = {"bash": in_bash, "fish": in_fish, "zsh": in_zsh}
EXPECTED = [
    ("convoracle che", {"check"}),
    ("convoracle check --prof", {"--profile"}),
    ("convoracle check --profile ", {"quick", "standard", "deep"}),
    ("convoracle check tensorflow-", {"tensorflow-function", "tensorflow-xla"}),
    ("convoracle check --out kern", {"kernels.py"}),
    ("convoracle vectors ver", {"verify"}),
    ("convoracle show kern", {"kernels.py"}),
]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_commands_options_values_and_files(shell: str, script: Callable[[str], Path]) -> None:
    written = script(shell)
    for line, words in EXPECTED[:5] if shell == "zsh" else EXPECTED:  # which takes seconds for each
        found = SHELLS[shell](written, line)
        assert words <= found, (line, found)
        if shell == "bash":
            assert found == words, line


def test_after_an_option_of_many_words_more_of_them_are_completed(script: Callable[[str], Path]) -> None:
    written = script("bash")
    assert in_bash(written, "convoracle check --dtypes float32 bfl") == {"bfloat16"}
    assert in_bash(written, "convoracle check --profile quick tens") == {
        "tensorflow", "tensorflow-function", "tensorflow-xla"
    }  # fmt: skip
    assert in_bash(written, "convoracle check --max-time ") == set()


def test_every_command_is_there_with_its_own_arguments() -> None:
    found = {command.name: command for command in completed()}
    assert list(found) == [command.name for command in COMMANDS]
    assert set(found["check"].words) == set(BUILT_IN)
    assert {name for option in found["vectors"].options for name in option.names} >= {"--format", "--thoroughly"}
    assert all(not set(each.help) & set("'\"[]:`$\\") for command in found.values() for each in command.arguments)


def test_a_shell_that_is_not_known_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["completion", "csh"])
    assert end.value.code == 2
    assert "invalid choice: 'csh' (choose from " in capsys.readouterr().err
