"""What a candidate declares, as what it is held to."""

from __future__ import annotations

from ..oracle.dtypes import Arithmetic, conventions_of
from ..reports.record import CandidateInfo


def arithmetic_of(info: CandidateInfo, dtype: str) -> Arithmetic:
    """The arithmetic that a candidate is held to in a dtype: what it declared, else its storage format."""
    return Arithmetic.of(
        dtype,
        dict(info.accumulators).get(dtype),
        multiplier=dict(info.multipliers).get(dtype),
        result=dict(info.results).get(dtype),
        conventions=conventions_of(dict(info.conventions), dtype),
    )
