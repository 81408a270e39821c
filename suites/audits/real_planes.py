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
from ...oracle.operands.data import Case, Numbers, parse_case, real_operands
from ...oracle.problem.passes import Array, Operands, Pass
from ...reports.records.certified import CertificateRow
from ..calling.executor import Executor
from ..cases.corpora.selection import CorpusCase
from ..checks.declared import arithmetic_of
from ..checks.value import solve, standard
from .certified_layers import answer_of, layer_name, passes_asked
from .parts import (
    Part,
    decisive,
    in_parts,
    needed,
    parts_of,
    told_of_parts,
    too_large,
    whole,
    with_directions,
)

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
    parts, images : int
        In how many parts of its batch it was asked, and of how many images the largest of these is; 1 and 0 as a whole.
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
    parts: int = 1
    images: int = 0

    @property
    def row(self) -> CertificateRow:
        """As a report has it."""
        return CertificateRow(
            self.layer, str(self.pass_), self.dtype, self.case, self.verdict.outcome, self.told, self.elements, None,
            self.seconds, self.own_seconds, numbers=Numbers.REALS, parts=self.parts, images=self.images,
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
            seen += told_of_parts(self.pass_, parse_case(self.case).geometry.batch, self.parts, self.images)
            return f"{seen}, are within the bound of their rounding; the largest error is {verdict.ratio:.2g} of it"
        told = f"{verdict.outcome}: {verdict.reason}"
        return f"{told}; looked at were {seen}" if self.planes else told


def real_layers(
    executor: Executor, layers: Iterable[CorpusCase], passes: Collection[Pass], *, memory: int | None = None
) -> Iterator[RealLayer]:
    """Look at passes of layers, one after the other.

    Parameters
    ----------
    executor : Executor
    layers : iterable of CorpusCase
        Those of integer dtypes are left out.
    passes : collection of Pass
        Of these, those that the candidate offers are asked.
    memory : int, optional
        Bytes that a layer may take at once; one that takes more is asked in parts of its batch. Any by default.
    """
    for layer in layers:
        arithmetic = arithmetic_of(executor.info, layer.case.dtype)
        if not arithmetic.storage.is_integer:
            asked = passes_asked(executor, passes, layer.case.dtype)
            yield from _of_layer(executor, layer, asked, arithmetic, memory)


@dataclass(frozen=True, slots=True)
class _Found:
    """What came of one pass of one part."""

    part: Part
    verdict: Verdict
    planes: int
    of_planes: int
    seconds: float
    own_seconds: float


def _of_layer(
    executor: Executor, layer: CorpusCase, passes: tuple[Pass, ...], arithmetic: Arithmetic, memory: int | None
) -> Iterator[RealLayer]:
    case = layer.case

    def takes(part: Case) -> int:
        return needed(part, arithmetic, passes)

    def asked(part: Part, left: tuple[Pass, ...]) -> Iterator[tuple[Pass, _Found]]:
        operands = real_operands(part.case, arithmetic.largest_operand, directions=with_directions(passes))
        for pass_ in left:
            yield pass_, _looked_at(executor, part, pass_, operands, arithmetic)

    parts = parts_of(case, takes, memory)
    if not parts and memory is not None:
        nothing = _Found(whole(case), too_large(case, takes, memory), 0, 0, 0.0, 0.0)
        yield from (_on_all(layer, pass_, (nothing,)) for pass_ in passes)
    for pass_, found in in_parts(parts, passes, asked):
        yield _on_all(layer, pass_, found)


def _on_all(layer: CorpusCase, pass_: Pass, found: tuple[_Found, ...]) -> RealLayer:
    """What came of a layer, from what came of its parts."""
    verdicts = [each.verdict for each in found]
    shown, elements = found[decisive(verdicts)], math.prod(pass_.result_shape(layer.case.geometry))
    verdict = replace(
        shown.verdict,
        reason=shown.part.told(shown.verdict.reason),
        elements=sum(each.elements for each in verdicts),
        wrong=sum(each.wrong for each in verdicts),
    )
    return RealLayer(
        str(layer.provenance), str(layer.case), layer.case.dtype, pass_, verdict,
        sum(each.planes for each in found), sum(each.of_planes for each in found),
        elements * len(found) if pass_.is_over_images else elements,
        sum(each.seconds for each in found), sum(each.own_seconds for each in found), shown.part.of, shown.part.images,
    )  # fmt: skip


def _looked_at(executor: Executor, part: Part, pass_: Pass, operands: Operands, arithmetic: Arithmetic) -> _Found:
    case, geometry = part.case, part.case.geometry
    answer, seconds = answer_of(executor, case, pass_, operands, arithmetic)
    start, looked, many = time.perf_counter(), 0, math.prod(pairs_of(pass_, geometry))
    if isinstance(answer, Verdict):
        verdict = answer
    else:
        count = _PRODUCTS * many // max(geometry.products, 1)
        pairs = some_pairs(pass_, geometry, min(max(count, _FEWEST), _MOST), case.seed)
        planes = (plane(pass_, operands, geometry, pair) for pair in pairs)
        verdicts = [_judged(pass_, each, answer, part, arithmetic) for each in planes]
        looked, verdict = len(pairs), _all_of(verdicts)
    return _Found(part, verdict, looked, many, seconds, time.perf_counter() - start)


def _judged(pass_: Pass, seen: Plane, result: Array, part: Part, arithmetic: Arithmetic) -> Verdict:
    """The verdict on a plane, which tells of its elements by their places in the whole result."""
    smaller = replace(part.case, geometry=seen.geometry)
    exact = solve(Numbers.REALS, pass_, seen.operands, seen.geometry)
    verdict = standard(Numbers.REALS, pass_, seen.operands, exact, arithmetic, smaller).judge(seen.of(result))
    if verdict.worst is None:
        return verdict
    index = part.index(pass_, (*seen.pair, *verdict.worst.index[len(seen.pair) :]))
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
