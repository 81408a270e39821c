"""What candidates that are no Python have in common: the operands of each pass, and functions like Python's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Pass, offset
from ..calls.binding import OPERAND_ORDER

TAKES: Mapping[Pass, tuple[str, ...]] = {
    pass_: (*order, added) if (added := offset(pass_)) is not None else order for pass_, order in OPERAND_ORDER.items()
}
"""Names of the operands that a pass receives; `bias` and `bias_direction` may be None."""

_OPTIONAL = ("bias", "bias_direction")
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Request:
    """One call of one pass.

    Parameters
    ----------
    pass_ : Pass
    arrays : Mapping[str, ndarray]
        The operands that the pass takes and the case has.
    learning_rate : float
        0 where the pass takes none.
    geometry : ConvGeometry
    """

    pass_: Pass
    arrays: Mapping[str, Array]
    learning_rate: float
    geometry: ConvGeometry


class PassFunction:
    """A pass as a function whose parameters are named, as those of a candidate in Python are.

    Parameters
    ----------
    pass_ : Pass
    answer : callable
        Computes the result of a `Request`.
    """

    def __init__(self, pass_: Pass, answer: Callable[[Request], Array]) -> None:
        self.__name__ = pass_.value
        self.__signature__ = inspect.Signature(
            [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in (*TAKES[pass_], "geometry")]
        )
        self._pass = pass_
        self._answer = answer

    def __call__(self, *, geometry: ConvGeometry, learning_rate: float = 0.0, **arrays: Array | None) -> Array:
        """Compute the pass of operands by name."""
        given = {name: array for name, array in arrays.items() if array is not None}
        return self._answer(Request(self._pass, given, learning_rate, geometry))


def write_foreign_call(pass_: Pass, geometry: ConvGeometry, candidate: type, origin: str, *, bias: bool) -> str:
    """The paste-able call through a class of this package, which makes the candidate of its `origin`."""
    values = {name: name if bias else "None" for name in _OPTIONAL}
    arguments = ", ".join(f"{name}={values.get(name, name)}" for name in (*TAKES[pass_], "geometry"))
    lines = (
        "import numpy as np",
        "from convoracle.oracle import parse_geometry",
        f"from {candidate.__module__} import {candidate.__name__}",
        "",
        f"candidate = {candidate.__name__}({origin!r})",
        f'geometry = parse_geometry("{geometry}")',
        f"actual = candidate.{pass_}({arguments})",
        "",
    )
    return "\n".join(lines)


def short_text(value: Any) -> str:
    """A name or a version that a candidate gives for itself, on one line and not too long."""
    return " ".join(str(value).split())[:_LONGEST_NAME]
