"""Candidates in this process: the interface of `isolation` and none of its safety, for a debugger."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.layouts import CONTIGUOUS
from ...oracle.problem.passes import Operands, Pass
from ..candidates.loading.loaded import LoadedCandidate
from ..candidates.loading.source import bind_object, load
from .company import CompanyQuestion, CompanyReply
from .company_calls import keep_company
from .execution import execute, write_text
from .illegal_calls import IllegalCall, make_illegal
from .libraries import libraries
from .replies import DEVICE_LOST, DeviceLost, Died, OutOfMemory, Reply, WorkerReply


class InProcess:
    """A candidate in this process: no limits, and a crash of its ends the program.

    Raises
    ------
    CandidateError
        If the candidate cannot be loaded.
    """

    def __init__(self, candidate: object) -> None:
        self._loaded: LoadedCandidate = load(candidate) if isinstance(candidate, str) else bind_object(candidate)
        self.info = replace(self._loaded.info, libraries=libraries())
        self.passes = self._loaded.passes
        self.loading_seconds = 0.0

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
        """Call one pass; there is no time limit here, and memory is as it is."""
        return _in_process(execute(self._loaded, pass_, operands.of(pass_), geometry, layout, interruptible=True))

    def call_in_company(self, question: CompanyQuestion) -> CompanyReply | Reply:
        """As `Executor.call_in_company`, without a time limit."""
        kept = keep_company(self._loaded, question, interruptible=True)
        return kept if isinstance(kept, CompanyReply) else _in_process(kept)

    def illegal(self, call: IllegalCall) -> Reply:
        """As `Executor.illegal`, without a time limit."""
        operands, settings = call.operands(), dict(call.settings)
        reply = make_illegal(self._loaded, call.pass_, operands, call.legal, settings, call.needs, interruptible=True)
        return _in_process(reply)

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        """As `Executor.call_text`."""
        return write_text(self._loaded, pass_, geometry, dtype, bias=bias, interruptible=True)

    def restart(self) -> None:
        """Nothing to do: there is no process to replace."""

    def restart_filled_otherwise(self) -> bool:
        """Never: this process's memory stays as it is."""
        return False

    def twin(self) -> Self:
        """This one: there is no other process."""
        return self

    def close(self) -> None:
        """Nothing to end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()


def _in_process(reply: WorkerReply) -> Reply:
    match reply:
        case OutOfMemory(message):
            return Died("out of memory", message)
        case DeviceLost(message):
            return Died(DEVICE_LOST, message)
    return reply
