"""Which passes are due to be asked what is asked in turn: each again after a number of cases, whatever their seeds.

A turn takes hundreds of calls. What depends on a call's company mostly shows in the first turns, so
that in long searches they become rare, and the most of the time is left to other cases.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from ...oracle.problem.passes import Pass
from ...reports.records.record import CheckResult
from ..checks.kind import InTurn
from ..checks.registry import kind_named

_CASES_PER_PASS = 2
_SHORTEST, _LONGEST = 5, 12
_EARLY = 7
"""Blocks, which a quick run has."""


def has_turns(number: int) -> bool:
    """Whether passes have turns in the block of this number, counted from 0: in early ones, and then in squares."""
    return number < _EARLY or math.isqrt(number) ** 2 == number


@dataclass(slots=True)
class Rota:
    """Counts, for each pass, the cases since it was last asked what is asked in turn.

    A candidate of one pass is asked on every fifth case, one of many on every twelfth. A
    pass that could not be asked on a case, for want of elements or because it was wrong there, stays due.

    Parameters
    ----------
    has_turns : bool
        Without turns none is ever due.
    """

    has_turns: bool = True
    _since: Counter[Pass] = field(default_factory=Counter)

    def due(self, passes: Collection[Pass]) -> frozenset[Pass]:
        """The passes, of those that are examined, whose turn it is."""
        if not self.has_turns:
            return frozenset()
        wait = min(max(_CASES_PER_PASS * len(passes), _SHORTEST), _LONGEST)
        return frozenset(pass_ for pass_ in passes if self._since[pass_] >= wait - 1)

    def note(self, passes: Collection[Pass], results: Iterable[CheckResult]) -> None:
        """A case was examined, with these results."""
        self._since.update(passes)
        for result in results:
            if isinstance(kind_named(result.check).schedule, InTurn):
                self._since[Pass(result.subject)] = 0
