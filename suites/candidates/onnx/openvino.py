"""OpenVINO as a candidate: its CPU plugin, asked for float32 arithmetic.

Left to itself the plugin computes a float32 model in bfloat16 on a processor that has instructions for that.
It returns the bits of bfloat16 results as an array of float16.
"""

from __future__ import annotations

import functools

import ml_dtypes
import numpy as np
import onnx
import openvino as ov

from ....oracle.problem.geometry import ConvGeometry
from .candidate import OnnxCandidate


def candidate() -> OnnxCandidate:
    """The built-in candidate ``openvino``."""
    return OnnxCandidate(
        run,
        name="openvino",
        version=ov.__version__,
        limitation=_limitation,
        dtypes=("float32", "float16", "bfloat16", "int8"),
        accumulators={"float16": "float32", "bfloat16": "float32"},
        conventions={"subnormals/float32": "flushed", "subnormals/bfloat16": "flushed"},
    )


def run(model: onnx.ModelProto, input: np.ndarray) -> np.ndarray:
    network = core().read_model(model.SerializeToString())
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 2}
    output = core().compile_model(network, "CPU", settings)([input])[0]
    return output.view(input.dtype).copy() if input.dtype == ml_dtypes.bfloat16 else output.copy()


@functools.cache
def core() -> ov.Core:
    """Made in the first call: its threads would not survive a fork."""
    return ov.Core()


def _limitation(geometry: ConvGeometry, dtype: str) -> str | None:
    if dtype == "float64":
        return "OpenVINO's CPU plugin computes float64 models in float32"
    if geometry.padding_mode == "circular":
        return "OpenVINO does not convert a Pad that wraps"
    return None
