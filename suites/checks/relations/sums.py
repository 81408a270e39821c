"""Relations by which a result is a sum, or a row, of the results of parts: linearity, and images by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ....oracle.numbers.arrays import widened
from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.linearity import LINEAR_IN
from ....oracle.problem.passes import Array, Operands, Pass
from .relation import BothSides, Derivation, RelatedCall, Relation, Wide

_SEED = 0


def _linearity(name: str) -> Relation:
    sets = {pass_: names for pass_, name_sets in LINEAR_IN.items() for names in name_sets if names[0] == name}

    def derive(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Derivation:
        generator = np.random.default_rng(_SEED)
        arrays = operands.arrays()
        parts = {operand: _split(arrays[operand], generator) for operand in sets[pass_] if operand in arrays}
        halves = [_with(operands, {operand: pair[half] for operand, pair in parts.items()}) for half in (0, 1)]
        calls = tuple(RelatedCall(pass_, summand, geometry) for summand in (operands, *halves))
        return Derivation(calls, lambda values: (values[0], values[1] + values[2]))

    return Relation(
        f"linearity-in-{name.replace('_', '-')}",
        f"the result for a sum of two, in {name.replace('_', ' ')}, is the sum of their results",
        frozenset(sets),
        lambda geometry: True,
        derive,
    )


def _with(operands: Operands, arrays: Mapping[str, Any]) -> Operands:
    return replace(operands, **arrays)


def _split(array: Array, generator: np.random.Generator) -> tuple[Array, Array]:
    """Two arrays of integers that sum to `array`, none larger than it and none of another sign."""
    values = widened(array)
    if values.dtype.kind == "c":
        first = _share(values.real, generator) + 1j * _share(values.imag, generator)
    else:
        first = _share(values, generator)
    return first.astype(array.dtype), (values - first).astype(array.dtype)


def _share(values: Wide, generator: np.random.Generator) -> Wide:
    return np.sign(values) * generator.integers(0, np.abs(values).astype(np.int64), endpoint=True)


def _without(name: str) -> Relation:
    """What autograd makes of a gradient that nobody asks for: its direction is not there."""

    def derive(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Derivation:
        zero = np.zeros_like(operands.arrays()[name])
        calls = tuple(RelatedCall(pass_, _with(operands, {name: direction}), geometry) for direction in (zero, None))
        return Derivation(calls, lambda values: (values[0], values[1]))

    return Relation(
        f"no-{name.replace('_', '-')}",
        f"without the {name.replace('_', ' ')} the result is that for one of zeros",
        frozenset((Pass.JVP, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT)),
        lambda geometry: True,
        derive,
    )


def _derive_parts(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Derivation:
    calls = [RelatedCall(pass_, operands, geometry)]
    for images in (slice(0, 1), slice(1, None)):
        arrays = operands.arrays()
        batched: dict[str, Any] = {
            name: arrays[name][images] for name in ("input", "output_gradient", "input_direction") if name in arrays
        }
        part = replace(geometry, batch=len(batched["input"]))
        calls.append(RelatedCall(pass_, _with(operands, batched), part))

    def sides(values: Sequence[Wide]) -> BothSides:
        whole, first, others = values
        if pass_.result_like in ("input", "output"):
            return whole, np.concatenate((first, others))
        start = widened(operands.weight) if pass_ is Pass.UPDATE else 0.0
        return whole, first + others - start

    return Derivation(tuple(calls), sides)


SUMS = (
    *map(_linearity, ("input", "weight", "output_gradient", "input_direction", "weight_direction")),
    Relation(
        "batch-independence",
        "an image by itself has the result that it has among others, and adds as much to sums over the batch",
        frozenset(Pass),
        lambda geometry: geometry.batch > 1,
        _derive_parts,
    ),
    *map(_without, ("input_direction", "weight_direction")),
)
"""Every relation of this kind."""
