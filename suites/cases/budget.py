"""How much of a candidate is examined, and where; and the parts that a large amount is made of.

What comes of a part follows from its budget and the candidate alone. So parts can be examined by several machines and
at several times, and come to the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...oracle.problem.passes import Pass
from .space import Space

if TYPE_CHECKING:
    from .corpora.selection import CorpusCase

PART_CASES = 500
"""Of a part: about a minute of work, beside which it costs little to begin, and to meet the same faults again."""
_BETWEEN_PARTS = 2**32
"""From the seed of a part to that of the next one."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much is searched, and where.

    Parameters
    ----------
    space : Space
        Which cases may be drawn.
    passes : frozenset of Pass
        Which passes are examined, where the candidate offers them.
    cases : int
        How many cases each candidate is examined on.
    seed : int
        The same seed draws the same cases.
    faults : int
        After so many distinct faults of a candidate no more are shrunk.
    corpus_cases : tuple of CorpusCase
        If there are any, these are examined instead of generated cases and of those
        that failed last, with a bias where a candidate takes one.
    checks : frozenset of str, or None
        Kinds of checks, some of `CHECKS`; structure is always asked, since the others
        rest on it. By default all that are not on demand, and illegal calls of who says that it refuses them.
    own_dtypes : bool
        Whether each candidate is asked in the dtypes that it says it takes, instead of the space's.
    part : int
        Which part it is of a larger budget, from 0. What is to be asked once is asked by the first.
    part_cases : int
        Of each part that it is made of, but for the last.
    """

    space: Space
    passes: frozenset[Pass]
    cases: int
    seed: int
    faults: int = 20
    corpus_cases: tuple[CorpusCase, ...] = ()
    checks: frozenset[str] | None = None
    own_dtypes: bool = False
    part: int = 0
    part_cases: int = PART_CASES


def parts(budget: Budget) -> range:
    """The numbers of the parts that a budget is made of, each of so many cases but for the last."""
    return range(-(-budget.cases // budget.part_cases))


def cases_of(budget: Budget, number: int) -> int:
    """Of one part."""
    return min(budget.part_cases, budget.cases - number * budget.part_cases)


def part_of(budget: Budget, number: int) -> Budget:
    """The budget of one part."""
    first, cases = number * budget.part_cases, cases_of(budget, number)
    return replace(
        budget,
        cases=cases,
        seed=budget.seed + number * _BETWEEN_PARTS,
        corpus_cases=budget.corpus_cases[first : first + cases],
        part=number,
    )
