"""OpenVINO as a candidate: its CPU plugin, asked for float32 arithmetic.

Left to itself the plugin computes a float32 model in bfloat16 on a processor that has instructions for that.
It returns the bits of bfloat16 results as an array of float16.
"""

from __future__ import annotations

from functools import cache

import ml_dtypes
import onnx
import openvino as ov

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array
from .candidate import OnnxCandidate

_SETTINGS = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 2}
_TEXT = f"""\
import io

import openvino

core = openvino.Core()
network = core.read_model(io.BytesIO(model.SerializeToString()))
actual = core.compile_model(network, "CPU", {_SETTINGS})([input])[0]
if input.dtype == ml_dtypes.bfloat16:
    actual = actual.view(ml_dtypes.bfloat16)  # the bits come as float16
"""


def candidate() -> OnnxCandidate:
    """The built-in candidate ``openvino``."""
    return OnnxCandidate(
        _run,
        _TEXT,
        name="openvino",
        version=ov.__version__,
        limitation=_limitation,
        dtypes=("float32", "float16", "bfloat16", "int8"),
        accumulators={"float16": "float32", "bfloat16": "float32"},
        conventions={"subnormals/float32": "flushed", "subnormals/bfloat16": "flushed"},
    )


def _limitation(geometry: ConvGeometry, dtype: str) -> str | None:
    if dtype == "float64":
        return "OpenVINO's CPU plugin computes float64 models in float32"
    if geometry.padding_mode == "circular":
        return "OpenVINO does not convert a Pad that wraps"
    return None


def _run(model: onnx.ModelProto, input: Array) -> Array:
    core = _core()
    network = core.read_model(model.SerializeToString())
    output: Array = core.compile_model(network, "CPU", _SETTINGS)([input])[0]
    return output.view(input.dtype).copy() if input.dtype == ml_dtypes.bfloat16 else output.copy()


@cache
def _core() -> ov.Core:
    """Made in the first call: its threads would not survive the fork that comes before."""
    return ov.Core()
