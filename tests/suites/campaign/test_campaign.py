"""A campaign comes to what one run comes to, whoever examines its parts, and whatever is lost on the way."""

from __future__ import annotations

import itertools
import os
import signal
import tempfile
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.problem.passes import Pass
from convoracle.reports import InvalidRecord, RunWriter, read_run
from convoracle.reports.files.part_files import Part, part_files
from convoracle.reports.files.reading import read_info
from convoracle.suites.calling.replies import Limits
from convoracle.suites.campaign.campaign import Campaign, absolute
from convoracle.suites.campaign.engines import Engine, engine_of, opened
from convoracle.suites.campaign.events import CampaignEvent, CaseBlamed, PartCollected, PartLost, Planned
from convoracle.suites.campaign.task import Examined, Task, examine
from convoracle.suites.candidates import CandidateError
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.space import Space
from convoracle.suites.search.findings import RunPlan
from convoracle.suites.search.runner import describe_run, executors, run

from ...kept import kept

MUTANTS = Path(__file__).parents[1] / "mutants.py"
WRONG = f"{MUTANTS}:StrideIgnoredInWeightGradient"
SPACE = Space(ranks=(1,), dtypes=("float32",), max_products=100)
BUDGET = Budget(SPACE, frozenset({Pass.FORWARD, Pass.WEIGHT_GRADIENT}), 28, 0, part_cases=12)
PLAN = RunPlan((WRONG,), BUDGET, Limits(), ())
KILLS = '''
import os, signal
from convoracle.oracle.answers import reference

def parent_of(process):
    with open(f"/proc/{process}/stat") as stat:
        return int(stat.read().rpartition(")")[2].split()[1])

class KillsAll:
    """The process that examines it, on the cases of one kind."""

    def forward(self, input, weight, bias, geometry):
        if geometry.stride[0] == 3 and input.size > 6:
            process = os.getpid()
            while process > 1:
                process = parent_of(process)
                with open(f"/proc/{process}/cmdline", "rb") as words:
                    if b"part_process" in words.read():
                        os.kill(process, signal.SIGKILL)
        return reference.forward(input, weight, geometry, bias)
'''


def campaign(folder: Path, engine: Engine, plan: RunPlan = PLAN, seconds: float = 60.0) -> Campaign:
    return Campaign(plan, engine, folder, seconds, "convoracle campaign")


def made(engine: Engine, folder: Path, plan: RunPlan = PLAN) -> list[CampaignEvent]:
    with closing(campaign(folder, engine, plan).run()) as events:
        return list(events)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run of one process."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    with executors(PLAN) as candidates, RunWriter.create(folder, describe_run(PLAN, "", candidates, "")) as writer:
        for _ in run(PLAN, candidates, {}, writer):
            pass
    return folder


@pytest.fixture(scope="module")
def answers() -> dict[int, Examined]:
    """What comes of each part."""
    return {number: examine(Task(PLAN, number, 60.0)) for number in range(3)}


def engine(
    answer: Callable[[Task], Examined], at_a_time: int = 4, is_there: Callable[[], bool] = lambda: True
) -> Engine:
    """One that answers at once."""

    def submit(task: Task) -> Future[Examined]:
        future: Future[Examined] = Future()
        try:
            future.set_result(answer(task))
        except CancelledError:
            future.cancel()
            future.set_running_or_notify_cancel()
        except Exception as error:  # noqa: BLE001 - a future keeps whatever is raised
            future.set_exception(error)
        return future

    return Engine(submit, lambda: at_a_time, lambda: None, is_there, "tcp://nowhere:1")


def test_processes_of_this_machine_come_to_what_one_run_comes_to(whole: Path, tmp_path: Path) -> None:
    with opened("local", 2, {}) as local:
        told = made(local, tmp_path / "campaign")
    collected = [event for event in told if isinstance(event, PartCollected)]
    assert [event.done for event in collected] == [1, 2, 3]
    assert {event.part for event in collected} == {
        Part("mutants.py:StrideIgnoredInWeightGradient", n) for n in range(3)
    }
    assert kept(tmp_path / "campaign") == kept(whole)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_it_does_not_matter_in_which_order_parts_come_back(
    order: tuple[int, ...], whole: Path, answers: dict[int, Examined], tmp_path: Path
) -> None:
    made(engine(lambda task: answers[order[task.number]]), tmp_path / "campaign")
    assert kept(tmp_path / "campaign") == kept(whole)


