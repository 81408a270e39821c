"""How far the elements of a whole result may be from the right integers where a transform is declared."""

from __future__ import annotations

import numpy as np

from ..answers.exact import ExactResult, term_counts
from ..answers.smallest import known
from ..numbers.dtypes import Arithmetic
from ..numbers.scaled import Scaled
from ..problem.geometry import ConvGeometry
from ..problem.passes import Operands, Pass
from ..rounding.bounds import rounding_bound


def most_off(pass_: Pass, operands: Operands, arithmetic: Arithmetic, geometry: ConvGeometry) -> float:
    """The largest error that any element may have; 0 where no transform is declared, for nothing is rounded then.

    It is the bound of an element with the most terms, each as large as the largest operand squared: the bound grows
    with both, and what a transform adds is of the result as a whole.

    Parameters
    ----------
    operands : Operands
        On the integer lattice, of real dtypes.
    """
    if not arithmetic.does("algorithm", "transform"):
        return 0.0
    most_terms = int(term_counts(pass_, geometry).max(initial=0)) + 1
    ends = (float(end) for array in operands.arrays().values() for end in (array.max(initial=0), array.min(initial=0)))
    largest = int(max(map(abs, ends)))
    one = (1,) * len(pass_.result_shape(geometry))
    terms, size = np.full(one, most_terms), np.full(one, most_terms * largest**2)
    exact = ExactResult(Scaled.of(size, 0), size.astype(np.float64), known(np.ones(one)), terms=terms)
    return float(rounding_bound(pass_, exact, operands, arithmetic, geometry).max(initial=0))
