"""An adapter says how a pass is computed, once: that is made to compute, and written to be pasted."""

from __future__ import annotations

import numpy as np

from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.candidates.calls.adapter import Adapter
from convoracle.suites.candidates.calls.source_text import Call

ONE = parse_geometry("n1c1k1i3f1")
OPERANDS = Operands(np.ones((1, 1, 3)), np.full((1, 1, 1), 2.0), None, np.ones((1, 1, 3)), 0.5)


def scaled(factor: int, dtype: str):
    return lambda input, weight: np.asarray(input * weight * factor, dtype)


class Scaling(Adapter):
    name = "scaling"
    passes = (Pass.FORWARD,)

    def call(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> Call:
        return Call(scaled, {"factor": geometry.size[0], "dtype": dtype}, ("input", "weight"))


def computed_by(text: str) -> Array:
    names = {"input": OPERANDS.input, "weight": OPERANDS.weight, "np": np, "scaled": scaled}
    exec(text.partition("compute = ")[1] + text.partition("compute = ")[2], names)
    return names["actual"]


def test_the_pass_and_its_text_are_of_one_call() -> None:
    result = Scaling().evaluate(Pass.FORWARD, OPERANDS, ONE)
    assert result.dtype == np.float64
    assert result.ravel().tolist() == [6, 6, 6]
    text = Scaling().call_text(Pass.FORWARD, ONE, "float32", False)
    assert "factor=3," in text
    assert computed_by(text).dtype == np.float32
    assert computed_by(text).ravel().tolist() == [6, 6, 6]
