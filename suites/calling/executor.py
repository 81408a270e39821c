"""What runs a candidate: the calls that checks make, whether it is in this process or in one of its own."""

from __future__ import annotations

from typing import Protocol

from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.layouts import CONTIGUOUS
from ...oracle.problem.passes import Operands, Pass
from ...reports.records.record import CandidateInfo
from .company import CompanyQuestion, CompanyReply
from .illegal_calls import IllegalCall
from .replies import Reply


class Executor(Protocol):
    """What runs a candidate, safely or not."""

    @property
    def info(self) -> CandidateInfo:
        """Who is run."""

    @property
    def passes(self) -> frozenset[Pass]:
        """The passes it offers."""

    @property
    def loading_seconds(self) -> float:
        """Of a processor, that a process of its own took to load it; 0 if it has none."""

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
        """Call one pass on operands in a memory layout; `seconds` is a time limit instead of the executor's own.

        Memory that nobody wrote is filled, so that it shows in the result; not needed after a like call that was right.
        """

    def call_in_company(self, question: CompanyQuestion) -> CompanyReply | Reply:
        """Make a call again, after others and beside others; the reply to the first where it is no array."""

    def illegal(self, call: IllegalCall) -> Reply:
        """Make an illegal call; unsupported where the candidate cannot be told what is wrong, or not called legally."""

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        """Python source, for people to paste, that computes the array ``actual``."""

    def restart(self) -> None:
        """Make the next call the first one that its process sees."""

    def restart_filled_otherwise(self) -> bool:
        """As `restart`, and until the next one with other bytes in memory that nobody wrote; False if it cannot be."""

    def twin(self) -> Executor:
        """Another one of the same candidate, with processes of its own where it has any, to be closed by itself."""

    def close(self) -> None:
        """End its processes."""
