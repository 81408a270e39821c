"""Searches side by side: what they find depends on nothing but seed and candidate, and none holds up another."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from threadpoolctl import threadpool_info

from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.problem.passes import Pass
from convoracle.reports import Run, RunInfo, RunWriter, read_records, read_run
from convoracle.reports.files.part_files import Part
from convoracle.reports.records.record import CaseRecord
from convoracle.suites.calling.cores import CORES
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Limits
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.space import Space
from convoracle.suites.search import side_by_side
from convoracle.suites.search.events import CaseExamined, MismatchMet, PartDone, RunEvent
from convoracle.suites.search.failure_store import FailureMemory
from convoracle.suites.search.findings import RunPlan
from convoracle.suites.search.runner import executors, memories, run

MUTANTS = Path(__file__).parents[1] / "mutants.py"
SPACE = Space(ranks=(1,), dtypes=("float32",), max_products=100)
PASSES = frozenset({Pass.FORWARD, Pass.WEIGHT_GRADIENT})
RESTRICTED = MUTANTS.with_name("restricted.py")
STATEFUL = '''
from convoracle.oracle.answers import reference

class Keeps:
    """Its second call of a shape and every later one comes to what the first did; every ninth call fails."""

    def __init__(self):
        self.kept, self.calls = {}, 0

    def forward(self, input, weight, bias, geometry):
        self.calls += 1
        if self.calls % 9 == 0:
            raise RuntimeError("the ninth call")
        key = (input.shape, weight.shape, input.dtype)
        self.kept.setdefault(key, reference.forward(input, weight, geometry, bias))
        return self.kept[key].copy()
'''


@dataclass
class Running:
    """A run of some candidates into a folder."""

    folder: Path
    sources: tuple[str, ...]
    jobs: int
    cases: int = 24
    seconds: float = 10.0

    @contextmanager
    def events(self) -> Iterator[Iterator[RunEvent]]:
        budget = Budget(SPACE, PASSES, self.cases, 0)
        plan = RunPlan(self.sources, budget, Limits(self.seconds), (str(self.folder / "memory"),), jobs=self.jobs)
        with executors(plan) as candidates:
            info = RunInfo(0, "quick", tuple(each.info for each in candidates.values()), "", "", ())
            with (
                RunWriter.create(self.folder / "run", info) as writer,
                closing(run(plan, candidates, memories(plan, candidates), writer)) as events,
            ):
                yield events

    def read(self, reader: Callable[[RunEvent], None] = lambda event: None) -> Run:
        with self.events() as events:
            for event in events:
                reader(event)
        return read_run(self.folder / "run")


def records(folder: Path) -> dict[str, list[CaseRecord]]:
    """Of each candidate, in the order in which they were made, without times."""
    found: dict[str, list[CaseRecord]] = {}
    for record in read_records(folder / "run"):
        timeless = tuple(replace(result, seconds=0.0) for result in record.results)
        found.setdefault(record.candidate, []).append(replace(record, results=timeless))
    return found


def files(folder: Path) -> dict[str, bytes]:
    """What is kept of mismatches and of failing cases."""
    kept = [*folder.glob("run/mismatches/*/*"), *(each for each in folder.rglob("memory/*/*"))]
    return {str(path.relative_to(folder)): path.read_bytes() for path in kept}


Say = Callable[[str, Any], Iterable[str]]
"""What the search of a candidate tells, by its name and the processes to spare."""


class Loaded(NamedTuple):
    """As much of an executor as is looked at before its search begins."""

    loading_seconds: float


class Nowhere(NamedTuple):
    """As much of a writer as is looked at."""

    folder: Path


@dataclass
class Scripted:
    """Searches side by side that tell a text in place of an event, and what is written of that."""

    monkeypatch: pytest.MonkeyPatch
    written: list[str] = field(default_factory=list)
    loading_seconds: Sequence[float] = (0.0, 0.0, 0.0)

    def events(self, say: Say, candidates: str, jobs: int) -> Generator[str]:
        plan = RunPlan((), Budget(SPACE, PASSES, 1, 0), Limits(), (), jobs=jobs)
        found = lambda plan, candidates, part, memory, spare, recalled: say(part.candidate, spare)  # noqa: E731 - as `findings` is called
        self.monkeypatch.setattr(side_by_side, "findings", found)
        self.monkeypatch.setattr(side_by_side, "write_event", lambda event, writer: self.written.append(event))
        loaded = {name: Loaded(seconds) for name, seconds in zip(candidates, self.loading_seconds, strict=False)}
        parts = [Part(name, 0) for name in candidates]
        yield from side_by_side.side_by_side(plan, loaded, parts, {}, Nowhere(Path()))  # type: ignore[arg-type, misc]


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    return Scripted(monkeypatch)


@pytest.mark.parametrize(("jobs", "candidates", "spare"), [(1, "ab", 0), (2, "ab", 0), (5, "ab", 3)])
def test_processes_beyond_one_for_each_search_are_there_to_help(
    jobs: int, candidates: str, spare: int, scripted: Scripted
) -> None:
    def say(name: str, spare: Any) -> Iterator[str]:
        yield str(spare.get_value())

    with closing(scripted.events(say, candidates, jobs)) as events:
        assert next(events) == str(spare)


def test_where_no_search_is_left_to_begin_the_process_of_one_that_ended_helps_the_others(scripted: Scripted) -> None:
    def say(name: str, spare: Any) -> Iterator[str]:
        yield f"{name} {'is helped' if spare.acquire(timeout=0 if name == 'a' else 20) else 'is alone'}"

    assert list(scripted.events(say, "ab", jobs=2)) == ["a is alone", "b is helped"]


def test_what_took_longest_to_load_is_begun_first_and_others_as_they_were_given(scripted: Scripted) -> None:
    def say(name: str, spare: Any) -> Iterator[str]:
        yield name

    scripted.loading_seconds = (1.0, 0.5, 7.0, 1.0)
    assert list(scripted.events(say, "abcd", jobs=1)) == ["c", "a", "d", "b"]


def test_so_many_searches_run_at_a_time_as_there_may_be_processes(scripted: Scripted) -> None:
    def say(name: str, spare: Any) -> Iterator[str]:
        yield name

    running = [(name, len(multiprocessing.active_children())) for name in scripted.events(say, "abc", jobs=2)]
    assert {name for name, _ in running} == set("abc")
    assert running[0][1] == max(count for _, count in running) == 2


def test_searches_compute_on_no_more_threads_than_there_are_cores_for_each(scripted: Scripted) -> None:
    def say(name: str, spare: Any) -> Iterator[str]:
        yield from {str(library["num_threads"]) for library in threadpool_info() if library["user_api"] == "blas"}

    assert set(scripted.events(say, "ab", jobs=2 * CORES)) == {"1"}


def test_what_is_told_is_written_before_and_what_is_left_when_it_is_interrupted_is_written_too(
    scripted: Scripted,
) -> None:
    def say(name: str, spare: Any) -> Iterator[str]:
        try:
            yield from "123"
        except KeyboardInterrupt:
            yield from ("left", "and more")
            raise

    events = scripted.events(say, "a", jobs=1)
    assert (next(events), scripted.written) == ("1", ["1"])
    assert (next(events), scripted.written) == ("2", ["1", "2"])
    with pytest.raises(KeyboardInterrupt):
        events.throw(KeyboardInterrupt())
    assert scripted.written == ["1", "2", "left", "and more"]


def test_a_search_that_is_interrupted_while_it_looks_for_its_next_event_tells_what_is_left(scripted: Scripted) -> None:
    def say(name: str, spare: Any) -> Iterator[str]:
        time.sleep(0.3 * (name == "b"))
        try:
            yield name
            time.sleep(60)
        except KeyboardInterrupt:
            yield from (f"left of {name}", f"more of {name}")
            raise

    events = scripted.events(say, "ab", jobs=2)
    assert [next(events), next(events)] == ["a", "b"]
    with pytest.raises(KeyboardInterrupt):
        events.throw(KeyboardInterrupt())
    assert scripted.written == ["a", "b", "left of a", "more of a", "left of b", "more of b"]


def test_the_same_is_found_whatever_the_number_of_processes(tmp_path: Path) -> None:
    """Of a right candidate, a wrong one, one whose results depend on earlier calls, and one that takes little."""
    (tmp_path / "stateful.py").write_text(STATEFUL)
    mutants = (f"{MUTANTS}:{name}" for name in ("Honest", "StrideIgnoredInWeightGradient"))
    sources = (*mutants, f"{tmp_path}/stateful.py:Keeps", f"{RESTRICTED}:conv1d")
    found = {}
    for jobs in (1, 2, 9):
        folder = tmp_path / str(jobs)
        finished = Running(folder, sources, jobs).read()
        assert finished.finished
        found[jobs] = records(folder), files(folder)
    assert found[1] == found[2] == found[9]
    assert {sum(not each.declined for each in of_candidate) for of_candidate in found[1][0].values()} == {24}
    assert len([name for name in found[1][1] if name.endswith("arrays.npz")]) >= 2


def test_one_that_hangs_holds_up_no_other(tmp_path: Path) -> None:
    sources = tuple(f"{MUTANTS}:{name}" for name in ("HangsOnDilation", "Honest"))
    told: list[RunEvent] = []
    finished = Running(tmp_path, sources, jobs=2, cases=25, seconds=0.5).read(told.append)
    done = [event.part.candidate for event in told if isinstance(event, PartDone)]
    assert done == ["mutants.py:Honest", "mutants.py:HangsOnDilation"]
    (mismatch,) = finished.mismatches
    assert (mismatch.candidate, mismatch.verdict.outcome) == ("mutants.py:HangsOnDilation", Outcome.HUNG)


def test_where_the_reader_is_interrupted_all_that_is_known_is_kept_and_nothing_runs_on(tmp_path: Path) -> None:
    sources = tuple(f"{MUTANTS}:{name}" for name in ("Honest", "StrideIgnoredInWeightGradient"))
    running = Running(tmp_path, sources, jobs=3, cases=1000)

    def interrupt(event: RunEvent) -> None:
        if isinstance(event, MismatchMet):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        running.read(interrupt)
    finished = read_run(tmp_path / "run")
    assert finished.notes == ("The run was interrupted: what it had finished by then is shown.",)
    (mismatch,) = finished.mismatches
    of_wrong = records(tmp_path)["mutants.py:StrideIgnoredInWeightGradient"]
    assert mismatch.id in {result.fault for record in of_wrong for result in record.results}
    assert multiprocessing.active_children() == []


def test_a_search_that_fails_ends_the_run_with_what_it_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise OSError("nowhere to remember")

    monkeypatch.setattr(FailureMemory, "update", failing)
    running = Running(tmp_path, (f"{MUTANTS}:Honest",), jobs=2, cases=3)
    with pytest.raises(OSError, match="nowhere to remember"):
        running.read()
    assert not read_run(tmp_path / "run").finished
    assert multiprocessing.active_children() == []


def test_a_search_that_is_killed_ends_the_run(tmp_path: Path) -> None:
    running = Running(tmp_path, (f"{MUTANTS}:Honest",), jobs=1, cases=1000)

    def kill(event: RunEvent) -> None:
        if isinstance(event, CaseExamined):
            for child in multiprocessing.active_children():
                child.kill()

    with pytest.raises(RuntimeError, match="ended with exit code -9"):
        running.read(kill)


def test_candidates_are_loaded_at_the_same_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        other = "two" if name == "one" else "one"
        (tmp_path / f"{name}.py").write_text(
            f"import pathlib, time\n"
            f"pathlib.Path({str(tmp_path)!r}, 'loading-{name}').touch()\n"
            f"while not pathlib.Path({str(tmp_path)!r}, 'loading-{other}').exists():\n    time.sleep(0.01)\n"
            f"def forward(x, w):\n    return x * w\n"
        )
    sources = tuple(f"{tmp_path}/{name}.py:forward" for name in ("one", "two"))
    plan = RunPlan(sources, Budget(SPACE, PASSES, 1, 0), Limits(load_seconds=60.0), ())
    with executors(plan) as candidates:
        assert list(candidates) == ["one.py:forward", "two.py:forward"]
        assert all(isinstance(executor, Isolated) for executor in candidates.values())


def test_ctrl_c_at_a_terminal_reaches_every_process_and_none_is_left(tmp_path: Path) -> None:
    """The terminal signals the whole group: the searches are not to end by that, but by what the run tells them."""
    command = [sys.executable, "-m", "convoracle.suites", "check", f"{MUTANTS}:Honest", f"{MUTANTS}:ReturnsNone"]
    options = ["--cases", "1000", "-j", "3", "--out", str(tmp_path / "run"), "--memory", str(tmp_path / "memory")]
    with subprocess.Popen(
        [*command, *options],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "shrinking" in line:
                break
        os.killpg(process.pid, signal.SIGINT)
        process.stdout.read()
    assert process.returncode == 130
    finished = read_run(tmp_path / "run")
    assert len(finished.mismatches) >= 1
    assert (tmp_path / "run" / "index.html").exists()
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
