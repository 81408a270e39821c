"""Asking a candidate whether it takes a case at all: one cheap call of a pass, whose result nobody looks at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.numbers.dtypes import numpy_dtype
from ...oracle.operands.data import Case
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import ARRAYS, Operands, Pass, is_defined, shape_of
from ...reports.records.record import CheckResult
from ..calling.executor import Executor
from ..calling.replies import Returned, TimedOut
from ..checks.conduct import judge_conduct
from ..checks.registry import FIRST

_MOST_HANGS = 2
"""After so many hangs a pass is taken to accept what it is not asked."""

_TAKEN = Verdict(Outcome.CONFORMS, "", "")


@dataclass(slots=True)
class Learned:
    """What each pass said to a case; a conforming verdict stands for any array.

    Parameters
    ----------
    said : dict of (Pass, Case) to Verdict
        Of what was asked.
    assumed : set of (Pass, Case)
        Of what was not: cases that a pass is taken to answer.
    hangs : Counter of Pass
        How often it hung.
    """

    said: dict[tuple[Pass, Case], Verdict] = field(default_factory=dict)
    assumed: set[tuple[Pass, Case]] = field(default_factory=set)
    hangs: Counter[Pass] = field(default_factory=Counter)


@dataclass(slots=True)
class Asking:
    """Questions to a candidate: what each pass says to a case, kept so that none is asked twice.

    Parameters
    ----------
    executor : Executor
    passes : collection of Pass
        Those that are examined.
    learned : Learned
    is_filled : bool
        Whether memory is filled: what a pass answers may hang on it, what it declines not.
    """

    executor: Executor
    passes: Collection[Pass]
    learned: Learned = field(default_factory=Learned)
    is_filled: bool = True

    def takes(self, case: Case) -> bool:
        """Whether some pass does not decline a case."""
        return any(self.is_taken(pass_, case) for pass_ in self.passes_of(case))

    def passes_of(self, case: Case) -> Iterator[Pass]:
        """The passes that are defined in the dtype of a case."""
        return (pass_ for pass_ in self.passes if is_defined(pass_, case.dtype))

    def is_taken(self, pass_: Pass, case: Case) -> bool:
        """Whether a pass does not say that it does not offer a case; an exception is no refusal to support it."""
        return self.said(pass_, case).outcome is not Outcome.UNSUPPORTED

    def answers(self, pass_: Pass, case: Case) -> bool:
        """Whether a pass returns an array, or hangs."""
        return self.said(pass_, case).outcome is Outcome.CONFORMS

    def ever_answered(self, pass_: Pass) -> bool:
        """Whether a pass returned an array to anything so far."""
        return any(each is pass_ and said.outcome is Outcome.CONFORMS for (each, _), said in self.learned.said.items())

    def was_asked(self, case: Case) -> bool:
        """Whether a pass was asked a case before."""
        return any((pass_, case) in self.learned.said for pass_ in self.passes)

    def was_taken(self, case: Case) -> bool:
        """Whether a pass that was asked a case before did not decline it."""
        said = (self.learned.said.get((pass_, case)) for pass_ in self.passes)
        return any(each is not None and each.outcome is not Outcome.UNSUPPORTED for each in said)

    def alike(self) -> dict[Pass, Pass]:
        """For each pass the first that took and declined the same of all that both were asked so far; maybe itself."""
        taken = {
            pass_: {case: outcome is not Outcome.UNSUPPORTED for case, outcome in said.items()}
            for pass_, said in self._outcomes().items()
        }
        first: dict[Pass, Pass] = {}
        for pass_, answers in taken.items():
            same = (other for other in first.values() if _agree(answers, taken[other]))
            first[pass_] = next(same, pass_)
        return first

    def spokesmen(self) -> Spokesmen:
        """Of those that are alike until now, one that is asked for all."""
        return Spokesmen(self, self.alike())

    def assume(self, pass_: Pass, cases: Collection[Case]) -> None:
        """Take a pass to answer what one answered that so far said the same as it, if there is one."""
        said = self._outcomes()
        own = said.pop(pass_)
        of_alike = next((of_other for of_other in said.values() if _agree(own, of_other)), {})
        self.learned.assumed.update((pass_, case) for case in cases if of_alike.get(case) is Outcome.CONFORMS)

    def _outcomes(self) -> dict[Pass, dict[Case, Outcome]]:
        """What came of all that each pass was asked so far."""
        outcomes: dict[Pass, dict[Case, Outcome]] = {pass_: {} for pass_ in Pass if pass_ in self.passes}
        for (pass_, case), said in self.learned.said.items():
            outcomes[pass_][case] = said.outcome
        return outcomes

    def said(self, pass_: Pass, case: Case) -> Verdict:
        """What came of the call, or is assumed to; a conforming verdict stands for any array."""
        if (pass_, case) not in self.learned.said:
            if (pass_, case) in self.learned.assumed:
                return _TAKEN
            self.learned.said[pass_, case] = self._ask(pass_, case)
        return self.learned.said[pass_, case]

    def refusal(self, case: Case) -> tuple[CheckResult, ...]:
        """The verdicts of all passes on a case that none of them takes."""
        return tuple(CheckResult(FIRST.name, str(pass_), self.said(pass_, case)) for pass_ in self.passes_of(case))

    def _ask(self, pass_: Pass, case: Case) -> Verdict:
        if self.learned.hangs[pass_] >= _MOST_HANGS:
            return _TAKEN
        operands = _operands(case.geometry, case.dtype, bias=case.bias).of(pass_)
        reply = self.executor.call(pass_, operands, case.geometry, layout=case.layout, is_filled=self.is_filled)
        self.learned.hangs[pass_] += isinstance(reply, TimedOut)
        if isinstance(reply, Returned):
            return _TAKEN
        said = judge_conduct(reply, degenerate=case.geometry.is_degenerate)
        assert said is not None
        return said


@dataclass(frozen=True, slots=True)
class Spokesmen:
    """Asks one of the passes that took and declined the same.

    Parameters
    ----------
    asking : Asking
    first : mapping of Pass to Pass
        For each pass the one that is asked in its place; maybe itself.
    """

    asking: Asking
    first: Mapping[Pass, Pass]

    def is_taken(self, pass_: Pass, case: Case) -> bool:
        """Whether who speaks for a pass does not decline a case; it is defined in each dtype in which the pass is."""
        return self.asking.is_taken(self.first[pass_], case)

    def takes(self, case: Case) -> bool:
        """Whether some pass is said to take a case."""
        return any(self.is_taken(pass_, case) for pass_ in self.asking.passes_of(case))


def _agree(some: Mapping[Case, object], others: Mapping[Case, object]) -> bool:
    both = some.keys() & others.keys()
    return bool(both) and all(some[case] == others[case] for case in both)


def _operands(geometry: ConvGeometry, dtype: str, *, bias: bool) -> Operands:
    """Ones."""
    ones: dict[str, Any] = {name: np.ones(shape_of(name, geometry), numpy_dtype(dtype)) for name in ARRAYS}
    if not bias:
        ones |= {"bias": None, "bias_direction": None}
    return Operands(**ones)
