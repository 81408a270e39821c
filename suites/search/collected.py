"""What one search finds, kept in memory."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, replace

from ...oracle.judging.verdict import Outcome
from ...reports import tally
from ...reports.records.compared import Compared, compared
from ...reports.records.record import CandidateInfo, CaseRecord, CheckResult, Mismatch
from ...reports.records.tally import Row, row_of
from ...reports.views.cause_text import amount_of, cause_texts
from ...reports.views.gate import compared_sentence
from ..calling.executor import Executor
from ..cases.budget import Budget
from ..checks.registry import check_infos
from ..diagnosis.framework_witness import Frameworks
from .counterexample import build
from .events import CaseExamined, FaultMerged, FaultShrunk
from .search import search


@dataclass(frozen=True, slots=True)
class Findings:
    """What a search found, collected in memory."""

    mismatches: tuple[Mismatch, ...]
    records: tuple[CaseRecord, ...]

    @property
    def results(self) -> list[CheckResult]:
        """Every verdict."""
        return [result for record in self.records for result in record.results]

    @property
    def compared(self) -> int:
        """How many results were compared, element by element."""
        return sum(result.verdict.elements > 0 for result in self.results)

    @property
    def shares(self) -> Compared:
        """What was compared of all that was asked."""
        return compared(self.records, check_infos().values())

    @property
    def conforming(self) -> int:
        """How many verdicts are that the candidate conforms."""
        return sum(result.verdict.outcome is Outcome.CONFORMS for result in self.results)

    def of(self, row: Row) -> Findings:
        """The part that is counted in one row."""

        checks = check_infos()

        def belongs(each: CheckResult | Mismatch) -> bool:
            return row_of(each.check, each.subject, checks) == row

        records = (replace(record, results=tuple(filter(belongs, record.results))) for record in self.records)
        return Findings(tuple(filter(belongs, self.mismatches)), tuple(records))

    def unsupported_reasons(self) -> str:
        """Why results were not compared, the most frequent reasons first."""
        reasons = Counter(r.verdict.reason for r in self.results if r.verdict.outcome is Outcome.UNSUPPORTED)
        return "; ".join(reason for reason, _ in reasons.most_common(3)) or "it offers none of the passes asked for"

    def text(self, info: CandidateInfo) -> str:
        """Every cause in readable form, and what was compared."""
        told = cause_texts(self.mismatches, [info], tally(self.records, check_infos().values()).faults)
        amount = f"{amount_of(self.mismatches)}; {compared_sentence(self.shares)}"
        return f"{told}\n\n{amount}"


def examine_all(executor: Executor, budget: Budget) -> Findings:
    """Search a candidate for faults, and keep what is found in memory."""
    records: list[CaseRecord] = []
    mismatches: dict[str, Mismatch] = {}
    with closing(Frameworks()) as frameworks, closing(search(executor, budget)) as events:
        for event in events:
            match event:
                case CaseExamined(record):
                    records.append(record)
                case FaultShrunk(fault) | FaultMerged(fault):
                    mismatches.pop(fault.id, None)
                    mismatches[fault.id] = build(fault, executor, {}, frameworks)[0]
    return Findings(tuple(mismatches.values()), tuple(records))
