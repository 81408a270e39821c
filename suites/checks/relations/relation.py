"""A relation as data: the calls that it derives from a case, and the two sides of their results that must be equal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Operands, Pass

Wide = NDArray[Any]
"""float64 or complex128: every number of the integer lattice, and every sum of them, is exact in it."""
BothSides = tuple[Wide, Wide]


@dataclass(frozen=True, slots=True, eq=False)
class RelatedCall:
    """One call of the candidate: a legal case of its own."""

    pass_: Pass
    operands: Operands
    geometry: ConvGeometry


@dataclass(frozen=True, slots=True, eq=False)
class Derivation:
    """The calls of a relation on one case.

    Parameters
    ----------
    calls : tuple of RelatedCall
    sides : callable
        From the calls' results, in `Wide` numbers, to the two arrays that must be equal.
    """

    calls: tuple[RelatedCall, ...]
    sides: Callable[[Sequence[Wide]], BothSides]


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """Something that the results of several calls must have in common.

    Parameters
    ----------
    name : str
        Stable: ``stride``, ``linearity-in-weight``.
    explanation : str
        One clause that is true of every right implementation.
    passes : frozenset of Pass
        The passes that it speaks of.
    applies : callable
        Whether it says anything of a geometry that is not degenerate.
    derive : callable
        From pass, operands and geometry to the calls.
    between : frozenset of Pass
        Of a relation between passes: those that call each other, so that a fault of one
        breaks it for the others. It is asked where all of them are sound.
    """

    name: str
    explanation: str
    passes: frozenset[Pass]
    applies: Callable[[ConvGeometry], bool]
    derive: Callable[[Pass, Operands, ConvGeometry], Derivation]
    between: frozenset[Pass] = frozenset()
