"""What a candidate declares, as what it is held to."""

from __future__ import annotations

import math

from ...oracle.numbers.dtypes import Arithmetic, Format, conventions_of, format_of
from ...reports.records.record import CandidateInfo


def arithmetic_of(info: CandidateInfo, dtype: str) -> Arithmetic:
    """The arithmetic that a candidate is held to in a dtype: what it declared, else its storage format."""
    return Arithmetic.of(
        dtype,
        dict(info.accumulators).get(dtype),
        multiplier=dict(info.multipliers).get(dtype),
        result=dict(info.results).get(dtype),
        conventions=conventions_of(dict(info.conventions), dtype),
        largest_operand=_largest_integer(info.values, format_of(dtype)),
    )


def _largest_integer(values: tuple[int, int] | None, form: Format) -> float:
    """The largest size of an integer that is taken, of both signs; inf where all that the format has are."""
    if values is None or not form.is_integer or (values[0] < -form.largest and values[1] >= form.largest):
        return math.inf
    return min(-values[0], values[1])
