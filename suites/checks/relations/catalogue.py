"""Which relations there are, and which of them say something of a case."""

from __future__ import annotations

from ....oracle.operands.data import Case
from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Pass, is_defined
from .identities import IDENTITIES
from .relation import Relation
from .rewritings import REWRITINGS
from .sums import SUMS

RELATIONS = (*SUMS, *REWRITINGS, *IDENTITIES)
"""Every relation; the plainest first."""


def relations_of(pass_: Pass, geometry: ConvGeometry) -> tuple[Relation, ...]:
    """The relations that a pass of a geometry must have; none of a degenerate one, or of an empty batch."""
    if geometry.is_degenerate or geometry.batch == 0:
        return ()
    return tuple(relation for relation in RELATIONS if pass_ in relation.passes and relation.applies(geometry))


def applicable(case: Case, pass_: Pass) -> tuple[Relation, ...]:
    """The relations that a pass must have on a case; none where the case's dtype has no such pass."""
    return relations_of(pass_, case.geometry) if is_defined(pass_, case.dtype) else ()


def relation_named(name: str) -> Relation:
    """The relation with this name.

    Raises
    ------
    KeyError
        If there is none.
    """
    return {relation.name: relation for relation in RELATIONS}[name]
