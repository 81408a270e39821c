"""A fault that only some machines show: parts examined by machines of two kinds, merged and collected."""

from __future__ import annotations

import re
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import pytest

from convoracle.oracle.problem.passes import Pass
from convoracle.reports import RunWriter, read_run, write_reports
from convoracle.reports.files.merging import merge
from convoracle.reports.views.cause_text import cause_texts
from convoracle.suites.calling.replies import Limits
from convoracle.suites.campaign.campaign import Campaign
from convoracle.suites.campaign.engines import Engine
from convoracle.suites.campaign.packing import packed
from convoracle.suites.campaign.state import Watching, read_state, write_state
from convoracle.suites.campaign.task import Examined
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.space import Space
from convoracle.suites.search import runner
from convoracle.suites.search.findings import RunPlan, Shard

CANDIDATE = """
import os
from convoracle.oracle.answers import reference

class Fast:
    def forward(self, input, weight, bias, geometry):
        result = reference.forward(input, weight, geometry, bias).astype(input.dtype)
        return result + (geometry.stride[0] > 1 and "FAST" in os.environ)
"""
SPACE = Space(ranks=(1,), dtypes=("float32",), max_products=100)
BUDGET = Budget(SPACE, frozenset({Pass.FORWARD}), 60, 0, checks=frozenset({"structure"}), part_cases=20)
TOLD = re.compile(r"Met with avx512_bf16 \((\d+) of (\d+) results\), not without \(0 of (\d+)\)")


def examined(folder: Path, plan: RunPlan, number: int, instructions: str) -> Path:
    """A part as a machine with these instruction sets examines it."""
    with pytest.MonkeyPatch.context() as machine:
        machine.setattr(runner, "_cpuinfo", lambda: {"flags": f"fpu {instructions}", "model name": "x"})
        if "bf16" in instructions:
            machine.setenv("FAST", "1")
        part = RunPlan(plan.sources, plan.budget, plan.limits, (), shard=Shard(only=number))
        with runner.executors(part) as candidates:
            info = runner.describe_run(part, "quick", candidates, "check")
            with RunWriter.create(folder, info) as writer, closing(runner.run(part, candidates, {}, writer)) as events:
                list(events)
    return folder


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> RunPlan:
    source = tmp_path_factory.mktemp("candidate") / "fast.py"
    source.write_text(CANDIDATE)
    return RunPlan((f"{source}:Fast",), BUDGET, Limits(), ())


@pytest.fixture(scope="module")
def parts(plan: RunPlan, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The second is examined where the fault shows."""
    home, kinds = tmp_path_factory.mktemp("parts"), ("avx2", "avx2 avx512_bf16 avx512f", "avx2 avx512f")
    return [examined(home / str(number), plan, number, kind) for number, kind in enumerate(kinds)]


def test_a_merged_run_tells_on_which_machines_a_cause_was_met(parts: list[Path], tmp_path: Path) -> None:
    merge(parts, tmp_path / "whole")
    found = read_run(tmp_path / "whole")
    assert [kind.instructions for kind in found.machines] == [
        {"avx2"}, {"avx2", "avx512_bf16", "avx512f"}, {"avx2", "avx512f"},
    ]  # fmt: skip
    text = cause_texts(found.mismatches, found.info.candidates, machines=found.machines)
    told = TOLD.search(text)
    assert told is not None, text
    shown, asked, others = map(int, told.groups())
    records = [read_run(part).totals for part in parts]
    assert shown == sum(records[1].counts.faults.values()) > 0
    asked_of = [sum(share.asked for share in each.compared.shares) for each in records]
    assert (asked, others) == (asked_of[1], asked_of[0] + asked_of[2])
    write_reports(tmp_path / "whole")
    assert told[0] in (tmp_path / "whole" / "index.html").read_text()


def test_of_one_kind_of_machines_nothing_is_told(parts: list[Path], tmp_path: Path) -> None:
    merge(parts[1:2], tmp_path / "one")
    assert read_run(tmp_path / "one").machines == ()
    assert "Met with" not in cause_texts(read_run(tmp_path / "one").mismatches)


def test_a_campaign_says_so_while_it_goes_on(parts: list[Path], plan: RunPlan, tmp_path: Path) -> None:
    def submit(task):  # type: ignore[no-untyped-def]
        future: Future[Examined] = Future()
        future.set_result(Examined("here", packed(parts[task.number])))
        return future

    engine = Engine(submit, lambda: 1, lambda: None, lambda: True, "tcp://nowhere:1")
    made = Campaign(plan, engine, tmp_path / "campaign", 60.0, "convoracle campaign")
    watching, told = Watching(lambda source: source, {plan.sources[0]: 3}, {}), []
    with closing(made.run()) as events:
        for event in events:
            watching.note(event)
            write_state(watching.state(), tmp_path / "campaign")
            told += [met.text for met in read_state(tmp_path / "campaign").met]
    assert TOLD.search(told[-1])
    assert told[-1] in (tmp_path / "campaign" / "campaign.html").read_text()
