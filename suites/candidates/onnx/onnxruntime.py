"""ONNX Runtime as a candidate: its CPU provider, with the graph optimisations it has by default.

A session is made for each call, after the process that runs it was forked: its threads would not survive that.
"""

from __future__ import annotations

import os

import numpy as np
import onnx
import onnxruntime as ort
from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as NoKernel

from ....oracle.problem.geometry import ConvGeometry
from .candidate import OnnxCandidate


def candidate() -> OnnxCandidate:
    """The built-in candidate ``onnxruntime``."""
    return OnnxCandidate(
        run,
        name="onnxruntime",
        version=ort.__version__,
        limitation=_limitation,
        unsupported=(NoKernel,),
        dtypes=("float32", "float16", "int8"),
        accumulators={"float16": "float32"},
    )


def run(model: onnx.ModelProto, input: np.ndarray) -> np.ndarray:
    options = ort.SessionOptions()
    options.intra_op_num_threads = min(2, os.cpu_count() or 1)  # enough to divide the work, and cheap to start
    options.log_severity_level = 3
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"input": input})[0]


def _limitation(geometry: ConvGeometry, dtype: str) -> str | None:
    if geometry.is_padded_by_strides:
        return "ONNX Runtime's ConvTranspose has output padding below the stride only"
    return None
