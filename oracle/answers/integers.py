"""Integer results in a dtype that cannot hold all of them: taken modulo a power of two, or cut off at its ends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..numbers.dtypes import Arithmetic
from ..numbers.limbs import widest
from ..numbers.scaled import Scaled
from .exact import ExactResult


def held(exact: ExactResult, arithmetic: Arithmetic) -> ExactResult:
    """The exact result as the integers of the result's dtype, by the convention that is declared for them.

    Integers are summed without loss and stored once. An element that does not fit
    has no smallest term that would be missed: cut off, it may be the same without it.
    """
    if not (arithmetic.result.is_integer and arithmetic.storage.is_integer):
        return exact
    integers = exact.value.at_exponent(0).integers
    highest = int(arithmetic.result.largest)
    lowest = -highest - 1
    if widest(integers) <= highest:
        return exact
    if arithmetic.does("integers", "wrap"):
        return replace(exact, value=Scaled.of((integers - lowest) % (highest - lowest + 1) + lowest, 0))
    cut = np.clip(integers, lowest, highest)
    return replace(exact, value=Scaled.of(cut, 0), smallest=np.where(cut == integers, exact.smallest, 0.0))
