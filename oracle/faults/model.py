"""A fault model: one way to get a convolution wrong, as a function that makes a right implementation wrong in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ..numbers.dtypes import DTYPES
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass

Implementation = Callable[[Pass, Operands, ConvGeometry], Array]
"""What computes passes, such as `convoracle.oracle.answers.reference.evaluate`."""

Misreading = Callable[[ConvGeometry], ConvGeometry | None]
"""From a geometry to the one that a mistake takes it for; None where that is not legal."""


class Kind(Enum):
    """What a fault does.

    TERMS: other products are summed, or with other coefficients.
    ROUNDING: the right products, in a worse arithmetic.
    VALUES: wrong for NaN, Inf, subnormals, zeros or overflow only.
    CONDUCT: the operands, their memory or what was called before takes part.
    """

    TERMS = "terms"
    ROUNDING = "rounding"
    VALUES = "values"
    CONDUCT = "conduct"

    def __str__(self) -> str:
        return self.value


LATTICE = "lattice"
CONTAMINATED = "contaminated"


@dataclass(frozen=True, slots=True)
class Needs:
    """What a case must have, beside its pass and geometry, for a fault to show.

    Parameters
    ----------
    dtypes : tuple of str
        Of the operands; those in which the fault is no rounding that an honest
        implementation could do as well.
    data : tuple of str
        Any of these: `LATTICE` (integers; whatever shows on them shows on reals, too),
        `CONTAMINATED` (NaN and Inf planted in them), or names in `FILLS`.
    layouts : tuple of str
        Names in `LAYOUTS`, any of them; empty where the layout does not matter.
    bias : bool
        Whether the case must have a bias.
    calls : str
        What must be called for it: ``once``, ``again`` (a second time), ``with other data`` (in between, of
        the same shapes), ``of another dtype`` or ``of another shape`` (before), or ``apart``: the pass alone,
        with no other pass before it.
    """

    dtypes: tuple[str, ...] = DTYPES
    data: tuple[str, ...] = (LATTICE,)
    layouts: tuple[str, ...] = ()
    bias: bool = False
    calls: str = "once"


NO_NEEDS = Needs()
"""Any case will do."""


@dataclass(frozen=True, slots=True, eq=False)
class FaultModel:
    """One known way to get a convolution wrong.

    Parameters
    ----------
    name : str
        Stable: ``kernel-not-rotated``.
    sentence : str
        What the candidate does, to be read after "as if": ``the kernel were not rotated by 180°``.
    explanation : str
        How it comes about, and what to look at in one's code.
    kind : Kind
    passes : frozenset of Pass
        The passes that it can be in.
    shows : callable
        Whether it can make any difference in a pass of a geometry, on data that it `needs`.
    plant : callable
        From a right implementation to one with this fault; the result is another
        function, and the given one is not changed.
    needs : Needs
    misread : callable or None
        Of a model that acts on another geometry than the given one: that geometry. `plant` keeps the shape
        of the result where it can; code in which the output size follows the mistake returns the other
        geometry's own result.
    """

    name: str
    sentence: str
    explanation: str
    kind: Kind
    passes: frozenset[Pass]
    shows: Callable[[Pass, ConvGeometry], bool]
    plant: Callable[[Implementation], Implementation]
    needs: Needs = NO_NEEDS
    misread: Misreading | None = None
