"""ONNX's reference evaluator as a candidate: the implementation in NumPy that comes with the specification."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import reference

from .candidate import OnnxCandidate


def candidate() -> OnnxCandidate:
    """The built-in candidate ``onnx-reference``."""
    return OnnxCandidate(run, name="onnx-reference", version=onnx.__version__)


def run(model: onnx.ModelProto, input: np.ndarray) -> np.ndarray:
    (output,) = reference.ReferenceEvaluator(model).run(None, {"input": input})
    return np.asarray(output)
