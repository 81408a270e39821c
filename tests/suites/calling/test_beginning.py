"""A process that begins before it is known what it is to load: who gets it, and what becomes of it otherwise."""

from __future__ import annotations

import os
from contextlib import closing

import pytest

from convoracle.suites.calling import beginning
from convoracle.suites.calling.beginning import begun_ahead
from convoracle.suites.calling.isolation import Isolated


def is_there(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_first_candidate_has_the_process_that_was_begun_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with begun_ahead():
        monkeypatch.setenv("OMP_NUM_THREADS", "3")
        with closing(Isolated("reference")) as first, closing(Isolated("reference")) as second:
            told = [_environment(executor)["OMP_NUM_THREADS"] for executor in (first, second)]
            assert told == ["2", "3"]
            first_pid = first.loader_pid
    assert not is_there(first_pid)


@pytest.mark.parametrize(("given", "threads"), [(None, "1"), ("", "1"), ("2", "2")])
def test_a_candidates_libraries_have_one_thread_unless_more_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, given: str | None, threads: str
) -> None:
    for name in beginning.THREADS:
        monkeypatch.delenv(name, raising=False)
        if given is not None:
            monkeypatch.setenv(name, given)
    with closing(Isolated("reference")) as executor:
        told = _environment(executor)
    assert {told[name] for name in beginning.THREADS} == {threads}


def _environment(executor: Isolated) -> dict[str, str]:
    with open(f"/proc/{executor.loader_pid}/environ") as environ:
        return dict(entry.split("=", 1) for entry in environ.read().split("\0") if entry)


def test_a_process_that_nobody_asked_for_ends_with_what_it_was_begun_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    begin = beginning._begin
    monkeypatch.setattr(beginning, "_begin", lambda: made.append(begin()) or made[-1])
    with begun_ahead():
        assert is_there(made[0].process.pid)
    assert not is_there(made[0].process.pid)
    assert made[0].log.closed
    with closing(Isolated("reference")) as executor:
        assert executor.loader_pid == made[1].process.pid
