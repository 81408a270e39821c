"""A block of cases put to one candidate in a fresh process: what comes of it follows from the block alone.

So blocks can be examined anywhere, and in any order: only what is made of their results depends on those before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.operands.data import Case
from ...oracle.problem.passes import Pass
from ...reports.records.compared import KNOWN_HANG
from ...reports.records.record import CheckResult
from ..calling.executor import Executor
from ..capabilities.offer import Offer, unsupported
from ..checks.inquiry import examine
from ..checks.registry import FIRST
from ..diagnosis.history import History, establish
from .rota import Rota

BLOCK_CASES, LATER_CASES = 16, 64
"""Of a block with turns: every pass has one in company. Of others: what a fresh process computes once is used."""

Results = tuple[CheckResult, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A case of a block.

    Parameters
    ----------
    case : Case
    hangs : tuple of (Pass, str)
        The passes that are not asked, since they are known to hang on its like, each with the id of that fault.
    """

    case: Case
    hangs: tuple[tuple[Pass, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Cases that are examined one after the other in one process.

    Parameters
    ----------
    entries : tuple of Entry
    has_turns : bool
        Whether passes have their turns there at what is asked in turn.
    """

    entries: tuple[Entry, ...]
    has_turns: bool = True


@dataclass(frozen=True, slots=True)
class Examiner:
    """Asks the passes of a candidate on a case, with what is asked in turn.

    Parameters
    ----------
    executor : Executor
    passes : collection of Pass
        Those that are examined.
    checks : collection of str
        Kinds of checks.
    offer : Offer
    """

    executor: Executor
    passes: Collection[Pass]
    checks: Collection[str]
    offer: Offer

    def examine(self, block: Block) -> Iterator[Results]:
        """Every verdict on each case of a block, in a fresh process; after one on which a pass hung on no more.

        What hung is to be known before it is waited for on the next case.
        """
        self.executor.restart()
        rota = Rota(block.has_turns)
        for entry in block.entries:
            results = self._examined(entry, rota)
            yield results
            if has_hung(results):
                return

    def history(self, result: CheckResult, case: Case, earlier: Block) -> History | None:
        """How a failing result depends on earlier calls, such as those of its block; None where it does not."""

        def replay(cases: Sequence[Case]) -> bool:
            self.executor.restart()
            rota = Rota(earlier.has_turns)
            for each in cases:
                results = self._asked(each, self.passes, rota)
            told = (other for other in results if (other.check, other.subject) == (result.check, result.subject))
            return any(other.verdict.outcome.is_mismatch for other in told)

        return establish(self.executor, result, case, replay, [entry.case for entry in earlier.entries])

    def _examined(self, entry: Entry, rota: Rota) -> Results:
        case, hanging = entry.case, dict(entry.hangs)
        untaken = {pass_: why for pass_ in self.passes if (why := self.offer.why_untaken(pass_, case)) is not None}
        willing = [pass_ for pass_ in self.passes if pass_ not in untaken]
        results = self._asked(case, [pass_ for pass_ in willing if pass_ not in hanging], rota)
        told = (unsupported(pass_, reason) for pass_, reason in untaken.items())
        return (*results, *told, *(_not_asked(pass_, hanging[pass_]) for pass_ in willing if pass_ in hanging))

    def _asked(self, case: Case, passes: Collection[Pass], rota: Rota) -> Results:
        results = examine(self.executor, case, passes, self.checks, due=rota.due(self.passes))
        rota.note(passes, results)
        return results


def has_hung(results: Results) -> bool:
    """Whether a pass hung, after which its process examines no other case."""
    return any(result.verdict.outcome is Outcome.HUNG for result in results)


def _not_asked(pass_: Pass, fault: str) -> CheckResult:
    reason = f"not asked: it would hang again as in {fault}"
    return CheckResult(FIRST.name, str(pass_), Verdict(Outcome.UNDECIDED, reason, KNOWN_HANG))
