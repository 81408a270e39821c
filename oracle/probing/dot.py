"""One element of a pass as a sum of products whose factors are chosen freely, each term by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..answers.equations import Element, Index, terms
from ..answers.exact import term_counts
from ..numbers.dtypes import Format, format_of, numpy_dtype
from ..problem.geometry import ConvGeometry
from ..problem.passes import ARRAYS, Array, Operands, Pass, shape_of

Ask = Callable[[Pass, Operands, ConvGeometry], Array]
Values = Mapping[int, float]


class Unanswered(Exception):
    """The implementation gave no array for a question; the message says what it did instead."""


@dataclass(frozen=True)
class Dot:
    """The element of a result that has the most terms, among zeros; of several the middle one.

    No two terms of one element share a factor where padding is zeros, so that any two lists of
    numbers can be its factors.

    Parameters
    ----------
    ask : callable
        Raises `Unanswered`.
    pass_ : Pass
        Forward, or a gradient.
    geometry : ConvGeometry
        Padded with zeros.
    dtype : str
        Real.
    """

    ask: Ask
    pass_: Pass
    geometry: ConvGeometry
    dtype: str
    calls: list[int] = field(default_factory=lambda: [0], compare=False)

    @cached_property
    def index(self) -> Index:
        """Of the element."""
        counts = np.broadcast_to(term_counts(self.pass_, self.geometry), self.pass_.result_shape(self.geometry))
        fullest = np.argwhere(counts == counts.max())
        return tuple(map(int, fullest[len(fullest) // 2]))

    @cached_property
    def factors(self) -> list[tuple[Element, ...]]:
        """The factors of each term."""
        return [term.factors for term in terms(self.pass_, self.geometry, self.index)]

    @property
    def terms(self) -> int:
        """How many there are."""
        return len(self.factors)

    @property
    def form(self) -> Format:
        """The format of the operands."""
        return format_of(self.dtype)

    @property
    def has_products(self) -> bool:
        """Whether each term has two factors."""
        return self.pass_ is not Pass.BIAS_GRADIENT

    def __call__(self, left: Values, right: Values | None = None) -> float:
        """The element for these factors of the terms named; all others are zero, the right ones one if not given.

        Raises
        ------
        Unanswered
        """
        arrays = self.zeros()
        for place, value in left.items():
            first, *second = self.factors[place]
            arrays[first.tensor][first.index] = value
            for other in second:
                arrays[other.tensor][other.index] = 1.0 if right is None else right.get(place, 1.0)
        return self.read(arrays)

    def zeros(self) -> dict[str, Any]:
        """All operands as zeros."""
        names = [name for name in ARRAYS if name in ("input", "weight", "output_gradient")]
        return {name: np.zeros(shape_of(name, self.geometry), numpy_dtype(self.dtype)) for name in names}

    def whole(self, arrays: Mapping[str, Any]) -> Array:
        """The result for these operands."""
        self.calls[0] += 1
        operands = Operands(arrays["input"], arrays["weight"], None, arrays["output_gradient"])
        result = self.ask(self.pass_, operands, self.geometry)
        wanted = self.pass_.result_shape(self.geometry)
        if result.shape != wanted:
            raise Unanswered(f"a result of shape {result.shape}, which should be {wanted}")
        return result

    def read(self, arrays: Mapping[str, Any]) -> float:
        """The element for these operands."""
        return float(self.whole(arrays)[self.index])
