"""Which line of its identity card says that a candidate computes worse than it declares, asked where it is wrong."""

from __future__ import annotations

from dataclasses import replace

from ...oracle.operands.data import Case
from ...oracle.probing.card import DTYPES, PASSES, Card, probe
from ...oracle.probing.comparing import worse_lines
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Pass
from ..calling.executor import Executor
from ..calling.questions import asking
from ..checks.declared import arithmetic_of
from .fault import Fault
from .suggesting import MOST_PRODUCTS, similar_cases

_MOST_TERMS = 16
"""Whose order is asked: the bits of a sum need three of them."""
_CHANNELS = 4
_TELLING = ("sums", "input", "weight", "output gradient")


def identified(fault: Fault, executor: Executor) -> tuple[str, ...]:
    """A sentence with the worse lines of the card of the fault's pass, dtype and geometry; none where none was asked.

    Of a geometry with too few terms in each element, the card is that of a larger one, which the sentence names.
    """
    case, pass_ = fault.shrunk, Pass(fault.subject)
    declared, told = arithmetic_of(executor.info, case.dtype), ""
    for geometry in dict.fromkeys((case.geometry, *(each.geometry for each in similar_cases(case)), _wider(case))):
        if not _can_be_asked(geometry, case.dtype, pass_):
            continue
        card = probe(asking(executor, case.dtype), pass_, geometry, case.dtype, most_terms=_MOST_TERMS)
        worse, is_telling = worse_lines(card, declared), any(card.value(line) is not None for line in _TELLING)
        told = _sentence(card, worse, is_telling, "" if geometry == case.geometry else f" of {geometry}")
        if worse or is_telling:
            break
    return (told,) if told else ()


def _wider(case: Case) -> ConvGeometry:
    """The same with more channels and images, so that every pass has terms enough."""
    geometry = case.geometry
    channels = _CHANNELS * geometry.groups
    return replace(geometry, batch=_CHANNELS, in_channels=channels, out_channels=channels)


def _can_be_asked(geometry: ConvGeometry, dtype: str, pass_: Pass) -> bool:
    is_plain = not geometry.transposed and geometry.padding_mode == "zeros"
    is_real = dtype in DTYPES and pass_ in PASSES
    return is_plain and is_real and 0 < geometry.products <= MOST_PRODUCTS and bool(geometry.batch)


def _sentence(card: Card, worse: tuple[str, ...], is_telling: bool, of_whom: str) -> str:
    name = f"Identity card{of_whom}, {card.dtype} {str(card.pass_).replace('_', ' ')}"
    if worse:
        return f"{name}: {'; '.join(worse)}."
    open_lines = [finding.line for finding in card.findings if not finding.is_determined]
    rest = f"; not determined: {', '.join(open_lines)}" if open_lines else ""
    return f"{name}: no line is {'' if is_telling else 'known to be '}worse than what is declared{rest}."
