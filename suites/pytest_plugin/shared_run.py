"""One run of all candidates of a session: made by whoever needs it first, read by the others, also under xdist."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ...oracle.problem.passes import Pass
from ...reports import RunWriter, read_records, read_run, write_reports
from ..calling.cores import CORES
from ..calling.executor import Executor
from ..calling.isolation import Isolated
from ..calling.replies import Limits
from ..cases.budget import Budget
from ..cases.profiles import PROFILES
from ..search.collected import Findings
from ..search.findings import RunPlan
from ..search.runner import describe_run, run

_LOCK, _DONE, _RUN = "lock", "done", "run"


@dataclass(slots=True)
class SharedRun:
    """What is examined, and where what is found is kept.

    Parameters
    ----------
    scratch : Path
        A folder that all processes of the session have in common.
    report : Path or None
        Where the run folder is to lie if it is to stay.
    profile : str
    seed : int
    sources : tuple of str
        The candidates of the tests that are run.
    command : str
        As it is told in the report.
    """

    scratch: Path
    report: Path | None
    profile: str
    seed: int
    command: str
    sources: tuple[str, ...] = ()
    _executors: dict[str, Executor] = field(default_factory=dict)
    _found: dict[str, Findings] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self.report or self.scratch / _RUN

    def executor(self, source: str) -> Executor:
        """A candidate, loaded.

        Raises
        ------
        CandidateError
            If it cannot be.
        """
        if source not in self._executors:
            self._executors[source] = Isolated(source, Limits())
        return self._executors[source]

    def findings(self, source: str) -> Findings:
        """What was found of a candidate; the first who asks examines them all."""
        if not self._found:
            with _locked(self.scratch / _LOCK):
                if not (self.scratch / _DONE).exists():
                    self._examine()
                    (self.scratch / _DONE).touch()
            self._found = self._read()
        return self._found[self.executor(source).info.name]

    def close(self) -> None:
        """End the processes of the candidates."""
        for executor in self._executors.values():
            executor.close()

    def _examine(self) -> None:
        named = {executor.info.name: executor for executor in map(self.executor, self.sources)}
        profile = PROFILES[self.profile]
        budget = Budget(profile.space(), frozenset(Pass), profile.cases, self.seed, own_dtypes=True)
        plan = RunPlan(self.sources, budget, Limits(), (), jobs=CORES)
        info = describe_run(plan, self.profile, named, self.command)
        with RunWriter.create(self.folder, info, replace=True) as writer, closing(run(plan, named, {}, writer)) as told:
            for _ in told:
                pass
        write_reports(self.folder)

    def _read(self) -> dict[str, Findings]:
        finished = read_run(self.folder)
        records = tuple(read_records(self.folder))
        return {
            info.name: Findings(
                tuple(each for each in finished.mismatches if each.candidate == info.name),
                tuple(each for each in records if each.candidate == info.name),
            )
            for info in finished.info.candidates
        }


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Alone among the session's processes; the lock ends with who holds it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
