"""Conformance as pytest sees it: what the fixture checks, and the tests that the command line adds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ...oracle.errors import InvalidArgument
from ...oracle.judging.verdict import Outcome
from ...oracle.problem.passes import Pass
from ...reports import tally
from ...reports.records.compared import Compared, compared
from ...reports.records.record import LEAST_COMPARED, CandidateInfo, CaseRecord, CheckResult, Mismatch
from ...reports.records.tally import Row, row_of
from ...reports.views.cause_text import amount_of, cause_texts
from ...reports.views.gate import compared_sentence, shortfalls
from ..calling.executor import Executor
from ..calling.in_process import InProcess
from ..calling.isolation import Isolated
from ..calling.replies import Limits
from ..candidates import CandidateError
from ..cases.budget import Budget
from ..cases.profiles import PROFILES
from ..checks.registry import CHECKS, FIRST, check_infos, usual_checks
from ..diagnosis.framework_witness import Frameworks
from .counterexample import build
from .events import CaseExamined, FaultMerged, FaultShrunk
from .search import search


@dataclass(frozen=True, slots=True)
class Conformance:
    """Judges candidates in a test.

    Parameters
    ----------
    profile : {"quick", "standard", "deep"}
    seed : int
        The same seed draws the same cases.
    """

    profile: str = "quick"
    seed: int = 0

    def check(
        self,
        candidate: str | Callable[..., object] | object,
        *,
        ranks: Iterable[int] | None = None,
        dtypes: Iterable[str] | None = None,
        passes: Iterable[str] | None = None,
        cases: int | None = None,
        isolated: bool = True,
        min_compared: float = LEAST_COMPARED,
    ) -> None:
        """Fail the test if the candidate is wrong on any generated case, or too little of it was compared.

        Parameters
        ----------
        candidate : function, object or str
            A function of (x, w, ...) is a forward pass; an object has some of
            the passes as methods; a string is ``module:attribute`` or a built-in name.
        ranks : iterable of int, optional
            Numbers of spatial axes, up to 6; 1, 2 and 3 by default.
        dtypes : iterable of str, optional
            Those that the candidate says it takes by default: float32, float64, float16
            and bfloat16 if it says nothing.
        passes : iterable of str, optional
            Names of passes; all that the candidate offers by default.
        cases : int, optional
            How many cases, instead of the profile's number.
        isolated : bool
            Whether the candidate runs in a process of its own; in this one, a
            debugger can step into it.
        min_compared : float
            The share of what is asked, and of each pass, that is to be compared.

        Raises
        ------
        InvalidArgument, CandidateError
            If an argument is not one of those possible, or the candidate cannot be used.
        """
        profile = PROFILES[self.profile]
        space = profile.space(
            ranks=None if ranks is None else _several("ranks", ranks),
            dtypes=None if dtypes is None else _several("dtypes", dtypes),
        )
        chosen = frozenset(Pass) if passes is None else frozenset(map(_pass, _several("passes", passes)))
        amount = profile.cases if cases is None else _count(cases)
        budget = Budget(space, chosen, amount, self.seed, own_dtypes=dtypes is None)
        with closing(Isolated(candidate, Limits()) if isolated else InProcess(candidate)) as executor:
            findings = examine_all(executor, budget)
        if findings.compared == 0:
            pytest.fail(
                f"{executor.info.name}: not one result was compared: {findings.unsupported_reasons()}", pytrace=False
            )
        if findings.mismatches:
            pytest.fail(findings.text(executor.info), pytrace=False)
        short = shortfalls(findings.shares, min_compared)
        if short:
            pytest.fail("\n".join(short), pytrace=False)


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


def _several(name: str, values: Iterable[Any]) -> tuple[Any, ...]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidArgument(name, values, "should be a list, also for one", where="conformance.check")
    return tuple(values)


def _count(cases: int) -> int:
    if not isinstance(cases, int) or cases < 1:
        raise InvalidArgument("cases", cases, "should be an integer of at least 1", where="conformance.check")
    return cases


def _pass(name: str) -> Pass:
    names = [pass_.value for pass_ in Pass]
    if name not in names:
        raise InvalidArgument("passes", name, f"should be some of {', '.join(names)}", where="conformance.check")
    return Pass(name)


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


@dataclass(slots=True)
class _Candidates:
    """The executors of the candidates named on the command line, and their findings so far."""

    executors: dict[str, Executor] = field(default_factory=dict)
    findings: dict[str, Findings] = field(default_factory=dict)

    def executor(self, source: str) -> Executor:
        if source not in self.executors:
            self.executors[source] = Isolated(source, Limits())
        return self.executors[source]

    def examined(self, source: str, budget: Budget) -> Findings:
        if source not in self.findings:
            self.findings[source] = examine_all(self.executor(source), budget)
        return self.findings[source]


_CANDIDATES = pytest.StashKey[_Candidates]()


def conformance_items(session: pytest.Session, sources: Iterable[str]) -> Iterator[pytest.Item]:
    """One test for each check and pass of each candidate, of those that it is asked by `convoracle check`.

    Raises
    ------
    pytest.UsageError
        If a candidate cannot be loaded.
    """
    candidates = session.config.stash.setdefault(_CANDIDATES, _Candidates())
    for source in dict.fromkeys(sources):
        try:
            executor = candidates.executor(source)
        except CandidateError as error:
            raise pytest.UsageError(f"--conv-candidate: {error}") from error
        for row in asked_rows(executor):
            name = f"{row.check}[{row.subject}]"
            yield ConformanceItem.from_parent(session, name=name, nodeid=f"{source}::{name}", source=source, row=row)


def asked_rows(executor: Executor) -> Iterator[Row]:
    """The rows in which all is counted that a candidate is asked, unless the user says which checks."""
    for check in usual_checks(executor.info):
        yield from (Row(check, subject) for subject in CHECKS[check].subjects(executor.passes))


def close_executors(config: pytest.Config) -> None:
    """End the processes of the candidates."""
    for executor in config.stash.get(_CANDIDATES, _Candidates()).executors.values():
        executor.close()


class ConformanceItem(pytest.Item):
    """The test of one check on one pass of one candidate: its part of what one search of all of them finds."""

    def __init__(self, *, source: str, row: Row, **parent: object) -> None:
        super().__init__(**parent)  # type: ignore[arg-type]
        self.source, self.row = source, row

    def runtest(self) -> None:
        candidates = self.config.stash[_CANDIDATES]
        part = candidates.examined(self.source, self._budget()).of(self.row)
        if part.mismatches:
            pytest.fail(part.text(candidates.executor(self.source).info), pytrace=False)
        if self.row.check == FIRST.name:
            if part.compared == 0:
                pytest.fail(f"not one result was compared: {part.unsupported_reasons()}", pytrace=False)
            if short := shortfalls(part.shares, LEAST_COMPARED):
                pytest.fail("\n".join(short), pytrace=False)
        if not part.conforming:
            pytest.skip("nothing to show: not asked where structure conforms, or of nothing that could be decided")

    def _budget(self) -> Budget:
        profile = PROFILES[self.config.getoption("--conv-profile")]
        seed = self.config.getoption("--conv-seed")
        return Budget(profile.space(), frozenset(Pass), profile.cases, seed, own_dtypes=True)

    def reportinfo(self) -> tuple[str, None, str]:
        return self.source.partition(":")[0], None, self.name
