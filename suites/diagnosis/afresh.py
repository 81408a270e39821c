"""A candidate each of whose calls is the first that its process sees."""

from __future__ import annotations

from dataclasses import dataclass

from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.layouts import CONTIGUOUS
from ...oracle.problem.passes import Operands, Pass
from ...reports.records.record import CandidateInfo
from ..calling.company import CompanyQuestion, CompanyReply
from ..calling.executor import Executor
from ..calling.illegal_calls import IllegalCall
from ..calling.replies import Reply


@dataclass(frozen=True, slots=True)
class Afresh:
    """As `Executor`, of another executor, which is restarted before each call."""

    executor: Executor

    @property
    def info(self) -> CandidateInfo:
        """Who is run."""
        return self.executor.info

    @property
    def passes(self) -> frozenset[Pass]:
        """The passes it offers."""
        return self.executor.passes

    @property
    def loading_seconds(self) -> float:
        """As `Executor.loading_seconds`."""
        return self.executor.loading_seconds

    def call(
        self,
        pass_: Pass,
        operands: Operands,
        geometry: ConvGeometry,
        *,
        seconds: float | None = None,
        layout: str = CONTIGUOUS,
        is_filled: bool = True,
    ) -> Reply:
        """As `Executor.call`, the first of a process."""
        self.executor.restart()
        return self.executor.call(pass_, operands, geometry, seconds=seconds, layout=layout, is_filled=is_filled)

    def call_in_company(self, question: CompanyQuestion) -> CompanyReply | Reply:
        """As `Executor.call_in_company`, whose calls are in one process by its nature."""
        self.executor.restart()
        return self.executor.call_in_company(question)

    def illegal(self, call: IllegalCall) -> Reply:
        """As `Executor.illegal`, the first of a process."""
        self.executor.restart()
        return self.executor.illegal(call)

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        """As `Executor.call_text`."""
        return self.executor.call_text(pass_, geometry, dtype, bias)

    def restart(self) -> None:
        """As `Executor.restart`."""
        self.executor.restart()

    def restart_filled_otherwise(self) -> bool:
        """Never: the next call has a process of its own, in which memory is as usual."""
        return False

    def twin(self) -> Afresh:
        """As `Executor.twin`."""
        return Afresh(self.executor.twin())

    def close(self) -> None:
        """As `Executor.close`."""
        self.executor.close()