def test_any_executor_will_do(whole: Path, answers: dict[int, Examined], tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as executor:
        made(engine_of(executor, 1), tmp_path / "campaign")
    assert kept(tmp_path / "campaign") == kept(whole)


def test_a_worker_that_is_lost_by_chance_changes_nothing(
    whole: Path, answers: dict[int, Examined], tmp_path: Path
) -> None:
    """Also one after the other, and the scheduler that forgets what it was told."""
    losses = iter((RuntimeError("KilledWorker"), CancelledError(), Examined("b", lost="it was ended by SIGKILL")))

    def answer(task: Task) -> Examined:
        match next(losses, None):
            case Exception() as error:
                raise error
            case Examined() as examined:
                return examined
        assert task.most is None
        return answers[task.number]

    told = made(engine(answer), tmp_path / "campaign")
    lost = [event for event in told if isinstance(event, PartLost)]
    assert sorted(event.why for event in lost) == [
        "it was ended by SIGKILL",
        "its worker was lost: RuntimeError: KilledWorker",
    ]  # fmt: skip
    assert kept(tmp_path / "campaign") == kept(whole)


def test_where_the_scheduler_is_lost_what_is_there_is_kept_and_the_same_campaign_goes_on(
    whole: Path, answers: dict[int, Examined], tmp_path: Path
) -> None:
    asked: list[int] = []

    def answer(task: Task) -> Examined:
        asked.append(task.number)
        if len(asked) == 2:
            raise CancelledError
        return answers[task.number]

    lost = engine(answer, at_a_time=1, is_there=lambda: len(asked) < 2)
    with pytest.raises(ConnectionAbortedError, match="the scheduler was lost; what was examined is in the folder"):
        made(lost, tmp_path / "campaign")
    before = read_run(tmp_path / "campaign")
    assert (before.finished, before.totals.records) == (False, 12)
    made(engine(answer), tmp_path / "campaign")
    assert asked == [0, 1, 1, 2]
    assert kept(tmp_path / "campaign") == kept(whole)


def test_where_it_is_interrupted_the_same_campaign_goes_on(whole: Path, tmp_path: Path) -> None:
    with opened("local", 1, {}) as local:
        events = campaign(tmp_path / "campaign", local).run()
        for event in events:
            if isinstance(event, PartCollected):
                break
        with pytest.raises(KeyboardInterrupt):
            events.throw(KeyboardInterrupt())
    assert not read_run(tmp_path / "campaign").finished
    with opened("local", 1, {}) as local:
        made(local, tmp_path / "campaign")
    assert kept(tmp_path / "campaign") == kept(whole)


def test_a_part_that_nobody_survives_is_halved_until_its_case_is_known(tmp_path: Path) -> None:
    (tmp_path / "kills.py").write_text(KILLS)
    plan = replace(PLAN, sources=absolute([f"{tmp_path}/kills.py:KillsAll"]))
    with opened("local", 2, {}) as local:
        making = campaign(tmp_path / "campaign", local, plan)
        with closing(making.run()) as events:
            told = list(events)
    blamed = [event for event in told if isinstance(event, CaseBlamed)]
    assert blamed
    assert {event.why for event in blamed} == {"it was ended by SIGKILL"}
    assert not making.is_whole
    run = read_run(tmp_path / "campaign")
    files = {file.part.number: file for file in part_files(tmp_path / "campaign", read_info(tmp_path / "campaign"))}
    for event in blamed:
        if event.place > 1:
            assert not files[event.planned.number].is_whole
    (stopped,) = run.stopped
    assert stopped.examined == 28 - sum((12 if event.planned.number < 2 else 4) - event.place + 1 for event in blamed)
    assert not read_run(tmp_path / "campaign").mismatches


def test_a_part_that_takes_too_long_is_lost(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(600)\ndef conv1d(x, w): pass\n")
    plan = replace(PLAN, sources=(f"{tmp_path}/slow.py:conv1d",))
    assert examine(Task(plan, 0, 1.0)).lost == "it took longer than 1 s"
    assert _left_over(str(tmp_path)) == []


def _left_over(text: str) -> list[int]:
    """The processes in whose command line a text stands."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if text.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def test_the_process_of_a_part_ends_with_who_waits_for_it(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(600)\ndef conv1d(x, w): pass\n")
    plan = replace(PLAN, sources=(f"{tmp_path}/slow.py:conv1d",))
    child = os.fork()
    if child == 0:
        tempfile.tempdir = str(tmp_path)
        examine(Task(plan, 0, 60.0))
        os._exit(0)
    before = set(_left_over(str(tmp_path)))
    for _ in range(100):
        if before:
            break
        signal.sigtimedwait([], 0.1)
        before = set(_left_over(str(tmp_path)))
    assert before
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    for _ in range(100):
        if not before & set(_left_over(str(tmp_path))):
            break
        signal.sigtimedwait([], 0.1)
    assert not before & set(_left_over(str(tmp_path)))


def test_a_candidate_that_nobody_can_load_ends_the_campaign(tmp_path: Path) -> None:
    plan = replace(PLAN, sources=("nowhere.py:conv",))
    with opened("local", 1, {}) as local, pytest.raises(CandidateError, match=r"nowhere\.py"):
        made(local, tmp_path / "campaign", plan)
    assert not (tmp_path / "campaign").exists()


def test_workers_of_another_version_are_refused(answers: dict[int, Examined], tmp_path: Path) -> None:
    other = examine(Task(replace(PLAN, budget=replace(BUDGET, seed=1)), 1, 60.0))
    with pytest.raises(InvalidRecord, match="seed: 0, not 1"):
        made(
            engine(lambda task: other if task.number == 1 else answers[task.number], at_a_time=1), tmp_path / "campaign"
        )
    assert read_run(tmp_path / "campaign").totals.records == 12


def test_only_a_new_folder_or_that_of_the_campaign_is_written(
    answers: dict[int, Examined], whole: Path, tmp_path: Path
) -> None:
    (tmp_path / "occupied").mkdir()
    (tmp_path / "occupied" / "thesis.tex").write_text("mine")
    usual = engine(lambda task: answers[task.number])
    with pytest.raises(InvalidArgument, match="should be new, empty, or the folder of an earlier run"):
        made(usual, tmp_path / "occupied")
    with pytest.raises(
        InvalidArgument, match=r"should be new, or the folder of this campaign, but is not: seed: 1, not 0"
    ):
        made(usual, whole, replace(PLAN, budget=replace(BUDGET, seed=1)))


def test_sources_are_told_as_others_find_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lib").mkdir()
    Path("lib/libx.so").write_bytes(b"")
    told = absolute(["torch", "kernels.py:conv", "package.module:conv", "lib/libx.so", "exec:node conv.js"])
    assert told == (
        "torch", f"{tmp_path}/kernels.py:conv", "package.module:conv", f"{tmp_path}/lib/libx.so", "exec:node conv.js"
    )  # fmt: skip
    assert Planned("torch", 1) != Planned("torch", 2)
