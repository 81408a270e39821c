"""Layers at full size, certified: a candidate is called once for each pass, and its result seen as a whole."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from ...oracle.certifying.bounds import unit_of_results
from ...oracle.certifying.certificate import MISS, Certificate, certify
from ...oracle.certifying.room import is_sparse, lattice_of_layer
from ...oracle.certifying.transforms import most_off
from ...oracle.judging.verdict import Outcome, Verdict, judge_form, vacuous
from ...oracle.numbers.dtypes import COMPONENTS, Arithmetic
from ...oracle.operands.data import Case, largest_integer, lattice_operands, parse_case
from ...oracle.operands.lattice import Lattice
from ...oracle.problem.passes import Array, Operands, Pass, factors_of, is_defined
from ...reports.records.certified import CertificateRow
from ...reports.views.wording import plural
from ..calling.executor import Executor
from ..calling.replies import Died, Returned
from ..cases.corpora.selection import CorpusCase
from ..checks.conduct import judge_conduct
from ..checks.declared import arithmetic_of
from .parts import Part, decisive, in_parts, needed, parts_of, told_of_parts, too_large, whole, with_directions

_USUAL_DTYPE = "float32"
_ZEROS = "equal, but the operands have zeros, whose terms would not be missed: a wider accumulator would leave none"


@dataclass(frozen=True, slots=True)
class CertifiedLayer:
    """One pass of a layer.

    Parameters
    ----------
    layer : str
        Where it comes from.
    case : str
    dtype : str
    pass_ : Pass
    verdict : Verdict
    certificate : Certificate or None
        None where there was no array of the right shape and dtype to look at, or nothing could be told of it.
    seconds, own_seconds : float
        That the call took, and the certificate.
    parts, images : int
        In how many parts of its batch it was asked, and of how many images the largest of these is; 1 and 0 as a whole.
    """

    layer: str
    case: str
    dtype: str
    pass_: Pass
    verdict: Verdict
    certificate: Certificate | None
    seconds: float
    own_seconds: float
    parts: int = 1
    images: int = 0

    def __str__(self) -> str:
        """``resnet50:conv1 forward: 3,211,264 elements are right, but for a probability of 2^-40``.

        A dtype is named beside the pass unless it is float32.
        """
        named = layer_name(self.layer, self.pass_, self.dtype)
        if self.is_certified:
            return f"{named}: {self.told}"
        return f"{named} {self.told}; {self.case}"

    @property
    def is_certified(self) -> bool:
        """Whether it is proven right."""
        return self.verdict.outcome is Outcome.CONFORMS and self.certificate is not None

    @property
    def told(self) -> str:
        """What was found, in a sentence."""
        if self.certificate is None or not self.is_certified:
            return f"{self.verdict.outcome}: {self.verdict.reason}"
        amount = plural(self.certificate.elements, "element is", "elements are")
        in_parts = told_of_parts(self.pass_, parse_case(self.case).geometry.batch, self.parts, self.images)
        return f"{amount} right, {_sureness(self.certificate.miss)}{in_parts}"

    @property
    def row(self) -> CertificateRow:
        """As a report has it."""
        certificate = self.certificate
        return CertificateRow(
            self.layer, str(self.pass_), self.dtype, self.case, self.verdict.outcome, self.told,
            0 if certificate is None else certificate.elements,
            certificate.miss if certificate is not None and self.is_certified else None,
            self.seconds, self.own_seconds, parts=self.parts, images=self.images,
        )  # fmt: skip


def certified_layers(
    executor: Executor,
    layers: Iterable[CorpusCase],
    passes: Collection[Pass],
    *,
    miss: float = MISS,
    memory: int | None = None,
) -> Iterator[CertifiedLayer]:
    """Certify passes of layers, one after the other.

    Parameters
    ----------
    executor : Executor
    layers : iterable of CorpusCase
        Of real dtypes; those of complex ones are left out.
    passes : collection of Pass
        Of these, those that the candidate offers are asked.
    miss : float
        The probability, at most, that a wrong result is given a certificate.
    memory : int, optional
        Bytes that a layer may take at once; one that takes more is asked in parts of its batch. Any by default.

    Raises
    ------
    InvalidArgument
        If `miss` is no probability that can be had, or a layer has too many channels for exact sums.
    """
    for layer in layers:
        if layer.case.dtype not in COMPONENTS:
            yield from _of_layer(executor, layer, passes_asked(executor, passes, layer.case.dtype), miss, memory)


def layer_name(layer: str, pass_: Pass, dtype: str) -> str:
    """``resnet50:conv1 forward``; a dtype is named beside the pass unless it is float32."""
    return f"{layer} {pass_}" if dtype == _USUAL_DTYPE else f"{layer} {pass_} {dtype}"


def passes_asked(executor: Executor, passes: Collection[Pass], dtype: str) -> tuple[Pass, ...]:
    """Those of some passes that a candidate offers and that are defined for a dtype, in their order."""
    return tuple(each for each in Pass if each in executor.passes and each in passes and is_defined(each, dtype))


def answer_of(
    executor: Executor, case: Case, pass_: Pass, operands: Operands, arithmetic: Arithmetic
) -> tuple[Array | Verdict, float]:
    """The result of a pass of a whole layer, or the verdict where there is none to look at; and the call's seconds."""
    reply = executor.call(pass_, operands.of(pass_), case.geometry)
    seconds = reply.seconds if isinstance(reply, Returned) else 0.0
    if isinstance(reply, Died) and reply.ran_out_of_memory:
        reason = f"the candidate needs more memory than it may have: {reply.cause}"
        return Verdict(Outcome.UNDECIDED, reason, "memory"), seconds
    verdict = judge_conduct(reply, degenerate=case.geometry.is_degenerate)
    if verdict is not None:
        return verdict, seconds
    assert isinstance(reply, Returned)
    unfit = judge_form(reply.value, pass_.result_shape(case.geometry), arithmetic.result_dtype)
    return reply.value if unfit is None else unfit, seconds


