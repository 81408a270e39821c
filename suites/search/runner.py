"""A run: candidates searched for faults side by side, every case of one on disk before its next is looked at."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from ...oracle.problem.passes import Pass
from ...reports.files.run import RunWriter
from ...reports.records.baseline import INSTRUCTIONS
from ...reports.records.record import Plan, RunInfo
from ..calling.beginning import THREADS
from ..calling.executor import Executor
from ..calling.in_process import InProcess
from ..calling.isolation import Isolated
from ..candidates import CandidateError
from ..checks.registry import check_infos
from .events import RunEvent, left_to_tell
from .failure_store import FailureMemory, Memory, version_of
from .findings import RunPlan, all_parts, findings, write_event
from .recall import recalled
from .side_by_side import side_by_side

_OF_VECTORS = re.compile(r"(sse|ssse|avx|amx|fma|f16c|asimd|sve|sme|neon|bf16|i8mm|fphp)")


@contextlib.contextmanager
def executors(plan: RunPlan) -> Iterator[dict[str, Executor]]:
    """The plan's candidates, each running, by name; none is left running afterwards.

    Raises
    ------
    CandidateError
        If one cannot be loaded, or two have the same name.
    """
    with contextlib.ExitStack() as stack:
        opened: dict[str, Executor] = {}
        for executor in _started(plan, stack):
            if executor.info.name in opened:
                raise CandidateError(f"candidate {executor.info.name!r} is named twice; name it once")
            opened[executor.info.name] = executor
        yield opened


def _started(plan: RunPlan, stack: contextlib.ExitStack) -> Iterator[Executor]:
    """Executors of the plan's sources, which are loaded at the same time."""
    if not plan.isolated:
        yield from map(InProcess, plan.sources)
        return
    launched = [
        stack.enter_context(contextlib.closing(Isolated.launched(source, plan.limits))) for source in plan.sources
    ]
    for executor in launched:
        executor.wait()
        yield executor


def memories(plan: RunPlan, candidates: Mapping[str, Executor]) -> dict[str, FailureMemory]:
    """The failing cases remembered of each candidate."""
    return {
        name: FailureMemory(plan.memory, executor.info.source, version_of(executor.info))
        for name, executor in candidates.items()
    }


def run(
    plan: RunPlan,
    candidates: Mapping[str, Executor],
    remembered: Mapping[str, Memory],
    writer: RunWriter,
) -> Generator[RunEvent]:
    """Search every candidate, writing as it goes; Ctrl-C leaves all that was finished in the run folder.

    Of a plan in shards, the parts of its own shard; of a run that is resumed, those not examined to their end.
    """
    start, interrupted = time.monotonic(), True
    kept = {} if plan.budget.corpus_cases else remembered
    parts = [part for part in plan.shard.of(all_parts(plan, candidates)) if part not in writer.whole]
    try:
        if plan.isolated:
            yield from side_by_side(plan, candidates, parts, kept, writer)
        else:
            for waiting, part in zip(range(len(parts), 0, -1), parts, strict=True):
                own, before = replace(plan, jobs=1).of_next(waiting), recalled(writer.folder, part)
                alone = findings(own, candidates, part, kept.get(part.candidate), recalled=before)
                yield from _written(alone, writer)
        interrupted = False
    finally:
        writer.finish(time.monotonic() - start, interrupted)


def _written(events: Generator[RunEvent], writer: RunWriter) -> Iterator[RunEvent]:
    """Events that are on disk; also what is left to tell where their reader is interrupted."""
    with contextlib.closing(events):
        try:
            for event in events:
                write_event(event, writer)
                yield event
        except BaseException:
            for event in left_to_tell(events):
                write_event(event, writer)
            raise


def describe_run(plan: RunPlan, profile: str, candidates: Mapping[str, Executor], command: str) -> RunInfo:
    """The facts of a run, for its record."""
    return RunInfo(
        seed=plan.budget.seed,
        profile=profile,
        candidates=tuple(executor.info for executor in candidates.values()),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        environment=_environment(),
        checks=tuple(check_infos().values()),
        plan=described(plan),
        shard=str(plan.shard),
    )


def described(plan: RunPlan) -> Plan:
    """What a run's cases and verdicts follow from: runs whose plans are the same can be put together."""
    budget, space = plan.budget, plan.budget.space
    of_corpora = "\n".join(f"{each.provenance} {each.case}" for each in budget.corpus_cases)
    facts = (
        ("convoracle", metadata.version("convoracle")),
        ("seed", str(budget.seed)),
        ("cases", str(budget.cases)),
        ("ranks", " ".join(map(str, space.ranks))),
        ("dtypes", "the candidate's own" if budget.own_dtypes else " ".join(space.dtypes)),
        ("most products", str(space.max_products)),
        ("settings", " ".join(sorted(map(str, space.settings)))),
        ("passes", " ".join(str(pass_) for pass_ in Pass if pass_ in budget.passes)),
        ("checks", "the usual ones" if budget.checks is None else " ".join(sorted(budget.checks))),
        ("most faults", str(budget.faults)),
        ("corpora", hashlib.sha256(of_corpora.encode()).hexdigest() if of_corpora else ""),
        ("seconds a call", f"{plan.limits.seconds_per_call:g}"),
        ("bytes a call", str(plan.limits.memory_bytes)),
    )
    return Plan(facts, budget.cases, budget.part_cases)


def _environment() -> tuple[tuple[str, str], ...]:
    packages = ("convoracle", "numpy", "ml_dtypes", "hypothesis")
    return (
        ("Python", platform.python_version()),
        *((name, metadata.version(name)) for name in packages),
        ("platform", platform.platform()),
        ("processor", _processor()),
        (INSTRUCTIONS, _instructions()),
        ("cores", str(os.cpu_count())),
        *((name, os.environ.get(name, given)) for name, given in THREADS.items()),
    )


def _processor() -> str:
    """The processor's model, since a fault may show on some only."""
    facts = _cpuinfo()
    return platform.processor() if facts is None else facts.get("model name") or platform.machine()


def _instructions() -> str:
    """What sets of instructions on vectors and matrices it has: libraries choose their kernels by them."""
    facts = _cpuinfo() or {}
    flags = (facts.get("flags") or facts.get("Features") or "").split()
    return " ".join(flag for flag in flags if _OF_VECTORS.match(flag))


def _cpuinfo() -> dict[str, str] | None:
    """What the system tells of its first processor; None where it tells nothing."""
    try:
        first = Path("/proc/cpuinfo").read_text().split("\n\n")[0]
    except OSError:
        return None
    pairs = (line.partition(":") for line in reversed(first.splitlines()))
    return {name.strip(): value.strip() for name, _, value in pairs}
