"""ONNX models of one convolution each, by `onnx.helper` alone: for whatever runs ONNX models, and for files."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ....oracle.numbers.dtypes import numpy_dtype, result_dtype
from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.padding import NUMPY_MODES
from ....oracle.problem.passes import Array, shape_of

OPSET = 22
"""The first in which Conv and ConvTranspose take bfloat16; Pad wraps since 19."""
IR_VERSION = 10
FLOATS = ("float64", "float32", "float16", "bfloat16")
_NOTHING: Mapping[str, Array] = MappingProxyType({})


def limitation(geometry: ConvGeometry, dtype: str) -> str | None:
    """What ONNX has no operator for, or None."""
    if dtype not in (*FLOATS, "int8"):
        return f"ONNX has no convolution of {dtype}"
    if dtype == "int8" and geometry.transposed:
        return "ONNX has no transposed convolution of integers"
    return None


def model(
    geometry: ConvGeometry, dtype: str, *, bias: bool, constants: Mapping[str, Array] = _NOTHING
) -> onnx.ModelProto:
    """A model that computes ``output`` from ``input``, ``weight`` and ``bias``.

    It has one node, Conv or ConvTranspose, with a Pad before it for a padding mode
    other than zeros. int8 is ConvInteger, whose result is int32, and the bias
    is added to that.

    Parameters
    ----------
    geometry : ConvGeometry
    dtype : str
        Of the operands: one of `FLOATS`, or int8.
    bias : bool
        Whether there is one.
    constants : Mapping[str, Array]
        Operands that are part of the model, as weights are in most, instead of inputs of it.
    """
    names = ["input", "weight", *(["bias"] if bias else [])]
    inputs = [
        helper.make_tensor_value_info(name, element_type(dtype), shape_of(name, geometry))
        for name in names
        if name not in constants
    ]
    output = helper.make_tensor_value_info("output", element_type(result_dtype(dtype)), geometry.output_shape)
    initializers = [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in constants.items()]
    graph = helper.make_graph(_nodes(geometry, dtype, names), "convolution", inputs, [output], initializers)
    return helper.make_model(graph, ir_version=IR_VERSION, opset_imports=[helper.make_opsetid("", OPSET)])


def element_type(dtype: str) -> int:
    """ONNX's number for a dtype."""
    return int(helper.np_dtype_to_tensor_dtype(numpy_dtype(dtype)))


def serialized(array: Array, name: str) -> bytes:
    """An array as a TensorProto, as ONNX's backend tests have them in files."""
    data: bytes = numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name).SerializeToString()
    return data


def _nodes(geometry: ConvGeometry, dtype: str, operands: list[str]) -> list[onnx.NodeProto]:
    nodes, source, sides = [], "input", geometry.padding
    if geometry.padding_mode != "zeros":
        nodes += _padding(geometry)
        source, sides = "padded", ((0, 0),) * geometry.rank
    if dtype == "int8":
        nodes += _integer_convolution(geometry, source, sides, biased="bias" in operands)
    else:
        function = "ConvTranspose" if geometry.transposed else "Conv"
        arguments = _attributes(geometry, sides)
        if geometry.transposed:
            arguments["output_padding"] = geometry.output_padding
        nodes.append(helper.make_node(function, [source, *operands[1:]], ["output"], **arguments))
    return nodes


def _padding(geometry: ConvGeometry) -> list[onnx.NodeProto]:
    amounts = np.array([(0, 0), (0, 0), *geometry.padding], np.int64).T.ravel()
    return [
        helper.make_node("Constant", [], ["pads"], value=numpy_helper.from_array(amounts)),
        helper.make_node("Pad", ["input", "pads"], ["padded"], mode=NUMPY_MODES[geometry.padding_mode]),
    ]


def _integer_convolution(
    geometry: ConvGeometry, source: str, sides: tuple[tuple[int, int], ...], *, biased: bool
) -> list[onnx.NodeProto]:
    result = "sums" if biased else "output"
    nodes = [helper.make_node("ConvInteger", [source, "weight"], [result], **_attributes(geometry, sides))]
    if biased:
        column = numpy_helper.from_array(np.array([-1, *(1,) * geometry.rank], np.int64))
        nodes += [
            helper.make_node("Cast", ["bias"], ["wide_bias"], to=TensorProto.INT32),
            helper.make_node("Constant", [], ["column"], value=column),
            helper.make_node("Reshape", ["wide_bias", "column"], ["offset"]),
            helper.make_node("Add", ["sums", "offset"], ["output"]),
        ]
    return nodes


def _attributes(geometry: ConvGeometry, sides: tuple[tuple[int, int], ...]) -> dict[str, Any]:
    return {
        "kernel_shape": geometry.kernel,
        "strides": geometry.stride,
        "pads": [low for low, _ in sides] + [high for _, high in sides],
        "dilations": geometry.dilation,
        "group": geometry.groups,
    }
