"""What candidates that are no Python have in common: the operands of each pass, and the call to paste."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Operands, Pass, offset
from ..calls.binding import OPERAND_ORDER
from ..calls.call_text import write_evaluation

TAKES: Mapping[Pass, tuple[str, ...]] = {
    pass_: (*order, added) if (added := offset(pass_)) is not None else order for pass_, order in OPERAND_ORDER.items()
}
"""Names of the operands that a pass receives; `bias` and `bias_direction` may be None."""

_LONGEST_NAME = 100


def taken(pass_: Pass, operands: Operands) -> dict[str, Array]:
    """The arrays that a pass receives, by name, as far as the case has them."""
    arrays = operands.arrays()
    return {name: arrays[name] for name in TAKES[pass_] if name in arrays}


def rate_taken(pass_: Pass, operands: Operands) -> float:
    """The learning rate, or 0 where the pass takes none."""
    return operands.learning_rate if "learning_rate" in TAKES[pass_] else 0.0


def write_foreign_call(pass_: Pass, geometry: ConvGeometry, candidate: type, origin: str, *, bias: bool) -> str:
    """The paste-able call through a class of this package, which makes the candidate of its `origin`."""
    name = candidate.__name__
    preparation = [f"from {candidate.__module__} import {name}", "", f"candidate = {name}({origin!r})"]
    return write_evaluation(preparation, "candidate", pass_, geometry, bias=bias)


def short_text(value: Any) -> str:
    """A name or a version that a candidate gives for itself, on one line and not too long."""
    return " ".join(str(value).split())[:_LONGEST_NAME]
