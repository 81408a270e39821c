"""What a candidate is inside: one function for all passes, and what it declares of itself."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Protocol

from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Array, Operands, Pass

Limitation = Callable[[Pass, ConvGeometry, str], str | None]
"""Why a pass, geometry and dtype are not supported, or None."""

NOTHING: Mapping[str, str] = MappingProxyType({})


class Candidate(Protocol):
    """An implementation under test, as it is called; `convoracle.suites.candidates` says what each declaration means.

    The built-in ones name it as their base, so that mypy holds them to it and what they do
    not declare is as here. Any other object with `evaluate` and `passes` is one as well.
    """

    name: str
    passes: Collection[Pass]
    version: str = ""
    accumulators: Mapping[str, str] = NOTHING
    multipliers: Mapping[str, str] = NOTHING
    results: Mapping[str, str] = NOTHING
    conventions: Mapping[str, str] = NOTHING
    domain: Mapping[str, object] = MappingProxyType({})
    dtypes: Collection[str] | None = None
    validates: bool = False
    zero_directions: bool = False
    rests_on: str = ""
    seconds_per_call: float | None = None

    @abstractmethod
    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        """The result of one of the `passes`.

        Parameters
        ----------
        pass_ : Pass
        operands : Operands
            All of the case, also those that the pass does not read; the bias is None where the case has none, and
            the directions are where the pass is not of second order. Where `zero_directions` is declared,
            one of the directions that it sums over may be None, too.
        geometry : ConvGeometry

        Raises
        ------
        NotImplementedError
            If it does not support this.
        """

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        """Why a case is not supported, or None."""
        return None

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        """Python source that computes ``actual`` from the arrays by name; empty for a call of `evaluate`."""
        return ""
