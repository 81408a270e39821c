"""A candidate of which some questions are withheld: what crashes or hangs, and is known to, is not called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...oracle.operands.data import Case
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.layouts import CONTIGUOUS
from ...oracle.problem.passes import Operands, Pass
from ...reports.records.record import CandidateInfo
from .company import CompanyQuestion, CompanyReply
from .executor import Executor
from .illegal_calls import IllegalCall
from .replies import Reply, Unsupported

Why = Callable[[Pass, Case], str]
"""Why a pass is not asked a case, or empty; of a case the data say nothing."""


@dataclass(frozen=True, slots=True)
class Withholding:
    """As `Executor`, of another executor, which is not asked what there is a reason not to ask: it declines that.

    Parameters
    ----------
    executor : Executor
    why : Why
    """

    executor: Executor
    why: Why

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
        """As `Executor.call`, or withheld."""
        if why := self.why(pass_, _case(operands, geometry, layout)):
            return Unsupported(why)
        return self.executor.call(pass_, operands, geometry, seconds=seconds, layout=layout, is_filled=is_filled)

    def call_in_company(self, question: CompanyQuestion) -> CompanyReply | Reply:
        """As `Executor.call_in_company`; withheld as soon as one of its calls is."""
        for case in _cases(question):
            if why := self.why(question.pass_, case):
                return Unsupported(why)
        return self.executor.call_in_company(question)

    def illegal(self, call: IllegalCall) -> Reply:
        """As `Executor.illegal`, or withheld where the legal call is."""
        if why := self.why(call.pass_, _case(call.operands(), call.legal, CONTIGUOUS)):
            return Unsupported(why)
        return self.executor.illegal(call)

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        """As `Executor.call_text`."""
        return self.executor.call_text(pass_, geometry, dtype, bias)

    def restart(self) -> None:
        """As `Executor.restart`."""
        self.executor.restart()

    def restart_filled_otherwise(self) -> bool:
        """As `Executor.restart_filled_otherwise`."""
        return self.executor.restart_filled_otherwise()

    def twin(self) -> Withholding:
        """As `Executor.twin`."""
        return Withholding(self.executor.twin(), self.why)

    def close(self) -> None:
        """As `Executor.close`."""
        self.executor.close()


def _cases(question: CompanyQuestion) -> Iterator[Case]:
    for call in question.calls.values():
        yield _case(call.operands, call.geometry, CONTIGUOUS)


def _case(operands: Operands, geometry: ConvGeometry, layout: str) -> Case:
    return Case(geometry, operands.bias is not None, operands.input.dtype.name, "uniform", 0, layout)
