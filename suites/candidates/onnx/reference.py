"""ONNX's reference evaluator as a candidate: the implementation in NumPy that comes with the specification."""

from __future__ import annotations

from collections.abc import Sequence

import onnx
from onnx.reference import ReferenceEvaluator

from ....oracle.problem.passes import Array
from .candidate import OnnxCandidate

_TEXT = """\
import onnx.reference

(actual,) = onnx.reference.ReferenceEvaluator(model).run(None, {"input": input})
"""


def candidate() -> OnnxCandidate:
    """The built-in candidate ``onnx-reference``."""
    return OnnxCandidate(_run, _TEXT, name="onnx-reference", version=onnx.__version__)


def _run(model: onnx.ModelProto, input: Array) -> Array:
    results: Sequence[Array] = ReferenceEvaluator(model).run(None, {"input": input})  # type: ignore[assignment]
    return results[0]
