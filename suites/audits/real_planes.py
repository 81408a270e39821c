"""Layers at full size on real numbers: is each element of some planes within the bound of its rounding?

A combination of all elements has the sum of their bounds, which hides what is wrong with one. So a combination is of
one element here; what these leave out, integers have seen (`certified_layers`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from ...oracle.certifying.planes import Plane, pairs_of, plane, some_pairs
from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.numbers.dtypes import Arithmetic
from ...oracle.operands.data import Case, Numbers
from ...oracle.problem.passes import Array, Pass
from ...reports.records.certified import CertificateRow
from ..calling.executor import Executor
from ..cases.corpora.selection import CorpusCase
from ..checks.declared import arithmetic_of
from ..checks.value import operands_of, solve, standard
from .certified_layers import answer_of, layer_name, passes_asked

_PRODUCTS = 1 << 24
"""Of the planes of one result together."""
_FEWEST, _MOST = 2, 64
_WORST_FIRST = (Outcome.VIOLATES, Outcome.UNDECIDED, Outcome.CONFORMS)


@dataclass(frozen=True, slots=True)
class RealLayer:
    """One pass of a layer, on real numbers.

    Parameters
    ----------
    layer : str
        Where it comes from.
    case : str
    dtype : str
    pass_ : Pass
    verdict : Verdict
        On the elements that were looked at.
    planes, of_planes : int
        How many were looked at, and how many there are.
    elements : int
        Of the whole result.
    seconds, own_seconds : float
        That the call took, and the planes.
    """

    layer: str
    case: str
    dtype: str
    pass_: Pass
    verdict: Verdict
    planes: int
    of_planes: int
    elements: int
    seconds: float
    own_seconds: float

    @property
    def row(self) -> CertificateRow:
        """As a report has it."""
        return CertificateRow(
            self.layer, str(self.pass_), self.dtype, self.case, self.verdict.outcome, self.told, self.elements, None,
            self.seconds, self.own_seconds, numbers=Numbers.REALS,
        )  # fmt: skip

    def __str__(self) -> str:
        """``resnet50:conv1 forward, real numbers: …``; a dtype is named beside the pass unless it is float32."""
        told = f"{layer_name(self.layer, self.pass_, self.dtype)}, real numbers: {self.told}"
        return told if self.verdict.outcome is Outcome.CONFORMS else f"{told}; {self.case}"

    @property
    def told(self) -> str:
        """What was found, in a sentence."""
        verdict = self.verdict
        seen = f"{verdict.elements:,} of {self.elements:,} elements, in {self.planes:,} of {self.of_planes:,} planes"
        if verdict.outcome is Outcome.CONFORMS:
            return f"{seen}, are within the bound of their rounding; the largest error is {verdict.ratio:.2g} of it"
        told = f"{verdict.outcome}: {verdict.reason}"
        return f"{told}; looked at were {seen}" if self.planes else told


def real_layers(executor: Executor, layers: Iterable[CorpusCase], passes: Collection[Pass]) -> Iterator[RealLayer]:
    """Look at passes of layers, one after the other.

    Parameters
    ----------
    executor : Executor
    layers : iterable of CorpusCase
        Those of integer dtypes are left out.
    passes : collection of Pass
        Of these, those that the candidate offers are asked.
    """
    for layer in layers:
        arithmetic = arithmetic_of(executor.info, layer.case.dtype)
        if not arithmetic.storage.is_integer:
            for pass_ in passes_asked(executor, passes, layer.case.dtype):
                yield _looked_at(executor, layer, pass_, arithmetic)


def _looked_at(executor: Executor, layer: CorpusCase, pass_: Pass, arithmetic: Arithmetic) -> RealLayer:
    case, geometry = layer.case, layer.case.geometry
    operands = operands_of(Numbers.REALS, case, arithmetic)
    answer, seconds = answer_of(executor, case, pass_, operands, arithmetic)
    start, looked, many = time.perf_counter(), 0, math.prod(pairs_of(pass_, geometry))
    if isinstance(answer, Verdict):
        verdict = answer
    else:
        count = _PRODUCTS * many // max(geometry.products, 1)
        pairs = some_pairs(pass_, geometry, min(max(count, _FEWEST), _MOST), case.seed)
        parts = (plane(pass_, operands, geometry, pair) for pair in pairs)
        looked, verdict = len(pairs), _all_of([_judged(pass_, part, answer, case, arithmetic) for part in parts])
    own, elements = time.perf_counter() - start, math.prod(pass_.result_shape(geometry))
    return RealLayer(str(layer.provenance), str(case), case.dtype, pass_, verdict, looked, many, elements, seconds, own)


def _judged(pass_: Pass, part: Plane, result: Array, case: Case, arithmetic: Arithmetic) -> Verdict:
    """The verdict on a plane, which tells of its elements by their places in the whole result."""
    smaller = replace(case, geometry=part.geometry)
    exact = solve(Numbers.REALS, pass_, part.operands, part.geometry)
    verdict = standard(Numbers.REALS, pass_, part.operands, exact, arithmetic, smaller).judge(part.of(result))
    if verdict.worst is None:
        return verdict
    index = (*part.pair, *verdict.worst.index[len(part.pair) :])
    return replace(verdict, worst=replace(verdict.worst, index=index))


def _all_of(verdicts: list[Verdict]) -> Verdict:
    """One verdict on several planes: the worst of them, on the elements of all."""
    elements, wrong = sum(each.elements for each in verdicts), sum(each.wrong for each in verdicts)
    outcome = next(outcome for outcome in _WORST_FIRST if any(each.outcome is outcome for each in verdicts))
    shown = max(
        (each for each in verdicts if each.outcome is outcome), key=lambda each: (each.ratio, each.resolution or 0.0)
    )
    if outcome is not Outcome.VIOLATES or shown.worst is None:
        return replace(shown, elements=elements)
    worst = shown.worst
    reason = (
        f"{wrong:,} elements are off by more than rounding can explain; the one at {list(worst.index)} is "
        f"{worst.actual:.12g}, but should be within {worst.bound:.2g} of {worst.expected:.12g}"
    )
    return replace(shown, elements=elements, wrong=wrong, reason=reason)
