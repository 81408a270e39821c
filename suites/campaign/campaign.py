"""A campaign: the parts of candidates handed out to workers, and what comes back collected in one run folder.

The folder is the truth. Whatever is lost, a worker, the scheduler or this process, a campaign that is begun again with
the same plan goes on with the parts that are not whole.
"""

from __future__ import annotations

import asyncio
import errno
import tempfile
import time
from collections import deque
from collections.abc import Generator, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...oracle.errors import InvalidArgument
from ...oracle.operands.data import Case
from ...reports.errors import InvalidRecord
from ...reports.files.clearing import refuse_foreign
from ...reports.files.layout import INFO
from ...reports.files.merging import together
from ...reports.files.part_files import part_files
from ...reports.files.reading import read_info, read_mismatches, read_part
from ...reports.files.record_file import read_lines
from ...reports.files.run import RunWriter
from ...reports.records.baseline import INSTRUCTIONS
from ...reports.records.machine_kinds import kind_of_machine
from ...reports.records.record import RunInfo
from ...reports.records.same_run import differences
from ...reports.records.stopped import Stopped
from ...reports.records.totals import totals
from ..candidates import CandidateError
from ..cases.budget import cases_of, parts
from ..search.failure_store import FailureMemory, Remembered, version_of
from ..search.findings import RunPlan
from ..search.runner import described
from .engines import Engine
from .events import CampaignEvent, CaseBlamed, PartCollected, PartLost, Planned, StillGoing
from .packing import unpack
from .suspects import Suspect
from .task import Examined, Task

_SECONDS_BETWEEN_LOOKS = 1.0


