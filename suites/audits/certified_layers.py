"""Layers at full size, certified: a candidate is called once for each pass, and its result seen as a whole."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from ...oracle.certifying.certificate import MISS, Certificate, certify, unit_of_results
from ...oracle.certifying.transforms import most_off
from ...oracle.judging.verdict import Outcome, Verdict, judge_form, vacuous
from ...oracle.numbers.dtypes import COMPONENTS, Arithmetic
from ...oracle.operands.data import Case, Numbers, lattice_for
from ...oracle.problem.passes import Array, Operands, Pass, factors_of, is_defined
from ...reports.records.certified import CertificateRow
from ...reports.views.wording import plural
from ..calling.executor import Executor
from ..calling.replies import Returned
from ..cases.corpora.selection import CorpusCase
from ..checks.conduct import judge_conduct
from ..checks.declared import arithmetic_of
from ..checks.value import operands_of

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
    """

    layer: str
    case: str
    dtype: str
    pass_: Pass
    verdict: Verdict
    certificate: Certificate | None
    seconds: float
    own_seconds: float

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
        return f"{amount} right, {_sureness(self.certificate.miss)}"

    @property
    def row(self) -> CertificateRow:
        """As a report has it."""
        certificate = self.certificate
        return CertificateRow(
            self.layer, str(self.pass_), self.dtype, self.case, self.verdict.outcome, self.told,
            0 if certificate is None else certificate.elements,
            certificate.miss if certificate is not None and self.is_certified else None,
            self.seconds, self.own_seconds,
        )  # fmt: skip


def certified_layers(
    executor: Executor, layers: Iterable[CorpusCase], passes: Collection[Pass], *, miss: float = MISS
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

    Raises
    ------
    InvalidArgument
        If `miss` is no probability that can be had, or a layer has too many channels for exact sums.
    """
    for layer in layers:
        if layer.case.dtype not in COMPONENTS:
            for pass_ in passes_asked(executor, passes, layer.case.dtype):
                yield _certified(executor, layer, pass_, miss)


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
    verdict = judge_conduct(reply, degenerate=case.geometry.is_degenerate)
    if verdict is not None:
        return verdict, seconds
    assert isinstance(reply, Returned)
    unfit = judge_form(reply.value, pass_.result_shape(case.geometry), arithmetic.result_dtype)
    return reply.value if unfit is None else unfit, seconds


def _certified(executor: Executor, layer: CorpusCase, pass_: Pass, miss: float) -> CertifiedLayer:
    case, arithmetic = layer.case, arithmetic_of(executor.info, layer.case.dtype)
    operands = operands_of(Numbers.INTEGERS, case, arithmetic)
    answer, seconds = answer_of(executor, case, pass_, operands, arithmetic)
    start, certificate = time.perf_counter(), None
    if isinstance(answer, Verdict):
        verdict = answer
    else:
        certificate, verdict = _seen(pass_, operands, answer, case, arithmetic, miss)
    own = time.perf_counter() - start
    return CertifiedLayer(str(layer.provenance), str(case), case.dtype, pass_, verdict, certificate, seconds, own)


def _seen(
    pass_: Pass, operands: Operands, actual: Array, case: Case, arithmetic: Arithmetic, miss: float
) -> tuple[Certificate | None, Verdict]:
    """What is known of a result; None of one that its arithmetic may have rounded to another integer."""
    allowed = most_off(pass_, operands, arithmetic, case.geometry)
    if allowed >= unit_of_results(pass_, operands) / 2:
        told = f"a transform of this size may be off by {allowed:.3g}: too much to tell which integer is meant"
        return None, Verdict(Outcome.UNDECIDED, told, "resolution", elements=actual.size)
    largest = 2.0 ** lattice_for(case, arithmetic).precision
    certificate = certify(
        pass_, operands, actual, case.geometry, largest=largest, allowed=allowed, seed=case.seed, miss=miss
    )
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
