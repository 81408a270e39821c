"""No conforming implementation is called wrong: over 100,000 case-passes of honest arithmetic in every dtype.

Run it with ``pytest -m campaign tests/campaigns``. A case-pass is one verdict of
the structure or the precision check on one pass of one case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle import reference
from convoracle.oracle.geometry import ConvGeometry
from convoracle.oracle.passes import Array, Operands, Pass
from convoracle.oracle.verdict import Outcome
from convoracle.suites.conformance import examine_all
from convoracle.suites.isolation import InProcess, Isolated
from convoracle.suites.search import Budget
from convoracle.suites.strategies import Space

pytestmark = pytest.mark.campaign
CASES = 3000
NARROW = ("float16", "bfloat16")


class Passes:
    """An implementation given by how it evaluates a pass of the reference."""

    accumulators: dict[str, str] = {}

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        raise NotImplementedError

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return self.evaluate(Pass.FORWARD, Operands(input, weight, bias, np.zeros(0)), geometry)

    def input_gradient(self, input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return self.evaluate(Pass.INPUT_GRADIENT, Operands(input, weight, None, output_gradient), geometry)

    def weight_gradient(self, input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return self.evaluate(Pass.WEIGHT_GRADIENT, Operands(input, weight, None, output_gradient), geometry)

    def bias_gradient(self, output_gradient: Array, geometry: ConvGeometry) -> Array:
        nothing = np.zeros(0)
        return self.evaluate(Pass.BIAS_GRADIENT, Operands(nothing, nothing, None, output_gradient), geometry)

    def update(
        self, input: Array, weight: Array, output_gradient: Array, learning_rate: float, geometry: ConvGeometry
    ) -> Array:
        return self.evaluate(Pass.UPDATE, Operands(input, weight, None, output_gradient, learning_rate), geometry)


class Native(Passes):
    """Every product and sum in the storage dtype itself, in NumPy's order."""

    name = "native"

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        return reference.evaluate(pass_, operands, geometry)


class Wide(Passes):
    """Accumulates in float32 (float64 for the wide dtypes), and rounds once."""

    name = "wide"
    accumulators = {"float16": "float32", "bfloat16": "float32", "float32": "float64"}

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        dtype = next(iter(operands.arrays().values())).dtype if pass_ is not Pass.BIAS_GRADIENT else None
        dtype = operands.output_gradient.dtype if dtype is None else dtype
        accumulator = np.float32 if dtype.name in NARROW else np.float64
        arrays = {name: array.astype(accumulator) for name, array in operands.arrays().items()}
        if pass_ is Pass.UPDATE:
            gradient = reference.evaluate(Pass.WEIGHT_GRADIENT, Operands(**{"bias": None, **arrays}), geometry).astype(
                dtype
            )
            return operands.weight - dtype.type(operands.learning_rate) * gradient
        wide = Operands(**{"bias": None, **arrays}, learning_rate=operands.learning_rate)
        return reference.evaluate(pass_, wide, geometry).astype(dtype)


class Reversed(Passes):
    """The storage dtype's arithmetic, with all sums in the opposite order: a mirrored problem, mirrored back."""

    name = "reversed"

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        tiles = all(
            (size + low + high - dilation * (kernel - 1) - 1) % stride == 0
            for size, kernel, stride, (low, high), dilation in zip(
                geometry.size, geometry.kernel, geometry.stride, geometry.padding, geometry.dilation, strict=True
            )
        )
        if not tiles or pass_ is Pass.BIAS_GRADIENT:
            raise NotImplementedError("a mirrored problem has other windows")
        mirrored = replace(geometry, padding=tuple((high, low) for low, high in geometry.padding))
        arrays = {name: _mirror(array) for name, array in operands.arrays().items()}
        flipped = Operands(**{"bias": None, **arrays}, learning_rate=operands.learning_rate)
        return _mirror(reference.evaluate(pass_, flipped, mirrored))


def _mirror(array: Array) -> Array:
    """The array with its spatial axes reversed; a bias has none."""
    return np.ascontiguousarray(np.flip(array, tuple(range(2, array.ndim))))


@pytest.mark.parametrize("make", [Native, Wide, Reversed], ids=lambda make: make.name)
def test_honest_arithmetic_is_never_called_wrong(
    make: Callable[[], Passes], capsys: pytest.CaptureFixture[str]
) -> None:
    findings = examine_all(InProcess(make()), Budget(Space(), frozenset(Pass), CASES, seed=1))
    _tell(make.name, findings.results, capsys)  # type: ignore[attr-defined]
    assert findings.mismatches == [], findings.text(findings.executor.info)


@pytest.mark.parametrize("name", ["reference", "torch"])
def test_built_in_candidates_are_never_called_wrong(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    if name == "torch":
        pytest.importorskip("torch")
    space = Space(dtypes=("float32", "float64"))
    with Isolated(name) as executor:
        findings = examine_all(executor, Budget(space, frozenset(Pass), CASES, seed=2))
    _tell(name, findings.results, capsys)
    assert findings.mismatches == [], findings.text(executor.info)


def _tell(name: str, results: list, capsys: pytest.CaptureFixture[str]) -> None:
    compared = [result for result in results if result.verdict.elements]
    outcomes = Counter(str(result.verdict.outcome) for result in results)
    largest = max(result.verdict.ratio for result in compared)
    with capsys.disabled():
        print(f"\n{name}: {len(compared)} case-passes compared, {dict(outcomes)}, largest error/bound {largest:.4f}")
    assert outcomes[str(Outcome.VIOLATES)] == 0
