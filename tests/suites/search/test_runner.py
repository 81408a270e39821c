"""A run of several candidates: who is started and ended, what is on disk after each event, and the facts of the run."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from convoracle.oracle.faults import fault_named
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.reports import CaseRecord, Run, RunWriter, read_mismatch, read_records, read_run
from convoracle.suites.audits.planted import Planted, PlantedInProcess
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Limits
from convoracle.suites.candidates import CandidateError
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.corpora.selection import CorpusCase, Provenance
from convoracle.suites.cases.space import Space
from convoracle.suites.checks.registry import check_infos
from convoracle.suites.diagnosis.framework_witness import Frameworks
from convoracle.suites.search.events import CaseExamined, MismatchKept, PartStarted, RunEvent
from convoracle.suites.search.failure_store import FailureMemory
from convoracle.suites.search.runner import RunPlan, describe_run, executors, memories, run

MUTANTS = Path(__file__).parents[1] / "mutants.py"
SPACE = Space(ranks=(1,), dtypes=("float32",), max_products=300)
BUDGET = Budget(SPACE, frozenset({Pass.WEIGHT_GRADIENT}), 8, 3)
FAULT = "stride-ignored-in-weight-gradient"


def plan(folder: Path, *sources: str, budget: Budget = BUDGET, isolated: bool = False) -> RunPlan:
    return RunPlan(sources, budget, Limits(seconds_per_call=7.0), (str(folder / "failures"),), isolated)


def one_wrong() -> dict[str, Executor]:
    """A candidate with a fault, between two without."""
    honest, wrong, other = Planted(), Planted(fault_named(FAULT)), Planted()
    other.name = "other"
    return {each.name: PlantedInProcess(each) for each in (honest, wrong, other)}


class Running:
    """A run into a folder, with what is on disk when each event is told."""

    def __init__(
        self, folder: Path, candidates: Mapping[str, Executor], budget: Budget = BUDGET, home: str = "run"
    ) -> None:
        self.home, chosen = folder / home, plan(folder, budget=budget)
        self.events: list[tuple[RunEvent, Run]] = []
        self.kept: list[list[CaseRecord]] = []
        self.memories = {name: FailureMemory(chosen.memory, name) for name in candidates}
        start = time.monotonic()
        with RunWriter.create(self.home, describe_run(chosen, "quick", candidates, "")) as writer:
            for event in run(chosen, candidates, self.memories, writer):
                self.events.append((event, read_run(self.home)))
                if isinstance(event, CaseExamined):
                    self.kept.append(list(read_records(self.home)))
        self.seconds = time.monotonic() - start
        self.finished = read_run(self.home)

    def told(self, kind: type) -> list[Any]:
        return [event for event, _ in self.events if isinstance(event, kind)]


def outcomes(records: Iterable[CaseRecord]) -> list[tuple[object, ...]]:
    """What both a record as it was made and one from a file tell: of other numbers a file keeps three digits."""
    return [
        (record.case, record.candidate, [(each.check, each.subject, each.verdict.outcome) for each in record.results])
        for record in records
    ]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Running:
    """A run of all three."""
    return Running(tmp_path_factory.mktemp("ran"), one_wrong())


def test_the_candidates_of_a_plan_run_by_name(tmp_path: Path) -> None:
    with executors(plan(tmp_path, "reference", f"{MUTANTS}:Honest")) as candidates:
        assert list(candidates) == ["reference", "mutants.py:Honest"]
        assert {type(executor) for executor in candidates.values()} == {InProcess}


def test_a_candidate_has_a_process_of_its_own_unless_the_plan_says_otherwise_and_none_afterwards(
    tmp_path: Path,
) -> None:
    unsaid = RunPlan(("reference",), BUDGET, Limits(), ())
    assert (unsaid.isolated, unsaid.jobs) == (True, 1)
    with executors(plan(tmp_path, "reference", isolated=True)) as candidates:
        executor = candidates["reference"]
        assert isinstance(executor, Isolated)
        assert executor.limits == Limits(seconds_per_call=7.0)
        process = executor.loader_pid
        os.kill(process, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


@pytest.mark.parametrize(
    ("second", "problem"),
    [("reference", "candidate 'reference' is named twice; name it once"), ("nowhere.py:conv", "there is no file")],
)
def test_none_is_left_running_where_one_cannot_be_had(
    second: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, close = [], Isolated.close

    def watched(executor: Isolated) -> None:
        ended.append(executor.loader_pid)
        close(executor)

    monkeypatch.setattr(Isolated, "close", watched)
    with (
        pytest.raises(CandidateError, match=problem),
        executors(plan(tmp_path, "reference", second, isolated=True)),
    ):
        raise AssertionError
    assert ended
    for process in ended:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_each_candidate_has_a_memory_of_its_own(tmp_path: Path) -> None:
    chosen, case = plan(tmp_path, "reference", f"{MUTANTS}:Honest"), parse_case("n1c1k1i3f1/float32/uniform/0")
    with executors(chosen) as candidates:
        memories(chosen, candidates)["mutants.py:Honest"].update([case], ())
        assert {name: memory.recall() for name, memory in memories(chosen, candidates).items()} == {
            "reference": [],
            "mutants.py:Honest": [case],
        }


def test_candidates_are_examined_one_after_the_other_and_every_case_is_on_disk_when_it_is_told(ran: Running) -> None:
    assert [(each.candidate.name, each.total) for each in ran.told(PartStarted)] == [
        ("honest", 8),
        (FAULT, 8),
        ("other", 8),
    ]
    records = [event.record for event in ran.told(CaseExamined)]
    assert [record.candidate for record in records] == ["honest"] * 8 + [FAULT] * 8 + ["other"] * 8
    assert len(ran.kept) == len(records)
    for count, kept in enumerate(ran.kept, 1):
        assert outcomes(kept) == outcomes(records[:count])
    assert not any(on_disk.finished for _, on_disk in ran.events)


def test_a_run_that_comes_to_its_end_says_so_and_how_long_it_took(ran: Running) -> None:
    assert ran.finished.finished
    assert ran.finished.notes == ()
    assert 0 < ran.finished.seconds <= ran.seconds


def test_a_fault_is_on_disk_from_when_it_is_met_and_put_to_the_others_when_it_is_shrunk(ran: Running) -> None:
    (kept,) = ran.told(MismatchKept)
    (as_met,) = next(on_disk.mismatches for _, on_disk in ran.events if on_disk.mismatches)
    assert (as_met.id, as_met.case) == (kept.mismatch.id, kept.mismatch.found)
    assert [witness.name for witness in as_met.witnesses] == ["equations"]
    assert as_met.diagnosis == ()
    assert kept.mismatch.case == "n1c1k1i3f1s2/float32/uniform/0" != as_met.case
    assert [witness.name for witness in kept.mismatch.witnesses] == ["equations", "honest", "other"]
    assert kept.mismatch.diagnosis
    assert ran.finished.mismatches == (kept.mismatch,)
    assert read_mismatch(ran.home / "mismatches" / kept.mismatch.id)[0] == kept.mismatch


def test_a_fault_that_is_a_plainer_form_of_another_is_kept_in_its_place_only(tmp_path: Path) -> None:
    budget = Budget(replace(SPACE, ranks=(1, 2)), frozenset({Pass.BIAS_GRADIENT}), 30, 0)
    ran = Running(tmp_path, {"me": InProcess(f"{MUTANTS}:BiasGradientOfOneImage")}, budget)
    older, plainer = dict.fromkeys(each.id for _, on_disk in ran.events for each in on_disk.mismatches)
    kept = [event.mismatch for event in ran.told(MismatchKept)]
    assert [mismatch.id for mismatch in kept] == [older, older]
    assert set(kept[1].needs) < set(kept[0].needs)
    assert kept[1].diagnosis
    assert ran.finished.mismatches == (kept[1],)
    assert plainer not in {path.name for path in (ran.home / "mismatches").iterdir()}


def test_what_failed_is_remembered_of_each_candidate(ran: Running) -> None:
    (kept,) = ran.told(MismatchKept)
    assert {name: list(map(str, memory.recall())) for name, memory in ran.memories.items()} == {
        "honest": [],
        FAULT: [kept.mismatch.case],
        "other": [],
    }


def test_what_failed_is_tried_first_next_time_but_not_with_a_corpus(tmp_path: Path) -> None:
    remembered, corpus = parse_case("n1c1k1i4f1s3/float32/uniform/5"), parse_case("n2c1k1i3f1/float32/uniform/1")
    candidates = {"honest": PlantedInProcess()}

    def examined(home: str, budget: Budget) -> list[tuple[str, str]]:
        FailureMemory((str(tmp_path / "failures"),), "honest").update([remembered], ())
        ran = Running(tmp_path, candidates, budget, home)
        return [(record.case, record.origin) for record in read_records(ran.home)]

    few = replace(BUDGET, cases=2)
    assert examined("usual", few)[0] == (str(remembered), "")
    of_corpus = replace(few, corpus_cases=(CorpusCase(corpus, Provenance("layer")),))
    assert examined("corpus", of_corpus) == [(str(corpus), "layer")]
    assert FailureMemory((str(tmp_path / "failures"),), "honest").recall() == [remembered]


def test_the_frameworks_are_ended_with_the_run_and_have_its_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []

    monkeypatch.setattr(Frameworks, "close", lambda frameworks: told.append(frameworks.limits))
    Running(tmp_path, {"honest": PlantedInProcess()})
    assert told == [Limits(seconds_per_call=7.0)]


def test_a_run_that_fails_says_that_it_was_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*given: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(RunWriter, "append", failing)
    with pytest.raises(OSError, match="no space left"):
        Running(tmp_path, {"honest": PlantedInProcess()})
    finished = read_run(tmp_path / "run")
    assert (finished.finished, finished.totals.records) == (False, 0)
    assert finished.notes == ("The run was interrupted: what it had finished by then is shown.",)


def test_the_facts_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    candidates = one_wrong()
    info = describe_run(plan(tmp_path), "deep", candidates, "convoracle check honest")
    assert (info.seed, info.profile, info.command) == (3, "deep", "convoracle check honest")
    assert [each.name for each in info.candidates] == ["honest", FAULT, "other"]
    assert info.started.endswith("+00:00")
    assert info.checks == tuple(check_infos().values())
    environment = dict(info.environment)
    assert list(environment) == [
        "Python", "convoracle", "numpy", "ml_dtypes", "hypothesis", "platform", "processor", "instructions", "cores",
        "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
    ]  # fmt: skip
    assert (environment["OMP_NUM_THREADS"], environment["TF_NUM_INTRAOP_THREADS"]) == ("3", "1")
    assert environment["Python"] == platform.python_version()
    assert environment["hypothesis"] == metadata.version("hypothesis")
    assert environment["platform"] == platform.platform()
    assert environment["cores"] == str(os.cpu_count())


@pytest.mark.parametrize(
    ("told", "processor"),
    [
        ("processor\t: 0\nmodel name\t: Some Core: 7\nmodel name\t: another\n", "Some Core: 7"),
        ("processor\t: 0\nBogoMIPS: 243\n", "aarch64"),
        ("", "aarch64"),
        (None, "arm"),
    ],
)
def test_the_processor_is_named_by_its_model_where_the_system_tells_it(
    told: str | None, processor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_text = Path.read_text

    def read(path: Path, **options: Any) -> str:
        if path != Path("/proc/cpuinfo"):
            return read_text(path, **options)
        if told is None:
            raise FileNotFoundError(path)
        return told

    monkeypatch.setattr(platform, "processor", lambda: "arm")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(Path, "read_text", read)
    environment = dict(describe_run(plan(tmp_path), "quick", {}, "").environment)
    assert environment["processor"] == processor


@pytest.mark.parametrize(
    ("told", "instructions"),
    [
        ("flags\t\t: fpu sse4_2 ht avx2 avx512_bf16 amx_tile fma\n", "sse4_2 avx2 avx512_bf16 amx_tile fma"),
        ("Features\t: fp asimd sve i8mm aes\n", "asimd sve i8mm"),
        ("processor\t: 0\n", ""),
    ],
)
def test_what_instruction_sets_there_are_for_libraries_to_choose_by(
    told: str, instructions: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Path.read_text

    def read_text(path: Path, *arguments: str, **named: str) -> str:
        return told if path == Path("/proc/cpuinfo") else read(path, *arguments, **named)

    monkeypatch.setattr(Path, "read_text", read_text)
    assert dict(describe_run(plan(tmp_path), "quick", {}, "").environment)["instructions"] == instructions
