"""How much of a candidate is examined, and where."""

from __future__ import annotations

from dataclasses import dataclass

from ...oracle.problem.passes import Pass
from .corpora.selection import CorpusCase
from .space import Space


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
    """

    space: Space
    passes: frozenset[Pass]
    cases: int
    seed: int
    faults: int = 20
    corpus_cases: tuple[CorpusCase, ...] = ()
    checks: frozenset[str] | None = None
    own_dtypes: bool = False