@dataclass(frozen=True, slots=True)
class _Found:
    """What came of one pass of one part."""

    part: Part
    verdict: Verdict
    certificate: Certificate | None
    seconds: float
    own_seconds: float


def _of_layer(
    executor: Executor, layer: CorpusCase, passes: tuple[Pass, ...], miss: float, memory: int | None
) -> Iterator[CertifiedLayer]:
    case, arithmetic = layer.case, arithmetic_of(executor.info, layer.case.dtype)

    def takes(part: Case) -> int:
        sparse = is_sparse(part, lattice_of_layer(part, arithmetic, passes))
        return needed(part, arithmetic, passes, widened=sparse)

    def asked(part: Part, left: tuple[Pass, ...]) -> Iterator[tuple[Pass, _Found]]:
        lattice = lattice_of_layer(part.case, arithmetic, passes)
        operands = lattice_operands(part.case, lattice, directions=with_directions(passes))
        for pass_ in left:
            yield pass_, _certified(executor, part, pass_, operands, arithmetic, lattice, miss)

    parts = parts_of(case, takes, memory)
    if not parts and memory is not None:
        nothing = _Found(whole(case), too_large(case, takes, memory), None, 0.0, 0.0)
        yield from (_whole(layer, pass_, (nothing,)) for pass_ in passes)
    for pass_, found in in_parts(parts, passes, asked):
        yield _whole(layer, pass_, found)


def _whole(layer: CorpusCase, pass_: Pass, found: tuple[_Found, ...]) -> CertifiedLayer:
    """What came of a layer, from what came of its parts."""
    shown = found[decisive([each.verdict for each in found])]
    certificate = shown.certificate
    if certificate is not None:
        miss = max(each.certificate.miss for each in found if each.certificate is not None)
        elements = math.prod(pass_.result_shape(layer.case.geometry))
        certificate = replace(certificate, elements=elements, miss=miss)
    verdict = replace(shown.verdict, reason=shown.part.told(shown.verdict.reason))
    seconds, own_seconds = sum(each.seconds for each in found), sum(each.own_seconds for each in found)
    return CertifiedLayer(
        str(layer.provenance), str(layer.case), layer.case.dtype, pass_, verdict, certificate, seconds, own_seconds,
        shown.part.of, shown.part.images,
    )  # fmt: skip


def _certified(
    executor: Executor,
    part: Part,
    pass_: Pass,
    operands: Operands,
    arithmetic: Arithmetic,
    lattice: Lattice,
    miss: float,
) -> _Found:
    answer, seconds = answer_of(executor, part.case, pass_, operands, arithmetic)
    start, certificate = time.perf_counter(), None
    if isinstance(answer, Verdict):
        verdict = answer
    else:
        certificate, verdict = _seen(pass_, operands, answer, part, arithmetic, lattice, miss)
    return _Found(part, verdict, certificate, seconds, time.perf_counter() - start)


def _seen(
    pass_: Pass, operands: Operands, actual: Array, part: Part, arithmetic: Arithmetic, lattice: Lattice, miss: float
) -> tuple[Certificate | None, Verdict]:
    """What is known of a result; None of one that its arithmetic may have rounded to another integer."""
    case = part.case
    allowed = most_off(pass_, operands, arithmetic, case.geometry)
    if allowed >= unit_of_results(pass_, operands) / 2:
        told = f"a transform of this size may be off by {allowed:.3g}: too much to tell which integer is meant"
        return None, Verdict(Outcome.UNDECIDED, told, "resolution", elements=actual.size)
    certificate = certify(
        pass_, operands, actual, case.geometry,
        largest_sum=2.0**lattice.precision, largest_operand=largest_integer(case, lattice),
        allowed=allowed, seed=case.seed, miss=miss,
    )  # fmt: skip
    if certificate.wrong is not None:
        wrong = replace(certificate.wrong, index=part.index(pass_, certificate.wrong.index))
        certificate = replace(certificate, wrong=wrong)
    read = [getattr(operands, name) for name in factors_of(pass_, case.geometry)]
    return certificate, _verdict(certificate, has_zeros=not all(array.all() for array in read))


def _verdict(certificate: Certificate, *, has_zeros: bool) -> Verdict:
    wrong, elements = certificate.wrong, certificate.elements
    if wrong is not None:
        places = f"; {certificate.places:,} places have wrong ones" if certificate.places > 1 else ""
        told = f"the element at {list(wrong.index)} is {wrong.actual:.12g}, but should be {wrong.expected:.12g}"
        return Verdict(Outcome.VIOLATES, f"{told}{places}", "value", wrong=1, elements=elements)
    if not elements:
        return vacuous("the result has no elements")
    if has_zeros:
        return Verdict(Outcome.UNDECIDED, _ZEROS, "resolution", elements=elements)
    return Verdict(Outcome.CONFORMS, elements=elements)


def _sureness(miss: float) -> str:
    return "each compared" if miss == 0 else f"but for a probability of 2^{math.ceil(math.log2(miss))}"
