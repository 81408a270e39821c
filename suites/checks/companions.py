"""The calls that a pass is asked among: itself, on integers and on reals, and others that differ in one respect."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from ...oracle.numbers.dtypes import format_of
from ...oracle.operands.data import Case, Numbers
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Operands, Pass, is_defined
from ...reports.records.record import CandidateInfo
from ..calling.company import IMAGE, LATTICE, REALS, SQUARE, CompanyCall
from ..cases.space import BEST_RESOLVED_FILL
from .declared import arithmetic_of
from .value import operands_of

_PARTNERS = {"float64": "float32", "float32": "float64", "complex128": "complex64", "complex64": "complex128"}
_DTYPE = "dtype"
_MOST_CHANNELS = 4
"""Of the companion whose input, weight and output have one shape."""


def companions(case: Case, pass_: Pass, dtypes: Collection[str]) -> Mapping[str, Case]:
    """The other cases by name: of another dtype, if the candidate takes one, and of other sizes."""
    geometry = case.geometry
    taken = [dtype for dtype in dtypes if dtype != case.dtype and is_defined(pass_, dtype)]
    cases = {"batch": replace(case, geometry=replace(geometry, batch=geometry.batch + 1))}
    if taken:
        cases[_DTYPE] = replace(case, dtype=_nearest(case.dtype, taken), fill=BEST_RESOLVED_FILL)
    if geometry.batch > 1:
        cases[IMAGE] = replace(case, geometry=replace(geometry, batch=1))
    cases["size"] = replace(case, geometry=replace(geometry, size=tuple(size + 1 for size in geometry.size)))
    cases[SQUARE] = replace(case, geometry=_square(geometry))
    return cases


def _nearest(dtype: str, others: list[str]) -> str:
    """The other one of the same kind, else the first."""
    partner = _PARTNERS.get(dtype, "")
    return partner if partner in others else others[0]


def _square(geometry: ConvGeometry) -> ConvGeometry:
    """A convolution with such a kernel whose input, weight and output have the same shape."""
    channels = max(min(geometry.in_channels, geometry.out_channels, _MOST_CHANNELS), 1)
    return ConvGeometry(
        channels,
        channels,
        channels,
        geometry.kernel,
        geometry.kernel,
        (1,) * geometry.rank,
        tuple((span // 2, span - span // 2) for span in geometry.span),
        geometry.dilation,
        1,
        "zeros",
        geometry.transposed,
        (0,) * geometry.rank,
    )


def calls_of(case: Case, pass_: Pass, others: Mapping[str, Case], info: CandidateInfo) -> dict[str, CompanyCall]:
    """The calls by name, with operands that suit what a candidate declares."""
    calls = {}
    for name, each in {LATTICE: case, REALS: case, **others}.items():
        operands = operands_of(numbers_of(name, each), each, arithmetic_of(info, each.dtype)).of(pass_)
        calls[name] = CompanyCall(_alike(operands) if name == SQUARE else operands, each.geometry)
    return calls


def numbers_of(name: str, case: Case) -> Numbers:
    """What the operands of a call are: integers show a wrong term, and reals the want of precision in a dtype."""
    on_reals = name in (REALS, _DTYPE) and not format_of(case.dtype).is_integer
    return Numbers.REALS if on_reals else Numbers.INTEGERS


def _alike(operands: Operands) -> Operands:
    """The numbers of the input for every operand of its shape."""
    arrays: dict[str, Any] = {
        name: operands.input for name, array in operands.arrays().items() if array.shape == operands.input.shape
    }
    return replace(operands, **arrays)