@dataclass(slots=True)
class Campaign:
    """The parts of the candidates of a plan, examined by an engine.

    Parameters
    ----------
    plan : RunPlan
    engine : Engine
    folder : Path
        New, empty, or of the same campaign.
    seconds : float
        After which a part counts as lost.
    command : str
        That made it.
    """

    plan: RunPlan
    engine: Engine
    folder: Path
    seconds: float
    command: str
    infos: dict[str, RunInfo] = field(default_factory=dict)
    """By source, the facts of the runs of its parts."""
    before: dict[str, int] = field(default_factory=dict)
    """By source, how many parts were in the folder when it began."""
    _writer: RunWriter | None = None
    _suspects: dict[Planned, Suspect] = field(default_factory=dict)
    _blamed: dict[Planned, int] = field(default_factory=dict)
    _total: int = 0
    _remembered: dict[str, tuple[Remembered, ...]] = field(default_factory=dict)
    _tried: dict[str, list[Case]] = field(default_factory=dict)

    def run(self) -> Generator[CampaignEvent]:
        """Examine what is not in the folder yet.

        Raises
        ------
        CandidateError
            If a candidate cannot be loaded where it is asked for.
        InvalidArgument
            If the folder holds something else, or workers are not all of one version.
        """
        start, interrupted = time.monotonic(), True
        waiting = deque(self._open())
        try:
            yield from self._all(waiting)
            yield from self._alone()
            interrupted = False
        finally:
            self.engine.stop()
            self._close(time.monotonic() - start, interrupted)

    @property
    def has_folder(self) -> bool:
        """Whether anything is in the folder."""
        return self._writer is not None

    @property
    def is_whole(self) -> bool:
        """Whether every part is in the folder."""
        return self._writer is not None and len(self._writer.whole) == self._total

    def _open(self) -> list[Planned]:
        """Take up what the folder has; the parts that it has not."""
        every = [Planned(source, number) for source in self.plan.sources for number in parts(self.plan.budget)]
        self._total = len(every)
        if not (self.folder / INFO).is_file():
            refuse_foreign(self.folder)
            return every
        info = read_info(self.folder)
        if different := differences(replace(info, plan=described(self.plan)), info):
            requirement = f"should be new, or the folder of this campaign, but is not: {'; '.join(different)}"
            raise InvalidArgument("out", str(self.folder), requirement, where="campaign")
        self._writer = RunWriter.resumed(self.folder)
        for candidate in info.candidates:
            self.infos[candidate.source] = replace(info, candidates=(candidate,))
        whole = {(part.candidate, part.number) for part in self._writer.whole}
        names = {candidate.source: candidate.name for candidate in info.candidates}
        self.before = {
            source: sum(part.candidate == name for part in self._writer.whole) for source, name in names.items()
        }
        return [planned for planned in every if (names.get(planned.source, ""), planned.number) not in whole]

    def _all(self, waiting: deque[Planned]) -> Generator[CampaignEvent]:
        running: dict[Future[Examined], Planned] = {}
        while waiting or running:
            self._require_engine()
            while waiting and len(running) < self.engine.at_a_time():
                planned = waiting.popleft()
                running[self.engine.submit(self._task(planned))] = planned
            if not running:
                time.sleep(_SECONDS_BETWEEN_LOOKS)
            done, _ = wait(running, timeout=_SECONDS_BETWEEN_LOOKS, return_when=FIRST_COMPLETED)
            for future in done:
                planned = running.pop(future)
                examined = self._result(future)
                if examined is None:
                    waiting.append(planned)
                elif examined.run:
                    yield self._collected(planned, examined)
                else:
                    self._suspects[planned] = Suspect(self._cases(planned), examined.lost)
                    yield PartLost(planned, examined.lost)
            yield StillGoing(len(running), len(waiting))

    def _alone(self) -> Generator[CampaignEvent]:
        """Try what was lost, one after the other, with nothing beside it."""
        for planned, suspect in self._suspects.items():
            while True:
                task = replace(self._task(planned), most=suspect.next_most())
                future = self.engine.submit(task)
                while not wait([future], timeout=_SECONDS_BETWEEN_LOOKS).done:
                    yield StillGoing(1, 0)
                examined = self._result(future)
                if examined is None:
                    continue
                if suspect.note(task.most, examined):
                    yield self._collected(planned, examined)
                    break
                if suspect.blamed is not None:
                    self._blamed[planned] = suspect.blamed
                    if suspect.right is not None:
                        self._collected(planned, suspect.right)
                    yield CaseBlamed(planned, suspect.blamed, suspect.told)
                    break
                if examined.lost:
                    yield PartLost(planned, examined.lost)

    def _result(self, future: Future[Examined]) -> Examined | None:
        """What came of a task; that its worker was lost is one of the things that come of it. None: nobody did it.

        Raises
        ------
        CandidateError
            If its candidate cannot be loaded.
        ConnectionAbortedError
            If the engine is lost.
        """
        try:
            examined = future.result()
        except (CancelledError, asyncio.CancelledError):
            self._require_engine()
            return None
        except Exception as error:  # noqa: BLE001 - each engine has errors of its own for a worker that is lost
            self._require_engine()
            return Examined("", lost=f"its worker was lost: {type(error).__name__}: {error}")
        if examined.refused:
            raise CandidateError(f"on {examined.where}: {examined.refused}")
        return examined

    def _require_engine(self) -> None:
        if not self.engine.is_there():
            told = (
                "the scheduler was lost; what was examined is in the folder, and the same command goes on with the rest"
            )
            raise ConnectionAbortedError(errno.ECONNABORTED, told, self.engine.name)

    def _task(self, planned: Planned) -> Task:
        plan = replace(self.plan, sources=(planned.source,))
        if planned.number:
            return Task(plan, planned.number, self.seconds)
        kept = self._remembered[planned.source] = FailureMemory(plan.memory, planned.source).kept()
        return Task(plan, 0, self.seconds, remembered=kept)

    def remember(self, failing: Mapping[str, Iterable[Case]]) -> None:
        """Keep what fails, by candidate, and what does not any more, as far as the part was examined that tries it."""
        for source, info in self.infos.items():
            (candidate,) = info.candidates
            memory = FailureMemory(self.plan.memory, source, version_of(candidate))
            memory.update(failing.get(candidate.name, ()), self._tried.get(source, ()))

    def _cases(self, planned: Planned) -> int:
        return cases_of(self.plan.budget, planned.number)

    def _collected(self, planned: Planned, examined: Examined) -> PartCollected:
        """Put what a worker found into the folder."""
        with tempfile.TemporaryDirectory(prefix="convoracle-collected-") as name:
            run = Path(name)
            unpack(examined.run, run)
            info = read_info(run)
            writer = self._told_of(planned.source, info)
            (file,) = part_files(run, info)
            mismatches = tuple(read_mismatches(run, []))
            if planned.number == 0 and (remembered := self._remembered[planned.source]):
                asked = {record.case for record in read_part(file.path) if not record.declined}
                self._tried[planned.source] = [each.case for each in remembered if str(each.case) in asked]
            writer.adopt(run, [file])
            found = totals(read_lines(file.path, []), info.checks)
        instructions = dict(info.environment).get(INSTRUCTIONS, "")
        kind = kind_of_machine(instructions, found.compared, found.counts.faults)
        return PartCollected(file.part, examined.where, len(writer.whole), self._total, mismatches, kind)

    def _told_of(self, source: str, info: RunInfo) -> RunWriter:
        """The writer, with the facts of the machine that examined a part."""
        known = self.infos.get(source) or next(iter(self.infos.values()), info)
        same = replace(known, candidates=info.candidates) if source not in self.infos else known
        if different := differences(same, info):
            told = (
                f"of {source}, what another worker or an earlier campaign examined is another: {'; '.join(different)}"
            )
            raise InvalidRecord(told, file=str(self.folder))
        is_new = source not in self.infos
        self.infos[source] = together([same, info])
        whole = self._description()
        if self._writer is None:
            self._writer = RunWriter.create(self.folder, whole)
        elif is_new or whole != self._writer.info:
            self._writer.describe(whole)
        return self._writer

    def _description(self) -> RunInfo:
        """The facts of all; candidates in the order of the plan."""
        known = [self.infos[source] for source in self.plan.sources if source in self.infos]
        first = together([replace(info, candidates=()) for info in known])
        candidates = tuple(
            replace(c, source=s) for s in self.plan.sources if s in self.infos for c in self.infos[s].candidates
        )
        return replace(first, candidates=candidates, command=self.command, profile="campaign")

    def _close(self, seconds: float, interrupted: bool) -> None:
        if self._writer is None:
            return
        sources = {info.candidates[0].name: source for source, info in self.infos.items()}
        for part in self._writer.missing():
            planned = Planned(sources[part.candidate], part.number)
            examined = max(self._blamed.get(planned, 1) - 1, 0)
            self._writer.stop(Stopped(part.candidate, examined, self._cases(planned)), part.number)
        self._writer.finish(seconds, interrupted)
        self._writer.close()


def absolute(sources: Sequence[str]) -> tuple[str, ...]:
    """The sources as any worker on the same file system finds them."""

    def found(source: str) -> str:
        path, separator, attribute = source.rpartition(":")
        if separator and path.endswith(".py"):
            return f"{Path(path).resolve()}:{attribute}"
        return str(Path(source).resolve()) if "/" in source and Path(source).is_file() else source

    return tuple(map(found, sources))
