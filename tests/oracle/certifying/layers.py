"""What certificates are asked about: the right result of a case, and how large its sums are."""

from __future__ import annotations

import numpy as np

from convoracle.oracle.answers import reference
from convoracle.oracle.operands.data import Case, lattice_for
from convoracle.oracle.problem.passes import Array, Operands, Pass


def right(pass_: Pass, operands: Operands, case: Case) -> Array:
    wide = operands.map(lambda array: array.astype(np.float64))
    return reference.evaluate(pass_, wide, case.geometry).astype(case.dtype)


def largest(case: Case) -> float:
    """No sum of absolute terms is larger."""
    return 2.0 ** lattice_for(case).precision
