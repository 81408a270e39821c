"""The oracle audits itself: of a sample of cases, exact results are computed again term by term, and must be the same.

Which cases these are follows from the cases alone, so that every run of a case is audited, or none; and only small
ones are, so that an audit costs a run little.
"""

from __future__ import annotations

import numpy as np

from ..answers.exact import ExactResult, by_definition
from ..answers.magnitude import MOST_EXCESS
from ..numbers.arrays import Float64
from ..operands.data import Case
from ..operands.lattice import LARGEST_VALUE
from ..problem.passes import Operands, Pass, real_parts
from ..problem.validity import MOST_POSITIONS

_EVERY = 64
"""Of so many data seeds, the first one's cases are audited: the plainest seed's among them, and a few of every run."""
_MOST_PRODUCTS = 2000


class OracleFault(Exception):
    """An exact result that its definition does not give: whatever was judged by it means nothing."""


def is_audited(case: Case) -> bool:
    """Whether exact results of a case are computed again."""
    geometry = case.geometry
    return case.seed % _EVERY == 0 and geometry.positions <= MOST_POSITIONS and geometry.products <= _MOST_PRODUCTS


def audit(found: ExactResult, pass_: Pass, operands: Operands, case: Case) -> None:
    """Compute a result again by its definition, and compare all bits; but magnitudes of reals may be a little above.

    Raises
    ------
    OracleFault
        If anything differs; it names the case.
    """
    defined = by_definition(pass_, operands, case.geometry)
    exponent = min(found.value.exponent, defined.value.exponent)
    value, by_terms = (each.value.at_exponent(exponent).integers for each in (found, defined))
    same = {
        "value": np.array_equal(value, by_terms),
        "magnitude": _is_magnitude(found.magnitude, defined.magnitude, 0.0 if _on_lattice(operands) else MOST_EXCESS),
        "smallest": _same_bits(found.smallest.everywhere(), defined.smallest.everywhere()),
        "terms": np.array_equal(found.terms, defined.terms),
    }
    wrong = [name for name, is_same in same.items() if not is_same]
    if wrong:
        raise OracleFault(f"the exact {pass_} of {case} is not what its definition gives: wrong {', '.join(wrong)}")


def _on_lattice(operands: Operands) -> bool:
    """Whether operands are integers so small that one map gives magnitudes, which are then exact."""
    parts = [real_parts(array) for array in operands.arrays().values()]
    return all(((part == np.rint(part)) & (np.abs(part) <= LARGEST_VALUE)).all() for part in parts)


def _is_magnitude(found: Float64, defined: Float64, excess: float) -> bool:
    if found.shape != defined.shape:
        return False
    with np.errstate(over="ignore"):
        return bool(((defined <= found) & (found <= defined * (1 + excess))).all())


def _same_bits(found: Float64, defined: Float64) -> bool:
    return found.shape == defined.shape and found.tobytes() == defined.tobytes()
