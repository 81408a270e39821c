"""A run is made of parts: examined by several machines, or at several times, they come to what one run comes to."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.problem.passes import Pass
from convoracle.reports import RunWriter, read_records, read_run
from convoracle.reports.files.merging import Merged, merge
from convoracle.reports.files.part_files import Part
from convoracle.suites.calling.replies import Limits
from convoracle.suites.cases.budget import Budget, part_of, parts
from convoracle.suites.cases.corpora.selection import Selection
from convoracle.suites.cases.space import Space
from convoracle.suites.search.events import RunEvent
from convoracle.suites.search.findings import RunPlan, Shard, all_parts
from convoracle.suites.search.runner import describe_run, executors, memories, run

from ...kept import kept

MUTANTS = Path(__file__).parents[1] / "mutants.py"
WRONG = "mutants.py:StrideIgnoredInWeightGradient"
RESTRICTED = MUTANTS.with_name("restricted.py")
SPACE = Space(ranks=(1,), dtypes=("float32",), max_products=100)
BUDGET = Budget(SPACE, frozenset({Pass.FORWARD, Pass.WEIGHT_GRADIENT}), 28, 0, part_cases=12)
ALL = Shard()


@dataclass
class Running:
    """Runs of a right candidate, a wrong one and one that takes little, in three parts each."""

    tmp_path: Path
    budget: Budget = BUDGET

    def plan(self, shard: Shard) -> RunPlan:
        sources = (f"{MUTANTS}:Honest", f"{MUTANTS}:StrideIgnoredInWeightGradient", f"{RESTRICTED}:conv1d")
        memory = (str(self.tmp_path / f"memory-{len(list(self.tmp_path.iterdir()))}"),)
        return RunPlan(sources, self.budget, Limits(), memory, jobs=2, shard=shard)

    def run(self, folder: Path, shard: Shard = ALL, *, until: int | None = None, resumed: bool = False) -> Path:
        """Into a folder; interrupted when so many events were told."""
        plan = self.plan(shard)
        with executors(plan) as candidates:
            info = describe_run(plan, "quick", candidates, "check")
            writer = RunWriter.resumed(folder) if resumed else RunWriter.create(folder, info)
            with writer, closing(run(plan, candidates, memories(plan, candidates), writer)) as events:
                _read(events, until)
        return folder


def _read(events: Any, until: int | None) -> None:
    told: list[RunEvent] = list(itertools.islice(events, until))
    if until is not None:
        with pytest.raises(KeyboardInterrupt):
            events.throw(KeyboardInterrupt())
    assert told


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Running:
    return Running(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def whole(running: Running) -> Path:
    return running.run(running.tmp_path / "whole")


@pytest.fixture(scope="module")
def shards(running: Running) -> list[Path]:
    """Two machines share the parts of three candidates, and a third one examines a part of theirs once more."""
    chosen = [Shard(1, 2), Shard(2, 2), Shard(4, 9)]
    return [running.run(running.tmp_path / str(shard).replace("/", "-"), shard) for shard in chosen]


def test_the_parts_of_a_budget_share_its_cases_and_have_seeds_of_their_own() -> None:
    found = [part_of(BUDGET, number) for number in parts(BUDGET)]
    assert [(part.part, part.cases) for part in found] == [(0, 12), (1, 12), (2, 4)]
    assert found[0] == replace(BUDGET, cases=12)
    assert len({part.seed for part in found}) == 3
    assert list(parts(replace(BUDGET, cases=12))) == [0]
    layers = Selection(("resnet50",), None, None).cases(dtypes=("float32",), ranks=(2,), seed=0)
    of_corpus = replace(BUDGET, cases=len(layers), corpus_cases=layers)
    shared = [part_of(of_corpus, number).corpus_cases for number in parts(of_corpus)]
    assert sum(shared, ()) == layers
    assert max(map(len, shared)) == 12


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6])
def test_every_part_is_of_one_shard(count: int, running: Running) -> None:
    every = all_parts(running.plan(ALL), ["a", "b"])
    assert every == tuple(Part(name, number) for name in "ab" for number in range(3))
    shared = [Shard(number, count).of(every) for number in range(1, count + 1)]
    assert sorted(part for shard in shared for part in shard) == sorted(every)
    assert max(map(len, shared)) - min(map(len, shared)) <= 1


def test_a_run_has_a_file_for_each_part_and_tells_one_fault_once(whole: Path) -> None:
    names = [re.sub(r"-[0-9a-f]{8}-", "-", path.name) for path in sorted(whole.glob("records/*"))]
    stems = ("mutants.py-Honest", "mutants.py-StrideIgnoredInWeightGradient", "restricted.py-conv1d")
    assert sorted(names) == sorted(f"{stem}-{number}.jsonl" for stem in stems for number in range(3))
    run = read_run(whole)
    assert (run.finished, run.info.plan.parts, run.stopped) == (True, 3, ())
    (mismatch,) = run.mismatches
    assert (mismatch.candidate, mismatch.part) == (WRONG, 0)
    accusing = [each for each in read_records(whole) if any(r.verdict.outcome.is_mismatch for r in each.results)]
    assert run.totals.counts.faults == {mismatch.id: len(accusing)}
    assert {result.fault for record in accusing for result in record.results} == {mismatch.id, None}
    assert {path.name for path in whole.glob("mismatches/*.json")} >= {f"{mismatch.id[:-1]}1.1.json"}


def test_the_cases_of_parts_are_others(whole: Path) -> None:
    cases = [record.case for record in read_records(whole) if record.candidate == "mutants.py:Honest"]
    assert len(cases) == 28
    assert len(set(cases)) >= 25


def test_shards_put_together_are_the_run_in_whatever_order_and_however_often(
    whole: Path, shards: Sequence[Path], tmp_path: Path
) -> None:
    first, second, again = shards
    ways: dict[str, Sequence[Path]] = {"all": shards, "turned": shards[::-1], "without-the-third": (first, second)}
    for name, runs in ways.items():
        assert merge(runs, tmp_path / name) == Merged((), ())
        assert kept(tmp_path / name) == kept(whole), name
    some = merge((second, again), tmp_path / "some")
    assert some.missing
    merge((tmp_path / "some", first, tmp_path / "all"), tmp_path / "nested")
    assert kept(tmp_path / "nested") == kept(whole)


def test_what_is_missing_is_said_and_is_no_conformance(shards: Sequence[Path], tmp_path: Path) -> None:
    merged = merge(shards[:1], tmp_path / "half")
    assert len(merged.missing) == 4
    run = read_run(tmp_path / "half")
    assert sum(stopped.planned - stopped.examined for stopped in run.stopped) >= 4 * 4
    assert all("of the others nothing is known" in note for note in run.notes)
    assert run.info.shard == ""


@pytest.mark.parametrize("until", [1, 19, 52, *(pytest.param(count, marks=pytest.mark.campaign) for count in (7, 33))])
def test_a_run_that_was_interrupted_comes_to_the_same_when_it_is_resumed(
    until: int, whole: Path, running: Running, tmp_path: Path
) -> None:
    running.run(tmp_path / "run", until=until)
    assert not read_run(tmp_path / "run").finished
    running.run(tmp_path / "run", resumed=True)
    assert kept(tmp_path / "run") == kept(whole)


def test_what_was_examined_is_not_asked_again_and_is_there_until_it_is_again(
    whole: Path, running: Running, tmp_path: Path
) -> None:
    """Also where a run is interrupted over and over: nothing that was there is lost meanwhile."""
    counts = []
    running.run(tmp_path / "run", until=5)
    for until in (3, 9, 4, 30):
        counts.append(read_run(tmp_path / "run").totals.records)
        running.run(tmp_path / "run", until=until, resumed=True)
    assert counts == sorted(counts)
    running.run(tmp_path / "run", resumed=True)
    assert kept(tmp_path / "run") == kept(whole)


def test_a_whole_run_is_not_asked_anything_when_it_is_resumed(whole: Path, running: Running, tmp_path: Path) -> None:
    folder = shutil.copytree(whole, tmp_path / "run")
    plan = running.plan(ALL)
    with executors(plan) as candidates, RunWriter.resumed(folder) as writer:
        assert writer.whole == set(all_parts(plan, candidates))
        assert list(run(plan, candidates, {}, writer)) == []
    assert kept(folder) == kept(whole)


def test_copies_that_contradict_each_other_are_told_and_what_accuses_is_kept(
    whole: Path, shards: Sequence[Path], tmp_path: Path
) -> None:
    better = shutil.copytree(whole, tmp_path / "better")
    (path,) = better.glob(f"records/{WRONG.replace(':', '-')}-*-0.jsonl")
    accused = [line for line in path.read_text().splitlines(keepends=True) if '"violates"' in line]
    assert accused
    path.write_text(path.read_text().replace(accused[0], ""))
    for runs in ((better, whole), (whole, better)):
        merged = merge(runs, tmp_path / "merged")
        assert merged.contradicted == (Part(WRONG, 0),)
        assert kept(tmp_path / "merged") == kept(whole)


def test_only_runs_of_one_plan_are_put_together_and_into_another_folder(whole: Path, tmp_path: Path) -> None:
    other = Running(tmp_path, replace(BUDGET, seed=1, cases=2)).run(tmp_path / "other")
    with pytest.raises(
        InvalidArgument, match=r"should be of the same run as .*whole, but is not: seed: 0, not 1; cases"
    ):
        merge((whole, other), tmp_path / "merged")
    with pytest.raises(InvalidArgument, match="should be another folder than the runs'"):
        merge((whole,), whole)
    with pytest.raises(InvalidArgument, match="should be folders of runs"):
        merge((), tmp_path / "merged")
    (tmp_path / "occupied").mkdir()
    (tmp_path / "occupied" / "thesis.tex").write_text("mine")
    with pytest.raises(InvalidArgument, match="should be new, empty, or the folder of an earlier run"):
        merge((whole,), tmp_path / "occupied")
    assert not (tmp_path / "merged").exists()
