"""A framework as a candidate: every pass comes from one function of the pass, its operands and the geometry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Operands, Pass, offset

Tensor = Any


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """The operands of a pass, as arrays or as a framework's tensors; one that the pass does not take may be None."""

    input: Tensor
    weight: Tensor
    bias: Tensor = None
    output_gradient: Tensor = None
    learning_rate: float = 0.0
    input_direction: Tensor = None
    weight_direction: Tensor = None
    bias_direction: Tensor = None

    def arrays(self) -> dict[str, Tensor]:
        """Those that are there, by name; without the learning rate."""
        named = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "learning_rate"}
        return {name: tensor for name, tensor in named.items() if tensor is not None}


class Framework(ABC):
    """A candidate whose passes are computed from their operands as :class:`Given`."""

    passes = frozenset(Pass)

    @abstractmethod
    def compute(self, pass_: Pass, given: Given, geometry: ConvGeometry) -> Array:
        """The result of a pass, on arrays in canonical shapes."""

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        arrays = operands.arrays()
        if offset(pass_) is None and pass_ is not Pass.BIAS_GRADIENT:
            arrays = {name: array for name, array in arrays.items() if not name.startswith("bias")}
        if pass_ in (Pass.FORWARD, Pass.JVP):
            del arrays["output_gradient"]
        rate = operands.learning_rate if pass_ is Pass.UPDATE else 0.0
        return self.compute(pass_, Given(**arrays, learning_rate=rate), geometry)
