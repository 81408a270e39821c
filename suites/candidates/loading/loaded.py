"""A candidate that was loaded: ready to be called, with what it declares."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Operands, Pass
from ....reports.records.record import CandidateInfo
from ..calls.binding import ESSENTIAL, BoundFunction
from ..calls.call_text import Origin, write_evaluate_call, write_own_call
from ..calls.domain import Domain
from ..calls.naming import name_of
from ..calls.settings import SETTING_NAMES
from ..protocol import Candidate


@dataclass(frozen=True, slots=True)
class LoadedCandidate:
    """A candidate ready to be called.

    Parameters
    ----------
    info : CandidateInfo
    candidate : Candidate
    functions : Mapping[Pass, BoundFunction]
        What the parameters of its functions take; empty of one that was given with `evaluate`, which takes all.
    origin : Origin
    domain : Domain
    own_limitation, own_call_text : callable or None
        As in `Candidate`, where it has them.
    zero_directions : bool
        As in `Candidate`, of one that was given with `evaluate`.
    seconds_per_call : float
        0 where it needs no more than others.
    """

    info: CandidateInfo
    candidate: Candidate
    functions: Mapping[Pass, BoundFunction]
    origin: Origin
    domain: Domain
    own_limitation: Callable[[Pass, ConvGeometry, str], str | None] | None
    own_call_text: Callable[[Pass, ConvGeometry, str, bool], str] | None
    zero_directions: bool
    seconds_per_call: float

    @property
    def passes(self) -> frozenset[Pass]:
        """The passes it offers."""
        return frozenset(self.candidate.passes)

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str | None:
        """Why a case is not supported, or None."""
        if pass_ not in self.candidate.passes:
            return f"{self.info.name} has no `{pass_}`"
        said = self.domain.why_outside(geometry, dtype, bias)
        if said is None and self.own_limitation is not None:
            said = self.own_limitation(pass_, geometry, dtype)
        if said is None and pass_ in self.functions:
            said = self.functions[pass_].limitation(pass_, geometry, bias=bias)
        return said

    def why_indispensable(self, pass_: Pass, operands: Operands) -> str | None:
        """Which direction that the operands leave out is wanted in a pass, in a sentence; None if none."""
        if not pass_.is_second_order or (self.zero_directions and not self.functions):
            return None
        function, arrays = self.functions.get(pass_), operands.arrays()
        for name in ESSENTIAL[pass_]:
            if name not in arrays and (function is None or name not in function.optional):
                wanting = pass_ if function is None else name_of(function.function)
                return f"{wanting} wants `{name}`: it does not default to None"
        return None

    def takes(self, pass_: Pass, names: Collection[str]) -> bool:
        """Whether a pass can be told one of these arguments: operands, ``geometry``, settings by themselves."""
        if self.functions:
            return any(map(self.functions[pass_].takes, names))
        return not set(names) <= set(SETTING_NAMES)

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        """Call it; whatever it returns or raises comes out unchanged."""
        return self.candidate.evaluate(pass_, operands, geometry)

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        """Python source that computes ``actual`` from the arrays by name."""
        own = "" if self.own_call_text is None else self.own_call_text(pass_, geometry, dtype, bias)
        if own or pass_ not in self.functions:
            return own or write_evaluate_call(self.origin, pass_, geometry, bias=bias)
        return write_own_call(self.origin, pass_, self.functions[pass_], geometry, bias=bias)
