"""ONNX Runtime as a candidate: its CPU provider, with the graph optimisations it has by default.

A session is made for each call, after the process that runs it was forked: its threads would not survive that.
"""

from __future__ import annotations

import os

import onnx
import onnxruntime as ort
from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as NoKernel

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array
from .candidate import OnnxCandidate

THREADS = min(2, os.cpu_count() or 1)
"""Enough for the work to be divided, and little enough to be cheap to start."""
_TEXT = """\
import onnxruntime

session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
(actual,) = session.run(None, {"input": input})
"""


def candidate() -> OnnxCandidate:
    """The built-in candidate ``onnxruntime``."""
    return OnnxCandidate(
        _run,
        _TEXT,
        name="onnxruntime",
        version=ort.__version__,
        limitation=_limitation,
        dtypes=("float32", "float16", "int8"),
        accumulators={"float16": "float32"},
    )


def _limitation(geometry: ConvGeometry, dtype: str) -> str | None:
    if geometry.is_padded_by_strides:
        return "ONNX Runtime's ConvTranspose has output padding below the stride only"
    return None


def _run(model: onnx.ModelProto, input: Array) -> Array:
    options = ort.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 3
    try:
        session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except NoKernel as error:
        raise NotImplementedError(str(error)) from error
    output: Array = session.run(None, {"input": input})[0]
    return output
