"""What to call, as a message between the harness and a candidate's process: written, and read."""

from __future__ import annotations

from typing import Any

from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Array, Operands, Pass
from .channel import Header


def call_request(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> tuple[Header, list[Array]]:
    """What to call, as a header of JSON values and the arrays beside it."""
    arrays = operands.arrays()
    header: Header = {
        "pass": pass_.value,
        "geometry": str(geometry),
        "operands": list(arrays),
        "learning_rate": operands.learning_rate,
    }
    return header, list(arrays.values())


def operands_of(request: Header, arrays: list[Array]) -> tuple[Operands, list[Array]]:
    """The operands that a request names, which come first, and the arrays that are left."""
    names = request["operands"]
    named: dict[str, Any] = {"bias": None, **dict(zip(names, arrays, strict=False))}
    return Operands(**named, learning_rate=request["learning_rate"]), arrays[len(names) :]
